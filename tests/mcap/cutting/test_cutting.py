"""A cut holds exactly the messages asked for, and is a recording anybody can read."""

from __future__ import annotations

import tempfile
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap.writer import CompressionType, Writer

from pilothouse.mcap import Channel, Damaged, Ring, Schema, open_recording, verify, write_capture
from pilothouse.mcap.cutting.cutting import Cutting
from pilothouse.mcap.cutting.pieces import Piece, Wanted
from tests.support.flights import JSON_SCHEMA, Said, drone_flight, json_channel, write_messages
from tests.support.readers import read_as_stream, read_by_index, rerun_check

TOPICS = ("/a", "/b", "/c", "/d")
SAID = st.tuples(st.sampled_from(TOPICS), st.integers(0, 50))
RECORDING = st.lists(SAID, max_size=50)


def cut(pieces: list[Piece], wanted: Wanted, path: Path) -> Path:
    with Cutting(pieces, wanted) as cutting, path.open("wb") as file:
        for block in cutting:
            file.write(block)
    return path


def write_ours(path: Path, said: list[tuple[str, int]], *, salt: int, chunk_bytes: int) -> None:
    """A recording of ours whose channels have other numbers each time."""
    with Ring(window_s=600, max_bytes=1 << 28, chunk_bytes=chunk_bytes) as ring:
        order = TOPICS[salt % 4 :] + TOPICS[: salt % 4]
        numbers = {topic: ring.add_channel(json_channel(topic), group="small") for topic in order}
        for number, (topic, log_time_ns) in enumerate(said):
            ring.append(numbers[topic], log_time_ns, b"%d" % (salt * 1000 + number))
        write_capture(ring.snapshot(0, 2**64 - 1), path, metadata={"pilothouse": {"salt": str(salt)}})


def write_foreign(path: Path, said: list[tuple[str, int]], *, salt: int, chunk_bytes: int) -> None:
    """A recording by the ``mcap`` library: schemas and channels stand inside its chunks, as their messages come."""
    with path.open("wb") as file:
        writer = Writer(file, chunk_size=chunk_bytes, compression=CompressionType.LZ4, use_chunking=salt % 3 != 0)
        writer.start()
        schema = writer.register_schema(JSON_SCHEMA.name, JSON_SCHEMA.encoding, JSON_SCHEMA.data)
        numbers: dict[str, int] = {}
        for number, (topic, log_time_ns) in enumerate(said):
            if topic not in numbers:
                numbers[topic] = writer.register_channel(topic, "json", schema)
            content = b"%d" % (salt * 1000 + number)
            writer.add_message(numbers[topic], log_time_ns, content, log_time_ns, number)
        writer.finish()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    recordings=st.lists(st.tuples(RECORDING, st.booleans()), min_size=1, max_size=3),
    topics=st.none() | st.frozensets(st.sampled_from(TOPICS)),
    windows=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=2),
    chunk_bytes=st.sampled_from([1, 100, 1 << 20]),
)
def test_a_cut_holds_exactly_the_messages_asked_for(
    recordings: list[tuple[list[tuple[str, int]], bool]],
    topics: frozenset[str] | None,
    windows: list[tuple[int, int]],
    chunk_bytes: int,
) -> None:
    expected: Counter[tuple[str, int, bytes]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        pieces = []
        for salt, (said, is_ours) in enumerate(recordings):
            path = Path(folder) / f"{salt}.mcap"
            (write_ours if is_ours else write_foreign)(path, said, salt=salt, chunk_bytes=chunk_bytes)
            pieces.append(Piece.open(path))
            expected.update(
                (topic, time, b"%d" % (salt * 1000 + number))
                for number, (topic, time) in enumerate(said)
                if (topics is None or topic in topics) and any(begin <= time <= end for begin, end in windows)
            )

        path = cut(pieces, Wanted(topics, tuple(windows)), Path(folder) / "cut.mcap")

        assert Counter(read_by_index(path)) == expected
        assert Counter(read_as_stream(path)) == expected
        check = verify(path)
        assert check.ok, check.problems
        with open_recording(path) as recording:
            summary = recording.summary()
            assert summary.indexed
            assert summary.message_count == expected.total()


def test_numbers_of_messages_are_cut_with_both_ends_included(tmp_path: Path) -> None:
    write_foreign(tmp_path / "a.mcap", [("/a", number) for number in range(100)], salt=1, chunk_bytes=300)

    path = cut([Piece.open(tmp_path / "a.mcap")], Wanted(sequences=(10, 20)), tmp_path / "cut.mcap")

    assert [one.log_time_ns for one in read_by_index(path)] == list(range(10, 21))


def test_wanted_chunks_are_passed_on_as_they_are(tmp_path: Path) -> None:
    messages = [Said("/a", number, bytes([number % 256]) * 400) for number in range(2000)]
    write_messages(tmp_path / "a.mcap", messages, chunk_bytes=20_000)
    piece = Piece.open(tmp_path / "a.mcap")
    bodies = [
        (tmp_path / "a.mcap").read_bytes()[one.span.offset : one.span.offset + one.span.length] for one in piece.places
    ]

    path = cut([piece], Wanted(windows=((0, 1499),)), tmp_path / "cut.mcap")

    content = path.read_bytes()
    kept = sum(body in content for body in bodies)
    assert len(bodies) > 20
    assert kept >= len(bodies) * 3 // 4 - 1
    assert [one.log_time_ns for one in read_by_index(path)] == list(range(1500))


def test_a_cut_of_the_real_flight_satisfies_an_independent_reader(tmp_path: Path) -> None:
    flight = drone_flight()
    with open_recording(flight) as recording:
        summary = recording.summary()
        assert summary.start_ns is not None
        window = summary.start_ns + 5_000_000_000, summary.start_ns + 6_000_000_000
        expected = [
            (one.log_time_ns, one.content)
            for one in recording.messages(topics=["/speed", "/groundtruth/pose"], start_ns=window[0], end_ns=window[1])
        ]

    path = cut(
        [Piece.open(flight)], Wanted(frozenset({"/speed", "/groundtruth/pose"}), (window,)), tmp_path / "cut.mcap"
    )

    assert sorted((one.log_time_ns, one.content) for one in read_by_index(path)) == sorted(expected)
    assert len(expected) > 100
    rerun_check(path)


def test_equal_topics_of_two_recordings_share_a_channel_and_other_schemas_do_not(tmp_path: Path) -> None:
    other = Channel("/a", "json", Schema("other", "jsonschema", b"{}"))
    write_messages(tmp_path / "1.mcap", [Said("/a", 1, b"1"), Said("/b", 1, b"1")])
    write_messages(tmp_path / "2.mcap", [Said("/b", 2, b"2"), Said("/a", 2, b"2")])
    write_messages(tmp_path / "3.mcap", [Said("/a", 3, b"3")], channels={"/a": other})

    path = cut([Piece.open(tmp_path / f"{one}.mcap") for one in "123"], Wanted(), tmp_path / "cut.mcap")

    with open_recording(path) as recording:
        channels = recording.summary().channels
    assert Counter((one.topic, one.message_count) for one in channels) == {("/a", 2): 1, ("/b", 2): 1, ("/a", 1): 1}


def test_the_metadata_of_the_first_recording_stays_unless_other_is_given(tmp_path: Path) -> None:
    write_ours(tmp_path / "a.mcap", [("/a", 1)], salt=7, chunk_bytes=100)

    path = cut([Piece.open(tmp_path / "a.mcap")], Wanted(), tmp_path / "cut.mcap")

    with open_recording(path) as recording:
        assert recording.summary().metadata == {"pilothouse": {"salt": "7"}}


def test_a_cut_is_made_at_bounded_memory(tmp_path: Path) -> None:
    import random

    noise = random.Random(1)
    messages = [Said(TOPICS[number % 4], number, noise.randbytes(20_000)) for number in range(3000)]
    write_messages(tmp_path / "a.mcap", messages, chunk_bytes=1 << 20)
    wanted = Wanted(frozenset({"/a", "/b", "/c"}), ((100, 2900),))
    with Cutting([Piece.open(tmp_path / "a.mcap")], wanted) as cutting:
        tracemalloc.start()
        try:
            size = sum(len(block) for block in cutting)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert size > 30 << 20
    assert peak < 12 << 20


def test_a_damaged_chunk_is_said_and_the_cut_has_no_end(tmp_path: Path) -> None:
    write_messages(tmp_path / "a.mcap", [Said("/a", number, b"x" * 100) for number in range(100)])
    piece = Piece.open(tmp_path / "a.mcap")
    piece.source.close()
    content = bytearray((tmp_path / "a.mcap").read_bytes())
    middle = piece.places[0].span.offset + piece.places[0].span.length // 2
    content[middle] ^= 0xFF
    (tmp_path / "a.mcap").write_bytes(content)

    with Cutting([Piece.open(tmp_path / "a.mcap")], Wanted(windows=((5, 50),))) as cutting, pytest.raises(Damaged):
        list(cutting)

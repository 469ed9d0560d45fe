"""Whatever the bytes are, reading them ends in messages or in Damaged, never in anything else."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.writer import CompressionType, IndexType, Writer

from pilothouse.mcap import Damaged, NothingToRecover, open_recording, recover, verify
from pilothouse.mcap.records import MAGIC
from tests.support.flights import START_NS, Said, drone_flight, truncated, write_flight, write_messages

if TYPE_CHECKING:
    from typing_extensions import Buffer

MIB = 1 << 20


def foreign(count: int = 200, **options: object) -> bytes:
    """A recording by the ``mcap`` library's own writer."""
    out = io.BytesIO()
    writer = Writer(out, chunk_size=2000, **options)  # type: ignore[arg-type]
    writer.start(profile="test")
    schema = writer.register_schema("S", "jsonschema", b"{}")
    channel = writer.register_channel("/a", "json", schema, {"k": "v"})
    for number in range(count):
        writer.add_message(channel, START_NS + number, b"%d" % number, START_NS + number, number)
    writer.add_metadata("note", {"a": "b"})
    writer.add_attachment(1, 2, "log.txt", "text/plain", b"hello")
    writer.finish()
    return out.getvalue()


WHOLE = foreign()
OPTIONS: list[dict[str, object]] = [
    {},
    {"compression": CompressionType.LZ4},
    {"compression": CompressionType.NONE},
    {"use_chunking": False},
    {"index_types": IndexType.NONE},
    {"repeat_channels": False, "repeat_schemas": False},
    {"use_statistics": False},
    {"use_summary_offsets": False},
    {"enable_crcs": False},
    {"enable_data_crcs": True},
    {"use_chunking": False, "use_statistics": False, "index_types": IndexType.NONE, "repeat_channels": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda one: ",".join(one) or "defaults")
def test_files_of_other_writers_are_read_and_verified(tmp_path: Path, options: dict[str, object]) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(foreign(**options))

    with open_recording(path) as recording:
        summary = recording.summary()
        messages = list(recording.messages(topics=["/a"], start_ns=START_NS + 10))
    assert summary.message_count == 200
    assert (summary.start_ns, summary.end_ns) == (START_NS, START_NS + 199)
    assert [int(one.content) for one in messages] == list(range(10, 200))
    assert messages[0].channel.metadata == {"k": "v"}
    assert messages[0].sequence == 10
    assert verify(path).problems == ()


@pytest.mark.parametrize("options", OPTIONS, ids=lambda one: ",".join(one) or "defaults")
def test_what_is_left_of_files_of_other_writers_is_recovered(tmp_path: Path, options: dict[str, object]) -> None:
    path = tmp_path / "a.mcap"
    content = foreign(2000, **options)
    path.write_bytes(content[: len(content) // 2])

    captured = recover(path, tmp_path / "b.mcap")

    with open_recording(captured.path) as recording:
        numbers = [int(one.content) for one in recording.messages()]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 500


def test_metadata_and_attachments_survive_a_recovery(tmp_path: Path) -> None:
    from mcap.reader import SeekingReader

    path = tmp_path / "a.mcap"
    path.write_bytes(WHOLE[:-20])

    captured = recover(path, tmp_path / "b.mcap")

    with captured.path.open("rb") as file:
        reader = SeekingReader(file, validate_crcs=True)
        assert [(one.name, one.data) for one in reader.iter_attachments()] == [("log.txt", b"hello")]
        assert [one.metadata for one in reader.iter_metadata()] == [{"a": "b"}]
    assert captured.message_count == 200


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty, 0 bytes long"),
        (bytes(4096), "it does not begin like an MCAP file"),
        (b"not a recording at all", "it does not begin like an MCAP file"),
        (MAGIC, "it was cut off right after its first bytes"),
        (WHOLE[:500], "it was cut off: the footer that every complete MCAP file ends with is missing"),
        (WHOLE[:-1], "it was cut off: the footer that every complete MCAP file ends with is missing"),
        (WHOLE[:-60] + bytes([WHOLE[-60] ^ 1]) + WHOLE[-59:], "its summary does not match its checksum"),
    ],
)
def test_damage_is_said_in_a_sentence_that_helps(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(content)

    with open_recording(path) as recording, pytest.raises(Damaged) as damaged:
        recording.summary()
    assert damaged.value.sentence.startswith(f"a.mcap cannot be read: {reason}")
    assert "recover a.mcap" in damaged.value.sentence or "check that this is the file" in damaged.value.sentence
    assert not verify(path).ok


def test_a_cut_flight_is_recovered_up_to_the_cut(tmp_path: Path) -> None:
    path = truncated(drone_flight(), tmp_path / "cut.mcap", part=0.5)

    before = verify(path)
    captured = recover(path, tmp_path / "b.mcap")

    assert not before.ok
    assert captured.message_count == before.message_count > 4000
    assert verify(captured.path).ok


def test_a_file_without_anything_left_says_so(tmp_path: Path) -> None:
    for content in (b"", MAGIC, b"garbage", WHOLE[:60]):
        path = tmp_path / "a.mcap"
        path.write_bytes(content)
        with pytest.raises(NothingToRecover):
            recover(path, tmp_path / "b.mcap")
        assert list(tmp_path.iterdir()) == [path]


def test_every_flipped_checksum_is_noticed(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap", fat=True)
    content = captured.path.read_bytes()
    for position in range(9, len(content), len(content) // 150):
        changed = bytearray(content)
        changed[position] ^= 0x10
        captured.path.write_bytes(changed)
        assert not verify(captured.path).ok, position


def chunk_file(compression: str, body: bytes, claimed: int) -> bytes:
    """A file with one chunk that lies about itself."""
    name = compression.encode()
    chunk = struct.pack("<QQQI", 0, 1, claimed, 0)
    chunk += struct.pack("<I", len(name)) + name + struct.pack("<Q", len(body)) + body
    header = struct.pack("<BQ", 1, 8) + bytes(8)
    end = struct.pack("<BQI", 15, 4, 0) + struct.pack("<BQQQI", 2, 20, 0, 0, 0) + MAGIC
    return MAGIC + header + struct.pack("<BQ", 6, len(chunk)) + chunk + end


ZEROS = bytes(64 * MIB)
BOMBS = {
    "claims a terabyte": chunk_file("zstd", zstandard.compress(b"x"), 1 << 40),
    "zstd that says less": chunk_file("zstd", zstandard.compress(ZEROS), 100),
    "zstd without a size": chunk_file("zstd", zstandard.ZstdCompressor(write_content_size=False).compress(ZEROS), 100),
    "zstd frame of a petabyte": chunk_file("zstd", b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 1 << 50) + b"xx", 100),
    "lz4 that says less": chunk_file("lz4", lz4.frame.compress(ZEROS), 100),
    "lz4 that says more": chunk_file("lz4", lz4.frame.compress(b"x"), 1 << 29),
    "unknown compression": chunk_file("brotli", b"x", 1),
    "a body of 2^63": chunk_file("", b"x", 1).replace(struct.pack("<Q", 1), struct.pack("<Q", 1 << 63)),
    "a record of 2^64": MAGIC + struct.pack("<BQ", 1, 8) + bytes(8) + struct.pack("<BQ", 6, 2**64 - 1) + bytes(99),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_chunk_that_lies_about_its_size_takes_no_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(BOMBS[name])

    tracemalloc.start()
    try:
        with open_recording(path) as recording, pytest.raises(Damaged):
            list(recording.messages())
        assert not verify(path).ok
        with pytest.raises(NothingToRecover):
            recover(path, tmp_path / "b.mcap")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB


def test_the_limit_of_a_chunk_is_the_readers_choice(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap", fat=True)

    with open_recording(captured.path, chunk_limit_bytes=1000) as recording, pytest.raises(Damaged) as damaged:
        list(recording.messages())
    assert "more than the limit of 1000" in damaged.value.sentence


def test_chunks_that_all_overlap_are_refused_before_they_fill_the_memory() -> None:
    out = io.BytesIO()
    writer = Writer(out, chunk_size=4000)
    writer.start()
    channel = writer.register_channel("/a", "json", 0)
    for number in range(20):  # each chunk begins at the same time and ends later than the one before
        writer.add_message(channel, START_NS, bytes(3900), START_NS, number)
        writer.add_message(channel, START_NS + 1 + number, b"", START_NS, number)
    writer.finish()

    with open_recording(io.BytesIO(out.getvalue())) as recording:
        assert len(list(recording.messages())) == 40
    with (
        open_recording(io.BytesIO(out.getvalue()), chunk_limit_bytes=8000) as recording,
        pytest.raises(Damaged, match="overlap in time"),
    ):
        list(recording.messages())


def read_all(content: bytes) -> None:
    with open_recording(io.BytesIO(content)) as recording:
        for read in (recording.summary, lambda: list(recording.messages())):
            with contextlib.suppress(Damaged):
                read()
    verify(io.BytesIO(content))


def with_checksum(content: bytes) -> bytes:
    """The same bytes with a summary checksum of 0, so that what follows is believed."""
    return content[:-12] + bytes(4) + content[-8:]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_garbage_is_damaged_and_nothing_else(garbage: bytes, begins_well: bool) -> None:
    read_all(MAGIC + garbage if begins_well else garbage)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    st.sampled_from([WHOLE, foreign(use_chunking=False), foreign(compression=CompressionType.NONE)]),
)
def test_a_recording_with_wrong_bytes_in_it_is_read_or_damaged(changes: list[tuple[int, int]], whole: bytes) -> None:
    changed = bytearray(with_checksum(whole))
    for position, value in changes:
        changed[position % len(changed)] = value
    read_all(bytes(changed))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)))
def test_a_recording_with_a_piece_missing_is_read_or_damaged(one: int, other: int) -> None:
    begin, end = sorted((one, other))
    read_all(WHOLE[:begin] + WHOLE[end:])


def test_a_summary_that_points_nowhere_is_damaged(tmp_path: Path) -> None:
    for summary_start in (1, len(WHOLE), 2**63, 2**64 - 1):
        fields = struct.pack("<BQQQ", 2, 20, summary_start, 0)
        path = tmp_path / "a.mcap"
        path.write_bytes(WHOLE[:-37] + fields + struct.pack("<I", zlib.crc32(fields)) + MAGIC)
        with open_recording(path) as recording, pytest.raises(Damaged):
            recording.summary()


class CountingFile(io.FileIO):
    """Counts the bytes that are read from it."""

    bytes_read = 0

    def readinto(self, buffer: Buffer, /) -> int | None:
        size = super().readinto(buffer)
        self.bytes_read += size or 0
        return size


def test_the_summary_of_a_large_file_is_one_seek_to_its_end(tmp_path: Path) -> None:
    images = [Said("/camera", START_NS + number, os.urandom(60_000)) for number in range(400)]
    captured = write_messages(tmp_path / "a.mcap", images)

    with CountingFile(captured.path) as file, open_recording(file) as recording:
        assert recording.summary().message_count == 400
        read = file.bytes_read
    assert captured.size_bytes > 20 * MIB
    assert read < MIB


def test_reading_a_window_reads_its_chunks_only(tmp_path: Path) -> None:
    images = [Said("/camera", START_NS + number, os.urandom(60_000)) for number in range(400)]
    captured = write_messages(tmp_path / "a.mcap", images)

    with CountingFile(captured.path) as file, open_recording(file) as recording:
        found = list(recording.messages(start_ns=START_NS + 200, end_ns=START_NS + 210))
        read = file.bytes_read
    assert len(found) == 11
    assert read < 5 * MIB

"""What we write is read back by readers we did not write."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from mcap.reader import SeekingReader

from pilothouse.mcap import (
    Channel,
    Compression,
    RecordingExists,
    Ring,
    Schema,
    open_recording,
    sha256_of,
    verify,
    write_capture,
)
from tests.support.flights import NS_PER_S, START_NS, json_channel, write_flight
from tests.support.readers import read_as_stream, read_by_index, read_every_record, rerun_check

EVER = (0, 2**64 - 1)


@pytest.mark.parametrize("compression", ["zstd", "lz4", "none"])
def test_a_capture_reads_the_same_in_every_reader(tmp_path: Path, compression: Compression) -> None:
    contents = [json.dumps({"n": number, "text": "forward " * 20}).encode() for number in range(400)]
    images = [os.urandom(30_000) for _ in range(20)]
    with Ring(window_s=60, max_bytes=1 << 28, compression=compression, chunk_bytes=20_000) as ring:
        telemetry = ring.add_channel(json_channel("/telemetry"))
        camera = ring.add_channel(Channel("/camera", "protobuf", Schema("Image", "protobuf", b"x")))
        for number, content in enumerate(contents):
            ring.append(telemetry, START_NS + number * 1_000_000, content, START_NS + number)
            if number % 20 == 0:
                ring.append(camera, START_NS + number * 1_000_000, images[number // 20])
        captured = write_capture(ring.snapshot(*EVER), tmp_path / "a.mcap", metadata={})

    expected = [("/telemetry", START_NS + n * 1_000_000, one) for n, one in enumerate(contents)]
    expected += [("/camera", START_NS + n * 20_000_000, one) for n, one in enumerate(images)]
    by_time = sorted(expected, key=lambda one: one[:2])
    assert sorted(read_as_stream(captured.path)) == sorted(expected)
    assert sorted(read_by_index(captured.path), key=lambda one: one[:2]) == by_time
    assert [one.log_time_ns for one in read_by_index(captured.path)] == sorted(one[1] for one in expected)
    assert read_every_record(captured.path) > 10
    with open_recording(captured.path) as recording:
        ours = [(one.channel.topic, one.log_time_ns, one.content) for one in recording.messages()]
        summary = recording.summary()
    assert sorted(ours, key=lambda one: one[:2]) == by_time
    assert "none" in summary.compressions  # images do not shrink and are left as they are
    assert compression in summary.compressions
    assert verify(captured.path).ok


def test_rerun_finds_nothing_wrong_with_a_capture(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap", fat=True, metadata={"pilothouse": {"robot_id": "r1"}})

    rerun_check(captured.path)


def test_the_summary_is_complete_and_points_where_it_should(tmp_path: Path) -> None:
    metadata = {"pilothouse": {"robot_id": "r1", "label": "über"}, "foxglove": {"deviceName": "r1"}}
    captured = write_flight(tmp_path / "a.mcap", fat=True, metadata=metadata)

    with captured.path.open("rb") as file:
        reader = SeekingReader(file, validate_crcs=True)
        summary = reader.get_summary()
        found = {one.name: one.metadata for one in reader.iter_metadata()}
    assert summary is not None
    assert summary.statistics is not None
    assert found == metadata
    assert summary.statistics.message_count == captured.message_count
    assert summary.statistics.chunk_count == len(summary.chunk_indexes)
    assert {one.topic for one in summary.channels.values()} == set(captured.topics) == {"/speed", "/odom", "/camera"}
    assert (summary.statistics.message_start_time, summary.statistics.message_end_time) == (
        captured.start_ns,
        captured.end_ns,
    )


def test_fat_and_small_messages_never_share_a_chunk(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap", seconds=10, fat=True)

    with captured.path.open("rb") as file:
        summary = SeekingReader(file).get_summary()
    assert summary is not None
    topics = [{summary.channels[key].topic for key in one.message_index_offsets} for one in summary.chunk_indexes]
    assert {"/camera"} in topics
    assert all(one == {"/camera"} or "/camera" not in one for one in topics)


def test_a_capture_tells_its_size_hash_and_span(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap", seconds=5)

    assert captured.size_bytes == captured.path.stat().st_size
    assert captured.sha256 == sha256_of(captured.path)
    assert (captured.start_ns, captured.duration_s) == (START_NS, 4.98)
    assert list(tmp_path.iterdir()) == [captured.path]


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap")
    before = captured.path.read_bytes()

    with pytest.raises(RecordingExists):
        write_flight(tmp_path / "a.mcap", seconds=1)
    assert captured.path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [captured.path]


def test_a_file_without_messages_is_valid(tmp_path: Path) -> None:
    with Ring(window_s=1, max_bytes=1 << 20) as ring:
        ring.add_channel(json_channel("/silent"))
        snapshot = ring.snapshot(*EVER)
        captured = write_capture(snapshot, tmp_path / "a.mcap", metadata={})

    assert snapshot.is_empty
    assert (captured.message_count, captured.start_ns, captured.duration_s) == (0, None, 0.0)
    with open_recording(captured.path) as recording:
        summary = recording.summary()
        assert list(recording.messages()) == []
    assert (summary.message_count, summary.start_ns) == (0, None)
    assert [one.topic for one in summary.channels] == ["/silent"]
    assert verify(captured.path).ok
    assert read_by_index(captured.path) == []


def test_messages_are_filtered_by_topic_and_time(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap", seconds=5, fat=True)

    with open_recording(captured.path) as recording:
        start_ns, end_ns = START_NS + NS_PER_S, START_NS + 2 * NS_PER_S
        found = list(recording.messages(topics=["/speed"], start_ns=start_ns, end_ns=end_ns))
        nothing = list(recording.messages(topics=["/nowhere"]))
    assert [json.loads(one.content)["data"] for one in found] == [number / 10 for number in range(10, 21)]
    assert nothing == []


def test_a_binary_file_handed_in_stays_open(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap")

    for buffering in (-1, 0):
        with captured.path.open("rb", buffering=buffering) as file:
            with open_recording(file) as recording:
                count = recording.summary().message_count
            assert not file.closed
            assert file.seek(0) == 0
        assert count == captured.message_count

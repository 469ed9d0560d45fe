"""A growing recording can be read at any time, by anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse.mcap import Damaged, StorageFull, open_recording, recover, verify
from pilothouse.mcap.cutting.cutting import Cutting
from pilothouse.mcap.cutting.pieces import Piece, Wanted
from pilothouse.mcap.records import Registry
from pilothouse.mcap.writing.chunks import OpenChunk, SealedChunk, seal
from pilothouse.mcap.writing.live import LiveRecording
from tests.support.flights import json_channel
from tests.support.readers import read_as_stream, read_by_index, rerun_check


def chunk(channel: int, *times: int) -> SealedChunk:
    open_chunk = OpenChunk(0)
    for number in times:
        open_chunk.add(channel, number, number, number, b"%d" % number)
    return seal(open_chunk, "zstd")


def test_a_growing_file_is_whole_after_every_chunk(tmp_path: Path) -> None:
    registry = Registry()
    live = LiveRecording(tmp_path / "a.mcap", registry, metadata={"pilothouse": {"x": "1"}})
    for begin in range(0, 50, 10):
        channel = registry.add(json_channel(f"/{begin // 20}"))
        live.add_chunk(chunk(channel, *range(begin, begin + 10)))

        assert [one.log_time_ns for one in read_as_stream(live.active)] == list(range(begin + 10))
        with open_recording(live.active) as recording:
            assert recording.summary().message_count == begin + 10
        assert verify(live.active).ok
    live.finish({"after": {"y": "2"}})

    assert [one.log_time_ns for one in read_by_index(live.path)] == list(range(50))
    assert verify(live.path).ok
    rerun_check(live.path)
    with open_recording(live.path) as recording:
        assert recording.summary().metadata == {"pilothouse": {"x": "1"}, "after": {"y": "2"}}
    assert [one.name for one in tmp_path.iterdir()] == ["a.mcap"]


def test_a_growing_file_can_be_cut(tmp_path: Path) -> None:
    registry = Registry()
    live = LiveRecording(tmp_path / "a.mcap", registry, metadata={})
    live.add_chunk(chunk(registry.add(json_channel("/a")), *range(10)))
    piece = Piece.of_live(live.written(), sequences=[(0, 9)])
    live.add_chunk(chunk(1, *range(10, 20)))

    with Cutting([piece], Wanted(sequences=(3, 15))) as cutting:
        (tmp_path / "cut.mcap").write_bytes(b"".join(cutting))
    live.abandon()

    assert [one.log_time_ns for one in read_by_index(tmp_path / "cut.mcap")] == list(range(3, 10))


def test_what_a_crash_left_is_completed_by_recovery(tmp_path: Path) -> None:
    registry = Registry()
    live = LiveRecording(tmp_path / "a.mcap", registry, metadata={"pilothouse": {"x": "1"}})
    live.add_chunk(chunk(registry.add(json_channel("/a")), *range(10)))
    live.abandon()
    with live.active.open("ab") as torn:
        torn.write(bytes(100))

    captured = recover(live.active, live.path, metadata={"more": {"y": "2"}})

    assert captured.message_count == 10
    with open_recording(live.path) as recording:
        assert recording.summary().metadata == {"pilothouse": {"x": "1"}, "more": {"y": "2"}}


def test_a_name_in_use_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.mcap.active").write_bytes(b"precious")

    with pytest.raises(FileExistsError):
        LiveRecording(tmp_path / "a.mcap", Registry(), metadata={})
    assert (tmp_path / "a.mcap.active").read_bytes() == b"precious"


def test_a_chunk_the_disk_has_no_room_for_leaves_the_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    registry = Registry()
    live = LiveRecording(tmp_path / "a.mcap", registry, metadata={})
    live.add_chunk(chunk(registry.add(json_channel("/a")), *range(10)))
    real, calls = os.writev, list[int]()

    def half_a_write(file: int, buffers: list[memoryview]) -> int:
        calls.append(file)
        if len(calls) == 1:
            return real(file, [buffers[0][: len(buffers[0]) // 2 + 1]])
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "no space")
        return real(file, buffers)

    monkeypatch.setattr(os, "writev", half_a_write)
    with pytest.raises(StorageFull):
        live.add_chunk(chunk(1, *range(10, 20)))
    assert [one.log_time_ns for one in read_as_stream(live.active)] == list(range(10))

    live.add_chunk(chunk(1, *range(20, 30)))
    live.finish({})
    assert [one.log_time_ns for one in read_by_index(live.path)] == [*range(10), *range(20, 30)]
    assert verify(live.path).ok


def test_an_unreadable_file_is_not_cut(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").write_bytes(b"something else")

    with pytest.raises(Damaged, match="does not begin like an MCAP file"):
        Piece.open(tmp_path / "a.mcap")

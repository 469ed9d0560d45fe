"""What a dead process leaves on disk is found, readable and complete up to its last sealed chunk."""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from mcap.records import Channel as ChannelRecord
from mcap.stream_reader import StreamReader

from pilothouse.mcap import (
    Ring,
    Spool,
    SpoolInUse,
    open_recording,
    recover,
    recover_spool,
    remove_leftover,
    verify,
    write_capture,
)
from pilothouse.mcap.reading.scan import scan
from pilothouse.mcap.reading.source import Source
from pilothouse.mcap.records import Registry
from pilothouse.mcap.spool.segment import Segment
from pilothouse.mcap.spool.spool import FsyncPolicy
from pilothouse.mcap.writing.chunks import SealedChunk
from pilothouse.mcap.writing.snapshot import Snapshot
from pilothouse.mcap.writing.spooled import SpooledChunk
from tests.support.flights import NS_PER_S, START_NS, json_channel
from tests.support.processes import eventually
from tests.support.readers import read_as_stream, read_by_index, rerun_check

MIB = 1 << 20


def record(spool: Spool, count: int, *, size: int = 1000, latched: bool = False, chunk_bytes: int = 4000) -> None:
    """Pass messages numbered from 0 through a ring into a spool, then end as abruptly as can be done in one process."""
    with Ring(window_s=1e6, max_bytes=1 << 28, spool=spool, chunk_bytes=chunk_bytes, chunk_s=1e6) as ring:
        if latched:
            ring.append(ring.add_channel(json_channel("/tf_static")), START_NS - NS_PER_S, b'"base"')
            ring.seal()
        channel = ring.add_channel(json_channel("/a"))
        for number in range(count):
            ring.append(channel, START_NS + number, number.to_bytes(4, "big") + os.urandom(size))
            if number % 16 == 0:
                # Appended without a pause, chunks are sealed by two threads, and no longer one after the other.
                eventually(lambda: ring.oldest_unsealed is None, what="the sealing thread")
    spool.flush()


def numbers_in(path: Path) -> list[int]:
    with open_recording(path) as recording:
        return [int.from_bytes(one.content[:4], "big") for one in recording.messages(topics=["/a"])]


@pytest.fixture
def leftover(tmp_path: Path) -> Iterator[Path]:
    spool = Spool(tmp_path / "spool", max_bytes=64 * MIB, segment_bytes=MIB)
    record(spool, 300)
    (segment,) = spool.path.glob("*.mcap")
    copy = tmp_path / "spool" / "run-copy"  # as it lies there while the run lives: preallocated, with no end
    copy.mkdir()
    (copy / segment.name).write_bytes(segment.read_bytes())
    yield copy
    spool.discard()


def test_a_leftover_becomes_a_recording_that_every_reader_reads(tmp_path: Path, leftover: Path) -> None:
    captured = recover_spool(leftover, tmp_path / "a.mcap", metadata={"pilothouse": {"reason": "recovered"}})

    assert captured is not None
    assert numbers_in(captured.path) == list(range(300))
    assert len(read_as_stream(captured.path)) == len(read_by_index(captured.path)) == 300
    with open_recording(captured.path) as recording:
        assert recording.summary().metadata == {"pilothouse": {"reason": "recovered"}}
    rerun_check(captured.path)
    assert leftover.exists()
    remove_leftover(leftover)
    assert not leftover.exists()


def test_a_live_segment_can_be_read_by_any_recovery_tool(tmp_path: Path, leftover: Path) -> None:
    (segment,) = leftover.glob("*.mcap")

    captured = recover(segment, tmp_path / "a.mcap")

    assert numbers_in(captured.path) == list(range(300))


def test_wherever_a_segment_is_cut_every_complete_chunk_before_the_cut_survives(tmp_path: Path, leftover: Path) -> None:
    (segment,) = leftover.glob("*.mcap")
    whole = segment.read_bytes()
    source = Source(segment)
    found = scan(source)
    source.close()
    ends = [span.offset + span.length for span in found.spans]
    used = found.end
    near = [end + step for end in ends[::9] for step in (-1, 0, 1)]
    for cut in sorted({*range(0, used, used // 60), *near, used, used + 5000}):
        for torn in (whole[:cut], whole[:cut] + bytes(3000)):
            segment.write_bytes(torn)
            path = tmp_path / "a.mcap"
            captured = recover_spool(leftover, path, metadata={})
            complete = sum(end <= cut for end in ends)
            counts = [4] * complete
            if not complete:
                assert captured is None
                continue
            assert captured is not None
            assert len(numbers_in(path)) >= sum(counts)
            assert numbers_in(path) == list(range(captured.message_count))
            path.unlink()


def test_a_flipped_byte_costs_one_chunk_only(tmp_path: Path, leftover: Path) -> None:
    (segment,) = leftover.glob("*.mcap")
    source = Source(segment)
    span = scan(source).spans[10]
    source.close()
    content = bytearray(segment.read_bytes())
    content[span.offset + span.length - 500] ^= 0xFF
    segment.write_bytes(content)

    captured = recover_spool(leftover, tmp_path / "a.mcap", metadata={})

    assert captured is not None
    assert 290 <= captured.message_count < 300
    assert verify(captured.path).ok


def test_an_empty_leftover_gives_no_recording(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=MIB)
    spool.close()
    (leftover,) = Spool.leftovers(tmp_path / "spool")

    assert recover_spool(leftover, tmp_path / "a.mcap", metadata={}) is None
    assert not (tmp_path / "a.mcap").exists()


def test_a_live_run_is_never_taken_for_a_leftover(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=MIB)

    assert Spool.leftovers(tmp_path / "spool") == []
    with pytest.raises(SpoolInUse):
        recover_spool(spool.path, tmp_path / "a.mcap", metadata={})
    with pytest.raises(SpoolInUse):
        remove_leftover(spool.path)
    spool.close()
    assert Spool.leftovers(tmp_path / "spool") == [spool.path]


def test_a_leftover_somebody_is_recovering_is_not_offered_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=MIB)
    spool.close()
    with (spool.path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert Spool.leftovers(tmp_path / "spool") == []
    assert Spool.leftovers(tmp_path / "spool") == [spool.path]


def test_a_clean_end_leaves_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=8 * MIB)
    record(spool, 10)
    spool.discard()
    spool.discard()

    assert list((tmp_path / "spool").iterdir()) == []
    assert Spool.leftovers(tmp_path / "nowhere") == []


def test_the_spool_keeps_the_newest_within_its_bytes(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=8 * MIB, segment_bytes=MIB)
    record(spool, 4000, size=5000, latched=True, chunk_bytes=50_000)
    on_disk = sum(one.stat().st_blocks * 512 for one in spool.path.iterdir())
    assert spool.size_bytes <= 8 * MIB
    assert on_disk <= 8 * MIB + 4096
    spool.close()

    captured = recover_spool(spool.path, tmp_path / "a.mcap", metadata={})

    assert captured is not None
    numbers = numbers_in(captured.path)
    assert numbers == list(range(numbers[0], 4000))
    assert len(numbers) * 5000 > 6 * MIB
    assert spool.skipped_chunks == 0


def test_what_somebody_needs_of_the_spool_stays_while_the_rest_moves_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=8 * MIB, segment_bytes=MIB)
    with Ring(window_s=1e6, max_bytes=4 * MIB, spool=spool, compression="none") as ring:
        channel = ring.add_channel(json_channel("/a"))

        def say(numbers: range) -> None:
            for number in numbers:
                ring.append(channel, START_NS + number, number.to_bytes(4, "big") + os.urandom(100_000))
                if number % 10 == 9:  # no faster than the disk writes
                    ring.seal()
                    spool.flush()

        say(range(30))
        exact = ring.snapshot(START_NS + 5, START_NS + 24)
        write_capture(exact, tmp_path / "from-memory.mcap", metadata={})
        resting = ring.resting(exact)
        in_memory = [one for one in resting.chunks if isinstance(one, SealedChunk)]
        del exact
        say(range(30, 300))
        kept_bytes, needed = ring.beside.bytes, {one._pin for one in resting.chunks if isinstance(one, SpooledChunk)}
        write_capture(resting, tmp_path / "from-disk.mcap", metadata={})
        files_while_needed = len(list(spool.path.glob("*.mcap")))
        del resting, needed
        say(range(300, 400))

    assert in_memory == []
    assert kept_bytes == 0
    assert (tmp_path / "from-disk.mcap").read_bytes() == (tmp_path / "from-memory.mcap").read_bytes()
    assert numbers_in(tmp_path / "from-disk.mcap") == list(range(5, 25))
    assert spool.skipped_chunks == 0
    assert files_while_needed <= 9
    assert spool.size_bytes <= 8 * MIB
    spool.discard()


def test_so_much_is_needed_of_the_spool_that_newer_history_has_room(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=4 * MIB, segment_bytes=MIB)
    with Ring(window_s=1e6, max_bytes=32 * MIB, spool=spool, compression="none") as ring:
        channel = ring.add_channel(json_channel("/a"))
        for number in range(35):
            ring.append(channel, START_NS + number, os.urandom(100_000))
        ring.seal()
        spool.flush()
        resting = ring.resting(ring.snapshot(START_NS, START_NS + 100))
        on_disk = [one for one in resting.chunks if isinstance(one, SpooledChunk)]
        for number in range(35, 70):
            ring.append(channel, START_NS + number, os.urandom(100_000))
        ring.seal()
        spool.flush()

        assert 0 < len(on_disk) < len(resting.chunks)
        assert spool.skipped_chunks == 0
        assert captured_count(resting, tmp_path) == 35
    spool.discard()


def captured_count(snapshot: Snapshot, directory: Path) -> int:
    captured = write_capture(snapshot, directory / "captured.mcap", metadata={})
    assert verify(captured.path).ok
    return captured.message_count


def test_what_latched_channels_said_survives_the_segments_it_was_said_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=8 * MIB, segment_bytes=MIB)
    record(spool, 4000, size=5000, latched=True, chunk_bytes=50_000)
    spool.close()

    captured = recover_spool(spool.path, tmp_path / "a.mcap", metadata={})

    assert captured is not None
    with open_recording(captured.path) as recording:
        static = list(recording.messages(topics=["/tf_static"]))
        first = next(recording.messages())
    assert [one.content for one in static] == [b'"base"']
    assert first.channel.topic == "/tf_static"
    assert captured.start_ns == static[0].log_time_ns > START_NS
    assert static[0].publish_time_ns == START_NS - NS_PER_S


def test_finished_segments_are_whole_mcap_files(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 * MIB, segment_bytes=MIB)
    record(spool, 1000, size=5000)
    spool.close()

    segments = sorted(spool.path.glob("*.mcap"))
    assert len(segments) > 3
    assert sum(len(read_as_stream(one)) for one in segments) == 1000
    with segments[-1].open("rb") as file:
        described = [one for one in StreamReader(file, emit_chunks=True).records if isinstance(one, ChannelRecord)]
    assert [one.topic for one in described] == ["/a"]


def test_a_message_larger_than_a_segment_gets_one_of_its_own(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 * MIB, segment_bytes=MIB)
    record(spool, 3, size=5 * MIB)
    spool.close()

    captured = recover_spool(spool.path, tmp_path / "a.mcap", metadata={})

    assert captured is not None
    assert numbers_in(captured.path) == [0, 1, 2]


def test_a_message_larger_than_the_spool_is_left_out_and_said(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=4 * MIB)
    record(spool, 1, size=5 * MIB)

    assert spool.skipped_chunks == 1
    assert spool.problem is not None
    record_more(spool)
    assert spool.problem is None
    spool.discard()


def test_a_disk_that_hangs_in_fsync_does_not_hold_up_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, release = threading.Event(), threading.Event()

    def hang(file: int) -> None:
        hanging.set()
        assert release.wait(30)

    monkeypatch.setattr("pilothouse.mcap.spool.syncing.fsync", hang)
    spool = Spool(tmp_path / "spool", max_bytes=64 * MIB, segment_bytes=MIB, fsync="seal")
    try:
        with Ring(window_s=60, max_bytes=64 * MIB, spool=spool, chunk_bytes=1) as ring:
            channel = ring.add_channel(json_channel("/a"))
            for number in range(50):
                assert hanging.wait(30)
                ring.append(channel, START_NS + number, number.to_bytes(4, "big"))
                ring.seal()
            with spool._changed:
                assert spool._changed.wait_for(lambda: not spool.is_behind, 30)
            (segment,) = spool.path.glob("*.mcap")
            captured = recover(segment, tmp_path / "a.mcap")
    finally:
        release.set()
        spool.discard()

    assert numbers_in(captured.path) == list(range(50))


def test_what_was_said_right_after_the_clock_was_set_back_is_recovered(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 * MIB)
    with Ring(window_s=30, max_bytes=64 * MIB, spool=spool) as ring:
        channel = ring.add_channel(json_channel("/a"))
        for number, second in enumerate([*range(100), -3600]):
            ring.append(channel, START_NS + second * NS_PER_S, number.to_bytes(4, "big"))
            ring.seal()
    spool.close()

    captured = recover_spool(spool.path, tmp_path / "a.mcap", metadata={}, window_s=30)

    assert captured is not None
    assert 100 in numbers_in(captured.path)


@contextmanager
def standing_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, list[SealedChunk]]]:
    """A disk that takes nothing until it is released; and what it is given."""
    release, given, real = threading.Event(), list[SealedChunk](), Segment.write

    def write(segment: Segment, chunk: SealedChunk, registry: Registry) -> None:
        given.append(chunk)
        assert release.wait(60)
        real(segment, chunk, registry)

    monkeypatch.setattr(Segment, "write", write)
    try:
        yield release, given
    finally:
        release.set()


def test_a_disk_that_stands_keeps_nothing_in_memory_that_the_ring_let_go_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 * MIB)
    with (
        standing_disk(monkeypatch) as (release, given),
        Ring(window_s=60, max_bytes=2 * MIB, spool=spool, chunk_bytes=1 << 16, compression="none") as ring,
    ):
        state, camera = ring.add_channel(json_channel("/state")), ring.add_channel(json_channel("/camera"))
        for number in range(200):
            ring.append(state, START_NS + number, os.urandom(1000))
            ring.append(camera, START_NS + number, os.urandom(60_000))
            ring.seal()
        with spool._changed:
            waiting = [chunk for one in (spool._urgent, spool._fat) for chunk, _ in one.chunks.values()]
        kept = {id(one) for one in ring._shelf.chunks()}
        skipped, problem = spool.skipped_chunks, spool.problem
        release.set()
        spool.flush()
        numbers = [one.number for one in given]
    spool.discard()

    assert waiting
    assert all(id(one) in kept for one in waiting)
    assert skipped > 100
    assert problem is not None
    assert "too slow" in problem
    assert len(numbers) == len(set(numbers)) == len(waiting) + 1


def test_on_a_slow_disk_a_camera_takes_no_place_from_telemetry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 * MIB)
    said: list[str] = []
    logger = SimpleNamespace(warning=lambda text, **_: said.append(text), info=lambda text, **_: said.append(text))
    monkeypatch.setattr("pilothouse.mcap.spool.spool.log", logger)
    with (
        standing_disk(monkeypatch) as (release, given),
        Ring(window_s=60, max_bytes=16 * MIB, spool=spool, chunk_bytes=1 << 16, compression="none") as ring,
    ):
        state, camera = ring.add_channel(json_channel("/state")), ring.add_channel(json_channel("/camera"))
        for number in range(300):
            ring.append(camera, START_NS + number, os.urandom(60_000))
            ring.append(state, START_NS + number, number.to_bytes(4, "big"))
            ring.seal()
        assert spool.skipped_chunks > 100
        release.set()
        spool.flush()
    spool.close()
    assert said == ["spool interrupted, the ring in memory goes on", "spool works again"]

    groups = ["small" if state in one.counts else "fat" for one in given]
    assert groups[1:300] == ["small"] * 299  # whichever came first was being written
    assert "fat" in groups[301:]
    captured = recover_spool(spool.path, tmp_path / "a.mcap", metadata={})
    assert captured is not None
    with open_recording(captured.path) as recording:
        said = [one.content for one in recording.messages(topics=["/state"])]
    assert said == [number.to_bytes(4, "big") for number in range(300)]


@pytest.mark.parametrize(("policy", "at_once", "a_second_later"), [("seal", 5, 6), ("second", 0, 1), ("never", 0, 0)])
def test_chunks_are_forced_to_disk_as_often_as_the_policy_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: FsyncPolicy, at_once: int, a_second_later: int
) -> None:
    now, synced = [100.0], []

    def note(file: int) -> None:
        if stat.S_ISREG(os.fstat(file).st_mode):
            synced.append(file)

    monkeypatch.setattr("pilothouse.mcap.spool.syncing.fsync", note)
    monkeypatch.setattr("pilothouse.mcap.spool.spool.time", SimpleNamespace(monotonic=lambda: now[0]))
    spool = Spool(tmp_path / "spool", max_bytes=64 * MIB, fsync=policy)
    with Ring(window_s=60, max_bytes=MIB, spool=spool) as ring:
        channel = ring.add_channel(json_channel("/a"))

        def say(number: int) -> None:
            ring.append(channel, START_NS + number, b"{}")
            ring.seal()
            eventually(lambda: not spool.is_behind, what="the writer")
            spool._syncer.wait()

        for number in range(5):
            say(number)
        assert len(synced) == at_once
        now[0] += 1.5
        say(5)
        assert len(synced) == a_second_later
    spool.discard()


def record_more(spool: Spool) -> None:
    with Ring(window_s=60, max_bytes=MIB, spool=spool) as ring:
        ring.append(ring.add_channel(json_channel("/b")), START_NS, b"{}")
    spool.flush()


def test_a_camera_whose_clock_is_an_hour_ahead_takes_no_telemetry_out_of_what_is_recovered(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 * MIB)
    with Ring(window_s=30, max_bytes=64 * MIB, spool=spool) as ring:
        state, camera = ring.add_channel(json_channel("/state")), ring.add_channel(json_channel("/camera"))
        for number in range(100):
            at_ns = START_NS + number * NS_PER_S // 10
            ring.append(camera, at_ns + 3600 * NS_PER_S, os.urandom(20_000))
            if number % 4 == 0:
                ring.append(state, at_ns, b"{}")
            ring.seal()
    spool.close()

    captured = recover_spool(spool.path, tmp_path / "a.mcap", metadata={}, window_s=30)

    assert captured is not None
    assert captured.message_count == 125

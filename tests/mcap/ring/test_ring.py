"""The ring loses nothing that belongs to its window, and keeps nothing that does not."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import (
    BadTimestamp,
    Channel,
    Ring,
    RingClosed,
    Schema,
    Spool,
    UnknownChannel,
    open_recording,
    verify,
    write_capture,
)
from pilothouse.mcap.model import Group
from pilothouse.mcap.records import Registry
from pilothouse.mcap.ring.ring import SEQUENCE_LIMIT
from pilothouse.mcap.writing.chunks import SealedChunk
from tests.support.flights import NS_PER_S, START_NS, json_channel

MIB = 1 << 20
EVER = (0, 2**64 - 1)


def contents_of(ring: Ring, path: Path, topic: str, window: tuple[int, int] = EVER) -> list[bytes]:
    captured = write_capture(ring.snapshot(*window), path, metadata={})
    with open_recording(captured.path) as recording:
        return [one.content for one in recording.messages(topics=[topic])]


def test_an_equal_channel_has_the_same_number_and_a_changed_schema_a_new_one() -> None:
    with Ring(window_s=1, max_bytes=MIB) as ring:
        first = ring.add_channel(Channel("/a", "cdr", Schema("A", "ros2msg", b"int32 x"), {"qos": "1"}))
        again = ring.add_channel(Channel("/a", "cdr", Schema("A", "ros2msg", b"int32 x"), {"qos": "1"}))
        changed = ring.add_channel(Channel("/a", "cdr", Schema("A", "ros2msg", b"int64 x"), {"qos": "1"}))

    assert first == again
    assert changed != first


def test_both_ends_of_a_window_belong_to_it(tmp_path: Path) -> None:
    with Ring(window_s=60, max_bytes=MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        for number in range(10):
            ring.append(channel, START_NS + number, str(number).encode())
        found = contents_of(ring, tmp_path / "a.mcap", "/a", (START_NS + 3, START_NS + 6))

    assert found == [b"3", b"4", b"5", b"6"]


def test_a_message_out_of_order_is_found_by_its_own_time(tmp_path: Path) -> None:
    with Ring(window_s=60, max_bytes=MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        for number in (5, 1, 9, 3):
            ring.append(channel, START_NS + number, str(number).encode())
            ring.seal()
        snapshot = ring.snapshot(START_NS + 2, START_NS + 5)
        found = contents_of(ring, tmp_path / "a.mcap", "/a", (START_NS + 2, START_NS + 5))

    assert found == [b"3", b"5"]
    assert snapshot.message_count == 2
    assert snapshot.span_ns == (START_NS + 3, START_NS + 5)


def test_messages_of_one_time_come_in_the_order_they_were_appended(tmp_path: Path) -> None:
    with Ring(window_s=60, max_bytes=MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        for said in ([(5, b"second")], [(1, b"first"), (5, b"third")], [(5, b"fourth")]):
            for number, content in said:
                ring.append(channel, START_NS + number, content)
            ring.seal()

        assert contents_of(ring, tmp_path / "a.mcap", "/a") == [b"first", b"second", b"third", b"fourth"]


def test_what_is_older_than_the_window_leaves() -> None:
    with Ring(window_s=10, max_bytes=64 * MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        for second in range(100):
            ring.append(channel, START_NS + second * NS_PER_S, b"{}")
            ring.seal()

        assert ring.newest_ns == START_NS + 99 * NS_PER_S
        assert ring.oldest_ns == START_NS + 89 * NS_PER_S
        assert ring.message_count == 11
        assert ring.topics()["/a"].message_count == 100
        assert ring.topics()["/a"].dropped == 0


def test_images_never_cost_telemetry_its_history(tmp_path: Path) -> None:
    with Ring(window_s=600, max_bytes=4 * MIB, chunk_bytes=256 << 10) as ring:
        joints = ring.add_channel(json_channel("/joints"))
        camera = ring.add_channel(json_channel("/camera"))
        for number in range(300):
            ring.append(joints, START_NS + number * 10_000_000, b"%d" % number)
            ring.append(camera, START_NS + number * 10_000_000, os.urandom(60_000))
        ring.seal()
        topics = ring.topics()
        resident = ring.resident_bytes
        found = contents_of(ring, tmp_path / "a.mcap", "/joints")

    assert found == [b"%d" % number for number in range(300)]
    assert topics["/joints"].dropped == 0
    assert topics["/camera"].dropped > 200
    assert topics["/camera"].bytes == 300 * 60_000
    assert resident <= 4 * MIB


def test_a_flood_of_small_messages_leaves_images_their_share() -> None:
    with Ring(window_s=600, max_bytes=4 * MIB, chunk_bytes=64 << 10) as ring:
        camera = ring.add_channel(json_channel("/camera"))
        for number in range(40):
            ring.append(camera, START_NS + number, os.urandom(60_000))
        ring.seal()
        log = ring.add_channel(json_channel("/log"))
        for number in range(40_000):
            ring.append(log, START_NS + number, os.urandom(200))
        ring.seal()

        assert ring.topics()["/camera"].dropped == 0
        assert ring.topics()["/log"].dropped > 0


def test_one_message_from_the_future_does_not_empty_the_ring() -> None:
    with Ring(window_s=10, max_bytes=64 * MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        for second in range(5):
            ring.append(channel, START_NS + second * NS_PER_S, b"{}")
            ring.seal()
        ring.append(channel, START_NS * 2, b"{}")
        ring.seal()
        ring.append(channel, START_NS + 5 * NS_PER_S, b"{}")
        ring.seal()

        assert ring.snapshot(START_NS, START_NS + 10 * NS_PER_S).message_count == 6


def test_a_clock_set_back_an_hour_does_not_stop_the_recording() -> None:
    with Ring(window_s=10, max_bytes=64 * MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        for second in [*range(5), *range(-3600, -3590)]:
            ring.append(channel, START_NS + second * NS_PER_S, b"{}")
            ring.seal()

        set_back = ring.snapshot(START_NS - 3600 * NS_PER_S, START_NS - 3500 * NS_PER_S)
        assert set_back.message_count == 10


def test_one_message_from_the_past_leaves_when_the_next_comes() -> None:
    with Ring(window_s=10, max_bytes=64 * MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        for second in (0, 1, -3600, 2, 3):
            ring.append(channel, START_NS + second * NS_PER_S, b"{}")
            ring.seal()

        assert ring.snapshot(*EVER).message_count == 4
        assert ring.topics()["/a"].dropped == 0


def test_a_latched_message_is_in_every_capture_and_stretches_none(tmp_path: Path) -> None:
    with Ring(window_s=10, max_bytes=64 * MIB) as ring:
        static = ring.add_channel(json_channel("/tf_static"))
        speed = ring.add_channel(json_channel("/speed"))
        ring.append(static, START_NS - 7200 * NS_PER_S, b'"first"')
        ring.append(static, START_NS - 3600 * NS_PER_S, b'"last"')
        for number in range(300):
            ring.append(speed, START_NS + number * NS_PER_S // 10, b"%d" % number)
            if number % 10 == 0:
                ring.seal()
        start_ns, end_ns = START_NS + 20 * NS_PER_S, START_NS + 25 * NS_PER_S
        captured = write_capture(ring.snapshot(start_ns, end_ns), tmp_path / "a.mcap", metadata={})

    with open_recording(captured.path) as recording:
        messages = list(recording.messages())
        summary = recording.summary()
    assert [one.content for one in messages[:2]] == [b'"first"', b'"last"']
    assert messages[1].publish_time_ns == START_NS - 3600 * NS_PER_S
    assert [one.channel.topic for one in messages].count("/tf_static") == 2
    assert (captured.start_ns, captured.end_ns) == (summary.start_ns, summary.end_ns) == (start_ns, end_ns)
    assert captured.duration_s == 5.0
    assert len(messages) == 53


def test_latched_messages_come_in_the_order_they_were_said_those_before_the_window_first(tmp_path: Path) -> None:
    with Ring(window_s=60, max_bytes=64 * MIB) as ring:
        static = ring.add_channel(json_channel("/map"))
        for seconds, content in ((3, b"0"), (1, b"2"), (2, b"1")):
            ring.append(static, START_NS - seconds * NS_PER_S, content)
            ring.seal()
        ring.append(static, START_NS + NS_PER_S, b"3")
        found = contents_of(ring, tmp_path / "a.mcap", "/map", (START_NS, START_NS + 2 * NS_PER_S))

    assert found == [b"0", b"1", b"2", b"3"]


def test_a_predicate_says_what_is_latched(tmp_path: Path) -> None:
    with Ring(window_s=1, max_bytes=MIB, latched=lambda topic: topic == "/config") as ring:
        config = ring.add_channel(json_channel("/config"))
        ring.append(config, START_NS, b'"kept"')
        other = ring.add_channel(json_channel("/tf_static"))
        ring.append(other, START_NS, b'"not kept"')
        window = (START_NS + 10 * NS_PER_S, START_NS + 20 * NS_PER_S)
        captured = write_capture(ring.snapshot(*window), tmp_path / "a.mcap", metadata={})

    assert captured.topics == ("/config",)


def test_messages_of_any_size_go_through(tmp_path: Path) -> None:
    sizes = [0, 1, 200, 16 << 10, (16 << 10) + 1, MIB - 1, 3 * MIB, 65 * MIB]
    with Ring(window_s=60, max_bytes=256 * MIB) as ring:
        channel = ring.add_channel(Channel("/a", "custom"))
        for number, size in enumerate(sizes):
            ring.append(channel, START_NS + number, bytes([number]) * size)
        found = contents_of(ring, tmp_path / "a.mcap", "/a")

    assert [len(one) for one in found] == sizes
    assert all(set(one) <= {number} for number, one in enumerate(found))


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_any_kind_of_buffer_is_a_message(tmp_path: Path, kind: type) -> None:
    with Ring(window_s=60, max_bytes=MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        ring.append(channel, START_NS, kind(b"123"))
        assert contents_of(ring, tmp_path / "a.mcap", "/a") == [b"123"]


def test_a_refused_message_leaves_no_trace(tmp_path: Path) -> None:
    with Ring(window_s=60, max_bytes=MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        ring.append(channel, START_NS, b"1")
        for wrong in (-1, 2**64):
            with pytest.raises(BadTimestamp):
                ring.append(channel, wrong, b"2")
        with pytest.raises(TypeError):
            ring.append(channel, START_NS, "text")  # type: ignore[arg-type]
        for unknown in (0, -1, 2, 70_000):
            with pytest.raises(UnknownChannel):
                ring.append(unknown, START_NS, b"3")
        ring.append(channel, START_NS + 1, b"4")

        assert ring.message_count == 2
        assert contents_of(ring, tmp_path / "a.mcap", "/a") == [b"1", b"4"]


class NotedSpool:
    """Stands where a spool would and notes that a chunk was sealed."""

    def __init__(self) -> None:
        self.sealed = threading.Event()
        self.path = Path()

    def attach(self, registry: Registry, *, window_bytes: int) -> None:
        pass

    def put(self, chunk: SealedChunk, group: Group) -> None:
        self.sealed.set()


def test_an_open_chunk_is_sealed_by_age_without_another_message() -> None:
    clock, spool = ManualClock(), NotedSpool()
    with Ring(window_s=60, max_bytes=MIB, chunk_s=0.5, clock=clock, spool=cast("Spool", spool)) as ring:
        channel = ring.add_channel(json_channel("/a"))
        ring.append(channel, START_NS, b"{}")
        assert not spool.sealed.wait(0.3)  # the sealing thread has looked more than once by then

        clock.advance(0.5)
        assert spool.sealed.wait(30)


def test_a_full_queue_makes_the_appending_thread_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ring(window_s=60, max_bytes=64 * MIB, chunk_bytes=1000) as ring:
        sealer = ring._sealer
        release, real = threading.Event(), sealer._sealed

        def slow(chunk: object) -> object:
            if threading.current_thread().name == "pilothouse-seal":
                assert release.wait(30)
            return real(chunk)  # type: ignore[arg-type]

        monkeypatch.setattr(sealer, "_sealed", slow)
        channel = ring.add_channel(json_channel("/a"))
        expected = [b"%d" % number + b" " * 900 for number in range(60)]
        for number, content in enumerate(expected):
            ring.append(channel, START_NS + number, content)
        assert ring.inline_seals > 0
        release.set()

        assert contents_of(ring, tmp_path / "a.mcap", "/a") == expected


def test_who_appends_large_messages_waits_while_the_ring_cannot_make_way_for_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Ring(window_s=60, max_bytes=64 * MIB) as ring:
        sealer = ring._sealer
        may_seal, real, waited = threading.Semaphore(0), sealer._sealed, []

        def slow(chunk: object) -> object:
            with sealer.lock:
                waited.append(sealer.waiting_bytes)
            assert may_seal.acquire(timeout=30)
            return real(chunk)  # type: ignore[arg-type]

        monkeypatch.setattr(sealer, "_sealed", slow)
        channel, frame = ring.add_channel(json_channel("/camera")), bytes(6 * MIB)

        def speak() -> None:
            for number in range(10):
                ring.append(channel, START_NS + number, frame)

        speaker = threading.Thread(target=speak)
        speaker.start()
        for _ in range(10):
            may_seal.release()
        speaker.join(30)

        assert max(waited) < 7 * MIB
        ring.seal()
        assert ring.message_count == 10


def test_chunks_leave_for_what_is_in_memory_beside_them_and_small_ones_last() -> None:
    with Ring(window_s=60, max_bytes=8 * MIB, compression="none", chunk_bytes=MIB) as ring:
        camera, speed = ring.add_channel(json_channel("/camera")), ring.add_channel(json_channel("/speed"))
        for number in range(7):
            ring.append(camera, START_NS + number, bytes(MIB))
            ring.append(speed, START_NS + number, bytes(100 << 10 >> 3))
        ring.seal()
        before, share = ring.resident_bytes, ring.beside.share()

        share.hold(4 * MIB)
        beside = ring.resident_bytes
        share.hold(20 * MIB)
        least = ring.resident_bytes
        share.hold(0)
        ring.append(camera, START_NS + 8, bytes(MIB))
        ring.seal()

        assert before > 5 * MIB
        assert beside <= 4 * MIB
        assert least <= 8 * MIB / 8
        assert ring.topics()["/speed"].dropped == 0, "the camera made way"
        assert ring.topics()["/camera"].dropped >= 6
        assert ring.resident_bytes > MIB, "what comes later is kept"


def test_what_has_left_the_ring_counts_until_nobody_holds_it() -> None:
    with Ring(window_s=60, max_bytes=8 * MIB, compression="none", chunk_bytes=MIB) as ring:
        camera = ring.add_channel(json_channel("/camera"))
        for number in range(7):
            ring.append(camera, START_NS + number, bytes(MIB))
        held = ring.snapshot(*EVER)
        for number in range(7, 14):
            ring.append(camera, START_NS + number, bytes(MIB))
        ring.seal()
        beside, within = ring.beside.bytes, ring.resident_bytes
        del held
        after = ring.beside.bytes

    assert beside > 6 * MIB
    assert beside + within <= 9 * MIB + MIB // 8
    assert after == 0


def test_a_chunk_that_cannot_be_sealed_is_counted_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with Ring(window_s=60, max_bytes=MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        ring.append(channel, START_NS, b"1")
        with monkeypatch.context() as broken:
            broken.setattr("pilothouse.mcap.ring.sealing.seal", lambda *_: 1 / 0)
            ring.seal()
        ring.append(channel, START_NS + 1, b"2")

        assert ring.snapshot(*EVER).message_count == ring.message_count == 1
        assert ring.topics()["/a"].dropped == 1


def test_a_closed_ring_takes_nothing_and_can_still_be_read(tmp_path: Path) -> None:
    ring = Ring(window_s=60, max_bytes=MIB)
    channel = ring.add_channel(json_channel("/a"))
    ring.append(channel, START_NS, b"1")
    ring.close()
    ring.close()

    with pytest.raises(RingClosed):
        ring.append(channel, START_NS, b"2")
    with pytest.raises(RingClosed):
        ring.add_channel(json_channel("/b"))
    assert ring.message_count == 1
    assert contents_of(ring, tmp_path / "a.mcap", "/a") == [b"1"]


def test_an_empty_ring_says_so() -> None:
    with Ring(window_s=60, max_bytes=MIB) as ring:
        ring.add_channel(json_channel("/a"))

        assert (ring.message_count, ring.oldest_ns, ring.newest_ns) == (0, None, None)
        assert ring.topics()["/a"].last_log_time_ns is None
        assert ring.snapshot(*EVER).is_empty


def test_the_counts_go_on_when_the_sequence_starts_again() -> None:
    with Ring(window_s=60, max_bytes=MIB) as ring:
        channel = ring.add_channel(json_channel("/a"))
        ring.append(channel, START_NS, b"1")
        ring._tracks[channel].sequence += SEQUENCE_LIMIT
        before = ring.message_count
        ring.seal()
        ring.append(channel, START_NS + 1, b"2")

        assert ring._tracks[channel].sequence == 1
        assert ring.message_count == before + 1


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """The interpreter changes threads thousands of times as often as it would."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless_threads")
def test_several_threads_append_while_snapshots_are_taken(tmp_path: Path) -> None:
    writers, snapshots = 4, 4
    appended = [0] * writers
    with Ring(window_s=600, max_bytes=256 * MIB, chunk_bytes=8000, chunk_s=0.02) as ring:
        channels = [ring.add_channel(json_channel(f"/{number}")) for number in range(writers)]
        shared = ring.add_channel(json_channel("/shared"))
        go, enough = threading.Barrier(writers + 1), threading.Event()

        def write(number: int) -> None:
            go.wait()
            while not enough.is_set() or appended[number] < 1000:
                count = appended[number]
                content = b"%d/%d" % (number, count) + (b"." * 20_000 if count % 500 == number else b"")
                ring.append(channels[number], START_NS + count, content)
                ring.append(shared, START_NS + count, content)
                appended[number] += 1

        threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
        for thread in threads:
            thread.start()
        go.wait()
        for number in range(snapshots):
            captured = write_capture(ring.snapshot(*EVER), tmp_path / f"{number}.mcap", metadata={})
            assert verify(captured.path).ok
        enough.set()
        for thread in threads:
            thread.join()
        captured = write_capture(ring.snapshot(*EVER), tmp_path / "last.mcap", metadata={})

    with open_recording(captured.path) as recording:
        messages = list(recording.messages())
    assert len(messages) == 2 * sum(appended)
    for number in range(writers):
        own = [one.content.split(b".")[0] for one in messages if one.channel.topic == f"/{number}"]
        assert own == [b"%d/%d" % (number, count) for count in range(appended[number])]

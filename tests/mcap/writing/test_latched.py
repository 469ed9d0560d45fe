"""What is said once is in every recording, however long ago it was said and however many said their part of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from pilothouse.mcap import Ring, Spool, recover_spool
from pilothouse.mcap.writing.chunks import OpenChunk
from pilothouse.mcap.writing.latched import MOST_BYTES, MOST_MESSAGES, Latched
from tests.support.flights import NS_PER_S, START_NS, json_channel
from tests.support.readers import read_as_stream

MIB = 1 << 20


def kept_of(*said: tuple[int, bytes]) -> list[tuple[int, bytes]]:
    """What is kept of messages of (time, content) on one channel."""
    chunk = OpenChunk(1)
    for time_ns, content in said:
        chunk.add(1, 0, time_ns, time_ns, content)
    latched = Latched()
    latched.take(chunk.buffer, [1])
    return [(one.log_time_ns, one.content) for one in latched.messages().get(1, ())]


def test_every_part_is_kept_in_the_order_it_was_said() -> None:
    assert kept_of((3, b"c"), (1, b"a"), (2, b"b")) == [(1, b"a"), (2, b"b"), (3, b"c")]


def test_the_same_words_are_kept_once_with_their_latest_time() -> None:
    assert kept_of((1, b"a"), (2, b"b"), (3, b"a"), (2, b"a")) == [(2, b"b"), (3, b"a")]


def test_memory_is_bounded_and_the_last_message_is_always_kept() -> None:
    many = kept_of(*((number, b"%d" % number) for number in range(1000)))
    maps = kept_of(*((number, bytes([number]) * (MOST_BYTES // 2)) for number in range(9)))
    huge = kept_of((1, b"a"), (2, b"x" * 3 * MOST_BYTES))

    assert [time_ns for time_ns, _ in many] == list(range(1000 - MOST_MESSAGES, 1000))
    assert [time_ns for time_ns, _ in maps] == [7, 8]
    assert [time_ns for time_ns, _ in huge] == [2]


def long_run(ring: Ring, *, hours: int) -> None:
    """Twenty drivers say their part of /tf_static at their start, and the robot then drives for hours."""
    frames, speed = ring.add_channel(json_channel("/tf_static")), ring.add_channel(json_channel("/speed"))
    for driver in range(20):
        ring.append(frames, START_NS + driver * NS_PER_S, b'{"frame": %d}' % driver)
        ring.seal()
    for minute in range(hours * 60):
        ring.append(speed, START_NS + (60 + minute * 60) * NS_PER_S, b"{}")
        ring.seal()
        if minute % 100 == 0:  # one driver starts anew and says the same again
            ring.append(frames, START_NS + (60 + minute * 60) * NS_PER_S, b'{"frame": 7}')


def test_every_publisher_of_a_latched_topic_is_in_a_recording_hours_later(tmp_path: Path) -> None:
    with Ring(window_s=60, max_bytes=4 * MIB) as ring:
        long_run(ring, hours=8)
        end_ns = ring.newest_ns or 0
        snapshot = ring.snapshot(end_ns - 30 * NS_PER_S, end_ns)
    from pilothouse.mcap import write_capture

    write_capture(snapshot, tmp_path / "a.mcap", metadata={})
    found = read_as_stream(tmp_path / "a.mcap")
    frames = [one.content for one in found if one.topic == "/tf_static"]

    assert sorted(frames) == sorted(b'{"frame": %d}' % driver for driver in range(20))
    assert frames[-1] == b'{"frame": 7}'
    assert len(found) == 21
    assert min(one.log_time_ns for one in found) == end_ns


def test_and_in_one_that_is_recovered_after_a_crash(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=MIB, segment_bytes=64 << 10)
    with Ring(window_s=60, max_bytes=4 * MIB, spool=spool) as ring:
        long_run(ring, hours=8)
        spool.flush()
        shutil.copytree(tmp_path / "spool", tmp_path / "dead")
    spool.discard()
    (leftover,) = Spool.leftovers(tmp_path / "dead")
    recover_spool(leftover, tmp_path / "a.mcap", metadata={}, window_s=60)
    frames = [one.content for one in read_as_stream(tmp_path / "a.mcap") if one.topic == "/tf_static"]

    assert sorted(frames) == sorted(b'{"frame": %d}' % driver for driver in range(20))

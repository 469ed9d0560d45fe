"""Topics are kept as dearly, as long and as large as they are said to be, and cost each other nothing."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.mcap import Keep, Ring, Snapshot
from pilothouse.mcap.ring.shelf import SHARES
from tests.support.flights import NS_PER_S, START_NS, json_channel

MIB = 1 << 20
EVER = (0, 2**64 - 1)


def kept(ring: Ring) -> Counter[str]:
    """Messages of each topic that are in the ring, counted in its chunks."""
    snapshot: Snapshot = ring.snapshot(*EVER)
    topics = {number: channel.topic for number, channel in snapshot.registry.channels.items()}
    counts: Counter[str] = Counter()
    for chunk in snapshot.chunks:
        for channel_id, count in chunk.counts.items():
            counts[topics[channel_id]] += count
    return counts


def keeping(**topics: Keep) -> Callable[[str], Keep]:
    return lambda topic: topics.get(topic.strip("/"), Keep())


def test_a_topic_over_its_own_budget_evicts_only_itself() -> None:
    with Ring(window_s=600, max_bytes=16 * MIB, keep=keeping(left=Keep(max_bytes=MIB))) as ring:
        left, right = ring.add_channel(json_channel("/left")), ring.add_channel(json_channel("/right"))
        for number in range(100):
            for camera in (left, right):
                ring.append(camera, START_NS + number, os.urandom(60_000))
        ring.seal()
        topics, counts = ring.topics(), kept(ring)

    assert topics["/right"].dropped == 0
    assert counts["/right"] == 100
    assert topics["/left"].dropped == 100 - counts["/left"]
    assert 0.6 * MIB < counts["/left"] * 60_000 <= MIB


def test_low_priority_leaves_first_and_high_priority_last() -> None:
    keep = keeping(low=Keep(priority="low"), high=Keep(priority="high"))
    with Ring(window_s=600, max_bytes=8 * MIB, chunk_bytes=64 << 10, keep=keep) as ring:
        numbers = {name: ring.add_channel(json_channel(name)) for name in ("/high", "/normal", "/low")}
        for number in range(60):
            for channel in numbers.values():
                ring.append(channel, START_NS + number, os.urandom(40_000))
        ring.seal()
        first = {name: ring.topics()[name].dropped for name in numbers}
        for number in range(60, 120):
            for name in ("/high", "/normal"):
                ring.append(numbers[name], START_NS + number, os.urandom(40_000))
        ring.seal()
        later = {name: ring.topics()[name].dropped for name in numbers}

    assert first["/low"] == 0, "nothing leaves while there is room"
    assert later["/low"] == 60, "all of the low goes before any other"
    assert later["/normal"] > 0
    assert later["/high"] == 0


def test_low_priority_of_fat_topics_never_costs_small_ones() -> None:
    keep = keeping(log=Keep(priority="low"), camera=Keep(priority="high"))
    with Ring(window_s=600, max_bytes=4 * MIB, chunk_bytes=64 << 10, keep=keep) as ring:
        log, camera = ring.add_channel(json_channel("/log")), ring.add_channel(json_channel("/camera"))
        for number in range(200):
            ring.append(log, START_NS + number, os.urandom(200))
            ring.append(camera, START_NS + number, os.urandom(60_000))
        ring.seal()

        assert ring.topics()["/log"].dropped == 0
        assert ring.topics()["/camera"].dropped > 0


def test_a_camera_keeps_five_seconds_while_the_state_keeps_sixty() -> None:
    with Ring(window_s=60, max_bytes=64 * MIB, keep=keeping(camera=Keep(keep_s=5))) as ring:
        state, camera = ring.add_channel(json_channel("/state")), ring.add_channel(json_channel("/camera"))
        for second in range(100):
            ring.append(state, START_NS + second * NS_PER_S, b"{}")
            ring.append(camera, START_NS + second * NS_PER_S, b"x" * 20_000)
            ring.seal()
        counts, topics = kept(ring), ring.topics()

    assert counts == {"/state": 61, "/camera": 6}
    assert topics["/camera"].dropped == topics["/state"].dropped == 0, "their time had passed: nothing was lost"


def test_one_message_above_the_budget_of_its_topic_is_counted_as_dropped() -> None:
    with Ring(window_s=60, max_bytes=16 * MIB, keep=keeping(map=Keep(max_bytes=64 << 10))) as ring:
        channel = ring.add_channel(json_channel("/map_updates"))
        big = ring.add_channel(json_channel("map"))
        ring.append(channel, START_NS, b"{}")
        ring.append(big, START_NS, os.urandom(MIB))
        ring.seal()

        assert ring.topics()["map"].dropped == 1
        assert kept(ring) == {"/map_updates": 1}


def test_a_change_holds_for_what_comes_and_keeps_what_is_there() -> None:
    with Ring(window_s=60, max_bytes=64 * MIB) as ring:
        state, camera = ring.add_channel(json_channel("/state")), ring.add_channel(json_channel("/camera"))
        for second in range(10):
            ring.append(state, START_NS + second * NS_PER_S, b"{}")
            ring.append(camera, START_NS + second * NS_PER_S, b"x" * 20_000)
        ring.change(window_s=60, max_bytes=64 * MIB, keep=keeping(camera=Keep(keep_s=5)))
        assert kept(ring) == {"/state": 10, "/camera": 10}

        for second in range(10, 40):
            ring.append(state, START_NS + second * NS_PER_S, b"{}")
            ring.append(camera, START_NS + second * NS_PER_S, b"x" * 20_000)
            ring.seal()

        assert kept(ring) == {"/state": 40, "/camera": 10 + 6}
        assert sum(one.dropped for one in ring.topics().values()) == 0


def test_a_smaller_window_and_budget_hold_at_once() -> None:
    with Ring(window_s=60, max_bytes=64 * MIB) as ring:
        camera = ring.add_channel(json_channel("/camera"))
        for second in range(60):
            ring.append(camera, START_NS + second * NS_PER_S, os.urandom(100_000))
            ring.seal()
        ring.change(window_s=30, max_bytes=64 * MIB, keep=keeping())
        assert kept(ring) == {"/camera": 31}

        ring.change(window_s=30, max_bytes=MIB, keep=keeping())
        assert ring.resident_bytes <= MIB
        assert ring.topics()["/camera"].dropped == 31 - kept(ring)["/camera"]


TOPICS = ("/s0", "/s1", "/s2", "/f0", "/f1", "/f2")
KEEPS = st.builds(
    Keep,
    priority=st.sampled_from(("high", "normal", "low")),
    keep_s=st.sampled_from((None, None, 2.0, 1000.0)),
    max_bytes=st.sampled_from((None, None, 100_000, 400_000)),
)
NOISE = random.Random(5).randbytes(1 << 20)


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(TOPICS, KEEPS)),
    st.lists(st.tuples(st.sampled_from(TOPICS), st.integers(1, 30)), min_size=5, max_size=120),
)
def test_fat_never_evicts_small_and_every_drop_is_counted(keeps: dict[str, Keep], said: list[tuple[str, int]]) -> None:
    max_bytes = 1 << 20
    with Ring(window_s=1000, max_bytes=max_bytes, chunk_bytes=32 << 10, keep=keeps.__getitem__) as ring:
        numbers = {
            topic: ring.add_channel(json_channel(topic), group="fat" if topic[1] == "f" else "small")
            for topic in TOPICS
        }
        small_bytes, appended = 0, Counter[str]()
        for at, (topic, count) in enumerate(said):
            size = 40_000 if topic[1] == "f" else 400
            for number in range(count):
                ring.append(numbers[topic], START_NS + at * 1_000_000, NOISE[number * 7 : number * 7 + size])
            small_bytes += 0 if topic[1] == "f" else count * (size + 200) + 2_000
            appended[topic] += count
            ring.seal()
        counts, topics = kept(ring), ring.topics()
        assert ring.resident_bytes <= max_bytes

    for topic in TOPICS:
        assert appended[topic] - counts[topic] == topics[topic].dropped, "no window has passed: what left was dropped"
        own = keeps[topic].max_bytes
        if topic[1] == "s" and own is None and small_bytes < SHARES["small"] * max_bytes:
            assert topics[topic].dropped == 0


@pytest.mark.parametrize("priority", ["high", "normal", "low"])
def test_a_capture_holds_a_latched_message_whatever_its_priority(priority: str) -> None:
    keep = Keep(priority=priority, max_bytes=64 << 10)  # type: ignore[arg-type]
    with Ring(window_s=5, max_bytes=16 * MIB, keep=lambda _: keep) as ring:
        frames, state = ring.add_channel(json_channel("/tf_static")), ring.add_channel(json_channel("/state"))
        ring.append(frames, START_NS, b'"frames"')
        for second in range(20):
            ring.append(state, START_NS + second * NS_PER_S, b"{}")
            ring.seal()
        latched = ring.snapshot(START_NS + 15 * NS_PER_S, START_NS + 20 * NS_PER_S).latched()

    assert [one.content for said in latched.values() for one in said] == [b'"frames"']


@pytest.mark.parametrize("ahead_s", [3600, -3600])
def test_a_camera_whose_clock_is_wrong_makes_no_telemetry_look_old(ahead_s: int) -> None:
    with Ring(window_s=30, max_bytes=16 * MIB) as ring:
        state, camera = ring.add_channel(json_channel("/state")), ring.add_channel(json_channel("/camera"))
        frame = os.urandom(20_000)
        for number in range(600):
            at_ns = START_NS + number * NS_PER_S // 30
            ring.append(state, at_ns, b"{}")
            ring.append(camera, at_ns + ahead_s * NS_PER_S, frame)
            if number % 15 == 0:
                ring.seal()

        assert kept(ring) == {"/state": 600, "/camera": 600}


def test_what_falls_silent_leaves_when_the_others_have_spoken_for_a_window() -> None:
    with Ring(window_s=30, max_bytes=16 * MIB) as ring:
        state, camera = ring.add_channel(json_channel("/state")), ring.add_channel(json_channel("/camera"))
        ring.append(camera, START_NS + 3600 * NS_PER_S, os.urandom(20_000))
        for second in range(30):
            ring.append(state, START_NS + second * NS_PER_S, b"{}")
            ring.seal()
        assert kept(ring)["/camera"] == 1

        for second in range(30, 33):
            ring.append(state, START_NS + second * NS_PER_S, b"{}")
            ring.seal()
        assert kept(ring)["/camera"] == 0


def test_a_minute_is_kept_whole_whatever_is_sealed_first() -> None:
    with Ring(window_s=61, max_bytes=512 << 20, compression="none") as ring:
        camera, state = (ring.add_channel(json_channel(topic)) for topic in ("/camera", "/state"))
        for second in range(6):
            ring.append(state, START_NS + second * NS_PER_S, b"{}")
            ring.seal()
        # What the camera saw meanwhile comes only now, as in a burst, when a thread seals one place before the other.
        for second in range(60):
            ring.append(camera, START_NS + second * NS_PER_S, bytes(100_000))
            if second >= 6:
                ring.append(state, START_NS + second * NS_PER_S, b"{}")
            ring.seal()

        captured = ring.snapshot(START_NS, START_NS + 60 * NS_PER_S)

        assert captured.message_count == 120

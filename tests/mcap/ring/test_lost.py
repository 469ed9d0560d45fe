"""What is missing from a recording is told exactly: what is in it and what is missing make all that was said."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.mcap import Ring
from pilothouse.mcap.ring.lost import Lost
from tests.support.flights import START_NS, json_channel

MS = 1_000_000
NOISE = random.Random(5).randbytes(1 << 17)
TOPICS = ("/a", "/b", "/c")
SAID = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2_000), st.integers(10, 60_000)), min_size=1, max_size=60)
# More than the ring holds, whatever else is said.
BEFORE = [(number % 3, number * 20, 30_000) for number in range(100)]


@settings(max_examples=60, deadline=None)
@given(SAID, st.integers(0, 2_000), st.integers(0, 2_000))
def test_what_is_in_a_window_and_what_is_missing_are_all_that_was_said(
    said: list[tuple[int, int, int]], one_ms: int, other_ms: int
) -> None:
    start_ns, end_ns = START_NS + min(one_ms, other_ms) * MS, START_NS + max(one_ms, other_ms) * MS
    expected: Counter[str] = Counter()
    with Ring(window_s=60, max_bytes=1 << 20, chunk_bytes=64 << 10, compression="none") as ring:
        numbers = [ring.add_channel(json_channel(topic)) for topic in TOPICS]
        for topic, at_ms, size in (*BEFORE, *said):
            log_time_ns = START_NS + at_ms * MS
            ring.append(numbers[topic], log_time_ns, NOISE[:size])
            expected[TOPICS[topic]] += start_ns <= log_time_ns <= end_ns
        snapshot = ring.snapshot(start_ns, end_ns)

    assert ring.topics()["/a"].dropped > 10
    found = Counter(snapshot.dropped)
    for chunk in snapshot.chunks:
        for channel_id, entries in chunk.entries():
            times = entries[::2]
            found[snapshot.registry.channels[channel_id].topic] += sum(start_ns <= one <= end_ns for one in times)
    assert +found == +expected


def test_what_is_older_than_any_window_is_forgotten() -> None:
    lost = Lost()
    for second in range(1000):
        lost.add(1, [second], oldest_kept_ns=second - 10)

    assert lost.within(990, 1000) == {1: 10}
    assert lost.within(0, 1000)[1] < 20


def test_of_very_many_only_the_oldest_are_not_known_one_by_one() -> None:
    lost = Lost(most_times=100)
    lost.add(2, range(5), oldest_kept_ns=0)
    for begin in range(0, 1000, 10):
        lost.add(1, range(begin, begin + 10), oldest_kept_ns=0)

    assert lost.within(0, 1000) == {1: 1000, 2: 5}
    assert lost.within(950, 1000) == {1: 50}
    assert abs(lost.within(500, 1000)[1] - 500) <= 1

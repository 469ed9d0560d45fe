"""What is missing from a recording is told exactly: what is in it and what is missing make all that was said."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S
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
    lost: Lost[int] = Lost()
    for second in range(1000):
        lost.add(1, [second], oldest_kept_ns=second - 10)

    assert lost.within(990, 1000) == {1: 10}
    assert lost.within(0, 1000)[1] < 20


LOSSES = st.one_of(
    st.tuples(st.just("some"), st.integers(0, 2), st.lists(st.integers(0, 5_000), min_size=1, max_size=90)),
    st.tuples(st.just("many"), st.integers(0, 2), st.tuples(st.integers(0, 5_000), st.integers(1, 1 << 32))),
    st.tuples(st.just("back"), st.integers(0, 2), st.integers(0, 1_000)),
)
NOWHERE = Path("/nowhere/at/all")


@settings(max_examples=60, deadline=None)
@given(st.lists(LOSSES, max_size=40), st.tuples(st.integers(0, 5_000), st.integers(0, 5_000)), st.booleans())
def test_however_many_are_lost_those_of_a_window_are_counted_one_by_one(
    losses: list[tuple[str, int, Any]], window: tuple[int, int], has_disk: bool
) -> None:
    lost: Lost[int] = Lost(None if has_disk else NOWHERE, most_moments=70, most_bytes=100)
    start_ns, end_ns = min(window), max(window)
    expected: Counter[int] = Counter()
    said: list[tuple[int, int]] = []
    # Enough to be packed, whatever follows.
    for kind, key, what in [("some", 0, range(0, 5_000, 10)), ("some", 1, range(0, 5_000, 40)), *losses]:
        if kind == "some":
            lost.add(key, what, oldest_kept_ns=0)
            said += [(key, one) for one in what]
            expected[key] += sum(start_ns <= one <= end_ns for one in what)
        elif kind == "many":
            lost.add_many(key, *what, oldest_kept_ns=0)
            expected[key] += what[1] * (start_ns <= what[0] <= end_ns)
        elif said:
            key, at_ns = said.pop(what % len(said))
            lost.take_back(key, at_ns)
            expected[key] -= start_ns <= at_ns <= end_ns

    assert lost.within(start_ns, end_ns) == +expected


@pytest.mark.parametrize("has_disk", [True, False])
def test_millions_are_counted_one_by_one_in_little_memory(tmp_path: Path, has_disk: bool) -> None:
    lost: Lost[str] = Lost(tmp_path if has_disk else NOWHERE)
    jitter = random.Random(5).choices(range(100_000), k=700_000)
    times = [number * MS + late_ns for number, late_ns in enumerate(jitter)]
    for begin in range(0, len(times), 1_000):
        lost.add("/a", times[begin : begin + 1_000], oldest_kept_ns=0)

    # Both ends lie inside of blocks.
    expected = sum(1_001 * MS <= one <= 600_123 * MS for one in times)
    assert lost.within(1_001 * MS, 600_123 * MS) == {"/a": expected}
    assert (lost._bytes <= 1 << 20) == has_disk
    assert lost._bytes < 4 * len(times)
    assert not list(tmp_path.iterdir())


def test_the_file_ends_with_its_owner(tmp_path: Path) -> None:
    lost: Lost[str] = Lost(tmp_path, most_moments=64, most_bytes=0)
    lost.add("/a", range(2_000), oldest_kept_ns=0)
    descriptor = lost._file._descriptor
    assert descriptor is not None
    assert os.fstat(descriptor).st_nlink == 0

    del lost
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_what_has_passed_makes_room_in_memory_and_on_the_disk(tmp_path: Path) -> None:
    lost: Lost[str] = Lost(tmp_path, most_moments=64, most_bytes=1_000)
    for second in range(20_000):
        lost.add("/a", [second * NS_PER_S], oldest_kept_ns=(second - 1_000) * NS_PER_S)

    assert lost.within(19_500 * NS_PER_S, 20_000 * NS_PER_S) == {"/a": 500}
    assert len(lost._blocks["/a"]) < 20
    assert lost._file._places < 20


def test_a_disk_that_has_died_says_rather_too_many(tmp_path: Path) -> None:
    lost: Lost[str] = Lost(tmp_path, most_moments=64, most_bytes=0)
    lost.add("/a", range(2_000), oldest_kept_ns=0)
    assert lost._file._descriptor is not None
    os.ftruncate(lost._file._descriptor, 0)

    assert lost.within(10, 1_999) == {"/a": 2_000}
    assert lost.within(0, 1_999) == {"/a": 2_000}

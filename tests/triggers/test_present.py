"""Message time where topics disagree about it, live and over what was recorded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import Decoders, Message
from pilothouse.triggers import Rule
from pilothouse.triggers.backtest import Backtest
from pilothouse.triggers.present import APART_NS, Present
from tests.support.flights import json_channel
from tests.support.rules import rule_of

HOUR_S = 3600


def messages(*said: tuple[str, float]) -> list[Message]:
    """Each with the time by its own clock, in the order of arrival."""
    return [Message(json_channel(topic), round(s * NS_PER_S), 0, 0, b"{}") for topic, s in said]


def steady(
    topics: dict[str, float], until_s: int, *, silent: dict[str, tuple[int, int]] | None = None
) -> list[Message]:
    """Ten messages a second of each topic, whose clock is so far ahead; some are silent for a while."""
    said = []
    for tenth in range(10 * until_s):
        for topic, ahead_s in topics.items():
            begin, end = (silent or {}).get(topic, (0, 0))
            if not begin <= tenth / 10 < end:
                said.append((topic, 10_000 + tenth / 10 + ahead_s))
    return messages(*said)


def dropouts(topics: Iterator[str] | list[str]) -> list[Rule]:
    return [rule_of(kind="dropout", name=topic, topic=topic, max_gap_s=1) for topic in topics]


def fired(rules: list[Rule], arriving: list[Message]) -> set[tuple[str, int]]:
    found = Backtest(rules, Decoders()).run(arriving)
    return {(one.fired.rule, one.fired.fired_at_ns // NS_PER_S) for one in found}


CLOCKS = {"/scan": 0.0, "/odom": 0.01, "/imu": 0.02, "/camera": 0.0}


@pytest.mark.parametrize("ahead_s", [HOUR_S, 1_000_000])
def test_a_source_whose_clock_is_off_makes_nobody_look_silent(ahead_s: float) -> None:
    topics = CLOCKS | {"/camera": ahead_s}
    live = steady(topics, 20)

    assert fired(dropouts([*topics]), live) == set()
    assert fired(dropouts([*topics]), sorted(live, key=lambda one: one.log_time_ns)) == set()


def test_a_clock_that_is_behind_looks_in_a_recording_like_a_topic_that_ended() -> None:
    """There its messages come first: what came while they did is not in the order of log times."""
    topics = CLOCKS | {"/camera": -HOUR_S}
    live = steady(topics, 20)

    assert fired(dropouts([*topics]), live) == set()
    stored = fired(dropouts([*topics]), sorted(live, key=lambda one: one.log_time_ns))
    assert stored == {("/camera", 10_000 + 20 - HOUR_S)}


def test_a_silence_among_those_who_agree_is_found_live_and_stored_alike() -> None:
    live = steady(CLOCKS | {"/camera": HOUR_S}, 20, silent={"/scan": (5, 9)})
    stored = sorted(live, key=lambda one: one.log_time_ns)

    assert fired(dropouts([*CLOCKS]), live) == {("/scan", 10_005)} == fired(dropouts([*CLOCKS]), stored)


def test_a_topic_whose_clock_is_off_is_missed_when_it_falls_silent() -> None:
    live = steady(CLOCKS | {"/camera": HOUR_S}, 20, silent={"/camera": (5, 9)})

    assert fired(dropouts([*CLOCKS]), live) == {("/camera", 10_005)}


def test_a_clock_of_all_that_is_set_is_followed() -> None:
    before, after = steady(CLOCKS, 5), steady(dict.fromkeys(CLOCKS, -HOUR_S), 10, silent={"/scan": (3, 7)})

    assert fired(dropouts([*CLOCKS]), [*before, *after]) == {("/scan", 10_004 - HOUR_S - 1)}


def test_one_topic_alone_is_followed_wherever_it_goes() -> None:
    present = Present()

    assert [present.at("/a", one) for one in (5, APART_NS + 6, 7)] == [5, APART_NS + 6, 7]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10**6), st.integers(0, 10**6)), max_size=50))
def test_what_a_smaller_part_says_never_moves_time(said: list[tuple[str, int, int]]) -> None:
    alone, beside = Present(), Present()
    for topic in "abc":
        alone.at(topic, 0)
        beside.at(topic, 0)

    for topic, moment_ns, far_ns in said:
        before = beside.now_ns
        assert beside.at("far", 2 * APART_NS + far_ns) == before
        assert beside.at(topic, moment_ns) == alone.at(topic, moment_ns)

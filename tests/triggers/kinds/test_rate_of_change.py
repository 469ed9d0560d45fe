import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.triggers import Rule
from tests.support.rules import fires_at, firings, rule_of


def altitude_rule(**changes: object) -> Rule:
    return rule_of(**{"kind": "rate_of_change", "topic": "/z", "field": "data", "value": 2, **changes})


def heights(*samples: tuple[float, object]) -> list[tuple[float, str, object]]:
    return [(time_s, "/z", {"data": value}) for time_s, value in samples]


def test_a_change_that_is_too_fast_fires_with_the_rate() -> None:
    fired = firings(altitude_rule(), *heights((0, 0.0), (1, 2.0), (1.5, 5.0)))

    assert [(one.fired_at_ns, one.value, one.op, one.threshold) for one in fired] == [(1_500_000_000, 6.0, "gt", 2.0)]


def test_the_first_message_measures_nothing() -> None:
    assert fires_at(altitude_rule(), *heights((0, 1e9))) == []


@pytest.mark.parametrize(("direction", "expected"), [("any", [1, 3]), ("rising", [1]), ("falling", [3])])
def test_the_direction_says_which_changes_count(direction: str, expected: list[float]) -> None:
    rule = altitude_rule(direction=direction)

    assert fires_at(rule, *heights((0, 0), (1, 5), (2, 5), (3, 0))) == expected


def test_over_a_window_a_single_jump_is_averaged() -> None:
    rule = altitude_rule(window_s=2)

    assert fires_at(rule, *heights((0, 0), (1, 3), (2, 3), (3, 3), (4, 8), (5, 9))) == [4]


def test_a_window_that_is_not_full_measures_nothing() -> None:
    rule = altitude_rule(window_s=2)

    assert fires_at(rule, *heights((0, 0), (1, 100), (1.9, 100))) == []
    assert rule.measured is None


def test_a_duration_must_be_held() -> None:
    rule = altitude_rule(duration_s=2)

    assert fires_at(rule, *heights((0, 0), (1, 5), (2, 5), (3, 10), (4, 15), (5, 20))) == [5]


def test_the_cooldown_and_the_hysteresis_are_kept() -> None:
    often = heights((0, 0), (1, 5), (2, 5), (3, 10), (4, 10), (6, 20))
    slower = heights((0, 0), (1, 5), (2, 6.5), (3, 12), (4, 13), (5, 18))

    assert fires_at(altitude_rule(cooldown_s=5), *often) == [1, 6]
    assert fires_at(altitude_rule(hysteresis=1), *slower) == [1, 5]


@pytest.mark.parametrize("value", [math.nan, None, "high", [1]])
def test_what_is_no_number_violates_and_the_next_number_starts_anew(value: object) -> None:
    assert fires_at(altitude_rule(), *heights((0, 0), (1, value), (2, 100), (3, 100))) == [1]


def test_a_message_without_the_field_changes_nothing_and_is_counted() -> None:
    rule = altitude_rule()

    assert fires_at(rule, (0, "/z", {"data": 0}), (0.5, "/z", {}), (1, "/z", {"data": 5})) == [1]
    assert rule.unmeasured == 1


def test_two_messages_of_one_time_are_no_rate() -> None:
    assert fires_at(altitude_rule(), *heights((1, 0), (1, 100), (2, 1))) == []


def test_a_clock_that_steps_back_starts_anew() -> None:
    rule = altitude_rule()

    assert fires_at(rule, *heights((100, 0), (1, 50), (2, 51))) == []
    assert fires_at(rule, *heights((3, 60))) == [3]


def test_nothing_is_measured_across_a_silence_that_is_too_long() -> None:
    assert fires_at(altitude_rule(stale_s=1), *heights((0, 0), (2, 50), (3, 51))) == []


def test_a_long_window_on_a_fast_topic_keeps_few_samples() -> None:
    rule = altitude_rule(window_s=600)
    for number in range(20_000):
        rule.observe("/z", number * 1_000_000, {"data": 0.0})

    assert len(rule._samples) < 1_100  # type: ignore[attr-defined]


@given(st.lists(st.tuples(st.integers(1, 5_000), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_between_messages_it_agrees_with_the_difference_quotient(steps: list[tuple[int, float]]) -> None:
    rule, time_ms, before, expected, fired, lasting = altitude_rule(), 0, 0.0, [], [], False
    rule.observe("/z", 0, {"data": 0.0})
    for step_ms, value in steps:
        time_ms += step_ms
        violated = abs((value - before) * 1_000_000_000 / (step_ms * 1_000_000)) > 2
        expected.append(violated and not lasting)
        fired.append(rule.observe("/z", time_ms * 1_000_000, {"data": value}) is not None)
        before, lasting = value, violated

    assert fired == expected

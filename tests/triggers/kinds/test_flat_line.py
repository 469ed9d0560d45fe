import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers import Rule
from tests.support.rules import fires_at, firings, rule_of


def gyro_rule(**changes: object) -> Rule:
    return rule_of(**{"kind": "flat_line", "topic": "/gyro", "field": "data", "duration_s": 2, **changes})


def turns(*samples: tuple[float, object]) -> list[tuple[float, str, object]]:
    return [(time_s, "/gyro", {"data": value}) for time_s, value in samples]


def test_a_value_that_stays_fires_once_after_the_duration() -> None:
    fired = firings(gyro_rule(), *turns((0, 1), (1, 1), (2, 1), (3, 1), (9, 1)))

    assert [(one.fired_at_ns, one.value, one.op, one.threshold) for one in fired] == [
        (2 * NS_PER_S, 1.0, "unchanged", 0.0)
    ]


def test_a_value_that_changes_is_alive() -> None:
    assert fires_at(gyro_rule(), *turns((0, 1), (1, 1), (1.9, 2), (3, 2), (3.8, 1))) == []


def test_the_line_begins_with_its_first_message() -> None:
    assert fires_at(gyro_rule(), *turns((0, 1), (1, 2), (2, 2), (3, 2))) == [3]


def test_noise_within_epsilon_is_no_change_but_a_drift_is() -> None:
    rule = gyro_rule(epsilon=0.1)

    assert fires_at(rule, *turns((0, 1.0), (1, 1.09), (2, 1.05))) == [2]
    assert fires_at(gyro_rule(epsilon=0.1), *turns(*((t / 2, t * 0.06) for t in range(20)))) == []


def test_after_a_change_it_fires_again_when_rested() -> None:
    said = turns((0, 1), (2, 1), (3, 2), (5, 2), (6, 2), (7, 2))

    assert fires_at(gyro_rule(), *said) == [2, 5]
    assert fires_at(gyro_rule(cooldown_s=5), *said) == [2, 7]


@pytest.mark.parametrize("value", [math.nan, None, "stuck"])
def test_what_is_no_number_is_flat(value: object) -> None:
    assert fires_at(gyro_rule(), *turns((0, value), (1, value), (2, value))) == [2]


def test_what_is_no_number_does_not_end_a_line() -> None:
    assert fires_at(gyro_rule(), *turns((0, 5), (1, math.nan), (2, 5))) == [2]


def test_infinity_can_be_flat_too() -> None:
    assert fires_at(gyro_rule(epsilon=1), *turns((0, math.inf), (2, math.inf), (3, -math.inf))) == [2]


def test_a_message_without_the_field_is_counted() -> None:
    rule = gyro_rule()

    assert fires_at(rule, (0, "/gyro", {})) == []
    assert rule.unmeasured == 1


def test_a_silence_that_is_too_long_starts_a_new_line() -> None:
    assert fires_at(gyro_rule(stale_s=1), *turns((0, 1), (5, 1), (6, 1), (7, 1))) == [7]


def test_a_clock_that_steps_back_counts_the_line_anew() -> None:
    assert fires_at(gyro_rule(), *turns((100, 1), (1, 1), (2, 1), (3, 1))) == [3]


def test_a_flat_line_without_a_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="duration_s"):
        gyro_rule(duration_s=0)


@given(st.lists(st.integers(0, 3), max_size=40), st.floats(0, 2))
def test_it_holds_exactly_when_the_last_values_lie_within_epsilon(values: list[int], epsilon: float) -> None:
    rule = gyro_rule(epsilon=epsilon)
    for number, value in enumerate(values):
        fired = rule.observe("/gyro", number * NS_PER_S, {"data": value})

        last = values[max(0, number - 2) : number + 1]
        if fired:
            assert len(last) == 3
            assert max(last) - min(last) <= epsilon

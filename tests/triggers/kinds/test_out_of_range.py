import math

import pytest
from pydantic import ValidationError

from pilothouse.triggers import Rule
from tests.support.rules import fires_at, firings, rule_of


def heat_rule(**changes: object) -> Rule:
    return rule_of(**{"kind": "out_of_range", "topic": "/heat", "field": "data", "min": 10, "max": 50, **changes})


def heats(*samples: tuple[float, object]) -> list[tuple[float, str, object]]:
    return [(time_s, "/heat", {"data": value}) for time_s, value in samples]


def test_both_ends_fire_and_say_which_was_left() -> None:
    fired = firings(heat_rule(), *heats((0, 30), (1, 51), (2, 30), (3, 9)))

    assert [(one.value, one.op, one.threshold) for one in fired] == [(51.0, "gt", 50.0), (9.0, "lt", 10.0)]


def test_the_limits_themselves_are_fine() -> None:
    assert fires_at(heat_rule(), *heats((0, 10), (1, 50))) == []


@pytest.mark.parametrize(("end", "value"), [({"min": None}, -1e9), ({"max": None}, 1e9)])
def test_a_range_may_be_open_at_one_end(end: dict[str, None], value: float) -> None:
    assert fires_at(heat_rule(**end), *heats((0, value))) == []


def test_from_one_end_to_the_other_is_one_excursion() -> None:
    assert fires_at(heat_rule(), *heats((0, 60), (1, 0), (2, 60))) == [0]


def test_duration_hysteresis_and_cooldown_are_kept() -> None:
    assert fires_at(heat_rule(duration_s=2), *heats((0, 60), (1, 30), (2, 60), (4, 60))) == [4]
    assert fires_at(heat_rule(hysteresis=5), *heats((0, 60), (1, 47), (2, 60), (3, 45), (4, 60))) == [0, 4]
    assert fires_at(heat_rule(cooldown_s=5), *heats((0, 60), (1, 30), (2, 60), (3, 30), (6, 60))) == [0, 6]


@pytest.mark.parametrize("value", [math.nan, None, "warm", {}])
def test_what_is_no_number_is_outside_every_range(value: object) -> None:
    assert fires_at(heat_rule(), *heats((0, value))) == [0]


def test_a_message_without_the_field_is_counted() -> None:
    rule = heat_rule()

    assert fires_at(rule, (0, "/heat", {"temperature": 99})) == []
    assert rule.unmeasured == 1


def test_a_clock_that_steps_back_does_not_block() -> None:
    rule = heat_rule(duration_s=1, cooldown_s=10)

    assert fires_at(rule, *heats((3600, 60), (3601, 60), (5, 30), (6, 60), (15, 60))) == [3601, 15]


@pytest.mark.parametrize("ends", [{"min": None, "max": None}, {"min": 51}, {"hysteresis": 21}])
def test_a_range_without_room_is_refused(ends: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"a range needs|min must be below max"):
        heat_rule(**ends)

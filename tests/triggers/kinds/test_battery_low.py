import math

import pytest

from pilothouse.triggers import Rule
from tests.support.rules import fires_at, firings, ns, rule_of

BATTERY = "/battery_state"


def battery_rule(**changes: object) -> Rule:
    return rule_of(**{"kind": "battery_low", "below": 0.2, "duration_s": 2, **changes})


def charges(*samples: tuple[float, object]) -> list[tuple[float, str, object]]:
    return [(time_s, BATTERY, {"percentage": value, "voltage": 24.0}) for time_s, value in samples]


def test_a_charge_that_stays_low_fires_once() -> None:
    fired = firings(battery_rule(), *charges((0, 0.3), (1, 0.19), (2, 0.19), (3, 0.18), (60, 0.1), (900, 0.05)))

    assert [(one.fired_at_ns, one.topic, one.field, one.value, one.op, one.threshold) for one in fired] == [
        (ns(3), BATTERY, "percentage", 0.18, "lt", 0.2)
    ]


def test_a_dip_shorter_than_the_duration_is_fine() -> None:
    assert fires_at(battery_rule(), *charges((0, 0.19), (1, 0.19), (1.5, 0.25), (3, 0.19))) == []


def test_a_charge_that_wavers_at_the_limit_is_told_once() -> None:
    said = charges(*((t, 0.195 if t % 2 else 0.21) for t in range(1, 60)))

    assert fires_at(battery_rule(), *said) == [3]


def test_after_charging_it_tells_again() -> None:
    said = charges((0, 0.1), (2, 0.1), (3, 0.23), (4, 0.1), (6, 0.1))

    assert fires_at(battery_rule(), *said) == [2, 6]
    assert fires_at(battery_rule(hysteresis=0.05), *said) == [2]


def test_the_cooldown_is_kept() -> None:
    said = charges((0, 0.1), (2, 0.1), (3, 0.5), (4, 0.1), (6, 0.1), (20, 0.1), (22, 0.1))

    assert fires_at(battery_rule(cooldown_s=10), *said) == [2, 20]


def test_a_voltage_can_be_watched() -> None:
    assert fires_at(battery_rule(field="voltage", below=25, duration_s=0), *charges((0, 1))) == [0]


@pytest.mark.parametrize("value", [math.nan, None, "full"])
def test_a_charge_that_is_no_number_counts_as_low(value: object) -> None:
    assert fires_at(battery_rule(), *charges((0, value), (2, value))) == [2]


def test_a_message_without_the_field_is_counted() -> None:
    rule = battery_rule()

    assert fires_at(rule, (0, BATTERY, {"charge": 0.0})) == []
    assert rule.unmeasured == 1


def test_a_clock_that_steps_back_counts_the_duration_anew() -> None:
    assert fires_at(battery_rule(), *charges((1000, 0.1), (5, 0.1), (6, 0.1), (7, 0.1))) == [7]


@pytest.mark.parametrize("below", [0, -1, math.nan])
def test_a_limit_that_nothing_is_below_is_refused(below: float) -> None:
    with pytest.raises(ValueError, match="below"):
        battery_rule(below=below)

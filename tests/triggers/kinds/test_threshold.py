import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers import ThresholdConfig, build_rule
from pilothouse.triggers.kinds.limit import as_number
from pilothouse.triggers.kinds.threshold import Threshold
from pilothouse.wire import TriggerFired


def speed_rule(**changes: object) -> Threshold:
    settings: dict[str, object] = {"topic": "/speed", "field": "data", "op": "gt", "value": 9.0, **changes}
    return Threshold(ThresholdConfig.model_validate(settings))


def feed(rule: Threshold, *samples: tuple[float, object]) -> list[float]:
    """The times in seconds at which the rule fired."""
    fired = [rule.observe("/speed", round(time_s * NS_PER_S), {"data": value}) for time_s, value in samples]
    return [one.fired_at_ns / NS_PER_S for one in fired if one]


def test_a_firing_says_what_was_measured_against_what() -> None:
    rule = speed_rule(name="too fast")

    fired = rule.observe("/speed", 5 * NS_PER_S, {"data": 9.51})

    assert fired == TriggerFired(
        rule="too fast",
        kind="threshold",
        topic="/speed",
        field="data",
        value=9.51,
        op="gt",
        threshold=9.0,
        fired_at_ns=5 * NS_PER_S,
    )


@pytest.mark.parametrize(
    ("op", "below", "same", "above"),
    [
        ("lt", True, False, False),
        ("gt", False, False, True),
        ("lte", True, True, False),
        ("gte", False, True, True),
        ("equals", False, True, False),
        ("not_equals", True, False, True),
    ],
)
def test_every_operator_compares_as_its_name_says(op: str, below: bool, same: bool, above: bool) -> None:
    fires = [bool(speed_rule(op=op).observe("/speed", 0, {"data": value})) for value in (8.0, 9.0, 10.0)]

    assert fires == [below, same, above]


def test_it_fires_once_per_excursion() -> None:
    rule = speed_rule()

    assert feed(rule, (0, 8), (1, 10), (2, 11), (3, 8), (4, 10), (5, 12)) == [1, 4]


def test_a_duration_must_be_held_without_interruption() -> None:
    rule = speed_rule(duration_s=2)

    assert feed(rule, (0, 10), (1, 10), (1.5, 8), (2, 10), (3, 10), (4, 10), (9, 10)) == [4]


def test_an_excursion_that_outlives_the_cooldown_fires_when_it_ends() -> None:
    rule = speed_rule(cooldown_s=10)

    assert feed(rule, (0, 10), (1, 8), (2, 10), (3, 8), (9, 10), (10, 10), (11, 10)) == [0, 10]


def test_level_fires_again_after_each_cooldown() -> None:
    rule = speed_rule(edge="level", cooldown_s=2)

    assert feed(rule, *((t, 10) for t in range(7))) == [0, 2, 4, 6]


def test_level_without_a_cooldown_is_refused() -> None:
    with pytest.raises(ValidationError, match="cooldown_s above 0"):
        speed_rule(edge="level")


@pytest.mark.parametrize("value", [math.nan, None, "fast", [1.0], {}, np.array([1.0]), np.float64("nan"), b"9"])
@pytest.mark.parametrize("op", ["lt", "gt", "lte", "gte", "equals", "not_equals"])
def test_what_is_present_but_no_number_violates_every_threshold(value: object, op: str) -> None:
    fired = speed_rule(op=op).observe("/speed", 0, {"data": value})

    assert fired is not None
    assert fired.value is None


@pytest.mark.parametrize("message", [{}, None, 3.0, "data", [], {"Data": 10}])
def test_a_message_without_the_field_measures_nothing_and_is_counted(message: object) -> None:
    rule = speed_rule()

    assert rule.observe("/speed", 0, message) is None
    assert rule.unmeasured == 1


def test_a_message_without_the_field_does_not_end_an_excursion() -> None:
    rule = speed_rule()
    feed(rule, (0, 10))
    rule.observe("/speed", 1, {})

    assert feed(rule, (2, 10)) == []


@pytest.mark.parametrize("value", [10, 10.0, np.float32(10), np.int16(10), 10**400, math.inf, True])
def test_every_kind_of_number_is_measured(value: object) -> None:
    assert speed_rule(value=0.5).observe("/speed", 0, {"data": value}) is not None


def test_numbers_too_large_for_a_float_keep_their_sign() -> None:
    assert as_number(10**400) == math.inf
    assert as_number(-(10**400)) == -math.inf


def test_a_clock_that_steps_back_neither_blocks_the_rule_nor_fires_twice() -> None:
    rule = speed_rule(duration_s=2, cooldown_s=5)

    assert feed(rule, (3600, 10), (3602, 10)) == [3602]
    assert feed(rule, (1, 10), (2, 10)) == []
    assert feed(rule, (3, 8), (4, 10), (5, 10), (6, 10), (7, 10)) == [6]


def test_hysteresis_keeps_an_excursion_going_until_the_value_is_clearly_fine() -> None:
    rule = speed_rule(hysteresis=2)

    assert feed(rule, (0, 10), (1, 8), (2, 10), (3, 7.5), (4, 9.5), (5, 7), (6, 8.5), (7, 9.5)) == [0, 7]


def test_hysteresis_of_a_lower_limit_is_above_it() -> None:
    rule = speed_rule(op="lt", value=2, hysteresis=1)

    assert feed(rule, (0, 1), (1, 2.5), (2, 1), (3, 3), (4, 1)) == [0, 4]


def test_a_duration_goes_on_within_the_hysteresis() -> None:
    rule = speed_rule(hysteresis=2, duration_s=2)

    assert feed(rule, (0, 10), (1, 8), (2, 8)) == [2]


@pytest.mark.parametrize("op", ["equals", "not_equals"])
def test_hysteresis_without_a_side_is_refused(op: str) -> None:
    with pytest.raises(ValidationError, match="needs a side"):
        speed_rule(op=op, hysteresis=1)


def test_an_excursion_does_not_outlive_a_silence_that_is_too_long() -> None:
    rule = speed_rule(stale_s=1, duration_s=1)

    assert feed(rule, (0, 10), (5, 10), (5.5, 10), (6, 10), (7, 10)) == [6]
    assert rule.is_active(8 * NS_PER_S)
    assert not rule.is_active(8 * NS_PER_S + 1)


def test_a_rule_without_a_name_is_called_by_its_condition() -> None:
    assert speed_rule(duration_s=0.5).name == "/speed.data > 9 for 0.5 s"


def test_build_rule_makes_the_rule_of_a_configuration() -> None:
    config = ThresholdConfig.model_validate({"topic": "/a", "field": "b", "op": "lt", "value": 1})

    assert build_rule(config).topics == {"/a"}


samples = st.lists(
    st.tuples(st.integers(0, 10**10), st.one_of(st.floats(), st.integers(), st.none(), st.booleans())), max_size=60
)


@given(samples)
def test_without_a_duration_it_fires_exactly_at_the_start_of_each_excursion(pairs: list[tuple[int, object]]) -> None:
    rule = speed_rule()

    fired = [rule.observe("/speed", time_ns, {"data": value}) is not None for time_ns, value in pairs]

    number = [as_number(value) for _, value in pairs]
    violated = [math.isnan(one) or one > 9.0 for one in number]
    expected = [now and not before for before, now in zip([False, *violated], violated, strict=False)]
    assert fired == expected


@given(samples, st.floats(0, 10), st.floats(0.001, 10), st.sampled_from(["rising", "level"]))
def test_firings_never_come_sooner_than_the_cooldown(
    pairs: list[tuple[int, object]], duration_s: float, cooldown_s: float, edge: str
) -> None:
    rule = speed_rule(duration_s=duration_s, cooldown_s=cooldown_s, edge=edge)

    fired = [
        one.fired_at_ns
        for time_ns, value in sorted(pairs, key=lambda pair: pair[0])
        if (one := rule.observe("/speed", time_ns, {"data": value}))
    ]

    assert all(later - earlier >= round(cooldown_s * NS_PER_S) for earlier, later in pairwise(fired))


@given(samples, st.floats(0, 10))
def test_it_never_fires_on_a_message_that_does_not_violate(pairs: list[tuple[int, object]], duration_s: float) -> None:
    rule = speed_rule(duration_s=duration_s)

    for time_ns, value in pairs:
        if rule.observe("/speed", time_ns, {"data": value}):
            measured = as_number(value)
            assert math.isnan(measured) or measured > 9.0


@given(samples, st.floats(0, 5), st.floats(0, 5))
def test_whatever_the_clock_did_before_a_new_excursion_fires_within_duration_and_cooldown(
    pairs: list[tuple[int, object]], duration_s: float, cooldown_s: float
) -> None:
    rule = speed_rule(duration_s=duration_s, cooldown_s=cooldown_s)
    for time_ns, value in pairs:
        rule.observe("/speed", time_ns, {"data": value})
    rule.observe("/speed", 0, {"data": 0.0})

    step_ns = NS_PER_S // 10
    fired = [rule.observe("/speed", number * step_ns, {"data": 10.0}) for number in range(1, 103)]

    assert len([one for one in fired if one]) == 1

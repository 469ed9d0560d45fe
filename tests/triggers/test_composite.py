from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.rules import fires_at, firings, ns, rule_of

FAST: dict[str, Any] = {"kind": "threshold", "name": "fast", "topic": "/speed", "field": "data", "op": "gt", "value": 5}
LOW: dict[str, Any] = {"kind": "threshold", "name": "low", "topic": "/height", "field": "data", "op": "lt", "value": 2}
BLIND: dict[str, Any] = {"kind": "dropout", "name": "blind", "topic": "/scan", "max_gap_s": 1}
LOGS: dict[str, Any] = {"kind": "log_level", "name": "logs", "cooldown_s": 0.1}


def speed(time_s: float, value: float) -> tuple[float, str, object]:
    return (time_s, "/speed", {"data": value})


def height(time_s: float, value: float) -> tuple[float, str, object]:
    return (time_s, "/height", {"data": value})


def test_all_fires_when_the_last_condition_joins_the_others() -> None:
    rule = rule_of(kind="all", name="fast and low", of=[FAST, LOW])

    fired = firings(rule, height(0, 1), speed(1, 3), speed(2, 6), height(3, 1), speed(4, 7))

    assert [(one.rule, one.kind, one.topic, one.value, one.fired_at_ns) for one in fired] == [
        ("fast and low", "all", "/speed", 6.0, ns(2))
    ]


def test_all_does_not_fire_when_the_conditions_hold_one_after_the_other() -> None:
    assert fires_at(rule_of(kind="all", of=[FAST, LOW]), speed(0, 6), speed(1, 3), height(1.5, 1)) == []


def test_within_a_window_a_firing_counts_though_it_has_passed() -> None:
    said = [speed(0, 6), speed(1, 3), height(1.5, 1)]

    assert fires_at(rule_of(kind="all", of=[FAST, LOW], window_s=1.5), *said) == [1.5]
    assert fires_at(rule_of(kind="all", of=[FAST, LOW], window_s=1.4), *said) == []


def test_all_fires_again_after_one_condition_has_ended() -> None:
    rule = rule_of(kind="all", of=[FAST, LOW])

    assert fires_at(rule, height(0, 1), speed(1, 6), speed(2, 3), speed(3, 6), height(4, 3), height(5, 1)) == [1, 3, 5]


def test_all_keeps_duration_and_cooldown() -> None:
    said = [height(0, 1), speed(1, 6), speed(2, 3), speed(3, 6), speed(4, 6), speed(5, 6)]

    assert fires_at(rule_of(kind="all", of=[FAST, LOW], duration_s=2), *said) == [5]
    assert fires_at(rule_of(kind="all", of=[FAST, LOW], cooldown_s=3), *said) == [1, 4]


def test_two_log_lines_count_together_only_within_the_window() -> None:
    other = {**LOGS, "topic": "/other"}
    rule = rule_of(kind="all", of=[LOGS, other], window_s=1)
    line = {"level": "error"}

    assert fires_at(rule, (0, "/rosout", line), (2, "/other", line), (2.5, "/rosout", line)) == [2.5]


def test_moments_that_come_again_after_the_window_fire_again() -> None:
    rule = rule_of(kind="all", of=[LOGS], window_s=1)

    assert fires_at(rule, (0, "/rosout", {"level": "error"}), (9, "/rosout", {"level": "error"})) == [0, 9]


def test_a_condition_that_has_grown_stale_no_longer_counts() -> None:
    said = [height(0, 1), speed(5, 6)]

    assert fires_at(rule_of(kind="all", of=[FAST, {**LOW, "stale_s": 2}]), *said) == []
    assert fires_at(rule_of(kind="all", of=[FAST, LOW]), *said) == [5]


def test_any_fires_when_one_does_with_what_that_one_measured() -> None:
    rule = rule_of(kind="any", name="trouble", of=[FAST, LOW])

    fired = firings(rule, speed(0, 3), height(1, 1), speed(2, 6))

    assert [(one.rule, one.kind, one.topic, one.value) for one in fired] == [
        ("trouble", "any", "/height", 1.0),
        ("trouble", "any", "/speed", 6.0),
    ]


def test_any_keeps_its_cooldown() -> None:
    rule = rule_of(kind="any", of=[FAST, LOW], cooldown_s=5)

    assert fires_at(rule, speed(0, 6), height(1, 1), height(2, 3), height(5, 3), height(6, 1)) == [0, 6]


def test_any_tells_after_its_cooldown_what_began_in_it_if_it_lasts() -> None:
    rule = rule_of(kind="any", of=[FAST, LOW], cooldown_s=5)

    assert fires_at(rule, speed(0, 6), height(1, 1), height(4, 1), height(6, 1), height(9, 1), height(20, 1)) == [0, 6]


def test_time_that_passes_reaches_the_parts() -> None:
    assert fires_at(rule_of(kind="any", of=[BLIND, FAST]), (0, "/scan", {}), (3, "", ...)) == [1]
    assert fires_at(rule_of(kind="all", of=[BLIND, FAST]), (0, "/scan", {}), speed(0.5, 6), (3, "", ...)) == [3]
    assert rule_of(kind="any", of=[BLIND]).ticks
    assert not rule_of(kind="all", of=[FAST]).ticks


def test_they_stand_inside_each_other() -> None:
    rule = rule_of(kind="all", of=[{"kind": "any", "of": [LOW, BLIND]}, FAST])

    assert fires_at(rule, speed(0, 6), height(1, 1), height(2, 3), height(3, 1)) == [1, 3]
    assert rule.topics == {"/speed", "/height", "/scan"}
    assert rule.name == "((low) or (blind)) and (fast)"


def test_what_the_parts_could_not_measure_is_counted() -> None:
    rule = rule_of(kind="all", of=[FAST, LOW])

    fires_at(rule, (0, "/speed", {}), (1, "/height", None))

    assert rule.unmeasured == 2


def test_parts_that_watch_one_topic_are_all_told() -> None:
    rule = rule_of(kind="all", of=[FAST, {**FAST, "op": "lt", "value": 8}])

    assert fires_at(rule, speed(0, 4), speed(1, 9), speed(2, 6)) == [2]


def test_a_clock_that_steps_back_makes_old_firings_new() -> None:
    rule = rule_of(kind="all", of=[FAST, LOW], window_s=1)

    assert fires_at(rule, speed(100, 6), speed(101, 3), height(1, 1)) == [1]
    assert fires_at(rule, height(1.5, 3), speed(2.5, 6), height(3, 1)) == [3]


def test_rules_that_stand_too_deep_are_refused() -> None:
    def deep(levels: int) -> dict[str, object]:
        return FAST if levels == 0 else {"kind": "all", "of": [deep(levels - 1)]}

    assert rule_of(**deep(4))
    with pytest.raises(ValidationError, match="at most 4 deep"):
        rule_of(**deep(5))


@pytest.mark.parametrize("kind", ["all", "any"])
@pytest.mark.parametrize("of", [[], [FAST] * 21, [{"kind": "never"}]])
def test_parts_that_are_none_or_too_many_are_refused(kind: str, of: list[object]) -> None:
    with pytest.raises(ValidationError):
        rule_of(kind=kind, of=of)


def test_a_misspelt_key_inside_is_named_and_not_what_it_leaves_missing() -> None:
    with pytest.raises(ValidationError, match=r"0\.dropout\.max_gap: unknown setting"):
        rule_of(kind="all", name="x", of=[{"kind": "dropout", "topic": "/x", "max_gap": 1}])


def test_a_silence_that_is_noticed_late_does_not_shorten_the_cooldown_of_any() -> None:
    rule = rule_of(kind="any", name="either", of=[FAST, BLIND], cooldown_s=1)

    assert fires_at(rule, (0, "/scan", {}), speed(1.1, 6)) == [1.1]
    noticed = [rule.tick(ns(time_s)) for time_s in (1.2, 2.0, 2.1)]

    assert [None if one is None else one.fired_at_ns for one in noticed] == [None, None, ns(2.1)]

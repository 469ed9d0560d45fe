"""What every kind of rule keeps, whatever it is fed."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers import Rule, build_rule
from pilothouse.triggers.composite import AllConfig, AnyConfig
from pilothouse.triggers.kinds import SINGLES
from tests.support.rules import rule_of

ON_A: dict[str, Any] = {"topic": "/a", "field": "x"}
THRESHOLD: dict[str, Any] = {"kind": "threshold", **ON_A, "op": "gt", "value": 1}
PAIR: dict[str, Any] = {
    "kind": "compare",
    "a_topic": "/a",
    "a_field": "x",
    "b_topic": "/b",
    "b_field": "x",
    "value": 1,
}
DROPOUT: dict[str, Any] = {"kind": "dropout", "topic": "/b", "max_gap_s": 1}
EVERY: dict[str, dict[str, Any]] = {
    "threshold": THRESHOLD,
    "level": {**THRESHOLD, "edge": "level"},
    "rate_of_change": {"kind": "rate_of_change", **ON_A, "value": 1},
    "rate_over_a_window": {"kind": "rate_of_change", **ON_A, "value": 1, "window_s": 1},
    "out_of_range": {"kind": "out_of_range", **ON_A, "min": -1, "max": 1},
    "flat_line": {"kind": "flat_line", **ON_A, "epsilon": 1, "duration_s": 0.5},
    "stall": {
        "kind": "stall",
        "command_topic": "/a",
        "command_field": "x",
        "command_above": 1,
        "motion_topic": "/b",
        "motion_field": "x",
        "motion_below": 1,
    },
    "diverge": {**PAIR, "op": "diverge_gt"},
    "idle": {**PAIR, "op": "a_active_b_idle"},
    "path_deviation": {"kind": "path_deviation", "topic": "/a", "field": "p", "path": [[0, 0], [1, 1]], "limit_m": 1},
    "path_of_a_topic": {"kind": "path_deviation", "topic": "/a", "field": "p", "path_topic": "/b", "limit_m": 1},
    "dropout": DROPOUT,
    "battery_low": {"kind": "battery_low", **ON_A, "below": 1, "duration_s": 0.5},
    "log_level": {"kind": "log_level", "topic": "/a"},
    "all": {"kind": "all", "of": [THRESHOLD, {**THRESHOLD, "topic": "/b"}], "window_s": 1},
    "any": {"kind": "any", "of": [THRESHOLD, DROPOUT]},
}
of_every_kind = pytest.mark.parametrize("name", list(EVERY))

numbers = st.one_of(st.floats(-3, 3), st.floats(), st.integers(-3, 3), st.none(), st.sampled_from(["error", "", b"x"]))
positions = st.fixed_dictionaries({"x": numbers, "y": numbers})
messages = st.fixed_dictionaries(
    {},
    optional={
        "x": numbers,
        "p": st.one_of(numbers, positions),
        "level": st.one_of(numbers, st.integers(0, 60)),
        "poses": st.lists(st.fixed_dictionaries({"pose": st.fixed_dictionaries({"position": positions})}), max_size=3),
    },
)
said = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["/a", "/b", ""]), messages), max_size=60)


def feed(rule: Rule, stream: list[tuple[int, str, object]]) -> list[int]:
    """The times of firings; a message of nobody is time that passes."""
    found = []
    for tenth, topic, message in stream:
        now_ns = tenth * NS_PER_S // 10
        fired = rule.observe(topic, now_ns, message) if topic in rule.topics else rule.tick(now_ns)
        if fired:
            found.append(fired.fired_at_ns)
    return found


def in_order(stream: list[tuple[int, str, object]]) -> list[tuple[int, str, object]]:
    return sorted(stream, key=lambda one: one[0])


def test_every_kind_is_here() -> None:
    kinds = {config.model_fields["kind"].default for config in [*SINGLES, AllConfig, AnyConfig]}

    assert {one["kind"] for one in EVERY.values()} == kinds


@of_every_kind
@settings(max_examples=40)
@given(stream=said)
def test_firings_never_come_sooner_than_the_cooldown(name: str, stream: list[tuple[int, str, object]]) -> None:
    rule = rule_of(**EVERY[name], cooldown_s=1)

    fired = feed(rule, in_order(stream))

    assert all(later - earlier >= NS_PER_S for earlier, later in pairwise(fired))


@of_every_kind
@settings(max_examples=25)
@given(stream=said)
def test_nothing_a_message_holds_and_no_clock_makes_a_rule_raise(
    name: str, stream: list[tuple[int, str, object]]
) -> None:
    rule = rule_of(**{"cooldown_s": 0.5, **EVERY[name]})

    for now_ns in feed(rule, stream):
        rule.is_active(now_ns)


@of_every_kind
@pytest.mark.parametrize("message", [None, 3.0, "text", b"", [], [1], {}, {"x": []}, {"p": []}, {"poses": 3}, object()])
def test_a_message_of_any_shape_is_taken(name: str, message: object) -> None:
    rule = rule_of(**{"cooldown_s": 0.5, **EVERY[name]})

    for topic in sorted(rule.topics):
        rule.observe(topic, 0, message)


HERE = {"poses": [{"pose": {"position": {"x": 0, "y": 0}}}]}


def fine(name: str, number: int) -> dict[str, object]:
    x = {"battery_low": 1.5, "flat_line": 5.0 * (number % 2)}.get(name, 0.0)
    return {"x": x, "p": [0, 0], "level": 10, **HERE}


def violating(name: str, number: int) -> dict[str, object]:
    x = {"battery_low": 0.1, "flat_line": 9.0}.get(name, 9.0 * number)
    return {"x": x, "p": [9, -9], "level": 50, **HERE}


@of_every_kind
@settings(max_examples=25)
@given(before=said)
def test_whatever_was_before_a_clock_that_steps_back_does_not_block_a_rule(
    name: str, before: list[tuple[int, str, object]]
) -> None:
    rule = rule_of(**{"cooldown_s": 1, **EVERY[name]})
    feed(rule, [(tenth + 10_000, topic, message) for tenth, topic, message in before])

    feed(rule, [(number, topic, fine(name, number)) for number in range(25) for topic in ("/a", "/b")])
    calls = ("/a",) if name in ("stall", "idle", "dropout") else ("/a", "/b")
    late = [(number, topic, violating(name, number)) for number in range(25, 80) for topic in calls]
    if name == "diverge":
        late = [(time, topic, fine(name, 0) if topic == "/b" else message) for time, topic, message in late]

    assert feed(rule, late)


@of_every_kind
def test_a_rule_is_called_by_its_name_or_by_its_condition(name: str) -> None:
    config = rule_of(**{"cooldown_s": 0.5, **EVERY[name]}).config  # type: ignore[attr-defined]

    assert build_rule(config.model_copy(update={"name": "mine"})).name == "mine"
    assert build_rule(config).name == config.condition
    assert "/a" in config.condition or "/b" in config.condition


@of_every_kind
def test_a_key_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="thresold"):
        rule_of(**EVERY[name], thresold=1)

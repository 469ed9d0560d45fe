from pathlib import Path

import pytest

from pilothouse.kit.clock import NS_PER_S
from pilothouse.recorder.capture.budgets import DAY_NS, HOUR_NS, Budget, Budgets
from tests.support.robots import recorder_settings

MINUTE_NS = 60 * NS_PER_S


def budgets(overall: Budget = Budget(), each_rule: Budget = Budget(), **rules: Budget) -> Budgets:  # noqa: B008 - frozen
    return Budgets(overall=overall, each_rule=each_rule, rules=rules)


def allowed(budget: Budgets, rule: str, *times_ns: int) -> list[bool]:
    """Which of these firings get a recording."""
    found = []
    for now_ns in times_ns:
        found.append(budget.refusal(rule, now_ns) is None)
        if found[-1]:
            budget.spend(rule, now_ns)
    return found


def test_a_rule_gets_so_many_recordings_within_any_hour() -> None:
    each = budgets(each_rule=Budget(per_hour=2))

    assert allowed(each, "a", 0, 1, 2, HOUR_NS - 1, HOUR_NS, HOUR_NS + 1) == [True, True, False, False, True, True]
    assert allowed(each, "b", HOUR_NS + 2) == [True]


def test_the_day_is_counted_beside_the_hour() -> None:
    each = budgets(each_rule=Budget(per_hour=10, per_day=3))
    times = [hour * HOUR_NS for hour in range(26)]

    assert allowed(each, "a", *times) == [True] * 3 + [False] * 21 + [True] * 2


def test_all_rules_together_have_a_budget_too() -> None:
    both = budgets(overall=Budget(per_hour=3), each_rule=Budget(per_hour=2))

    assert allowed(both, "a", 0, 1, 2) == [True, True, False]
    assert allowed(both, "b", 3, 4) == [True, False]
    assert both.refusal("b", 5) == "over the budget of all rules together: 3 recordings in an hour"
    assert both.refusal("a", 5) == "over the budget of this rule: 2 recordings in an hour"


def test_none_is_without_limit_and_zero_is_none_at_all() -> None:
    assert allowed(budgets(), "a", *range(1000)) == [True] * 1000
    assert allowed(budgets(each_rule=Budget(per_hour=0)), "a", 0, DAY_NS) == [False, False]


def test_what_earlier_runs_have_spent_counts() -> None:
    each = budgets(each_rule=Budget(per_hour=2))
    each.load([("a", 0), ("a", 30 * MINUTE_NS)])

    assert allowed(each, "a", 40 * MINUTE_NS, 61 * MINUTE_NS) == [False, True]


def test_a_rule_may_have_another_budget_than_the_others(tmp_path: Path) -> None:
    rules = [
        {"kind": "threshold", "name": "own", "topic": "/a", "field": "b", "op": "gt", "value": 1,
         "captures_per_hour": 1},
        {"kind": "threshold", "name": "usual", "topic": "/a", "field": "b", "op": "gt", "value": 1},
    ]  # fmt: skip
    found = Budgets.of(recorder_settings(tmp_path, triggers=rules, rule_captures_per_hour=2))

    assert allowed(found, "own", 0, 1) == [True, False]
    assert allowed(found, "usual", 0, 1, 2) == [True, True, False]


@pytest.mark.parametrize("count", [1, 1000])
def test_memory_for_what_was_spent_ends_with_the_day(count: int) -> None:
    each = budgets(each_rule=Budget(per_day=10**9))
    for number in range(count):
        each.spend("a", number)
    each.spend("a", 2 * DAY_NS)

    assert len(each._rules["a"]._at_ns) == 1

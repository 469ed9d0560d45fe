from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pilothouse.hub.agents.domain.budgets import (
    Budgets,
    CostBudgetSpent,
    RequestBudgetSpent,
    Spent,
    TaskBudgetSpent,
    check_cost,
    check_requests,
    check_tasks,
    cost,
    costs,
    day_of,
    is_free,
    micros,
    resets_at,
)

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
TODAY = date(2026, 5, 12)


def test_without_a_budget_nothing_is_too_much() -> None:
    spent = Spent(TODAY, requests=10**9, tasks=10**9, cost_micros=10**15)

    for check in (check_requests, check_tasks, check_cost):
        check(Budgets(), spent, NOON)


@pytest.mark.parametrize(
    ("check", "problem", "budgets", "within", "beyond"),
    [
        (check_requests, RequestBudgetSpent, Budgets(requests=3), Spent(TODAY, requests=2), Spent(TODAY, requests=3)),
        (check_tasks, TaskBudgetSpent, Budgets(tasks=3), Spent(TODAY, tasks=2), Spent(TODAY, tasks=3)),
        (check_cost, CostBudgetSpent, Budgets(cost_micros=5), Spent(TODAY, cost_micros=4), Spent(TODAY, cost_micros=5)),
    ],
)
def test_the_last_of_a_budget_can_be_used_and_then_it_is_refused_until_midnight(
    check: object, problem: type[RequestBudgetSpent], budgets: Budgets, within: Spent, beyond: Spent
) -> None:
    assert callable(check)
    check(budgets, within, NOON)

    with pytest.raises(problem) as refused:
        check(budgets, beyond, NOON)

    assert refused.value.facts["retry_after_s"] == 12 * 3600
    assert refused.value.facts["resets_at"] == "2026-05-13T00:00:00Z"


def test_a_budget_of_nothing_allows_nothing() -> None:
    with pytest.raises(RequestBudgetSpent):
        check_requests(Budgets(requests=0), Spent(TODAY), NOON)


def test_each_day_begins_with_nothing_spent() -> None:
    spent = Spent(TODAY, requests=3, tasks=2, cost_micros=1)

    assert spent.on(TODAY) == spent
    assert spent.on(date(2026, 5, 13)) == Spent(date(2026, 5, 13))


def test_a_day_is_one_of_utc_wherever_the_clock_hangs() -> None:
    late = datetime.fromisoformat("2026-05-12T23:30:00-05:00")

    assert day_of(late) == date(2026, 5, 13)
    assert resets_at(day_of(late)) == datetime(2026, 5, 14, tzinfo=UTC)


@pytest.mark.parametrize("amount", [0.0, 0.1, 0.000001, 1234.567891, 1e9])
def test_costs_add_up_without_rounding(amount: float) -> None:
    assert cost(micros(amount)) == amount
    assert sum(micros(0.1) for _ in range(10)) == micros(1.0)


def test_who_has_spent_everything_still_lives_looks_and_gives_back() -> None:
    assert is_free("/api/v1/agent/heartbeat")
    assert is_free("/api/v1/agent/usage")
    assert not is_free("/api/v1/agent/boards")
    assert not costs("GET", "/api/v1/agent/boards")
    assert not costs("POST", "/api/v1/agent/boards/{board_id}/tasks/{task_id}/release")
    assert costs("POST", "/api/v1/agent/boards/{board_id}/tasks/{task_id}/claim")

"""Many at once: one wins, and the others hear of it. On both databases, with real transactions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.problems import DependencyCycle, TaskClaimed
from pilothouse.hub.boards.schemas.tasks import NewTask
from pilothouse.hub.boards.service import OnBoard
from pilothouse.hub.boards.service.ports import NoBudget
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.domain import operator
from pilothouse.kit.errors import Problem
from tests.support.boards import Office, as_agent

pytestmark = pytest.mark.anyio

TASKS = "/boards/{board}/tasks"
CLAIMANTS = 50
# SQLite has one writer: whoever claims waits in line before the transaction begins, and more of them show no more.
CLAIMED = {"postgresql": 100, "sqlite": 20}
# As many as the pool of connections takes without anybody waiting for one until it gives up.
AT_ONCE = 20


async def at_board(office: Office, caller: Caller, act: Callable[[AsyncSession, OnBoard], Awaitable[Any]]) -> Any:
    """One transaction of a caller; the problem it ended with, if it did."""
    try:
        async with office.guarded.hub.database.transaction() as session:
            on = await office.services.boards.open(session, caller, office.board, writing=True)
            return await act(session, on)
    except Problem as problem:
        return problem


def claiming(office: Office, task_id: str) -> Callable[[AsyncSession, OnBoard], Awaitable[Any]]:
    return lambda session, on: office.services.tasks.claim(session, on, task_id)


async def make_tasks(office: Office, count: int) -> list[str]:
    async def make(session: AsyncSession, on: OnBoard) -> list[str]:
        tasks = [NewTask(title=f"Task {number}") for number in range(count)]
        return [(await office.services.tasks.create(session, on, task)).id for task in tasks]

    found: list[str] = await at_board(office, operator(), make)
    return found


async def test_of_fifty_that_claim_each_of_a_hundred_tasks_one_gets_it(office: Office, dialect: str) -> None:
    office.services.tasks.budget = NoBudget()
    count = CLAIMED[dialect]
    task_ids = await make_tasks(office, count)
    claimants = [as_agent(office.board, f"agt_{number}") for number in range(CLAIMANTS)]
    room = asyncio.Semaphore(AT_ONCE)
    winners: dict[str, list[str]] = {task_id: [] for task_id in task_ids}
    losers: list[tuple[str, Problem]] = []

    async def claim_all(caller: Caller, first: int) -> None:
        # Each begins elsewhere, and asks for every task.
        for task_id in task_ids[first:] + task_ids[:first]:
            async with room:
                outcome = await at_board(office, caller, claiming(office, task_id))
            if isinstance(outcome, Problem):
                losers.append((task_id, outcome))
            else:
                winners[task_id].append(outcome.assigned_id)

    await asyncio.gather(*(claim_all(one, number * 2 % count) for number, one in enumerate(claimants)))

    assert Counter(len(one) for one in winners.values()) == {1: count}
    assert len(losers) == (CLAIMANTS - 1) * count
    for task_id, problem in losers:
        assert isinstance(problem, TaskClaimed), problem
        assert problem.facts["winner"] == winners[task_id][0]


async def test_of_many_that_claim_one_task_at_the_same_moment_one_gets_it(office: Office) -> None:
    office.services.tasks.budget = NoBudget()
    for task_id in await make_tasks(office, 3):
        outcomes = await asyncio.gather(
            *(
                at_board(
                    office,
                    as_agent(office.board, f"agt_{number}"),
                    claiming(office, task_id),
                )
                for number in range(AT_ONCE)
            )
        )

        won = [one for one in outcomes if not isinstance(one, Problem)]
        assert len(won) == 1
        assert {one.facts["winner"] for one in outcomes if isinstance(one, Problem)} == {won[0].assigned_id}


async def test_claims_over_http_have_one_winner(office: Office) -> None:
    agents = [await office.agent(f"Agent {number}") for number in range(6)]
    tasks = [await office.task(f"Task {number}") for number in range(5)]

    answers = await asyncio.gather(*(office.claim(task, agent) for task in tasks for agent in agents))

    won = [answer.json() for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code != 200]
    assert sorted(one["id"] for one in won) == sorted(tasks)
    assert {(answer.status_code, answer.json()["code"]) for answer in lost} == {(409, "task_claimed")}


async def test_edges_made_at_once_never_close_a_circle(office: Office) -> None:
    for _ in range(5):
        first, second, third = await make_tasks(office, 3)
        edges = ((first, second), (second, third), (third, first))

        answers = await asyncio.gather(
            *(office.ask("PATCH", f"{TASKS}/{task}", json={"depends_on_ids": [other]}) for task, other in edges)
        )

        codes = sorted((answer.status_code, answer.json().get("code", "")) for answer in answers)
        assert codes == [(200, ""), (200, ""), (409, DependencyCycle.code)]


async def test_two_that_decide_at_once_decide_once(office: Office) -> None:
    tessa = await office.agent()
    for _ in range(5):
        asked = await office.made(
            "/boards/{board}/approvals", tessa, action_type="deploy", reason="It works", confidence=50
        )
        path = f"/boards/{{board}}/approvals/{asked['id']}"

        answers = await asyncio.gather(
            *(office.ask("PATCH", path, json={"status": one}) for one in ("approved", "rejected", "approved"))
        )

        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        won = next(answer.json() for answer in answers if answer.status_code == 200)
        kept = await office.got(path)
        assert (kept["status"], len(kept["decisions"])) == (won["status"], 1)


async def test_a_decision_and_a_change_of_the_task_never_both_count(office: Office) -> None:
    await office.open_board("Careful", require_approval_for_done=True)
    tessa = await office.agent()
    for number in range(5):
        task = await office.task()
        await office.claim(task, tessa)
        asked = await office.made(
            "/boards/{board}/approvals", tessa, action_type="task.done", reason="x", confidence=1, task_ids=[task]
        )

        await asyncio.gather(
            office.ask("PATCH", f"/boards/{{board}}/approvals/{asked['id']}", json={"status": "approved"}),
            office.ask("PATCH", f"{TASKS}/{task}", json={"title": f"Changed {number}"}),
        )

        assert (await office.got(f"/boards/{{board}}/approvals/{asked['id']}"))["status"] == "voided"
        assert (await office.refused("PATCH", f"{TASKS}/{task}", json={"status": "done"}))[1] == "approval_required"


async def test_of_requests_made_at_once_a_task_gets_one(office: Office) -> None:
    tessa = await office.agent()
    task = await office.task()
    await office.claim(task, tessa)
    body = {"action_type": "task.done", "reason": "x", "confidence": 1, "task_ids": [task]}

    answers = await asyncio.gather(
        *(office.ask("POST", "/boards/{board}/approvals", tessa, json=body) for _ in range(5))
    )

    codes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert codes == {(201, None): 1, (409, "approval_is_pending"): 4}


async def test_of_two_leads_registered_at_once_there_is_one_and_a_board_is_never_too_full(office: Office) -> None:
    await office.open_board("Small", max_agents=3)

    async def register(name: str, role: str) -> int:
        body = {"name": name, "board_id": office.board, "role": role}
        return (await office.ask("POST", "/agents", json=body)).status_code

    leads = await asyncio.gather(register("Lena", "lead"), register("Lars", "lead"))
    workers = await asyncio.gather(*(register(f"Worker {number}", "worker") for number in range(5)))

    assert sorted(leads) == [201, 409]
    assert Counter(workers) == {201: 2, 409: 3}


async def test_everybody_who_expires_leases_at_once_ends_each_once(office: Office) -> None:
    tessa = await office.agent()
    tasks = [await office.task() for _ in range(4)]
    for task in tasks:
        await office.claim(task, tessa)
    office.guarded.clock.advance(700)

    await asyncio.gather(*(office.services.leases.expire() for _ in range(3)))

    lost = Counter(one["subject_id"] for one in await office.told("task.lease_lost"))
    assert lost == dict.fromkeys(tasks, 1)

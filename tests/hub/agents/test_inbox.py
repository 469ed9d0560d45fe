"""What changed for an agent: in order, each once, until it says that it has read it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from pilothouse.kit.clock import ManualClock
from tests.support.missions import PERSON, Agent, beat, make_board, make_task, register

pytestmark = pytest.mark.anyio

INBOX = "/api/v1/agent/inbox"


@pytest.fixture
async def tessa(client: httpx2.AsyncClient) -> Agent:
    return await register(client, await make_board(client))


async def read(client: httpx2.AsyncClient, agent: Agent, **asked: object) -> dict[str, Any]:
    answer = await client.get(INBOX, params={name: str(value) for name, value in asked.items()}, headers=agent.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def acknowledge(client: httpx2.AsyncClient, agent: Agent, cursor: int) -> dict[str, Any]:
    answer = await client.post(f"{INBOX}/ack", json={"cursor": cursor}, headers=agent.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def reasons(inbox: dict[str, Any]) -> list[str]:
    return [one["reason"] for one in inbox["items"]]


async def test_a_day_of_an_agent_comes_to_its_inbox_in_order(client: httpx2.AsyncClient, tessa: Agent) -> None:
    tasks = f"/api/v1/boards/{tessa.board_id}/tasks"
    own = f"/api/v1/agent/boards/{tessa.board_id}/tasks"
    first = await make_task(client, tessa.board_id, "first")
    second = await make_task(client, tessa.board_id, "second", assigned_id=tessa.id, depends_on_ids=[first])
    await client.post(f"{tasks}/{second}/comments", json={"body": "how is it going?"}, headers=PERSON)
    await client.post(f"{tasks}/{first}/comments", json={"body": "ask @Tessa"}, headers=PERSON)
    for status in ("in_progress", "review", "done"):
        answer = await client.patch(f"{tasks}/{first}", json={"status": status}, headers=PERSON)
        assert answer.status_code == 200, answer.text
    assert (await client.post(f"{own}/{second}/claim", headers=tessa.headers)).status_code == 200
    asked = await client.post(
        f"/api/v1/agent/boards/{tessa.board_id}/approvals",
        json={"action_type": "task.done", "reason": "it is", "confidence": 90, "task_ids": [second]},
        headers=tessa.headers,
    )
    decision = {"status": "rejected", "note": "not yet"}
    decided = await client.patch(
        f"/api/v1/boards/{tessa.board_id}/approvals/{asked.json()['id']}", json=decision, headers=PERSON
    )
    assert decided.status_code == 200, decided.text

    inbox = await read(client, tessa)

    assert reasons(inbox) == ["assigned", "comment", "mentioned", "unblocked", "approval_decided"]
    assert {one["task_id"] for one in inbox["items"][:3]} == {first, second}
    assert inbox["more"] is False


async def test_what_is_not_acknowledged_comes_again_and_what_is_does_not(
    client: httpx2.AsyncClient, tessa: Agent
) -> None:
    for number in range(3):
        await make_task(client, tessa.board_id, f"t{number}", assigned_id=tessa.id)

    one = await read(client, tessa, limit=1)
    again = await read(client, tessa, limit=1)
    rest = await read(client, tessa, cursor=one["next_cursor"])
    left = await acknowledge(client, tessa, one["next_cursor"])
    after = await read(client, tessa)

    assert one == again
    assert (len(one["items"]), one["more"], len(rest["items"])) == (1, True, 2)
    assert left["items"] == after["items"] == rest["items"]


async def test_nothing_that_has_not_happened_can_be_acknowledged_and_nothing_is_taken_back(
    client: httpx2.AsyncClient, tessa: Agent
) -> None:
    await make_task(client, tessa.board_id, assigned_id=tessa.id)
    await acknowledge(client, tessa, 2**63 - 1)
    await make_task(client, tessa.board_id, assigned_id=tessa.id)
    await acknowledge(client, tessa, 0)

    assert reasons(await read(client, tessa)) == ["assigned"]


async def test_what_was_there_before_an_agent_came_does_not_concern_it(client: httpx2.AsyncClient) -> None:
    board = await make_board(client)
    task = await make_task(client, board)
    await client.post(f"/api/v1/boards/{board}/tasks/{task}/comments", json={"body": "@Tessa?"}, headers=PERSON)

    tessa = await register(client, board)

    assert reasons(await read(client, tessa)) == []


async def test_other_agents_inboxes_and_other_boards_stay_theirs(client: httpx2.AsyncClient, tessa: Agent) -> None:
    rob = await register(client, tessa.board_id, "Rob")
    uma = await register(client, await make_board(client, "Other"), "Uma")

    await make_task(client, tessa.board_id, "ask @Uma", description="@Uma", assigned_id=rob.id)

    assert [reasons(await read(client, one)) for one in (tessa, rob, uma)] == [[], ["assigned"], []]


async def test_a_heartbeat_counts_what_is_unread_until_it_is_acknowledged(
    client: httpx2.AsyncClient, tessa: Agent, clock: ManualClock
) -> None:
    async def unread() -> int:
        clock.advance(1.0)  # what waits is looked at once in a second
        return int((await beat(client, tessa)).json()["waiting"]["inbox"])

    before = await unread()
    for _ in range(2):
        await make_task(client, tessa.board_id, assigned_id=tessa.id)
    counted = await unread()
    inbox = await read(client, tessa)
    await acknowledge(client, tessa, inbox["next_cursor"])

    assert (before, counted, await unread()) == (0, 2, 0)


async def test_what_cannot_be_read_is_refused(client: httpx2.AsyncClient, tessa: Agent) -> None:
    for name, number in (("limit", 0), ("limit", 201), ("cursor", -1), ("cursor", 2**63)):
        answer = await client.get(INBOX, params={name: number}, headers=tessa.headers)

        assert answer.status_code == 422, (name, number)

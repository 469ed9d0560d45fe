"""One change is one row, one event and one audit entry, or nothing at all."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub.activity.domain import MOST_CHARACTERS, bounded, is_of_kind, stream_of
from pilothouse.hub.composition import Hub
from pilothouse.hub.identity.domain import HOME
from tests.support.activities import ROOT, happen
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio


async def listed(client: httpx2.AsyncClient, **query: object) -> list[dict[str, object]]:
    answer = await client.get(ROOT, params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_change_is_in_the_log_the_stream_and_the_audit_under_one_number(
    hub_app: FastAPI, hub: Hub, owner: httpx2.AsyncClient
) -> None:
    await happen(hub_app, 2)

    entries = await listed(owner)
    events = await hub.events.since(stream_of(HOME), 0)
    audit = (await owner.get("/api/v1/audit", params={"action": "task.updated"})).json()

    assert [one["sequence"] for one in entries] == [2, 1]
    assert [event.sequence for event in events] == [1, 2]
    assert entries[0]["before"] == {"number": 0}
    assert entries[0]["after"] == {"number": 1} == events[1].payload["after"]
    assert entries[0]["actor"] == {"kind": "system", "id": "hub", "name": "the hub itself"}
    assert audit["total"] == 2
    assert audit["items"][0]["subject"] == "task task_1"


async def test_what_is_rolled_back_was_never_noted(hub_app: FastAPI, hub: Hub, owner: httpx2.AsyncClient) -> None:
    with suppress(RuntimeError):
        async with hub.database.transaction() as session:
            hub_app.state.activity.note(
                session, None, organization_id=HOME, board_id="b", kind="task.created", subject=("task", "t"),
                before=None, after={},
            )  # fmt: skip
            raise RuntimeError
    await happen(hub_app)

    assert [one["sequence"] for one in await listed(owner)] == [1]


async def test_the_log_is_filtered_by_board_kind_subject_actor_and_time(
    hub_app: FastAPI, owner: httpx2.AsyncClient
) -> None:
    await happen(hub_app, board_id="board_a")
    await happen(hub_app, board_id="board_b", kind="comment.created", subject_id="comment_9")
    await happen(hub_app, board_id=None, kind="member.added", subject_id="user_1")
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()

    async def numbers(**query: object) -> list[object]:
        return [one["sequence"] for one in await listed(owner, **query)]

    assert await numbers() == [3, 2, 1]
    assert await numbers(board="board_b") == [2]
    assert await numbers(kind="task") == [1]
    assert await numbers(kind=["task.updated", "member"]) == [3, 1]
    assert await numbers(subject="comment_9") == [2]
    assert await numbers(subject_kind="member") == [3]
    assert await numbers(actor="hub") == [3, 2, 1]
    assert await numbers(actor="somebody") == []
    assert await numbers(since=later) == []
    assert await numbers(until=later) == [3, 2, 1]


async def test_a_cursor_leads_on_without_gaps_or_repeats_while_changes_come(
    hub_app: FastAPI, owner: httpx2.AsyncClient
) -> None:
    await happen(hub_app, 5)

    first = (await owner.get(ROOT, params={"limit": 2})).json()
    await happen(hub_app, 3)
    second = (await owner.get(ROOT, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    third = (await owner.get(ROOT, params={"limit": 2, "cursor": second["next_cursor"]})).json()

    skipped = (await owner.get(ROOT, params={"limit": 3, "offset": 6})).json()

    pages = [[one["sequence"] for one in page["items"]] for page in (first, second, third, skipped)]
    assert pages == [[5, 4], [3, 2], [1], [2, 1]]
    assert (third["next_cursor"], skipped["next_cursor"]) == (None, None)
    assert [page["total"] for page in (first, second, third, skipped)] == [5, 8, 8, 8]
    assert (skipped["limit"], skipped["offset"]) == (3, 6)


async def test_another_organizations_changes_are_not_there(hub_app: FastAPI, owner: httpx2.AsyncClient) -> None:
    await happen(hub_app, organization_id="org_elsewhere")
    await happen(hub_app)

    assert [one["organization_id"] for one in await listed(owner)] == [HOME]


async def test_a_program_sees_boards_and_not_what_concerns_people(hub_app: FastAPI, owner: httpx2.AsyncClient) -> None:
    await happen(hub_app)
    await happen(hub_app, board_id=None, kind="member.added")
    made = (await owner.post("/auth/tokens", json={"name": "reader", "scopes": ["boards:read"]})).json()
    bare = (await owner.post("/auth/tokens", json={"name": "none", "scopes": ["fleet:read"]})).json()
    secret = {name: one["token"] for name, one in (("reader", made), ("none", bare))}

    seen = await owner.get(ROOT, headers={"Authorization": f"Bearer {secret['reader']}"})
    refused = await owner.get(ROOT, headers={"Authorization": f"Bearer {secret['none']}"})

    assert [one["kind"] for one in seen.json()["items"]] == ["task.updated"]
    assert refused.status_code == 403


async def test_a_page_costs_the_same_queries_however_long_it_is(
    hub_app: FastAPI, hub: Hub, owner: httpx2.AsyncClient
) -> None:
    await happen(hub_app, 30)

    costs = []
    for limit in (1, 30):
        with counting_queries(hub.database) as statements:
            await listed(owner, limit=limit)
        costs.append(len(statements))

    assert costs[0] == costs[1] <= 3


async def test_a_question_that_makes_no_sense_is_refused(owner: httpx2.AsyncClient) -> None:
    for query in ("cursor=-1", f"cursor={2**63}", "limit=201", "kind=Task", "since=2026-01-01T00:00:00"):
        assert (await owner.get(f"{ROOT}?{query}")).status_code == 422, query


async def test_a_stranger_sees_nothing(client: httpx2.AsyncClient) -> None:
    assert (await client.get(ROOT)).status_code == 401
    assert (await client.get(f"{ROOT}/stream")).status_code == 401


def test_long_texts_of_a_change_are_cut_and_short_ones_stay() -> None:
    long = {"content": "x" * MOST_CHARACTERS, "title": "short", "version": 3}

    cut = bounded(long)

    assert cut is not None
    assert cut["title"] == "short"
    assert cut["version"] == 3
    assert len(cut["content"]) < 2_100
    assert bounded({"content": "y" * 1_000}) == {"content": "y" * 1_000}
    assert bounded({str(n): ["z" * 1_000] for n in range(100)} | {"version": 1}) == {"version": 1}
    assert bounded(None) is None


@pytest.mark.parametrize(
    ("kind", "wanted", "is_meant"),
    [("task.updated", (), True), ("task.updated", ("task",), True), ("task.updated", ("task.created",), False),
     ("taskforce.updated", ("task",), False)],
)  # fmt: skip
def test_a_kind_is_meant_by_its_name_or_by_what_comes_before_the_point(
    kind: str, wanted: tuple[str, ...], is_meant: bool
) -> None:
    assert is_of_kind(kind, wanted) is is_meant

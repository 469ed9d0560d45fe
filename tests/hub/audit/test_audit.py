"""Who changed what, and the proof that nothing was taken out."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from pilothouse.hub.audit import Actor, act_as, record
from pilothouse.hub.audit.domain import MAX_DETAILS, canonical
from pilothouse.hub.composition import Hub
from tests.hub.conftest import client_of
from tests.support.flights import write_flight

pytestmark = pytest.mark.anyio


async def entries(client: httpx2.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/audit", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def write(hub: Hub, count: int) -> None:
    for number in range(count):
        async with hub.database.transaction() as session:
            act_as(session, Actor("operator eva", "operator", "req_1"))
            record(session, "thing.changed", f"thing {number}", before={"v": number}, after={"v": number + 1.5})


async def test_a_change_is_logged_with_who_what_before_and_after(eva: httpx2.AsyncClient) -> None:
    opened = (await eva.post("/api/v1/incidents", json={"title": "x"})).json()
    headers = {"X-Request-Id": "my-request"}
    await eva.patch(f"/api/v1/incidents/{opened['id']}", json={"severity": "critical"}, headers=headers)

    (entry,) = await entries(eva, action="incident.changed")

    assert entry["subject"] == opened["id"]
    assert (entry["actor"], entry["actor_kind"], entry["request_id"]) == ("operator eva", "operator", "my-request")
    assert entry["details"] == {"before": {"severity": "medium"}, "after": {"severity": "critical"}}
    assert await entries(eva, request_id="my-request") == [entry]
    assert (await eva.get("/api/v1/audit/verify")).json() == {"ok": True, "entries": 2, "problem": None}


async def test_every_decision_is_logged_even_one_that_no_service_words(eva: httpx2.AsyncClient) -> None:
    made = (await eva.post("/auth/tokens", json={"name": "ci", "scopes": ["fleet:read"]})).json()
    await eva.delete(f"/auth/tokens/{made['id'] if 'id' in made else made['token_id']}")

    logged = [(one["action"], one["actor"]) for one in await entries(eva)]

    assert logged == [("DELETE /auth/tokens/{token_id}", "operator eva"), ("POST /auth/tokens", "operator eva")]
    assert made["token"] not in json.dumps(await entries(eva))


async def test_what_fails_and_what_robots_report_is_not_logged(eva: httpx2.AsyncClient) -> None:
    await eva.post("/api/v1/agents/heartbeat", json={"robot_id": "ada"})
    await eva.patch("/api/v1/incidents/none", json={"state": "resolved"})
    await eva.post("/api/v1/incidents", json={"title": ""})

    assert await entries(eva) == []


async def test_a_remark_that_was_deleted_is_still_known(eva: httpx2.AsyncClient, hub: Hub) -> None:
    write_flight(hub.settings.data / "sessions" / "arm_1.mcap", seconds=1)
    await eva.post("/api/admin/rescan")
    remark = (await eva.post("/api/sessions/arm_1/annotations", json={"time_ns": 5, "body": "look"})).json()
    await eva.delete(f"/api/annotations/{remark['id']}")

    (entry,) = await entries(eva, action="annotation.deleted")

    assert entry["details"]["before"]["body"] == "look"


async def test_the_hub_itself_is_an_actor_too(eva: httpx2.AsyncClient, hub: Hub) -> None:
    path = hub.settings.data / "sessions" / "arm_1.mcap"
    write_flight(path, seconds=1)
    await eva.post("/api/admin/rescan")
    path.unlink()
    await eva.post("/api/admin/rescan")

    (entry,) = await entries(eva, action="recording.deleted")

    assert (entry["subject"], entry["actor_kind"]) == ("arm_1", "system")
    assert entry["details"]["after"] == {"why": "vanished"}


@pytest.mark.parametrize("who", [None, "shared", "reader"])
async def test_only_who_may_decide_reads_it(eva: httpx2.AsyncClient, hub_app: FastAPI, who: str | None) -> None:
    token = (await eva.post("/auth/tokens", json={"name": "ci", "scopes": ["fleet:read"]})).json()["token"]
    headers = {None: {}, "shared": {"Authorization": "Bearer robots"}, "reader": {"Authorization": f"Bearer {token}"}}

    async with client_of(hub_app) as client:
        for path in ("/api/v1/audit", "/api/v1/audit/verify"):
            assert (await client.get(path, headers=headers[who])).status_code == (401 if who is None else 403)


async def test_entries_of_many_at_once_are_one_unbroken_chain(hub: Hub) -> None:
    await asyncio.gather(*(write(hub, 5) for _ in range(8)))

    verdict = await hub.audit.verify()

    assert (verdict.ok, verdict.entries) == (True, 40)


TAMPERING = {
    "edited": ("UPDATE audit_log SET subject = 'another' WHERE sequence = 3", "entry 3 was edited"),
    "edited in its details": ("UPDATE audit_log SET details = '{}' WHERE sequence = 5", "entry 5 was edited"),
    "redated": ("UPDATE audit_log SET actor = 'nobody' WHERE sequence = 1", "entry 1 was edited"),
    "deleted": ("DELETE FROM audit_log WHERE sequence = 4", "entry 4 was deleted"),
    "deleted at the front": ("DELETE FROM audit_log WHERE sequence = 1", "entry 1 was deleted"),
    "truncated": ("DELETE FROM audit_log WHERE sequence > 6", "entries 7 to 8 are missing"),
    "emptied": ("DELETE FROM audit_log", "entries 1 to 8 are missing"),
}


@pytest.mark.parametrize("how", TAMPERING)
async def test_tampering_is_found_and_named(hub: Hub, how: str) -> None:
    statement, said = TAMPERING[how]
    await write(hub, 8)
    async with hub.database.transaction() as session:
        await session.execute(text(statement))

    verdict = await hub.audit.verify()

    assert not verdict.ok
    assert verdict.problem is not None
    assert said in verdict.problem


async def test_even_who_rewrites_the_whole_database_is_found(hub: Hub) -> None:
    await write(hub, 3)
    anchor = (hub.settings.data / "audit-anchor.json").read_bytes()
    async with hub.database.transaction() as session:
        await session.execute(text("DELETE FROM audit_log"))
        await session.execute(text("UPDATE audit_head SET sequence = 0, hash = :zero"), {"zero": "0" * 64})
    shorter = await hub.audit.verify()
    await write(hub, 2)
    await write(hub, 3)
    (hub.settings.data / "audit-anchor.json").write_bytes(anchor)

    longer = await hub.audit.verify()

    assert "entries 1 to 3 are missing, which audit-anchor.json knows of" in str(shorter.problem)
    # Written at other times: the same number holds another hash.
    assert not longer.ok
    assert "audit-anchor.json knows another hash" in str(longer.problem)


async def test_an_anchor_that_cannot_be_read_is_no_proof(hub: Hub) -> None:
    await write(hub, 1)
    (hub.settings.data / "audit-anchor.json").write_text("[]")

    assert not (await hub.audit.verify()).ok


def test_details_are_bounded_and_always_the_same_text(tmp_path: Path) -> None:
    assert canonical({"b": 1, "a": [1.0, tmp_path]}, None) == canonical({"a": [1.0, tmp_path], "b": 1}, None)
    assert len(canonical(None, {"x": "y" * 10 * MAX_DETAILS})) <= MAX_DETAILS

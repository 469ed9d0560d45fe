"""Incidents like one that somebody looks at."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import httpx2
import pytest

from pilothouse.hub.composition import Hub
from pilothouse.hub.identity.domain import LOCAL
from pilothouse.hub.similarity.repository import SignatureRows
from pilothouse.kit.clock import NS_PER_S
from pilothouse.wire import RECORDING_METADATA, CaptureFacts, TriggerFired
from tests.support.flights import START_NS, saying, write_messages
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio


def stall(number: int) -> dict[str, Any]:
    """Commanded on, and standing still from the trigger on."""
    stands = number >= 50
    return {"v": 0.01 * (number % 3) if stands else 1.0, "current": 9.0 + 0.1 * (number % 2) if stands else 2.0}


def fall(number: int) -> dict[str, Any]:
    """Swinging more and more, then gone."""
    return {"v": math.sin(number) * number, "current": -0.1 * number}


async def record(
    client: httpx2.AsyncClient, hub: Hub, name: str, course: Any, *, robot: str, rule: str, label: str = ""
) -> str:
    """A recording of 7 s with a trigger at 5 s, and the incident it opened."""
    start_ns = START_NS + 3_600 * NS_PER_S * sum(name.encode())
    fired = TriggerFired(rule=rule, kind="stall", topic="/odom", value=0.0, fired_at_ns=start_ns + 5 * NS_PER_S)
    facts = CaptureFacts(
        session_id=f"{robot}_{name}", robot_id=robot, incident_id=f"inc_{name}", label=label or rule, trigger=fired
    )
    path = hub.settings.data / "sessions" / f"{robot}_{name}.mcap"
    messages = saying("/odom", [course(number) for number in range(70)], start_ns=start_ns)
    write_messages(path, messages, metadata={RECORDING_METADATA: facts.to_metadata()})
    await client.post("/api/admin/rescan")
    async with asyncio.timeout(30):
        while (await client.get(f"/api/v1/incidents/inc_{name}")).status_code != 200 or await waiting(hub):
            await asyncio.sleep(0.02)
    return f"inc_{name}"


async def waiting(hub: Hub) -> int:
    async with hub.database.reading() as session:
        return len(await SignatureRows(session).waiting())


async def similar(client: httpx2.AsyncClient, incident_id: str, **asked: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/incidents/{incident_id}/similar", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]  # type: ignore[no-any-return]


async def test_the_same_failure_on_another_robot_comes_first(client: httpx2.AsyncClient, hub: Hub) -> None:
    await record(client, hub, "a", stall, robot="ada", rule="no progress")
    await record(client, hub, "b", fall, robot="bob", rule="no progress")
    await record(client, hub, "c", stall, robot="cleo", rule="no progress")

    found = await similar(client, "inc_a")

    assert [one["incident"]["id"] for one in found] == ["inc_c", "inc_b"]
    assert found[0]["signals"] == 1.0
    assert found[0]["score"] == 1.0
    assert found[1]["signals"] < 0.5


async def test_signals_find_what_another_rule_caught(client: httpx2.AsyncClient, hub: Hub) -> None:
    await record(client, hub, "a", stall, robot="ada", rule="no progress")
    await record(client, hub, "d", stall, robot="dora", rule="current too high", label="motor")

    (found,) = await similar(client, "inc_a")

    assert (found["incident"]["id"], found["same_rule"], found["same_label"]) == ("inc_d", False, False)
    assert found["signals"] == 1.0


async def test_incidents_without_recordings_are_compared_by_rule_and_label(
    client: httpx2.AsyncClient, hub: Hub
) -> None:
    opened = (await client.post("/api/v1/incidents", json={"title": "smoke"})).json()["id"]
    again = (await client.post("/api/v1/incidents", json={"title": "smoke"})).json()["id"]

    (found,) = await similar(client, opened)

    assert (found["incident"]["id"], found["same_rule"], found["signals"]) == (again, True, None)


async def test_what_is_like_nothing_has_nothing_alike(client: httpx2.AsyncClient, hub: Hub) -> None:
    await record(client, hub, "a", stall, robot="ada", rule="no progress")
    await record(client, hub, "e", lambda number: {"v": 1.0}, robot="eve", rule="battery")

    assert await similar(client, "inc_e") == []
    assert (await client.get("/api/v1/incidents/inc_none/similar")).status_code == 404
    assert (await client.get("/api/v1/incidents/inc_a/similar?limit=51")).status_code == 422


async def test_the_answer_costs_the_same_queries_however_many_are_alike(
    client: httpx2.AsyncClient, hub: Hub, hub_app: Any
) -> None:
    for name in "abcd":
        await record(client, hub, name, stall, robot=f"robot-{name}", rule="no progress")
    similarity = hub_app.state.similarity

    async with hub.database.reading() as session:
        with counting_queries(hub.database) as statements:
            found = await similarity.similar_to(session, LOCAL, "inc_a", 10)

    assert len(found.items) == 3
    assert len(statements) <= 12

"""What tests ask of a hub about its notifications."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2

from pilothouse.hub.composition import Hub
from pilothouse.hub.events import HUB_STREAM

ROOT = "/api/v1/notifications"
DEADLINE_S = 30.0

Found = TypeVar("Found")


async def made(client: httpx2.AsyncClient, url: str, **fields: Any) -> dict[str, Any]:
    """A destination, a webhook unless said otherwise."""
    body = {"kind": "webhook", "name": "on call", "url": url, **fields}
    answer = await client.post(f"{ROOT}/destinations", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def listed(client: httpx2.AsyncClient, **query: str) -> list[dict[str, Any]]:
    """Deliveries, the latest first."""
    answer = await client.get(f"{ROOT}/deliveries", params={"limit": "200", **query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def detail(client: httpx2.AsyncClient, delivery_id: str) -> dict[str, Any]:
    return dict((await client.get(f"{ROOT}/deliveries/{delivery_id}")).json())


async def until(probe: Callable[[], Awaitable[Found]], what: str = "it") -> Found:
    """Ask again and again until the answer is truthy."""
    found = None
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not (found := await probe()):
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited {DEADLINE_S} s for {what}; last answer: {found!r}") from None
    return found


async def until_all(client: httpx2.AsyncClient, state: str, count: int = 1, **query: str) -> list[dict[str, Any]]:
    """So many deliveries, once all there are have come to a state."""

    async def probe() -> list[dict[str, Any]]:
        items = await listed(client, **query)
        return items if len(items) == count and all(one["state"] == state for one in items) else []

    return await until(probe, f"{count} deliveries to be {state}")


async def open_incident(client: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/incidents", json={"title": "Arm hit the door", "severity": "high", **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def happen(hub: Hub, count: int, *, kind: str = "robot.appeared") -> None:
    """So many events in one transaction."""
    async with hub.database.transaction() as session:
        for number in range(count):
            hub.events.append(session, HUB_STREAM, kind, f"robot-{number}", {"robot_id": f"robot-{number}"})

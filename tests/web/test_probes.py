"""Alive, ready, counted."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.kit.errors import Unavailable
from pilothouse.web import probes
from tests.support.services import calling, service

pytestmark = pytest.mark.anyio


class DatabaseBehind(Unavailable):
    """The database is at revision {revision}; run the migration."""


async def fine() -> None:
    return None


async def behind() -> None:
    raise DatabaseBehind(revision="0001")


async def broken() -> None:
    raise OSError("password of the disk")


async def silent() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("path", ["/health", "/healthz"])
async def test_a_service_says_that_it_lives_and_what_it_wants_to_add(path: str) -> None:
    app = service(health=lambda: {"buffer_size": 1247, "robot_id": "my-robot"})
    async with calling(app) as client:
        assert (await client.get(path)).json() == {"ok": True, "buffer_size": 1247, "robot_id": "my-robot"}
        assert (await client.head(path)).status_code == 200


async def test_a_service_whose_checks_pass_is_ready() -> None:
    async with calling(service(readiness={"database": fine})) as client:
        response = await client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ok": True, "checks": {"database": "ok"}})


async def test_a_service_that_cannot_work_says_what_is_wrong_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "CHECK_DEADLINE_S", 0.01)
    app = service(readiness={"database": behind, "disk": broken, "broker": silent, "storage": fine})
    async with calling(app) as client:
        response = await client.get("/readyz")

    document = response.json()
    assert response.status_code == 503
    assert document["code"] == "not_ready"
    assert document["checks"] == {
        "database": "The database is at revision 0001; run the migration.",
        "disk": "failed; see the log",
        "broker": "no answer within 0.01 s",
        "storage": "ok",
    }
    assert "password" not in response.text
    assert "database: The database is at revision 0001" in document["detail"]


async def test_checks_run_at_the_same_time() -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def one() -> None:
        first.set()
        await second.wait()

    async def other() -> None:
        second.set()
        await first.wait()

    async with calling(service(readiness={"one": one, "other": other})) as client:
        assert (await client.get("/readyz")).status_code == 200

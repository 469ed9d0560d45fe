"""What carries messages between hubs, and what becomes of those who listen when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pilothouse.hub.db import Database
from pilothouse.hub.db.problems import DatabaseUnavailable
from pilothouse.hub.relay.repository import WatchedRows
from pilothouse.hub.relay.service import LocalLines, Relays, relays
from pilothouse.hub.relay.service.redis_lines import LinesDown, RedisLines
from pilothouse.kit.clock import SystemClock
from tests.support.valkey import started_valkey

pytestmark = pytest.mark.anyio
WITHIN_S = 20.0


async def test_text_and_images_cross_redis_as_what_they_are(redis_url: str) -> None:
    async with (
        asyncio.timeout(WITHIN_S),
        lines_to(redis_url) as here,
        lines_to(redis_url) as there,
        there.listening("from:ada") as listener,
    ):
        await here.say("from:ada", "grün")
        await here.say("from:ada", b"\xff\xd8")
        heard: list[str | bytes] = []
        while len(heard) < 2:
            heard += (await listener.take())[0]

    assert heard == ["grün", b"\xff\xd8"]


async def test_whoever_listens_is_told_when_redis_is_gone(anyio_backend: str) -> None:
    server = started_valkey()

    async with asyncio.timeout(WITHIN_S), lines_to(f"redis://127.0.0.1:{server.port}/0") as lines:
        async with lines.listening("to:ada") as listener:
            await lines.say("to:ada", "said before")
            assert await listener.take() == (["said before"], 0)
            server.stop()

            with pytest.raises(LinesDown):
                await listener.take()
        with pytest.raises(LinesDown):
            async with lines.listening("to:ada"):
                pass


async def test_a_database_that_is_away_for_a_moment_ends_no_watching(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "RENEW_AGAIN_S", 0.01)
    monkeypatch.setattr(WatchedRows, "watch", failing_once(WatchedRows.watch))
    seen = Relays(database, SystemClock(), LocalLines())

    async with asyncio.timeout(WITHIN_S):
        async with seen.watching("ada"):
            while not seen.is_watched("ada"):
                await asyncio.sleep(0.01)
        await seen.look()

    assert seen.is_watched("ada")


@asynccontextmanager
async def lines_to(url: str) -> AsyncIterator[RedisLines]:
    lines = RedisLines(url)
    yield lines
    if lines._speaking is not None:
        await lines._speaking.aclose()


def failing_once(real: Callable[..., Any]) -> Callable[..., Any]:
    calls = 0

    async def called(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise DatabaseUnavailable
        await real(*arguments)

    return called

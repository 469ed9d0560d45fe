from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from pilothouse.hub.db import Database
from pilothouse.hub.events import Event, Events
from pilothouse.hub.events.redis import RedisBus
from tests.support.valkey import started_valkey

pytestmark = pytest.mark.anyio
STREAM = "hub"


class Process:
    """One process of an installation."""

    def __init__(self, address: str, redis_url: str) -> None:
        self.database = Database(address)
        self.bus = RedisBus(redis_url)
        self.events = Events(self.database, self.bus)
        self.listening = asyncio.create_task(self.bus.listen())

    async def connected(self, *, connected: bool = True) -> None:
        async with asyncio.timeout(20):
            while self.bus.is_connected is not connected:
                await asyncio.sleep(0.01)

    async def say(self, subject: str) -> None:
        async with self.database.transaction() as session:
            self.events.append(session, STREAM, "said", subject, {})

    async def close(self) -> None:
        self.listening.cancel()
        await asyncio.gather(self.listening, return_exceptions=True)
        await self.database.close()


@pytest.fixture
async def two(database_address: str, redis_url: str, anyio_backend: str) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes on one database and one Valkey."""
    pair = (Process(database_address, redis_url), Process(database_address, redis_url))
    for one in pair:
        await one.connected()
    yield pair
    for one in pair:
        await one.close()


async def test_what_one_process_commits_the_other_hears_at_once(two: tuple[Process, Process]) -> None:
    a, b = two
    async with b.events.following(STREAM) as follower:
        asking = asyncio.create_task(follower.take())
        await a.say("over there")

        assert [event.subject for event in await within(asking)] == ["over there"]


async def test_processes_that_write_at_once_reach_every_subscriber_in_order(two: tuple[Process, Process]) -> None:
    async def read(process: Process) -> list[int]:
        numbers: list[int] = []
        async with process.events.following(STREAM, 0) as follower:
            while len(numbers) < 60:
                numbers += [event.sequence for event in await follower.take()]
        return numbers

    reading = [asyncio.create_task(read(process)) for process in two for _ in range(2)]
    await asyncio.gather(*(process.say(str(number)) for number in range(30) for process in two))

    async with asyncio.timeout(20):
        assert await asyncio.gather(*reading) == [list(range(1, 61))] * 4


async def test_events_go_on_without_redis_and_none_is_lost_when_it_is_back(
    database_address: str, database: Database
) -> None:
    server = started_valkey()
    port = server.port
    a, b = (Process(database_address, f"redis://127.0.0.1:{port}/0") for _ in range(2))
    await a.connected()
    await b.connected()

    async with a.events.following(STREAM) as here, b.events.following(STREAM) as there:
        asking_here, asking_there = asyncio.create_task(here.take()), asyncio.create_task(there.take())
        server.stop()
        await a.connected(connected=False)
        await b.connected(connected=False)
        await a.say("meanwhile")
        heard_here = await within(asking_here)
        server = started_valkey(port)
        heard_there = await within(asking_there)

    assert [event.subject for event in (*heard_here, *heard_there)] == ["meanwhile"] * 2
    for process in (a, b):
        await process.close()
    server.stop()


async def within(asking: asyncio.Task[list[Event]]) -> list[Event]:
    async with asyncio.timeout(20):
        return await asking

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.events import Bus, Event, Events, Follower, Forgotten, repository
from pilothouse.hub.events.bus import QUEUE_LENGTH, Subscription

pytestmark = pytest.mark.anyio
STREAM = "hub"


@pytest.fixture
def events(database: Database) -> Events:
    return Events(database)


async def say(database: Database, events: Events, subject: str, stream: str = STREAM) -> None:
    async with database.transaction() as session:
        events.append(session, stream, "said", subject, {"subject": subject})


async def take(source: AsyncIterator[Event | Forgotten], count: int) -> list[Event | Forgotten]:
    async with asyncio.timeout(20):
        return [await anext(source) for _ in range(count)]


class DeafBus(Bus):
    """A bus that tells nobody, as when a process dies between a commit and its telling."""

    async def publish(self, events: Any) -> None:
        pass


async def test_events_are_numbered_from_one_in_each_stream(database: Database, events: Events) -> None:
    for stream in ("hub", "board", "hub"):
        await say(database, events, "x", stream)

    assert [event.sequence for event in await events.since("hub", 0)] == [1, 2]
    assert [event.sequence for event in await events.since("board", 0)] == [1]


async def test_an_event_is_in_the_transaction_of_what_it_tells(database: Database, events: Events) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012
        async with database.transaction() as session:
            events.append(session, STREAM, "said", "never", {})
            raise RuntimeError
    await say(database, events, "kept")

    assert [(event.sequence, event.subject) for event in await events.since(STREAM, 0)] == [(1, "kept")]


async def test_writers_at_once_leave_no_gaps_and_no_duplicates(database: Database, events: Events) -> None:
    async def several(number: int) -> None:
        async with database.transaction() as session:
            # In an order that would make circles of waiting if streams were locked as they come.
            for stream in ("a", "b") if number % 2 else ("b", "a"):
                events.append(session, stream, "said", str(number), {})
                await session.execute(text("SELECT 1"))

    await asyncio.gather(*(several(number) for number in range(40)))

    for stream in ("a", "b"):
        assert [event.sequence for event in await events.since(stream, 0)] == list(range(1, 41))


async def test_a_subscriber_gets_the_table_and_then_what_comes_each_once(database: Database, events: Events) -> None:
    for number in range(3):
        await say(database, events, f"before {number}")
    source = events.subscribe(STREAM, 1)

    first = await take(source, 2)
    for number in range(3):
        await say(database, events, f"live {number}")
    rest = await take(source, 3)
    await source.aclose()

    assert [event.sequence for event in first + rest] == [2, 3, 4, 5, 6]


async def test_subscribers_that_begin_amid_writers_miss_nothing(database: Database, events: Events) -> None:
    async def read() -> list[int]:
        source = events.subscribe(STREAM, 0)
        taken = await take(source, 60)
        await source.aclose()
        return [event.sequence for event in taken]

    async def write(first: int) -> None:
        for number in range(first, first + 10):
            await say(database, events, str(number))

    readers: list[asyncio.Task[list[int]]] = []
    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(write(number * 10))
            await asyncio.sleep(0)
            readers.append(group.create_task(read()))

    assert [reader.result() for reader in readers] == [list(range(1, 61))] * 6


async def test_what_is_said_while_a_subscriber_begins_is_not_taken_for_forgotten(
    database: Database, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = repository.first_sequence

    async def slowly(session: AsyncSession, stream: str) -> int | None:
        found = await looked(session, stream)
        await say(database, events, "meanwhile")
        return found

    monkeypatch.setattr(repository, "first_sequence", slowly)
    source = events.subscribe(STREAM, 0)

    assert [getattr(one, "subject", one) for one in await take(source, 1)] == ["meanwhile"]
    await source.aclose()


async def test_an_event_that_is_told_before_an_earlier_one_does_not_hide_it(database: Database, events: Events) -> None:
    deaf = Events(database, DeafBus())
    async with events.following(STREAM) as follower:
        # Behind its first look at the table nothing but what is told makes it look again.
        await say(database, events, "before")
        assert [event.subject for event in await follower.take()] == ["before"]
        asking = asyncio.create_task(follower.take())
        await say(database, deaf, "first, told late")
        await say(database, events, "second, told at once")

        taken = await asking
        await events.bus.publish(taken[:1])
        await say(database, events, "third")

        assert [event.subject for event in taken] == ["first, told late", "second, told at once"]
        assert [event.subject for event in await follower.take()] == ["third"]


async def test_a_slow_subscriber_drops_to_the_table_and_loses_nothing(database: Database, events: Events) -> None:
    many = QUEUE_LENGTH + 51
    async with asyncio.timeout(20), events.following(STREAM) as follower:
        await say(database, events, "0")
        taken = await follower.take()
        async with database.transaction() as session:
            for number in range(1, many):
                events.append(session, STREAM, "said", str(number), {})
        while len(taken) < many:
            taken += await follower.take()

    assert [event.sequence for event in taken] == list(range(1, many + 1))


async def test_what_was_never_told_is_found_when_subscribers_are_compared_with_the_table(
    database: Database, events: Events
) -> None:
    deaf = Events(database, DeafBus())
    async with events.following(STREAM) as follower:
        asking = asyncio.create_task(follower.take())
        await say(database, deaf, "untold")
        await events.wake_those_behind()

        assert [event.subject for event in await asking] == ["untold"]


async def test_a_wait_that_is_cancelled_while_it_reads_the_table_loses_nothing() -> None:
    reads = asyncio.Event()
    told = Event(STREAM, 1, "said", "first", {}, datetime(2026, 5, 12, tzinfo=UTC))

    async def read(_stream: str, _since: int) -> list[Event]:
        if not reads.is_set():
            reads.set()
            await asyncio.Event().wait()
        return [told]

    follower = Follower(read, STREAM, Subscription(), 0)
    asking = asyncio.create_task(follower.take())
    await reads.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    async with asyncio.timeout(10):
        assert await follower.take() == [told]


async def test_a_number_from_the_future_begins_now(database: Database, events: Events) -> None:
    await say(database, events, "old")

    async with events.following(STREAM, 1_000) as follower:
        asking = asyncio.create_task(follower.take())
        await say(database, events, "new")

        assert [event.subject for event in await asking] == ["new"]


async def test_five_hundred_idle_subscribers_hold_no_connection(database: Database, events: Events) -> None:
    begun: list[Follower] = []

    async def idle() -> None:
        async with events.following(STREAM) as follower:
            begun.append(follower)
            await follower.take()

    waiting = [asyncio.create_task(idle()) for _ in range(500)]
    async with asyncio.timeout(100):
        while len(begun) < 500 or database.connections_in_use:
            await asyncio.sleep(0.01)
        await say(database, events, "wake")
        await asyncio.gather(*waiting)

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel
from sqlalchemy import func, select

from pilothouse.hub.db import Database, RequestKey, answer_once
from pilothouse.hub.db.answers import AnswerRow, KeyUsedForAnotherRequest, forget_expired

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 5, 12, tzinfo=UTC)


class Counted(BaseModel):
    number: int


class Counter:
    """Counts how often it was really asked."""

    def __init__(self) -> None:
        self.number = 0

    async def __call__(self) -> Counted:
        self.number += 1
        return Counted(number=self.number)


async def ask(
    database: Database, counter: Counter, key: str | None = "k", body: str = "a", *, now: datetime = NOW
) -> int:
    async with database.transaction() as session:
        return (await answer_once(session, RequestKey("route", key, body), now, Counted, counter)).number


async def test_the_same_request_is_carried_out_once(database: Database) -> None:
    counter = Counter()

    assert [await ask(database, counter) for _ in range(3)] == [1, 1, 1]


async def test_requests_without_a_key_are_all_carried_out(database: Database) -> None:
    counter = Counter()

    assert [await ask(database, counter, None) for _ in range(2)] == [1, 2]


async def test_the_same_key_with_another_body_is_a_conflict(database: Database) -> None:
    counter = Counter()
    await ask(database, counter)

    with pytest.raises(KeyUsedForAnotherRequest):
        await ask(database, counter, body="b")
    assert counter.number == 1


async def test_duplicates_that_race_are_carried_out_once(database: Database) -> None:
    counter = Counter()

    answers = await asyncio.gather(*(ask(database, counter) for _ in range(10)))

    assert set(answers) == {1}
    assert counter.number == 1


async def test_the_second_waits_for_the_first_and_takes_over_when_that_fails(database: Database) -> None:
    counter = Counter()
    first_is_inside, first_may_fail = asyncio.Event(), asyncio.Event()

    async def fail() -> Counted:
        first_is_inside.set()
        await first_may_fail.wait()
        raise OSError("the disk is full")

    async def first() -> None:
        async with database.transaction() as session:
            await answer_once(session, RequestKey("route", "k", "a"), NOW, Counted, fail)

    failing = asyncio.create_task(first())
    await first_is_inside.wait()
    second = asyncio.create_task(ask(database, counter))
    first_may_fail.set()

    with pytest.raises(OSError, match="full"):
        await failing
    assert await second == 1


async def test_an_answer_is_forgotten_after_a_day(database: Database) -> None:
    counter = Counter()
    await ask(database, counter)

    assert await ask(database, counter, now=NOW + timedelta(hours=23)) == 1
    assert await ask(database, counter, now=NOW + timedelta(hours=25)) == 2


async def test_expired_answers_are_deleted(database: Database) -> None:
    await ask(database, Counter())

    async with database.transaction() as session:
        await forget_expired(session, NOW + timedelta(hours=25))

    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(AnswerRow)) == 0

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Integer, String, insert, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pilothouse.hub.db import (
    BigId,
    Database,
    DatabaseUnavailable,
    Unstorable,
    UtcDateTime,
    after_commit,
    before_commit,
)
from pilothouse.hub.db.engine import parse_url, sqlite_url
from pilothouse.kit.errors import BadConfiguration

pytestmark = pytest.mark.anyio

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT sum(i) FROM n"


class _Base(DeclarativeBase):
    pass


class Note(_Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    text: Mapped[str] = mapped_column(String)
    number: Mapped[int] = mapped_column(Integer, default=0)
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@pytest.fixture
async def notes(database: Database) -> Database:
    """The database with a table of this test's own."""
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.run_sync(_Base.metadata.create_all)
    return database


async def texts(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(Note.text).order_by(Note.id)))


async def test_what_a_transaction_wrote_is_read_after_it(notes: Database) -> None:
    async with notes.transaction() as session:
        session.add(Note(text="kept"))

    assert await texts(notes) == ["kept"]


async def test_a_transaction_that_raises_leaves_nothing(notes: Database) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"):  # noqa: PT012
        async with notes.transaction() as session:
            session.add(Note(text="never"))
            await session.flush()
            raise RuntimeError("changed my mind")

    assert await texts(notes) == []


async def test_a_cancelled_transaction_leaves_nothing_and_lets_the_next_one_in(notes: Database) -> None:
    inside = asyncio.Event()

    async def write_slowly() -> None:
        async with notes.transaction() as session:
            session.add(Note(text="never"))
            await session.flush()
            inside.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write_slowly())
    await inside.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    async with notes.transaction() as session:
        session.add(Note(text="next"))

    assert await texts(notes) == ["next"]


async def test_a_reading_session_cannot_write(notes: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)does not answer|read-?only"):  # noqa: PT012
        async with notes.reading() as session:
            await session.execute(insert(Note).values(text="smuggled"))
            await session.commit()

    assert await texts(notes) == []


async def test_a_reader_sees_one_state_and_is_not_kept_waiting_by_a_writer(notes: Database) -> None:
    async with notes.transaction() as writing:
        writing.add(Note(text="not yet"))
        await writing.flush()
        during = await texts(notes)

    assert during == []
    assert await texts(notes) == ["not yet"]


async def test_fifty_writers_at_once_all_write_and_lose_no_update(notes: Database) -> None:
    async with notes.transaction() as session:
        session.add(Note(id=1, text="counter"))

    async def add_one() -> None:
        async with notes.transaction() as session:
            counter = await session.get(Note, 1, with_for_update=True)
            assert counter is not None
            await asyncio.sleep(0)
            counter.number += 1

    await asyncio.gather(*(add_one() for _ in range(50)))

    async with notes.reading() as session:
        assert await session.scalar(select(Note.number)) == 50


async def test_writers_of_two_processes_that_read_before_they_write_wait_for_each_other(
    notes: Database, database_address: str
) -> None:
    other = Database(database_address)
    async with notes.transaction() as session:
        session.add(Note(id=1, text="counter"))

    async def add_one(database: Database) -> None:
        async with database.transaction() as session:
            number = await session.scalar(select(Note.number).where(Note.id == 1).with_for_update())
            assert number is not None
            await session.execute(update(Note).where(Note.id == 1).values(number=number + 1))

    await asyncio.gather(*(add_one(database) for _ in range(25) for database in (notes, other)))
    await other.close()

    async with notes.reading() as session:
        assert await session.scalar(select(Note.number)) == 50


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_transaction_inside_a_transaction_is_an_error_instead_of_a_deadlock(database: Database) -> None:
    with pytest.raises(RuntimeError, match="wait for itself"):
        async with database.transaction(), database.transaction():
            pass


async def test_ids_count_up_by_themselves_and_hold_64_bits(notes: Database) -> None:
    async with notes.transaction() as session:
        session.add(Note(text="first"))
        session.add(Note(id=2**62, text="far"))

    async with notes.reading() as session:
        assert list(await session.scalars(select(Note.id).order_by(Note.id))) == [1, 2**62]


async def test_times_come_back_aware_and_in_utc(notes: Database) -> None:
    moment = datetime(2026, 5, 12, 10, 42, 30, 123456, timezone(timedelta(hours=2)))
    async with notes.transaction() as session:
        session.add(Note(text="timed", written_at=moment))

    async with notes.reading() as session:
        found = await session.scalar(select(Note.written_at))
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


async def test_a_naive_time_is_refused(notes: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        async with notes.transaction() as session:
            session.add(Note(text="when?", written_at=datetime(2026, 5, 12)))  # noqa: DTZ001 - the point


async def test_callbacks_run_after_the_commit_and_only_if_there_is_one(notes: Database) -> None:
    seen: list[list[str]] = []

    async def look() -> None:
        seen.append(await texts(notes))

    async with notes.transaction() as session:
        session.add(Note(text="kept"))
        after_commit(session, look)
        assert seen == []
    with pytest.raises(RuntimeError):  # noqa: PT012
        async with notes.transaction() as session:
            after_commit(session, look)
            raise RuntimeError

    assert seen == [["kept"]]


async def test_a_failing_callback_neither_stops_the_others_nor_the_answer(notes: Database) -> None:
    called: list[str] = []

    def fail() -> None:
        raise OSError("the queue is gone")

    async with notes.transaction() as session:
        after_commit(session, fail)
        after_commit(session, lambda: called.append("second"))

    assert called == ["second"]


async def test_what_is_left_for_the_end_of_a_transaction_is_part_of_it(notes: Database) -> None:
    async def add_last(session: AsyncSession) -> None:
        session.add(Note(text="last"))

    async with notes.transaction() as session:
        before_commit(session, add_last)
        session.add(Note(text="first"))
        await session.flush()

    assert await texts(notes) == ["first", "last"]


@pytest.mark.parametrize("value", [2**70, "half \ud800 a pair"])
async def test_values_no_database_holds_are_the_callers_mistake(notes: Database, value: object) -> None:
    with pytest.raises(Unstorable):  # noqa: PT012
        async with notes.transaction() as session:
            column = Note.number if isinstance(value, int) else Note.text
            await session.execute(insert(Note).values({"text": "x", column.key: value}))


async def test_broken_references_are_refused_on_both_databases(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            await session.execute(
                text("INSERT INTO events VALUES ('absent', 1, 'kind', 'subject', '{}', '2026-01-01 00:00:00')")
            )


async def test_a_database_that_is_gone_is_unavailable() -> None:
    absent = Database("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")

    with pytest.raises(DatabaseUnavailable):
        await absent.ping()
    await absent.close()


@pytest.mark.parametrize("address", ["mysql://x/y", "sqlite://", "://", "sqlite:///:memory:"])
async def test_an_address_we_cannot_use_is_bad_configuration(address: str) -> None:
    with pytest.raises(BadConfiguration, match="PILOTHOUSE_DATABASE_URL"):
        parse_url(address)


async def test_a_query_whose_task_is_cancelled_again_and_again_leaves_nothing_that_waits_for_ever(
    tmp_path: Path,
) -> None:
    database = Database(sqlite_url(tmp_path / "cancelled.db"))
    await database.migrate()

    async def ask() -> None:
        async with database.transaction() as session:
            await session.execute(text(SLOW))

    before = asyncio.all_tasks()
    for _ in range(20):
        asking = asyncio.create_task(ask())
        await asyncio.sleep(0.01)
        for _ in range(3):
            asking.cancel()
            await asyncio.sleep(0)
        await asyncio.wait({asking})
    await database.close()

    async with asyncio.timeout(20):
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.01)

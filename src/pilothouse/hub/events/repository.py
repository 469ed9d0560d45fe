"""The SQL of the event log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.events.domain import Event
from pilothouse.hub.events.models import EventRow, EventStreamRow


async def take_sequences(session: AsyncSession, stream: str, count: int) -> int:
    """Take the next numbers of a stream, and hold the stream until this transaction ends; the first of them.

    Whoever appends to the stream next waits for us, so numbers become visible in their order.
    """
    last: ColumnElement[int] = EventStreamRow.__table__.c.last_sequence
    statement = (
        insert_into(session, EventStreamRow)
        .values(stream=stream, last_sequence=count)
        .on_conflict_do_update(index_elements=["stream"], set_={"last_sequence": last + count})
        .returning(last)
    )
    return int((await session.execute(statement)).scalar_one()) - count + 1


async def add(session: AsyncSession, events: Sequence[Event]) -> None:
    rows = [
        {
            "stream": event.stream,
            "sequence": event.sequence,
            "kind": event.kind,
            "subject": event.subject,
            "payload": event.payload,
            "recorded_at": event.recorded_at,
        }
        for event in events
    ]
    await session.execute(insert(EventRow), rows)


async def after(session: AsyncSession, stream: str, sequence: int, limit: int) -> list[Event]:
    """The events that follow a number, in order."""
    found = await session.execute(
        select(EventRow)
        .where(EventRow.stream == stream, EventRow.sequence > sequence)
        .order_by(EventRow.sequence)
        .limit(limit)
    )
    return [
        Event(row.stream, row.sequence, row.kind, row.subject, row.payload, row.recorded_at) for row in found.scalars()
    ]


async def streams(session: AsyncSession) -> Sequence[str]:
    return (await session.scalars(select(EventStreamRow.stream).order_by(EventStreamRow.stream))).all()


async def forget(session: AsyncSession, stream: str, before: datetime, most: int) -> int:
    """Delete the earliest events of a stream that happened before a time; how many they were.

    They are looked for by their numbers, which follow the time: there is no index of times to keep.
    """
    earliest = (
        select(EventRow.sequence, EventRow.recorded_at)
        .where(EventRow.stream == stream)
        .order_by(EventRow.sequence)
        .limit(most)
    )
    old = [sequence for sequence, recorded_at in await session.execute(earliest) if recorded_at < before]
    if old:
        await session.execute(delete(EventRow).where(EventRow.stream == stream, EventRow.sequence.in_(old)))
    return len(old)


async def last_sequences(session: AsyncSession, streams: Collection[str]) -> dict[str, int]:
    """How far each of these streams has come."""
    found = await session.execute(
        select(EventStreamRow.stream, EventStreamRow.last_sequence).where(EventStreamRow.stream.in_(streams))
    )
    return {row.stream: row.last_sequence for row in found}


async def first_sequence(session: AsyncSession, stream: str) -> int | None:
    """The number of the earliest event of a stream that is still kept."""
    return await session.scalar(select(func.min(EventRow.sequence)).where(EventRow.stream == stream))

"""Rows of recordings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, delete, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, undefer

from pilothouse.hub.db import insert_into
from pilothouse.hub.recordings.domain.ordering import Ordering, SortKey
from pilothouse.hub.recordings.domain.retention import Kept
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.models import AnnotationRow, RecordingRow
from pilothouse.hub.recordings.repository.searching import Sought, bounded_ns
from pilothouse.wire import RecordingState

# Databases bound the parameters of one statement; a new row has about twenty.
_BATCH = 500

# Everything but what was only announced.
_HERE = RecordingRow.state != RecordingState.ANNOUNCED

ANY = Sought()
_COLUMNS: dict[SortKey, InstrumentedAttribute[int]] = {
    SortKey.RECORDED: RecordingRow.recorded_ns,
    SortKey.SIZE: RecordingRow.size_bytes,
    SortKey.DURATION: RecordingRow.duration_ns,
}

Value = TypeVar("Value")


class Located(NamedTuple):
    """Where the bytes of a recording are."""

    file_name: str
    robot_id: str
    is_announced: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """Which recordings are meant: those named, or all that fit; times are those of their ends."""

    session_ids: Sequence[str] | None = None
    robot_id: str | None = None
    label: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A row and how many remarks people made on it."""

    row: RecordingRow
    annotation_count: int


class RecordingRows:
    """Queries on recordings within one session; ``robot_id`` None means every robot."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._dialect = session.get_bind().dialect.name

    async def get(self, session_id: str, *, whole: bool = False) -> RecordingRow | None:
        """``whole`` with what lists leave out: channels and preview."""
        query = select(RecordingRow).where(RecordingRow.session_id == session_id)
        if whole:
            options = (undefer(RecordingRow.preview), undefer(RecordingRow.channels))
            query = query.options(*options).execution_options(populate_existing=True)
        return await self._session.scalar(query)

    async def locate(self, session_id: str) -> Located | None:
        """The file alone: what every range request needs, and nothing else."""
        columns = (RecordingRow.file_name, RecordingRow.robot_id, RecordingRow.state)
        found = (await self._session.execute(select(*columns).where(RecordingRow.session_id == session_id))).first()
        return Located(found.file_name, found.robot_id, found.state == RecordingState.ANNOUNCED) if found else None

    async def page(
        self, sought: Sought, ordering: Ordering, *, after: tuple[int, int] | None = None, limit: int, offset: int
    ) -> list[Listed]:
        """In order, from the place of a cursor or from an offset."""
        by = (_COLUMNS[ordering.key], RecordingRow.id)
        query = select(RecordingRow).where(*sought.conditions(self._dialect))
        if after is not None:
            place = tuple_(*by) < tuple_(*after) if ordering.is_descending else tuple_(*by) > tuple_(*after)
            query = query.where(place)
        order = [column.desc() for column in by] if ordering.is_descending else by
        rows = (await self._session.scalars(query.order_by(*order).limit(limit).offset(offset))).all()
        counts = await self.annotation_counts([row.session_id for row in rows])
        return [Listed(row, counts.get(row.session_id, 0)) for row in rows]

    async def choose(self, wanted: Selection, *, limit: int) -> list[str]:
        """Ids of readable recordings that are meant, oldest first."""
        fitting = [RecordingRow.state == RecordingState.OK, *_of_robot(wanted.robot_id)]
        if wanted.label is not None:
            fitting.append(RecordingRow.label == wanted.label)
        if wanted.since is not None:
            fitting.append(RecordingRow.recorded_ns >= bounded_ns(wanted.since))
        if wanted.until is not None:
            fitting.append(RecordingRow.recorded_ns < bounded_ns(wanted.until))
        query = select(RecordingRow.recorded_ns, RecordingRow.session_id).where(*fitting)
        oldest = (RecordingRow.recorded_ns, RecordingRow.id)
        if wanted.session_ids is None:
            return [one for _, one in await self._session.execute(query.order_by(*oldest).limit(limit))]
        found: set[tuple[int, str]] = set()
        for some in _sorted(set(wanted.session_ids)):
            rows = await self._session.execute(query.where(RecordingRow.session_id.in_(some)))
            found.update((recorded_ns, one) for recorded_ns, one in rows)
        return [one for _, one in sorted(found)][:limit]

    async def annotation_counts(self, session_ids: Collection[str]) -> dict[str, int]:
        if not session_ids:
            return {}
        query = (
            select(AnnotationRow.session_id, func.count())
            .where(AnnotationRow.session_id.in_(session_ids))
            .group_by(AnnotationRow.session_id)
        )
        return dict((await self._session.execute(query)).all())

    async def count(self, sought: Sought = ANY) -> int:
        query = select(func.count()).select_from(RecordingRow).where(*sought.conditions(self._dialect))
        return await self._session.scalar(query) or 0

    async def count_by_robot(self, robot_ids: Collection[str]) -> dict[str, int]:
        query = (
            select(RecordingRow.robot_id, func.count())
            .where(RecordingRow.robot_id.in_(robot_ids))
            .group_by(RecordingRow.robot_id)
        )
        return dict((await self._session.execute(query)).all())

    async def robots(self) -> list[str]:
        """Every robot with a recording: one step through the index for each robot, not one for each row."""
        first = select(func.min(RecordingRow.robot_id).label("robot_id")).cte("robots", recursive=True)
        following = (
            select(func.min(RecordingRow.robot_id)).where(RecordingRow.robot_id > first.c.robot_id).scalar_subquery()
        )
        steps = first.union_all(select(following).where(first.c.robot_id.is_not(None)))
        query = select(steps.c.robot_id).where(steps.c.robot_id.is_not(None))
        return sorted((await self._session.scalars(query)).all())

    async def disk_use(self) -> tuple[int, int]:
        """Bytes and number of all recordings whose bytes are here."""
        query = select(func.coalesce(func.sum(RecordingRow.size_bytes), 0), func.count(RecordingRow.id)).where(_HERE)
        used, count = (await self._session.execute(query)).one()
        return int(used), int(count)

    async def sightings(self, names: Collection[str] | None = None) -> dict[str, Sighting]:
        """Every file, or those of some names, as it was when it was last looked at."""
        query = select(RecordingRow.file_name, RecordingRow.size_bytes, RecordingRow.mtime_ns).where(_HERE)
        queries = (
            [query] if names is None else [query.where(RecordingRow.file_name.in_(some)) for some in _sorted(names)]
        )
        found: dict[str, Sighting] = {}
        for one in queries:
            rows = await self._session.execute(one)
            found.update({name: Sighting(size, mtime) for name, size, mtime in rows})
        return found

    async def kept(self) -> list[tuple[Kept, str, Sighting]]:
        """What retention chooses among, with the file each stands for."""
        annotated = exists().where(AnnotationRow.session_id == RecordingRow.session_id)
        row = RecordingRow
        columns = (row.session_id, row.size_bytes, row.recorded_ns, annotated, row.robot_id, row.pinned_at)
        query = select(*columns, row.file_name, row.mtime_ns).where(_HERE)
        return [
            (Kept(session_id, size, recorded, bool(has), robot, pinned is not None), name, Sighting(size, mtime))
            for session_id, size, recorded, has, robot, pinned, name, mtime in (await self._session.execute(query))
        ]

    async def waiting(self) -> Sequence[str]:
        """Ids of recordings that are not indexed yet."""
        query = (
            select(RecordingRow.session_id)
            .where(RecordingRow.state == RecordingState.INDEXING)
            .order_by(RecordingRow.id)
        )
        return (await self._session.scalars(query)).all()

    async def damaged_count(self) -> int:
        query = select(func.count(RecordingRow.id)).where(RecordingRow.state == RecordingState.DAMAGED)
        return await self._session.scalar(query) or 0

    async def read_damaged_again(self) -> None:
        """Let damaged files wait for indexing once more: what was wrong may have been the disk or its rights."""
        statement = update(RecordingRow).where(RecordingRow.state == RecordingState.DAMAGED)
        await self._session.execute(statement.values(state=RecordingState.INDEXING))

    async def add_new(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        """Insert rows whose id and file name are both free; answers the ids of those inserted."""
        added: list[str] = []
        for some in _batches(rows):
            statement = (
                insert_into(self._session, RecordingRow).on_conflict_do_nothing().returning(RecordingRow.session_id)
            )
            added += (await self._session.scalars(statement, some)).all()
        return added

    async def arrive(self, files: Mapping[str, Sighting]) -> list[str]:
        """Let announced recordings wait for indexing, as their files are now; answers their ids."""
        arrived: list[str] = []
        for some in _sorted(files.keys()):
            query = select(RecordingRow.file_name).where(RecordingRow.file_name.in_(some), ~_HERE)
            for name in (await self._session.scalars(query)).all():
                values = {"size_bytes": files[name].size_bytes, "mtime_ns": files[name].mtime_ns, "sha256": None}
                statement = (
                    update(RecordingRow)
                    .where(RecordingRow.file_name == name, ~_HERE)
                    .values(**values, state=RecordingState.INDEXING)
                    .returning(RecordingRow.session_id)
                )
                arrived += (await self._session.scalars(statement)).all()
        return arrived

    async def begin_again(self, files: dict[str, Sighting]) -> list[str]:
        """Mark files for indexing as they are now; what was known of them stays visible until then."""
        ids: list[str] = []
        for name, seen in files.items():
            values = {"size_bytes": seen.size_bytes, "mtime_ns": seen.mtime_ns, "sha256": None, "damage": None}
            statement = (
                update(RecordingRow)
                .where(RecordingRow.file_name == name)
                .values(**values, delivered_by=None, announced_robot_id=None, state=RecordingState.INDEXING)
                .returning(RecordingRow.session_id)
            )
            ids += (await self._session.scalars(statement)).all()
        return ids

    async def finish(self, session_id: str, seen: Sighting, values: dict[str, Any]) -> bool:
        """Write what indexing found, unless the file is another by now or somebody else was first."""
        statement = (
            update(RecordingRow)
            .where(
                RecordingRow.session_id == session_id,
                RecordingRow.state == RecordingState.INDEXING,
                RecordingRow.size_bytes == seen.size_bytes,
                RecordingRow.mtime_ns == seen.mtime_ns,
            )
            .values(**values)
            .returning(RecordingRow.id)
        )
        return (await self._session.scalar(statement)) is not None

    async def deliver(self, session_id: str, **values: Any) -> None:
        """Note on a row that was there already who delivered its file."""
        await self._session.execute(update(RecordingRow).where(RecordingRow.session_id == session_id).values(**values))

    async def lock(self, session_ids: Collection[str]) -> list[RecordingRow]:
        """Rows that somebody is about to change; in one order, so that two who do so never wait for each other."""
        found: list[RecordingRow] = []
        for some in _sorted(session_ids):
            query = select(RecordingRow).where(RecordingRow.session_id.in_(some)).order_by(RecordingRow.id)
            found += (await self._session.scalars(query.with_for_update())).all()
        return found

    async def remove(self, row: RecordingRow) -> None:
        await self._session.execute(delete(RecordingRow).where(RecordingRow.id == row.id))

    async def unpinned(self, session_ids: Collection[str]) -> set[str]:
        """Which of these may still go: somebody may have pinned one since it was chosen."""
        found: set[str] = set()
        for some in _sorted(session_ids):
            query = select(RecordingRow.session_id).where(
                RecordingRow.session_id.in_(some), RecordingRow.pinned_at.is_(None)
            )
            found.update(await self._session.scalars(query))
        return found

    async def remove_files(self, names: Collection[str]) -> list[tuple[str, str]]:
        """Delete the rows of files but for pinned ones; answers the (session_id, robot_id) of those that went."""
        removed: list[tuple[str, str]] = []
        for some in _sorted(names):
            statement = (
                delete(RecordingRow)
                .where(RecordingRow.file_name.in_(some), _HERE, RecordingRow.pinned_at.is_(None))
                .returning(RecordingRow.session_id, RecordingRow.robot_id)
            )
            removed += (await self._session.execute(statement)).all()
        return removed


def _batches(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    return (values[first : first + _BATCH] for first in range(0, len(values), _BATCH))


def _sorted(names: Collection[str]) -> Iterator[Sequence[str]]:
    return _batches(sorted(names))


def _of_robot(robot_id: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if robot_id is None else (RecordingRow.robot_id == robot_id,)

"""Tasks as they are shown: with what follows from other tables, in one query for any number of them.

Lists are asked for all the time, by every agent: they come as JSON that the database has written, and a query is made
once for all lists that are narrowed in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, bindparam, case, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from pilothouse.hub.boards.domain.states import Priority, TaskStatus
from pilothouse.hub.boards.models import BoardRow, TaskDependencyRow, TaskRow, TaskTagRow
from pilothouse.hub.boards.repository.task_documents import shown
from pilothouse.hub.db.documents import documents


class TaskSort(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    PRIORITY = "priority"
    DUE = "due"
    TITLE = "title"


class Direction(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


@dataclass(frozen=True, slots=True)
class TasksSought:
    """Which tasks are meant; None and empty do not narrow. ``is_unassigned`` are those that nobody has."""

    statuses: Sequence[TaskStatus] = ()
    assigned_id: str | None = None
    is_unassigned: bool = False
    tag: str | None = None
    priorities: Sequence[Priority] = ()
    incident_id: str | None = None
    is_blocked: bool | None = None
    text: str | None = None
    sort: TaskSort = TaskSort.CREATED
    direction: Direction = Direction.DESCENDING


class TaskViews:
    """Queries on what is shown of tasks, within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, task_id: str) -> str | None:
        """As JSON."""
        found: str | None = await self._session.scalar(_one(), {"wanted_id": task_id})
        return found

    async def page(
        self, organization_id: str, board_id: str, sought: TasksSought, limit: int, offset: int
    ) -> tuple[str, int]:
        """As an array in JSON, and how many there are."""
        parts = {"organization_id": organization_id, "board_id": board_id, "most": limit, "skipped": offset}
        found = await self._session.execute(_page(_narrowed(sought)), parts | _values(sought))
        items, total = found.one()
        return items, total

    async def of_board(self, board_id: str, limit: int) -> str:
        """As an array in JSON: what is not done first, then what was done last; without descriptions."""
        found = await self._session.scalar(_of_board(), {"wanted_id": board_id, "most": limit})
        assert isinstance(found, str)
        return found

    async def counts(self, board_ids: Collection[str]) -> dict[str, dict[str, int]]:
        """How many tasks of each status each board has."""
        query = select(TaskRow.board_id, TaskRow.status, func.count()).where(TaskRow.board_id.in_(board_ids))
        found: dict[str, dict[str, int]] = {}
        for board_id, status, count in await self._session.execute(query.group_by(TaskRow.board_id, TaskRow.status)):
            found.setdefault(board_id, {})[status] = count
        return found


@cache
def _one() -> Select[Any]:
    return select(cast(shown(TaskRow, with_description=True), Text)).where(TaskRow.id == bindparam("wanted_id"))


@cache
def _of_board() -> Select[Any]:
    is_done = case((TaskRow.status == TaskStatus.DONE, 1), else_=0)
    order = (is_done, TaskRow.done_at.desc().nulls_last(), TaskRow.priority_rank.desc(), TaskRow.id)
    query = select(TaskRow).where(TaskRow.board_id == bindparam("wanted_id")).order_by(*order)
    task = aliased(TaskRow, query.limit(bindparam("most")).subquery())
    return select(cast(documents(shown(task, with_description=False)), Text))


@lru_cache(maxsize=512)
def _page(narrowed: Narrowed) -> Select[Any]:
    """The query for lists that are narrowed and ordered in this way: made once, for any values."""
    here = (BoardRow.id == bindparam("board_id"), BoardRow.organization_id == bindparam("organization_id"))
    # Asked of the board once, not of each task: the index alone tells how many there are.
    own = TaskRow.board_id == select(BoardRow.id).where(*here).scalar_subquery()
    wanted = (own, *_conditions(narrowed))
    page = select(TaskRow).where(*wanted).order_by(*_order(narrowed.sort, narrowed.direction))
    task = aliased(TaskRow, page.limit(bindparam("most")).offset(bindparam("skipped")).subquery())
    total = select(func.count()).select_from(TaskRow).where(*wanted).scalar_subquery()
    return select(cast(documents(shown(task, with_description=True)), Text), total)


class Narrowed(NamedTuple):
    """Which kinds of conditions a list has, and its order: everything but the values."""

    given: frozenset[str]
    is_unassigned: bool
    is_blocked: bool | None
    sort: TaskSort
    direction: Direction


def _narrowed(sought: TasksSought) -> Narrowed:
    return Narrowed(frozenset(_values(sought)), sought.is_unassigned, sought.is_blocked, sought.sort, sought.direction)


def _values(sought: TasksSought) -> dict[str, Any]:
    given = {
        "statuses": sought.statuses or None,
        "priorities": sought.priorities or None,
        "assigned_id": sought.assigned_id,
        "incident_id": sought.incident_id,
        "tag": sought.tag,
        "text": _escaped(sought.text) if sought.text else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _escaped(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _conditions(narrowed: Narrowed) -> list[ColumnElement[bool]]:
    row = TaskRow
    possible: dict[str, Callable[[], ColumnElement[bool]]] = {
        "statuses": lambda: row.status.in_(bindparam("statuses", expanding=True)),
        "priorities": lambda: row.priority.in_(bindparam("priorities", expanding=True)),
        "assigned_id": lambda: row.assigned_id == bindparam("assigned_id"),
        "incident_id": lambda: row.incident_id == bindparam("incident_id"),
        "tag": lambda: exists().where(TaskTagRow.task_id == row.id, TaskTagRow.tag_id == bindparam("tag")),
        "text": lambda: or_(
            *(column.icontains(bindparam("text"), escape="/") for column in (row.title, row.description))
        ),
    }
    conditions: list[ColumnElement[bool]] = [possible[name]() for name in sorted(narrowed.given)]
    if narrowed.is_unassigned:
        conditions.append(row.assigned_id.is_(None))
    if narrowed.is_blocked is not None:
        edge, other = TaskDependencyRow, aliased(TaskRow)
        waits = exists().where(edge.task_id == row.id, other.id == edge.depends_on_id, other.status != TaskStatus.DONE)
        conditions.append(waits if narrowed.is_blocked else ~waits)
    return conditions


def _order(sort: TaskSort, direction: Direction) -> list[ColumnElement[Any]]:
    columns: dict[TaskSort, ColumnElement[Any]] = {
        TaskSort.CREATED: TaskRow.__table__.c.created_at,
        TaskSort.CHANGED: TaskRow.__table__.c.changed_at,
        TaskSort.PRIORITY: TaskRow.__table__.c.priority_rank,
        TaskSort.DUE: TaskRow.__table__.c.due_at,
        TaskSort.TITLE: TaskRow.__table__.c.title,
    }
    column, last = columns[sort], TaskRow.__table__.c.id
    is_descending = direction is Direction.DESCENDING
    if sort is TaskSort.PRIORITY:
        # Of what is as urgent, the earliest first.
        return [column.desc() if is_descending else column.asc(), TaskRow.__table__.c.created_at, last]
    first = column.desc() if is_descending else column.asc()
    # Said of columns that are never null, it would keep PostgreSQL from reading along an index.
    return [first.nulls_last() if sort is TaskSort.DUE else first, last.desc() if is_descending else last.asc()]

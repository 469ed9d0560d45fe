"""Tasks as they are shown: with what follows from other tables, in one query for any number of them.

Lists are asked for all the time, by every agent: their values come as JSON has them, with nothing made in between.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, exists, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from pilothouse.hub.boards.domain.states import Priority, TaskStatus
from pilothouse.hub.boards.models import ApprovalTaskRow, TagRow, TaskDependencyRow, TaskRow, TaskTagRow

View = dict[str, Any]
_JOINED = ("blocked_by", "depends_on_ids")
_ASIDE = {"organization_id", "priority_rank", "description"}
_TIMES = ("claimed_at", "lease_until", "started_at", "done_at", "due_at", "created_at", "changed_at")
# No name holds control characters.
_BETWEEN_FIELDS, _BETWEEN_TAGS = "\x1f", "\x1e"


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

    async def one(self, task_id: str) -> View | None:
        found = await self._views(_shown(with_description=True).where(TaskRow.id == task_id))
        return found[0] if found else None

    async def page(
        self, organization_id: str, board_id: str, sought: TasksSought, limit: int, offset: int
    ) -> tuple[list[View], int]:
        """And how many there are, in one query unless it is beyond the end."""
        wanted = [TaskRow.organization_id == organization_id, TaskRow.board_id == board_id, *_conditions(sought)]
        count = select(func.count()).select_from(TaskRow).where(*wanted)
        query = _shown(with_description=True).add_columns(count.scalar_subquery().label("total"))
        found = await self._views(query.where(*wanted).order_by(*_order(sought)).limit(limit).offset(offset))
        totals = [view.pop("total") for view in found]
        if totals or not offset:
            return found, totals[0] if totals else 0
        return found, await self._session.scalar(count) or 0

    async def of_board(self, board_id: str, limit: int) -> list[View]:
        """What is not done first, then what was done last; without descriptions."""
        is_done = case((TaskRow.status == TaskStatus.DONE, 1), else_=0)
        order = (is_done, TaskRow.done_at.desc().nulls_last(), TaskRow.priority_rank.desc(), TaskRow.id)
        return await self._views(
            _shown(with_description=False).where(TaskRow.board_id == board_id).order_by(*order).limit(limit)
        )

    async def counts(self, board_ids: Collection[str]) -> dict[str, dict[str, int]]:
        """How many tasks of each status each board has."""
        query = select(TaskRow.board_id, TaskRow.status, func.count()).where(TaskRow.board_id.in_(board_ids))
        found: dict[str, dict[str, int]] = {}
        for board_id, status, count in await self._session.execute(query.group_by(TaskRow.board_id, TaskRow.status)):
            found.setdefault(board_id, {})[status] = count
        return found

    async def _views(self, query: Select[Any]) -> list[View]:
        rows = await self._session.execute(query)
        names = tuple(rows.keys())
        return [_view(dict(zip(names, row, strict=True))) for row in rows]


def _view(view: View) -> View:
    for name in _TIMES:
        if view[name] is not None:
            view[name] = _moment(view[name])
    for name in _JOINED:
        view[name] = sorted(view[name].split(",")) if view[name] else []
    view["blocked"] = bool(view["blocked_by"])
    view["tags"] = _tags(view["tags"]) if view["tags"] else []
    fields = view["custom_fields"]
    if isinstance(fields, str):
        view["custom_fields"] = {} if fields == "{}" else json.loads(fields)
    return view


def _moment(value: str | datetime) -> str:
    """A time as JSON has it, from either database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return f"{value[:10]}T{value[11:].removesuffix('.000000')}Z"


def _tags(joined: str) -> list[dict[str, str]]:
    found = [one.split(_BETWEEN_FIELDS) for one in joined.split(_BETWEEN_TAGS)]
    found.sort(key=lambda one: one[1])
    return [{"id": tag_id, "name": name, "slug": slug, "colour": colour} for tag_id, slug, colour, name in found]


@cache
def _shown(*, with_description: bool) -> Select[Any]:
    edge, other, tag = TaskDependencyRow, aliased(TaskRow), TagRow
    waits_for = select(func.aggregate_strings(edge.depends_on_id, ",")).where(edge.task_id == TaskRow.id)
    blocked_by = select(func.aggregate_strings(edge.depends_on_id, ",")).join(other, other.id == edge.depends_on_id)
    blocked_by = blocked_by.where(edge.task_id == TaskRow.id, other.status != TaskStatus.DONE)
    facts = tag.id + _BETWEEN_FIELDS + tag.slug + _BETWEEN_FIELDS + tag.colour + _BETWEEN_FIELDS + tag.name
    tags = select(func.aggregate_strings(facts, _BETWEEN_TAGS)).join(TaskTagRow, TaskTagRow.tag_id == tag.id)
    pending = select(ApprovalTaskRow.approval_id)
    pending = pending.where(ApprovalTaskRow.task_id == TaskRow.id, ApprovalTaskRow.is_pending).limit(1)
    own = [column for column in TaskRow.__table__.columns if column.name not in _ASIDE]
    if with_description:
        own.append(TaskRow.__table__.columns["description"])
    return select(
        *(
            column if column.type.python_type is int else type_coerce(column, String).label(column.name)
            for column in own
        ),
        waits_for.correlate(TaskRow).scalar_subquery().label("depends_on_ids"),
        blocked_by.correlate(TaskRow).scalar_subquery().label("blocked_by"),
        tags.where(TaskTagRow.task_id == TaskRow.id).correlate(TaskRow).scalar_subquery().label("tags"),
        pending.correlate(TaskRow).scalar_subquery().label("pending_approval_id"),
    )


def _conditions(sought: TasksSought) -> list[ColumnElement[bool]]:
    row = TaskRow
    conditions: list[ColumnElement[bool]] = []
    if sought.statuses:
        conditions.append(row.status.in_(sought.statuses))
    if sought.priorities:
        conditions.append(row.priority.in_(sought.priorities))
    if sought.assigned_id is not None:
        conditions.append(row.assigned_id == sought.assigned_id)
    if sought.is_unassigned:
        conditions.append(row.assigned_id.is_(None))
    if sought.incident_id is not None:
        conditions.append(row.incident_id == sought.incident_id)
    if sought.tag is not None:
        tagged = exists().where(TaskTagRow.task_id == row.id, TaskTagRow.tag_id == sought.tag)
        conditions.append(tagged)
    if sought.is_blocked is not None:
        edge, other = TaskDependencyRow, aliased(TaskRow)
        waits = exists().where(edge.task_id == row.id, other.id == edge.depends_on_id, other.status != TaskStatus.DONE)
        conditions.append(waits if sought.is_blocked else ~waits)
    if sought.text:
        words = (row.title, row.description)
        conditions.append(or_(*(column.icontains(sought.text, autoescape=True) for column in words)))
    return conditions


def _order(sought: TasksSought) -> list[ColumnElement[Any]]:
    columns: dict[TaskSort, ColumnElement[Any]] = {
        TaskSort.CREATED: TaskRow.__table__.c.created_at,
        TaskSort.CHANGED: TaskRow.__table__.c.changed_at,
        TaskSort.PRIORITY: TaskRow.__table__.c.priority_rank,
        TaskSort.DUE: TaskRow.__table__.c.due_at,
        TaskSort.TITLE: TaskRow.__table__.c.title,
    }
    column, last = columns[sought.sort], TaskRow.__table__.c.id
    is_descending = sought.direction is Direction.DESCENDING
    if sought.sort is TaskSort.PRIORITY:
        # Of what is as urgent, the earliest first.
        return [column.desc() if is_descending else column.asc(), TaskRow.__table__.c.created_at, last]
    first = column.desc() if is_descending else column.asc()
    return [first.nulls_last(), last.desc() if is_descending else last.asc()]

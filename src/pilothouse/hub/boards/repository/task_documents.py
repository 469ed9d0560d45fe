"""A task as it is shown, as JSON that the database writes: with what follows from other tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ColumnElement, Subquery, case, exists, select
from sqlalchemy.orm import aliased

from pilothouse.hub.boards.domain.states import TaskStatus
from pilothouse.hub.boards.models import ApprovalTaskRow, TagRow, TaskDependencyRow, TaskRow, TaskTagRow
from pilothouse.hub.db import UtcDateTime
from pilothouse.hub.db.documents import as_json, document, documents, moment, object_of

_ASIDE = {"organization_id", "priority_rank", "worked_by"}
_TAG = ("id", "name", "slug", "colour")


def shown(task: type[TaskRow], *, with_description: bool) -> document:
    """A task as JSON, with what other tables have of it."""
    waits_for, blocked_by = _edges(task, open_only=False), _edges(task, open_only=True)
    aside = _ASIDE if with_description else _ASIDE | {"description"}
    own = {name: _value(task, name) for name in TaskRow.__mapper__.columns.keys() if name not in aside}  # noqa: SIM118
    pending = select(ApprovalTaskRow.approval_id)
    pending = pending.where(ApprovalTaskRow.task_id == task.id, ApprovalTaskRow.is_pending).limit(1)
    return object_of(
        **own,
        depends_on_ids=_all_of(waits_for, waits_for.c.id),
        blocked_by=_all_of(blocked_by, blocked_by.c.id),
        blocked=as_json(case((exists(select(blocked_by.c.id).select_from(blocked_by)), "true"), else_="false")),
        tags=_tags(task),
        pending_approval_id=pending.correlate(task).scalar_subquery(),
    )


def _value(task: type[TaskRow], name: str) -> ColumnElement[Any]:
    column: ColumnElement[Any] = getattr(task, name)
    kind = TaskRow.__table__.columns[name].type
    if isinstance(kind, UtcDateTime):
        return moment(column)
    return as_json(column) if isinstance(kind, JSON) else column


def _edges(task: type[TaskRow], *, open_only: bool) -> Subquery:
    edge, other = aliased(TaskDependencyRow), aliased(TaskRow)
    query = select(edge.depends_on_id.label("id")).where(edge.task_id == task.id)
    if open_only:
        query = query.join(other, other.id == edge.depends_on_id).where(other.status != TaskStatus.DONE)
    return query.order_by(edge.depends_on_id).correlate(task).subquery()


def _tags(task: type[TaskRow]) -> as_json:
    tag = TagRow.__table__.c
    query = select(*(tag[name] for name in _TAG)).join(TaskTagRow, TaskTagRow.tag_id == tag.id)
    sorted_tags = query.where(TaskTagRow.task_id == task.id).order_by(tag.slug).correlate(task).subquery()
    return _all_of(sorted_tags, object_of(**{name: sorted_tags.c[name] for name in _TAG}))


def _all_of(rows: Subquery, value: ColumnElement[Any]) -> as_json:
    return as_json(select(documents(value)).select_from(rows).scalar_subquery())

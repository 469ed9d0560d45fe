"""Tasks: what is to be done, by whom, and how far it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain import fields as field_rules
from pilothouse.hub.boards.domain.dependencies import check_acyclic
from pilothouse.hub.boards.domain.problems import (
    OnlyLeadsAssign,
    UnknownDependency,
    UnknownTagOnTask,
    UnknownTask,
)
from pilothouse.hub.boards.domain.rules import CHANGE_RULES, CLAIM_RULES, DELETE_RULES, RELEASE_RULES, Change, check
from pilothouse.hub.boards.domain.states import ActorKind, Priority, TaskStatus
from pilothouse.hub.boards.models import TaskRow
from pilothouse.hub.boards.repository import BoardRows, FieldRows, Lock, TagRows, TaskRows, TasksSought, TaskViews
from pilothouse.hub.boards.schemas.tasks import NewTask, Task, TaskChange
from pilothouse.hub.boards.service.assignees import Assignees
from pilothouse.hub.boards.service.boards import given
from pilothouse.hub.boards.service.comments import Comments
from pilothouse.hub.boards.service.fields import as_field
from pilothouse.hub.boards.service.linking import IncidentLinks
from pilothouse.hub.boards.service.moving import Moving
from pilothouse.hub.boards.service.ports import NoBudget, TaskBudget
from pilothouse.hub.boards.service.scope import Notes, OnBoard, check_version, differences
from pilothouse.hub.db import touch
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

_MAY_BE_NULL = frozenset({"assigned_id", "due_at", "incident_id"})
# What can change without making what was approved another thing.
_NOT_CONTENT = frozenset({"status", "priority", "due_at", "tag_ids"})
_OWN_TABLE = frozenset({"tag_ids", "depends_on_ids"})


class Tasks:
    """The tasks of boards."""

    def __init__(
        self, notes: Notes, moving: Moving, comments: Comments, assignees: Assignees, incidents: IncidentLinks,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._notes = notes
        self._moving = moving
        self._comments = comments
        self._assignees = assignees
        self.incidents = incidents
        self._clock = clock
        self.budget: TaskBudget = NoBudget()

    async def listed(
        self, session: AsyncSession, organization_id: str, board_id: str, sought: TasksSought, limit: int, offset: int
    ) -> tuple[bytes, int]:
        """A `TaskList` as JSON, and how many there are, for a board that the caller may see if it is there at all."""
        items, total = await TaskViews(session).page(organization_id, board_id, sought, limit, offset)
        return f'{{"items":{items},"total":{total},"limit":{limit},"offset":{offset}}}'.encode(), total

    async def one(self, session: AsyncSession, on: OnBoard, task_id: str) -> Task:
        """Raises UnknownTask."""
        found = await TaskViews(session).one(task_id)
        task = None if found is None else Task.model_validate_json(found)
        if task is None or task.board_id != on.board.id:
            raise UnknownTask
        return task

    async def create(self, session: AsyncSession, on: OnBoard, new: NewTask) -> Task:
        """Raises OnlyLeadsAssign, and what is unknown or unusable among the fields."""
        await self._take(session, on)
        actor, now = on.actor, at(self._clock.now_ns())
        if new.assigned_id is not None and actor.kind is ActorKind.WORKER:
            raise OnlyLeadsAssign
        assigned = await self._assignees.find(session, on.board, new.assigned_id) if new.assigned_id else None
        fields = [as_field(row) for row in await FieldRows(session).of_board(on.board.organization_id, on.board.id)]
        values = field_rules.filled(fields, new.custom_fields)
        incident_id = await self.incidents.checked(session, on, new.incident_id)
        await self._check_links(session, on, new.tag_ids, new.depends_on_ids)
        row = TaskRow(
            id=new_id("tsk"), organization_id=on.board.organization_id, board_id=on.board.id, title=new.title,
            description=new.description, status=TaskStatus.INBOX, priority=new.priority,
            priority_rank=new.priority.rank, assigned_kind=assigned and assigned.kind,
            assigned_id=assigned and assigned.id, assigned_name=assigned and assigned.name, claimed_at=None,
            lease_until=None, started_at=None, done_at=None, due_at=new.due_at, custom_fields=values, worked_by=[],
            incident_id=incident_id, comment_count=0, made_by_kind=actor.kind, made_by_id=actor.id,
            made_by_name=actor.name, created_at=now, changed_at=now, version=1, content_version=1,
        )  # fmt: skip
        rows = TaskRows(session)
        await rows.add(row)
        if new.depends_on_ids:
            await rows.set_dependencies(row.id, set(new.depends_on_ids))
        if new.tag_ids:
            await rows.set_tags(row.id, set(new.tag_ids))
        await self.incidents.say(session, on, row)
        task = await self.one(session, on, row.id)
        self._notes.of(session, on, "task.created", row.id, None, task.model_dump(mode="json"), row.title)
        return task

    async def update(self, session: AsyncSession, on: OnBoard, task_id: str, change: TaskChange) -> Task:
        """Whatever the rules of the board let pass; raises what the first of them says."""
        wanted = given(change, _MAY_BE_NULL)
        comment = wanted.pop("comment", None)
        if "depends_on_ids" in wanted or wanted.get("status") == TaskStatus.DONE:
            # Edges are made one after the other, and so are ends that free others: no cycle, and nobody is forgotten.
            await BoardRows(session).one(on.board.id, Lock.HELD)
        row = await self._found(session, on, task_id, Lock.HELD)
        check_version(row, change.version)
        await self._moving.end_lease_if_over(session, on, row)
        rows = TaskRows(session)
        before = await self._before(rows, row, wanted)
        if "custom_fields" in wanted:
            wanted["custom_fields"] = await self._merged(session, on, row, wanted["custom_fields"])
        for name in _OWN_TABLE & wanted.keys():
            wanted[name] = sorted(set(wanted[name]))
        if change.due_at is not None:
            wanted["due_at"] = change.due_at
        was, now_is = differences(before, wanted)
        status = TaskStatus(now_is.pop("status")) if "status" in now_is else None
        is_assigning = "assigned_id" in now_is
        asked = Change(status, frozenset(now_is.keys() - {"assigned_id"}), is_assigning)
        if status or now_is:
            facts = await self._moving.facts(session, on, row, has_comment=comment is not None)
            check(CHANGE_RULES, facts, asked)
        if comment is not None:
            await self._comments.write(session, on, row, comment)
        if not (status or now_is):
            return await self.one(session, on, task_id)
        await self._apply(session, on, row, now_is)
        if now_is.keys() - _NOT_CONTENT:
            await self._moving.content_changed(session, on, row, "the task was changed")
        if status:
            await self._moving.move(session, on, row, status)
            now_is["status"] = status
        return await self._written(session, on, row, was, now_is)

    async def claim(self, session: AsyncSession, on: OnBoard, task_id: str) -> Task:
        """Of many that claim, one gets it; the others get TaskClaimed. Claimed again by who has it, it is renewed."""
        await self._take(session, on)
        row = await self._found(session, on, task_id, Lock.HELD)
        await self._moving.end_lease_if_over(session, on, row)
        facts = await self._moving.facts(session, on, row)
        if facts.is_own and row.status is TaskStatus.IN_PROGRESS:
            row.lease_until = self._moving.lease(on.board, facts.actor)
            return await self._shown(session, on, row)
        check(CLAIM_RULES, facts, Change(TaskStatus.IN_PROGRESS))
        was = _standing(row)
        row.assigned_kind, row.assigned_id, row.assigned_name = facts.actor.kind, facts.actor.id, facts.actor.name
        await self._moving.move(session, on, row, TaskStatus.IN_PROGRESS)
        row.claimed_at = row.started_at
        return await self._written(session, on, row, *differences(was, _standing(row)), kind="task.claimed")

    async def release(self, session: AsyncSession, on: OnBoard, task_id: str) -> Task:
        """Back into the inbox, free for others; raises TaskNotHeld, NotYoursToRelease."""
        row = await self._found(session, on, task_id, Lock.HELD)
        await self._moving.end_lease_if_over(session, on, row)
        facts = await self._moving.facts(session, on, row)
        check(RELEASE_RULES, facts, Change(TaskStatus.INBOX))
        was = _standing(row)
        await self._moving.free(session, on, row, "the task was released")
        return await self._written(session, on, row, *differences(was, _standing(row)), kind="task.released")

    async def delete(self, session: AsyncSession, on: OnBoard, task_id: str) -> None:
        """Its history stays, and who waited for it waits no more. Raises UnknownTask, MayNotDelete."""
        await BoardRows(session).one(on.board.id, Lock.HELD)
        row = await self._found(session, on, task_id, Lock.REMOVED)
        check(DELETE_RULES, await self._moving.facts(session, on, row), Change())
        before = (await self.one(session, on, task_id)).model_dump(mode="json")
        rows = TaskRows(session)
        waiting = await rows.dependents(row.id)
        await self._moving.void(session, on, row, "the task was deleted")
        if row.incident_id is not None:
            await self.incidents.let_go(session, row, row.incident_id)
        await rows.delete(row)
        self._notes.of(session, on, "task.deleted", row.id, before, None, row.title)
        await self._moving.tell_free(session, on, waiting)

    async def _take(self, session: AsyncSession, on: OnBoard) -> None:
        # Before any task is locked: heartbeats lock agents first and their tasks afterwards.
        if on.caller is not None:
            await self.budget.take_task(session, on.caller)

    async def _found(self, session: AsyncSession, on: OnBoard, task_id: str, lock: Lock) -> TaskRow:
        row = await TaskRows(session).one(on.board.id, task_id, lock)
        if row is None:
            raise UnknownTask
        return row

    async def _before(self, rows: TaskRows, row: TaskRow, wanted: Collection[str]) -> dict[str, Any]:
        before = {name: getattr(row, name) for name in wanted if name not in _OWN_TABLE}
        if "tag_ids" in wanted:
            before["tag_ids"] = await rows.tags_of(row.id)
        if "depends_on_ids" in wanted:
            before["depends_on_ids"] = await rows.depends_on(row.id)
        return before

    async def _merged(
        self, session: AsyncSession, on: OnBoard, row: TaskRow, values: dict[str, Any]
    ) -> dict[str, Any]:  # fmt: skip
        fields = await FieldRows(session).of_board(on.board.organization_id, on.board.id)
        return dict(field_rules.changed([as_field(one) for one in fields], row.custom_fields, values))

    async def _apply(self, session: AsyncSession, on: OnBoard, row: TaskRow, changes: dict[str, Any]) -> None:
        rows = TaskRows(session)
        links = (changes.get("tag_ids", ()), changes.get("depends_on_ids", ()))
        await self._check_links(session, on, *links, task_id=row.id)
        was_about = row.incident_id
        if "incident_id" in changes:
            changes["incident_id"] = await self.incidents.checked(session, on, changes["incident_id"], was_about)
        if "depends_on_ids" in changes:
            check_acyclic(await rows.graph(on.board.id), row.id, changes["depends_on_ids"])
            await rows.set_dependencies(row.id, changes["depends_on_ids"])
        if "tag_ids" in changes:
            await rows.set_tags(row.id, changes["tag_ids"])
        if "assigned_id" in changes:
            await self._assign(session, on, row, changes["assigned_id"])
        for name in changes.keys() - _OWN_TABLE - {"assigned_id"}:
            setattr(row, name, changes[name])
        if "priority" in changes:
            row.priority, row.priority_rank = Priority(changes["priority"]), Priority(changes["priority"]).rank
        if row.incident_id != was_about:
            await self.incidents.say(session, on, row, was_about)

    async def _assign(self, session: AsyncSession, on: OnBoard, row: TaskRow, assigned_id: str | None) -> None:
        found = await self._assignees.find(session, on.board, assigned_id) if assigned_id else None
        row.assigned_kind = found.kind if found else None
        row.assigned_id = found.id if found else None
        row.assigned_name = found.name if found else None
        row.claimed_at = None
        if row.status is TaskStatus.IN_PROGRESS:
            await self._moving.hand_over(session, on, row)

    async def _check_links(
        self, session: AsyncSession, on: OnBoard, tag_ids: Collection[str], depends_on_ids: Collection[str],
        task_id: str | None = None,
    ) -> None:  # fmt: skip
        organization_id = on.board.organization_id
        if tag_ids:
            known = await TagRows(session).several(organization_id, tag_ids, Lock.KEPT)
            for tag_id in sorted(set(tag_ids) - known.keys()):
                raise UnknownTagOnTask(tag_id=tag_id)
        if depends_on_ids:
            others = await TaskRows(session).several(on.board.id, depends_on_ids, Lock.KEPT)
            for other in sorted((set(depends_on_ids) - others.keys()) | (set(depends_on_ids) & {task_id or ""})):
                raise UnknownDependency(task_id=other)

    async def _written(
        self, session: AsyncSession, on: OnBoard, row: TaskRow, before: dict[str, Any], after: dict[str, Any],
        kind: str = "task.updated",
    ) -> Task:  # fmt: skip
        touch(row, at(self._clock.now_ns()))
        told = {name: _told(value) for name, value in before.items()}, {n: _told(v) for n, v in after.items()}
        self._notes.of(session, on, kind, row.id, *told, row.title)
        return await self._shown(session, on, row)

    async def _shown(self, session: AsyncSession, on: OnBoard, row: TaskRow) -> Task:
        await session.flush()
        return await self.one(session, on, row.id)


def _standing(row: TaskRow) -> dict[str, Any]:
    names = ("status", "assigned_id", "assigned_name")
    return {name: getattr(row, name) for name in names}


def _told(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value

"""Custom fields of tasks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain import fields as rules
from pilothouse.hub.boards.domain.problems import NameTaken, UnknownBoard, UnknownCustomField
from pilothouse.hub.boards.models import CustomFieldRow
from pilothouse.hub.boards.repository import BoardRows, FieldRows, Lock, write_unique
from pilothouse.hub.boards.schemas.boards import CustomField, CustomFieldChange, CustomFieldList, NewCustomField
from pilothouse.hub.boards.service.boards import given
from pilothouse.hub.boards.service.scope import Notes, check_version, differences
from pilothouse.hub.db import touch
from pilothouse.hub.identity import Caller
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

_SAME = (
    "id",
    "organization_id",
    "key",
    "name",
    "description",
    "kind",
    "options",
    "created_at",
    "changed_at",
    "version",
)


class CustomFields:
    """Every custom field of an organization."""

    def __init__(self, notes: Notes, clock: Clock) -> None:
        self._notes = notes
        self._clock = clock

    async def page(self, session: AsyncSession, organization_id: str, limit: int, offset: int) -> CustomFieldList:
        """By key."""
        rows, total = await FieldRows(session).page(organization_id, limit, offset)
        shown = await self._shown(session, rows)
        return CustomFieldList(items=shown, total=total, limit=limit, offset=offset)

    async def of_board(self, session: AsyncSession, organization_id: str, board_id: str) -> list[CustomField]:
        return await self._shown(session, await FieldRows(session).of_board(organization_id, board_id))

    async def one(self, session: AsyncSession, caller: Caller, field_id: str) -> CustomField:
        """Raises UnknownCustomField."""
        return (await self._shown(session, [await self._found(session, caller, field_id)]))[0]

    async def create(self, session: AsyncSession, caller: Caller, new: NewCustomField) -> CustomField:
        """Raises NameTaken, UnknownBoard, FieldDefinitionUnusable."""
        organization_id, now = caller.organization_id or "", at(self._clock.now_ns())
        row = CustomFieldRow(
            id=new_id("fld"), organization_id=organization_id, key=new.key, name=new.name,
            description=new.description, kind=new.kind, is_required=new.required, default_value=_kept(new.default),
            options=new.options, is_everywhere=not new.board_ids, created_at=now, changed_at=now, version=1,
        )  # fmt: skip
        rules.check_definition(as_field(row))
        await self._check_boards(session, organization_id, new.board_ids)
        await write_unique(session, row, NameTaken(thing="custom field", slug=row.key))
        await FieldRows(session).put_on(row.id, set(new.board_ids))
        shown = (await self._shown(session, [row]))[0]
        self._note(session, caller, "field.created", row, None, shown.model_dump(mode="json"))
        return shown

    async def change(
        self, session: AsyncSession, caller: Caller, field_id: str, change: CustomFieldChange
    ) -> CustomField:  # fmt: skip
        """Raises UnknownCustomField, Changed, UnknownBoard, FieldDefinitionUnusable, NothingToChange."""
        row = await self._found(session, caller, field_id, Lock.HELD)
        check_version(row, change.version)
        wanted = given(change, frozenset({"default"}))
        before = (await self._shown(session, [row]))[0].model_dump(mode="json")
        if "board_ids" in wanted:
            wanted["board_ids"] = sorted(set(wanted["board_ids"]))
        was, now_is = differences(before, wanted)
        if was:
            await self._apply(session, row, now_is)
            self._note(session, caller, "field.updated", row, was, now_is)
        return (await self._shown(session, [row]))[0]

    async def delete(self, session: AsyncSession, caller: Caller, field_id: str) -> None:
        """The values that tasks have stay in them. Raises UnknownCustomField."""
        row = await self._found(session, caller, field_id, Lock.REMOVED)
        before = (await self._shown(session, [row]))[0].model_dump(mode="json")
        await FieldRows(session).delete(row)
        self._note(session, caller, "field.deleted", row, before, None)

    async def _apply(self, session: AsyncSession, row: CustomFieldRow, changes: dict[str, object]) -> None:
        names = {"required": "is_required", "default": "default_value"}
        for name, value in changes.items():
            if name != "board_ids":
                setattr(row, names.get(name, name), _kept(value) if name == "default" else value)
        rules.check_definition(as_field(row))
        touch(row, at(self._clock.now_ns()))
        board_ids = changes.get("board_ids")
        if isinstance(board_ids, list):
            await self._check_boards(session, row.organization_id, board_ids)
            row.is_everywhere = not board_ids
            await FieldRows(session).put_on(row.id, board_ids)

    async def _check_boards(self, session: AsyncSession, organization_id: str, board_ids: Sequence[str]) -> None:
        if board_ids and await BoardRows(session).known(organization_id, board_ids) != set(board_ids):
            raise UnknownBoard

    async def _found(
        self, session: AsyncSession, caller: Caller, field_id: str, lock: Lock = Lock.NONE
    ) -> CustomFieldRow:  # fmt: skip
        row = await FieldRows(session).one(caller.organization_id or "", field_id, lock)
        if row is None:
            raise UnknownCustomField
        return row

    async def _shown(self, session: AsyncSession, rows: Sequence[CustomFieldRow]) -> list[CustomField]:
        some = [row.id for row in rows if not row.is_everywhere]
        boards = await FieldRows(session).boards_of(some) if some else {}
        return [
            CustomField(
                **{name: getattr(row, name) for name in _SAME}, required=row.is_required,
                default=row.default_value[0] if row.default_value else None, board_ids=boards.get(row.id, []),
            )
            for row in rows
        ]  # fmt: skip

    def _note(
        self, session: AsyncSession, caller: Caller, kind: str, row: CustomFieldRow,
        before: dict[str, object] | None, after: dict[str, object] | None,
    ) -> None:  # fmt: skip
        self._notes.in_organization(session, caller, row.organization_id, kind, row.id, before, after, row.name)


def as_field(row: CustomFieldRow) -> rules.Field:
    default = row.default_value[0] if row.default_value else None
    return rules.Field(row.key, row.kind, row.is_required, default, row.options)


def _kept(value: object) -> list[object]:
    return [] if value is None else [value]

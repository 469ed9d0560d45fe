"""Organizations: made by somebody, who owns them from then on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import touch
from pilothouse.hub.identity.domain import HOME, Caller, OrganizationRole
from pilothouse.hub.identity.domain.membership import (
    HomeStays,
    OrganizationInUse,
    UnknownOrganization,
    check_version,
)
from pilothouse.hub.identity.models import OrganizationRow
from pilothouse.hub.identity.repository import MemberRows, OrganizationRows, UserRows
from pilothouse.hub.identity.schemas import NewOrganization, Organization, OrganizationChange, OrganizationList
from pilothouse.hub.identity.service.people import People, member_row
from pilothouse.hub.identity.service.ports import Boards, Notes
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id


class Organizations:
    """The organizations of this hub. What a caller sees of one is what its role there allows."""

    def __init__(self, people: People, notes: Notes, boards: Boards, clock: Clock) -> None:
        self._people = people
        self._notes = notes
        self._boards = boards
        self._clock = clock

    async def create(self, session: AsyncSession, caller: Caller, new: NewOrganization) -> Organization:
        """An organization that its maker owns."""
        now, user_id = self._now(), caller.user_id or ""
        row = OrganizationRow(
            id=new_id("org"), name=new.name, created_at=now, created_by=caller.title, changed_at=now, version=1
        )
        await OrganizationRows(session).add(row)
        await MemberRows(session).add(member_row(row.id, user_id, OrganizationRole.OWNER, now, invited_by=caller.title))
        self._people.forget(session, user_id)
        self._notes.note(
            session, caller, organization_id=row.id, board_id=None, kind="member.organization_created",
            subject=("organization", row.id), before=None, after={"name": row.name},
        )  # fmt: skip
        return await self._shown(session, caller, row, OrganizationRole.OWNER)

    async def mine(self, session: AsyncSession, caller: Caller, limit: int, offset: int) -> OrganizationList:
        """Those the caller belongs to, the first joined first."""
        user_id = caller.user_id or ""
        found, total = await OrganizationRows(session).of_user(user_id, limit, offset)
        active = await self._active(session, user_id)
        items = [_shown(row, member.role, is_active=row.id == active) for row, member in found]
        return OrganizationList(items=items, total=total, limit=limit, offset=offset)

    async def choose(self, session: AsyncSession, caller: Caller, organization_id: str) -> Organization:
        """Let the caller act in another organization of theirs from now on. Raises UnknownOrganization."""
        await self._people.act_in(session, caller, organization_id)
        member = await MemberRows(session).one(organization_id, caller.user_id or "")
        role = OrganizationRole.MEMBER if member is None else member.role
        return await self.one(session, replace(caller, organization_id=organization_id, role=role))

    async def one(self, session: AsyncSession, caller: Caller) -> Organization:
        """The organization the caller acts in."""
        row = await self._found(session, caller)
        return await self._shown(session, caller, row, caller.role or OrganizationRole.MEMBER)

    async def change(self, session: AsyncSession, caller: Caller, change: OrganizationChange) -> Organization:
        """Rename the organization the caller acts in."""
        row = await self._found(session, caller, lock=True)
        check_version(change.version, row.version)
        before, row.name = row.name, change.name
        touch(row, self._now())
        await session.flush()
        self._notes.note(
            session, caller, organization_id=row.id, board_id=None, kind="member.organization_renamed",
            subject=("organization", row.id), before={"name": before}, after={"name": row.name},
        )  # fmt: skip
        return await self._shown(session, caller, row, caller.role or OrganizationRole.MEMBER)

    async def delete(self, session: AsyncSession, caller: Caller) -> None:
        """Delete the organization the caller acts in, with its members and invites. Raises HomeStays and
        OrganizationInUse."""
        row = await self._found(session, caller, lock=True)
        if row.id == HOME:
            raise HomeStays
        if await self._boards.has_any(session, row.id):
            raise OrganizationInUse
        user_ids = await MemberRows(session).user_ids(row.id)
        for user_id in user_ids:
            await UserRows(session).leave(user_id, row.id)
        self._notes.note(
            session, caller, organization_id=row.id, board_id=None, kind="member.organization_deleted",
            subject=("organization", row.id), before={"name": row.name}, after=None,
        )  # fmt: skip
        await OrganizationRows(session).delete(row.id)
        self._people.forget(session, *user_ids)

    async def _found(self, session: AsyncSession, caller: Caller, *, lock: bool = False) -> OrganizationRow:
        organization_id = caller.organization_id or ""
        row = await OrganizationRows(session).by_id(organization_id, lock=lock)
        if row is None:
            raise UnknownOrganization(organization_id=organization_id)
        return row

    async def _shown(
        self, session: AsyncSession, caller: Caller, row: OrganizationRow, role: OrganizationRole
    ) -> Organization:
        return _shown(row, role, is_active=row.id == await self._active(session, caller.user_id or ""))

    async def _active(self, session: AsyncSession, user_id: str) -> str | None:
        row = await UserRows(session).by_id(user_id)
        return None if row is None else row.active_organization_id

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _shown(row: OrganizationRow, role: OrganizationRole, *, is_active: bool) -> Organization:
    return Organization(
        id=row.id, name=row.name, role=role, is_active=is_active, owns_fleet=row.id == HOME,
        created_at=row.created_at, changed_at=row.changed_at, version=row.version,
    )  # fmt: skip

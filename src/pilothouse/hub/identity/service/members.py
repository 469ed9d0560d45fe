"""Members: roles, and the boards they may see. Who changes them in one organization takes turns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import touch
from pilothouse.hub.identity.domain import HOME, LOCAL_USER, Caller, OrganizationRole, TokenKind, TokensSought
from pilothouse.hub.identity.domain.membership import (
    LastOwner,
    MemberElsewhereToo,
    OperatorStays,
    Reach,
    Standing,
    UnknownBoards,
    UnknownMember,
    UnknownOrganization,
    check_reach,
    check_role,
    check_version,
    covers,
)
from pilothouse.hub.identity.models import MemberRow, UserRow
from pilothouse.hub.identity.repository import InviteRows, MemberRows, OrganizationRows, UserRows
from pilothouse.hub.identity.schemas import Access as AccessShown
from pilothouse.hub.identity.schemas import BoardGrant, Member, MemberChange, MemberList
from pilothouse.hub.identity.service.people import People
from pilothouse.hub.identity.service.ports import Boards, Notes
from pilothouse.hub.identity.service.tokens import Tokens
from pilothouse.kit.clock import Clock, at
from pilothouse.wire.token import TokenList


class Members:
    """The members of the organization that a caller acts in."""

    def __init__(self, people: People, tokens: Tokens, notes: Notes, boards: Boards, clock: Clock) -> None:
        self._people = people
        self._tokens = tokens
        self._notes = notes
        self._boards = boards
        self._clock = clock

    async def page(
        self, session: AsyncSession, caller: Caller, limit: int, offset: int, text: str | None = None
    ) -> MemberList:
        """The first who joined first."""
        found, total = await MemberRows(session).page(caller.organization_id or "", limit, offset, text)
        return MemberList(items=[_shown(*one) for one in found], total=total, limit=limit, offset=offset)

    async def one(self, session: AsyncSession, caller: Caller, user_id: str) -> Member:
        """Raises UnknownMember."""
        found = await MemberRows(session).with_user(caller.organization_id or "", user_id)
        if found is None:
            raise UnknownMember(user_id=user_id)
        return _shown(*found)

    async def change(self, session: AsyncSession, caller: Caller, user_id: str, change: MemberChange) -> Member:
        """Give a member another role. Raises RoleBeyondYours, LastOwner and OperatorStays."""
        actor, member = await self._both(session, caller, user_id)
        check_version(change.version, member.version)
        check_role(actor.role, member.role, change.role)
        if change.role != member.role:
            await self._check_owner_stays(session, member, change.role)
            before, member.role = member.role, change.role
            if not change.role.includes(before):
                await self._take_back(session, member, change.role)
            await self._changed(session, member)
            self._note(session, caller, member, "member.updated", {"role": str(before)}, {"role": str(change.role)})
        return await self.one(session, caller, user_id)

    async def remove(self, session: AsyncSession, caller: Caller, user_id: str) -> None:
        """End a membership: one's own, or as an admin somebody else's. Raises LastOwner and OperatorStays."""
        actor, member = await self._both(session, caller, user_id)
        check_role(actor.role, member.role)
        if user_id != actor.user_id:
            check_role(actor.role, OrganizationRole.ADMIN)
        await self._check_owner_stays(session, member, None)
        self._note(session, caller, member, "member.removed", {"role": str(member.role)}, None)
        await self._take_back(session, member, None)
        await UserRows(session).leave(user_id, member.organization_id)
        await MemberRows(session).remove(member.organization_id, user_id)
        self._people.forget(session, user_id)

    async def access(self, session: AsyncSession, caller: Caller, user_id: str) -> AccessShown:
        """Which boards a member may see, one by one."""
        organization_id = caller.organization_id or ""
        found = await MemberRows(session).rights(organization_id, user_id)
        if found is None:
            raise UnknownMember(user_id=user_id)
        return shown_reach(Reach(found[1], found[2], found[3]))

    async def set_access(self, session: AsyncSession, caller: Caller, user_id: str, access: AccessShown) -> AccessShown:
        """Let a member see these boards and no others. Raises BoardBeyondYours when that is more than one has."""
        actor, member = await self._both(session, caller, user_id)
        check_role(actor.role, member.role)
        rows = MemberRows(session)
        before = (await standing(session, member.organization_id, user_id)).reach
        after = await self.reach(session, actor, member.organization_id, access, before)
        member.all_boards_read, member.all_boards_write = after.all_read or after.all_write, after.all_write
        await rows.set_boards(member.organization_id, user_id, after.boards)
        if not covers(after, before):
            await InviteRows(session).revoke_of(member.organization_id, user_id, self._now())
        await self._changed(session, member)
        told = [shown_reach(one).model_dump() for one in (before, after)]
        self._note(session, caller, member, "member.access_changed", *told)
        return shown_reach(after)

    async def reach(
        self, session: AsyncSession, actor: Standing, organization_id: str, access: AccessShown, before: Reach
    ) -> Reach:
        """What is asked for, if the actor may give it and there are such boards."""
        boards = {grant.board_id: grant.can_write for grant in access.boards}
        known = await self._boards.of_organization(session, organization_id, boards.keys()) if boards else frozenset()
        for board_id in boards:
            if board_id not in known:
                raise UnknownBoards(board_id=board_id)
        after = Reach.of(all_read=access.all_boards_read, all_write=access.all_boards_write, boards=boards)
        check_reach(actor, before, after)
        return after

    async def tokens(self, session: AsyncSession, caller: Caller, user_id: str, limit: int, offset: int) -> TokenList:
        """The own tokens of a member."""
        await self._check_tends_tokens(session, caller, user_id)
        return await self._tokens.list(
            session, TokensSought(TokenKind.USER, user_id=user_id), limit=limit, offset=offset
        )

    async def revoke_token(self, session: AsyncSession, caller: Caller, user_id: str, token_id: str) -> None:
        """End one of them, as an admin."""
        await self._check_tends_tokens(session, caller, user_id)
        await self._tokens.end_user(session, user_id, token_id)

    async def _check_tends_tokens(self, session: AsyncSession, caller: Caller, user_id: str) -> None:
        """A token opens all that its person may: an organization ends those of people who are nowhere else."""
        organization_id = caller.organization_id or ""
        member = await MemberRows(session).one(organization_id, user_id)
        if member is None:
            raise UnknownMember(user_id=user_id)
        check_role(caller.role or OrganizationRole.MEMBER, member.role)
        if organization_id != HOME and await MemberRows(session).belongs_elsewhere(organization_id, user_id):
            raise MemberElsewhereToo

    async def _both(self, session: AsyncSession, caller: Caller, user_id: str) -> tuple[Standing, MemberRow]:
        """Who acts and whom it concerns, as they are once it is this transaction's turn."""
        organization_id = caller.organization_id or ""
        actor = await take_turn(session, caller)
        member = await MemberRows(session).one(organization_id, user_id)
        if member is None:
            raise UnknownMember(user_id=user_id)
        return actor, member

    async def _check_owner_stays(self, session: AsyncSession, member: MemberRow, role: OrganizationRole | None) -> None:
        if member.role != OrganizationRole.OWNER or role == OrganizationRole.OWNER:
            return
        if (member.organization_id, member.user_id) == (HOME, LOCAL_USER):
            raise OperatorStays
        if not await MemberRows(session).has_other_owner(member.organization_id, member.user_id):
            raise LastOwner

    async def _take_back(self, session: AsyncSession, member: MemberRow, role: OrganizationRole | None) -> None:
        """What somebody promised or handed out by a role ends with the role."""
        await InviteRows(session).revoke_of(member.organization_id, member.user_id, self._now())
        makes_tokens = role is not None and role.includes(OrganizationRole.ADMIN)
        if member.organization_id == HOME and not makes_tokens:
            await self._tokens.end_made_by(session, member.user_id)

    async def _changed(self, session: AsyncSession, member: MemberRow) -> None:
        touch(member, self._now())
        await session.flush()
        self._people.forget(session, member.user_id)

    def _note(
        self, session: AsyncSession, caller: Caller, member: MemberRow, kind: str,
        before: dict[str, object] | None, after: dict[str, object] | None,
    ) -> None:  # fmt: skip
        self._notes.note(
            session, caller, organization_id=member.organization_id, board_id=None, kind=kind,
            subject=("member", member.user_id), before=before, after=after,
        )  # fmt: skip

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


async def take_turn(session: AsyncSession, caller: Caller) -> Standing:
    """Wait for others who change this organization; who the caller is in it by then."""
    organization_id = caller.organization_id or ""
    if await OrganizationRows(session).by_id(organization_id, lock=True) is None:
        raise UnknownOrganization(organization_id=organization_id)
    return await standing(session, organization_id, caller.user_id or "")


async def standing(session: AsyncSession, organization_id: str, user_id: str) -> Standing:
    """A member as rules look at one. Raises UnknownOrganization for somebody who is none."""
    found = await MemberRows(session).rights(organization_id, user_id)
    if found is None:
        raise UnknownOrganization(organization_id=organization_id)
    role, all_read, all_write, boards = found
    return Standing(user_id, role, Reach(all_read, all_write, boards))


def shown_reach(reach: Reach) -> AccessShown:
    """Access as it is answered."""
    grants = [BoardGrant(board_id=board_id, can_write=reach.boards[board_id]) for board_id in sorted(reach.boards)]
    return AccessShown(
        all_boards_read=reach.all_read or reach.all_write, all_boards_write=reach.all_write, boards=grants
    )


def reach_of(grants: Iterable[BoardGrant], *, all_read: bool, all_write: bool) -> Reach:
    """Access as it was sent or kept."""
    return Reach.of(all_read=all_read, all_write=all_write, boards={one.board_id: one.can_write for one in grants})


def _shown(member: MemberRow, user: UserRow) -> Member:
    return Member(
        user_id=member.user_id, name=user.name, email=user.email, role=member.role,
        all_boards_read=member.all_boards_read, all_boards_write=member.all_boards_write,
        joined_at=member.joined_at, invited_by=member.invited_by, version=member.version,
    )  # fmt: skip

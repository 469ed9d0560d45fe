"""Invites: somebody comes with a token that is good once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import turns_out_to_be
from pilothouse.hub.db import Database
from pilothouse.hub.identity.domain import HOME, Caller, CallerKind, OrganizationRole, PeopleOnly
from pilothouse.hub.identity.domain.membership import (
    AlreadyMember,
    InviteForSomebodyElse,
    Reach,
    SignInFirst,
    UnknownInvite,
    check_role,
)
from pilothouse.hub.identity.models import InviteRow, UserRow
from pilothouse.hub.identity.repository import InviteRows, LoginCodeRows, MemberRows, OrganizationRows, UserRows
from pilothouse.hub.identity.schemas import (
    Accepted,
    AcceptInvite,
    Access,
    BoardGrant,
    Invite,
    InviteList,
    MadeInvite,
    NewInvite,
    Organization,
    User,
)
from pilothouse.hub.identity.service.members import Members, reach_of, shown_reach, take_turn
from pilothouse.hub.identity.service.people import People, member_row
from pilothouse.hub.identity.service.ports import Notes
from pilothouse.hub.identity.service.tokens import Tokens
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.web import hash_secret
from pilothouse.wire.token import MadeToken

# 256 random bits, as for every secret here.
SECRET_BYTES = 32
# So long it can be read who was invited by whom.
FORGOTTEN_AFTER = timedelta(days=90)


class Invites:
    """Invites to the organization that a caller acts in, and the door for who comes with one."""

    def __init__(
        self, database: Database, people: People, members: Members, tokens: Tokens, notes: Notes, clock: Clock, *,
        lets_strangers_in: bool,
    ) -> None:  # fmt: skip
        self._database = database
        self._people = people
        self._members = members
        self._tokens = tokens
        self._notes = notes
        self._clock = clock
        self._lets_strangers_in = lets_strangers_in

    async def create(self, session: AsyncSession, caller: Caller, new: NewInvite, *, hub_url: str) -> MadeInvite:
        """An invite that gives at most what its maker has. Raises RoleBeyondYours and BoardBeyondYours."""
        actor = await take_turn(session, caller)
        check_role(actor.role, OrganizationRole.ADMIN, new.role)
        organization_id = caller.organization_id or ""
        wanted = new.access or _usual(new.role, actor.rights(organization_id).all_read, actor.rights("").all_write)
        reach = await self._members.reach(session, actor, organization_id, wanted, Reach())
        now, token = self._now(), f"invite_{secrets.token_urlsafe(SECRET_BYTES)}"
        row = InviteRow(
            id=new_id("inv"), organization_id=organization_id, token_sha256=hash_secret(token),
            email=new.email, role=new.role, all_boards_read=reach.all_read, all_boards_write=reach.all_write,
            boards=[{"board_id": one, "can_write": can_write} for one, can_write in reach.boards.items()],
            created_at=now, created_by=caller.title, inviter_id=actor.user_id,
            expires_at=now + timedelta(hours=new.expires_in_h), accepted_at=None, accepted_by=None, revoked_at=None,
        )  # fmt: skip
        await InviteRows(session).add(row)
        self._note(session, caller, row, "member.invited", None, {"role": str(row.role), "email": row.email})
        # What stands behind # never reaches a server on its way.
        link = f"{hub_url}/settings/invite#{token}"
        return MadeInvite(**_shown(row, now).model_dump(), token=token, link=link)

    async def page(self, session: AsyncSession, caller: Caller, limit: int, offset: int) -> InviteList:
        """Newest first, those that ended included."""
        rows, total = await InviteRows(session).page(caller.organization_id or "", limit, offset)
        now = self._now()
        return InviteList(items=[_shown(row, now) for row in rows], total=total, limit=limit, offset=offset)

    async def revoke(self, session: AsyncSession, caller: Caller, invite_id: str) -> None:
        """Let nobody in by this invite any more; twice is once. Raises UnknownInvite."""
        row = await InviteRows(session).revoke(caller.organization_id or "", invite_id, self._now())
        if row is None:
            raise UnknownInvite
        check_role(caller.role or OrganizationRole.MEMBER, row.role)
        self._note(session, caller, row, "member.invite_revoked", {"role": str(row.role), "email": row.email}, None)

    async def accept(self, session: AsyncSession, caller: Caller | None, asked: AcceptInvite) -> Accepted:
        """Join by an invite: as who is signed in, or where people have no other account as somebody new.

        Of several who come with one invite at once, one joins. Raises UnknownInvite, InviteForSomebodyElse,
        AlreadyMember and SignInFirst.
        """
        now = self._now()
        row = await InviteRows(session).by_token(hash_secret(asked.token))
        if row is None or not _is_open(row, now):
            raise UnknownInvite
        user, is_new = await self._who(session, caller, asked, row)
        await OrganizationRows(session).by_id(row.organization_id, lock=True)
        if await MemberRows(session).one(row.organization_id, user.id) is not None:
            raise AlreadyMember
        if not await InviteRows(session).accept(row.id, user.id, now):
            raise UnknownInvite
        await self._join(session, row, user, now)
        as_member = self._as_member(caller, row, user)
        turns_out_to_be(session, as_member.title, as_member.kind)
        self._note(session, as_member, row, "member.joined", None, {"user_id": user.id, "role": str(row.role)})
        token = None
        if is_new:
            token = await self._tokens.give_user(session, user.id, "given with the invite", as_member)
        return await self._accepted(session, row, user, token=token)

    async def forget_ended(self) -> None:
        """Delete invites that ended long ago, and login codes that nobody used."""
        async with self._database.transaction() as session:
            await InviteRows(session).forget_ended(self._now() - FORGOTTEN_AFTER)
            await LoginCodeRows(session).forget_ended(self._now())

    async def _who(
        self, session: AsyncSession, caller: Caller | None, asked: AcceptInvite, row: InviteRow
    ) -> tuple[UserRow, bool]:
        if caller is not None and not caller.is_person:
            raise PeopleOnly
        if caller is None:
            if not self._lets_strangers_in:
                raise SignInFirst
            # Whoever holds the token was given it by whom knew the address: there is nobody here who could prove more.
            return await self._people.welcome(session, asked.name or row.email or "Somebody new", row.email), True
        user = await UserRows(session).by_id(caller.user_id or "")
        if user is None:
            raise UnknownInvite
        if row.email is not None and (user.email or "").casefold() != row.email.casefold():
            raise InviteForSomebodyElse
        return user, False

    async def _join(self, session: AsyncSession, row: InviteRow, user: UserRow, now: datetime) -> None:
        members = MemberRows(session)
        await members.add(
            member_row(
                row.organization_id, user.id, row.role, now, invited_by=row.created_by,
                all_read=row.all_boards_read, all_write=row.all_boards_write,
            )
        )  # fmt: skip
        await members.set_boards(
            row.organization_id, user.id, {one["board_id"]: bool(one["can_write"]) for one in row.boards}
        )
        if user.active_organization_id is None:
            user.active_organization_id = row.organization_id
            await session.flush()
        self._people.forget(session, user.id)

    def _as_member(self, caller: Caller | None, row: InviteRow, user: UserRow) -> Caller:
        called = caller.name if caller is not None and caller.is_person else ""
        return Caller(
            CallerKind.OPERATOR, called or user.name, user_id=user.id, organization_id=row.organization_id,
            role=row.role,
        )  # fmt: skip

    async def _accepted(
        self, session: AsyncSession, row: InviteRow, user: UserRow, *, token: MadeToken | None
    ) -> Accepted:
        organization = await OrganizationRows(session).by_id(row.organization_id)
        assert organization is not None
        return Accepted(
            organization=Organization(
                id=organization.id, name=organization.name, role=row.role,
                is_active=user.active_organization_id == organization.id, owns_fleet=organization.id == HOME,
                created_at=organization.created_at, changed_at=organization.changed_at, version=organization.version,
            ),
            user=User(
                id=user.id, name=user.name, email=user.email, organization_id=organization.id, role=row.role,
                created_at=user.created_at, version=user.version,
            ),
            token=token,
        )  # fmt: skip

    def _note(
        self, session: AsyncSession, caller: Caller, row: InviteRow, kind: str,
        before: dict[str, object] | None, after: dict[str, object] | None,
    ) -> None:  # fmt: skip
        self._notes.note(
            session, caller, organization_id=row.organization_id, board_id=None, kind=kind,
            subject=("invite", row.id), before=before, after=after,
        )  # fmt: skip

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _usual(role: OrganizationRole, reads_all: bool, writes_all: bool) -> Access:
    """Admins get what their inviter has of all boards, members none until somebody says which."""
    if role == OrganizationRole.MEMBER:
        return Access()
    return Access(all_boards_read=reads_all, all_boards_write=writes_all)


def _is_open(row: InviteRow, now: datetime) -> bool:
    return row.accepted_at is None and row.revoked_at is None and now < row.expires_at


def _shown(row: InviteRow, now: datetime) -> Invite:
    grants = [BoardGrant(**one) for one in row.boards]
    access = shown_reach(reach_of(grants, all_read=row.all_boards_read, all_write=row.all_boards_write))
    facts = {name: getattr(row, name) for name in Invite.model_fields if name not in ("access", "is_open")}
    return Invite(**facts, access=access, is_open=_is_open(row, now))

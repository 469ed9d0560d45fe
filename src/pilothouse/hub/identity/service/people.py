"""People: who they are, and in which organization they act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database, after_commit, touch
from pilothouse.hub.identity.domain import HOME, LOCAL_USER, Caller, OrganizationRole, TokensSought
from pilothouse.hub.identity.domain.membership import (
    LastOwner,
    OperatorStays,
    UnknownOrganization,
    check_version,
)
from pilothouse.hub.identity.models import MemberRow, UserRow
from pilothouse.hub.identity.repository import InviteRows, MemberRows, OrganizationRows, UserRows
from pilothouse.hub.identity.schemas import NewUserToken, User, UserChange
from pilothouse.hub.identity.service.ports import Notes
from pilothouse.hub.identity.service.tokens import Tokens
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.wire.token import MadeToken

# What another process changes is honoured here after at most so long.
REMEMBERED_NS = NS_PER_S
MOST_REMEMBERED = 4_096


@dataclass(frozen=True, slots=True)
class Acting:
    """A person, and the organization they act in: None for one who belongs to none."""

    name: str
    organization_id: str | None
    role: OrganizationRole | None


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom an issuer vouches for."""

    subject: str
    name: str
    email: str | None
    owns_home: bool


class People:
    """Everybody who may sign in here."""

    def __init__(self, database: Database, clock: Clock, tokens: Tokens, notes: Notes) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens
        self._notes = notes
        self._remembered: dict[tuple[str, str | None], tuple[Acting | None, int]] = {}
        self._subjects: dict[Vouched, tuple[str, int]] = {}

    async def acting(self, user_id: str, organization_id: str | None = None) -> Acting | None:
        """As what a person acts, in the organization they chose or in another one; None when nobody is known by the id.

        Who does not belong to the organization acts in none.
        """
        key, now_ns = (user_id, organization_id), self._clock.monotonic_ns()
        remembered = self._remembered.get(key)
        if remembered is not None and now_ns - remembered[1] < REMEMBERED_NS:
            return remembered[0]
        async with self._database.reading() as session:
            found = await UserRows(session).acting(user_id, organization_id)
        acting = None if found is None else Acting(*found)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = (acting, now_ns)
        return acting

    def forget(self, session: AsyncSession, *user_ids: str) -> None:
        """What was changed in this transaction is asked for again once it is committed."""
        changed = frozenset(user_ids)

        def forget() -> None:
            for key in [key for key in self._remembered if key[0] in changed]:
                del self._remembered[key]

        after_commit(session, forget)

    async def vouched(self, person: Vouched) -> str:
        """The id of somebody an issuer vouches for; who comes for the first time belongs to no organization yet."""
        now_ns = self._clock.monotonic_ns()
        known = self._subjects.get(person)
        if known is not None and now_ns - known[1] < REMEMBERED_NS:
            return known[0]
        async with self._database.reading() as session:
            user_id = await self._settled(session, person)
        if user_id is None:
            async with self._database.transaction() as session:
                user_id = await self.enter(session, person)
        if len(self._subjects) >= MOST_REMEMBERED:
            self._subjects.clear()
        self._subjects[person] = (user_id, now_ns)
        return user_id

    async def _settled(self, session: AsyncSession, person: Vouched) -> str | None:
        """The id of somebody of whom nothing has to be written down."""
        known = await UserRows(session).by_subject(person.subject)
        if known is None or (person.email is not None and known.email != person.email):
            return None
        if person.owns_home:
            member = await MemberRows(session).one(HOME, known.id)
            if member is None or member.role != OrganizationRole.OWNER:
                return None
        return known.id

    async def enter(self, session: AsyncSession, person: Vouched) -> str:
        """Keep somebody an issuer vouches for. Who is named as an owner by the settings becomes one, nobody else."""
        now = self._now()
        fresh = self._row(person.name, person.email, now)
        values = {column.name: getattr(fresh, column.name) for column in UserRow.__table__.columns}
        row = await UserRows(session).add_subject({**values, "subject": person.subject})
        user_id = row.id
        if person.email is not None and row.email != person.email:
            row.email = person.email
            touch(row, now)
        if person.owns_home:
            await self._own_home(session, user_id, now)
        return user_id

    async def welcome(self, session: AsyncSession, name: str, email: str | None) -> UserRow:
        """A new person, who has no other way to sign in than by a token of ours."""
        row = self._row(name, email, self._now())
        await UserRows(session).add(row)
        return row

    async def profile(self, session: AsyncSession, caller: Caller) -> User:
        """Who is calling, with the organization they act in."""
        row = await self._own(session, caller)
        return User(
            id=row.id, name=row.name, email=row.email, organization_id=caller.organization_id, role=caller.role,
            created_at=row.created_at, version=row.version,
        )  # fmt: skip

    async def rename(self, session: AsyncSession, caller: Caller, change: UserChange) -> User:
        """Change what somebody is called."""
        row = await self._own(session, caller, lock=True)
        check_version(change.version, row.version)
        before, row.name = row.name, change.name
        touch(row, self._now())
        await session.flush()
        self.forget(session, row.id)
        if caller.organization_id is not None:
            self._notes.note(
                session, caller, organization_id=caller.organization_id, board_id=None, kind="member.renamed",
                subject=("member", row.id), before={"name": before}, after={"name": change.name},
            )  # fmt: skip
        return await self.profile(session, caller)

    async def act_in(self, session: AsyncSession, caller: Caller, organization_id: str) -> None:
        """Choose the organization to act in from now on. Raises UnknownOrganization."""
        row = await self._own(session, caller, lock=True)
        if await MemberRows(session).one(organization_id, row.id) is None:
            raise UnknownOrganization(organization_id=organization_id)
        row.active_organization_id = organization_id
        await session.flush()
        self.forget(session, row.id)

    async def make_token(self, session: AsyncSession, caller: Caller, new: NewUserToken) -> MadeToken:
        """A token of somebody's own. It ends with the one that they make it with."""
        row = await self._own(session, caller)
        ends = [one for one in (new.expires_at, caller.expires_at if caller.token_id else None) if one is not None]
        return await self._tokens.give_user(session, row.id, new.name, caller, min(ends, default=None))

    async def remove(self, session: AsyncSession, caller: Caller) -> None:
        """Forget a person who wants it; an organization that only they own keeps them. Raises LastOwner."""
        user_id = caller.user_id or ""
        if user_id == LOCAL_USER:
            raise OperatorStays
        members = MemberRows(session)
        for organization in await OrganizationRows(session).lock_of_user(user_id):
            member = await members.one(organization.id, user_id)
            if member is None:
                continue
            if member.role == OrganizationRole.OWNER and not await members.has_other_owner(organization.id, user_id):
                raise LastOwner
            await InviteRows(session).revoke_of(organization.id, user_id, self._now())
            self._notes.note(
                session, caller, organization_id=organization.id, board_id=None, kind="member.removed",
                subject=("member", user_id), before={"role": str(member.role)}, after=None,
            )  # fmt: skip
        await self._tokens.end_all(session, TokensSought(user_id=user_id))
        await self._tokens.end_made_by(session, user_id)
        await UserRows(session).delete(user_id)
        self.forget(session, user_id)
        after_commit(session, self._subjects.clear)

    async def _own(self, session: AsyncSession, caller: Caller, *, lock: bool = False) -> UserRow:
        row = await UserRows(session).by_id(caller.user_id or "", lock=lock)
        if row is None:
            raise UnknownOrganization(organization_id=caller.organization_id)
        return row

    async def _own_home(self, session: AsyncSession, user_id: str, now: datetime) -> None:
        await OrganizationRows(session).by_id(HOME, lock=True)
        members = MemberRows(session)
        known = await members.one(HOME, user_id)
        if known is not None:
            known.role = OrganizationRole.OWNER
            touch(known, now)
        else:
            await members.add(member_row(HOME, user_id, OrganizationRole.OWNER, now, invited_by="settings"))
        user = await UserRows(session).by_id(user_id, lock=True)
        if user is not None and user.active_organization_id is None:
            user.active_organization_id = HOME
        self.forget(session, user_id)

    def _row(self, name: str, email: str | None, now: datetime) -> UserRow:
        return UserRow(
            id=new_id("usr"), subject=None, name=name[:200], email=email, active_organization_id=None, created_at=now,
            changed_at=now, version=1,
        )  # fmt: skip

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def member_row(
    organization_id: str, user_id: str, role: OrganizationRole, now: datetime, *, invited_by: str,
    all_read: bool = True, all_write: bool = True,
) -> MemberRow:  # fmt: skip
    """A member who joins now."""
    return MemberRow(
        organization_id=organization_id, user_id=user_id, role=role, all_boards_read=all_read,
        all_boards_write=all_write, joined_at=now, invited_by=invited_by, changed_at=now, version=1,
    )  # fmt: skip

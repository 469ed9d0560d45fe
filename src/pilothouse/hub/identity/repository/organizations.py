"""The SQL of organizations, people and members."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.identity.domain import OrganizationRole
from pilothouse.hub.identity.models import BoardAccessRow, MemberRow, OrganizationRow, UserRow


class OrganizationRows:
    """Queries on organizations within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_id(self, organization_id: str, *, lock: bool = False) -> OrganizationRow | None:
        """One organization; who locks it is the only one who changes it or its members."""
        query = select(OrganizationRow).where(OrganizationRow.id == organization_id)
        return await self._session.scalar(query.with_for_update(key_share=True) if lock else query)

    async def add(self, row: OrganizationRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def of_user(
        self, user_id: str, limit: int, offset: int
    ) -> tuple[Sequence[tuple[OrganizationRow, MemberRow]], int]:
        """Those a person belongs to, the first joined first, and how many there are."""
        mine = MemberRow.user_id == user_id
        total = await self._session.scalar(select(func.count()).select_from(MemberRow).where(mine)) or 0
        query = select(OrganizationRow, MemberRow).join(MemberRow, MemberRow.organization_id == OrganizationRow.id)
        query = query.where(mine).order_by(MemberRow.joined_at, MemberRow.organization_id).limit(limit).offset(offset)
        return [(row[0], row[1]) for row in await self._session.execute(query)], total

    async def lock_of_user(self, user_id: str) -> Sequence[OrganizationRow]:
        """Every organization of a person, locked in one order."""
        own = select(MemberRow.organization_id).where(MemberRow.user_id == user_id)
        query = select(OrganizationRow).where(OrganizationRow.id.in_(own)).order_by(OrganizationRow.id)
        return (await self._session.scalars(query.with_for_update(key_share=True))).all()

    async def delete(self, organization_id: str) -> None:
        await self._session.execute(delete(OrganizationRow).where(OrganizationRow.id == organization_id))


class UserRows:
    """Queries on people within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_id(self, user_id: str, *, lock: bool = False) -> UserRow | None:
        query = select(UserRow).where(UserRow.id == user_id)
        return await self._session.scalar(query.with_for_update(key_share=True) if lock else query)

    async def name(self, user_id: str) -> str | None:
        return await self._session.scalar(select(UserRow.name).where(UserRow.id == user_id))

    async def by_subject(self, subject: str) -> UserRow | None:
        return await self._session.scalar(select(UserRow).where(UserRow.subject == subject))

    async def add(self, row: UserRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def add_subject(self, values: Mapping[str, object]) -> UserRow:
        """Who an issuer vouches for; of several that come at once, one makes the row."""
        new = insert_into(self._session, UserRow).values(**values)
        await self._session.execute(new.on_conflict_do_nothing(index_elements=["subject"]))
        found = await self.by_subject(str(values["subject"]))
        assert found is not None
        return found

    async def acting(
        self, user_id: str, organization_id: str | None
    ) -> tuple[str, str | None, OrganizationRole | None] | None:
        """A person's name, and the organization they act in with their role there; None when nobody is known by the
        id. With no organization named it is the one they chose."""
        wanted = UserRow.active_organization_id if organization_id is None else organization_id
        here = (MemberRow.user_id == UserRow.id) & (MemberRow.organization_id == wanted)
        query = select(UserRow.name, MemberRow.organization_id, MemberRow.role).outerjoin(MemberRow, here)
        found = (await self._session.execute(query.where(UserRow.id == user_id))).one_or_none()
        return None if found is None else (found[0], found[1], found[2])

    async def leave(self, user_id: str, organization_id: str) -> None:
        """Who acted in an organization acts in another of theirs, or in none."""
        other = select(MemberRow.organization_id).where(
            MemberRow.user_id == user_id, MemberRow.organization_id != organization_id
        )
        first = other.order_by(MemberRow.joined_at, MemberRow.organization_id).limit(1).scalar_subquery()
        acted = (UserRow.id == user_id, UserRow.active_organization_id == organization_id)
        await self._session.execute(update(UserRow).where(*acted).values(active_organization_id=first))

    async def delete(self, user_id: str) -> None:
        await self._session.execute(delete(UserRow).where(UserRow.id == user_id))


class MemberRows:
    """Queries on members and the boards they may see, within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, organization_id: str, user_id: str) -> MemberRow | None:
        query = select(MemberRow).where(MemberRow.organization_id == organization_id, MemberRow.user_id == user_id)
        return await self._session.scalar(query)

    async def add(self, row: MemberRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def user_ids(self, organization_id: str) -> Sequence[str]:
        query = select(MemberRow.user_id).where(MemberRow.organization_id == organization_id)
        return (await self._session.scalars(query.order_by(MemberRow.user_id))).all()

    async def page(
        self, organization_id: str, limit: int, offset: int, text: str | None = None
    ) -> tuple[Sequence[tuple[MemberRow, UserRow]], int]:
        """The first who joined first, and how many there are; ``text`` is in the name or the address."""
        query = select(MemberRow, UserRow).join(UserRow, UserRow.id == MemberRow.user_id)
        query = query.where(MemberRow.organization_id == organization_id)
        if text is not None:
            columns = (UserRow.name, UserRow.email)
            query = query.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
        total = await self._session.scalar(query.with_only_columns(func.count())) or 0
        query = query.order_by(MemberRow.joined_at, MemberRow.user_id).limit(limit).offset(offset)
        return [(row[0], row[1]) for row in await self._session.execute(query)], total

    async def with_user(self, organization_id: str, user_id: str) -> tuple[MemberRow, UserRow] | None:
        query = select(MemberRow, UserRow).join(UserRow, UserRow.id == MemberRow.user_id)
        query = query.where(MemberRow.organization_id == organization_id, MemberRow.user_id == user_id)
        found = (await self._session.execute(query)).one_or_none()
        return None if found is None else (found[0], found[1])

    async def has_other_owner(self, organization_id: str, user_id: str) -> bool:
        """Whether somebody else owns the organization too."""
        query = select(
            exists().where(
                MemberRow.organization_id == organization_id,
                MemberRow.role == OrganizationRole.OWNER,
                MemberRow.user_id != user_id,
            )
        )
        return bool(await self._session.scalar(query))

    async def belongs_elsewhere(self, organization_id: str, user_id: str) -> bool:
        query = select(exists().where(MemberRow.user_id == user_id, MemberRow.organization_id != organization_id))
        return bool(await self._session.scalar(query))

    async def remove(self, organization_id: str, user_id: str) -> None:
        await self._session.execute(
            delete(MemberRow).where(MemberRow.organization_id == organization_id, MemberRow.user_id == user_id)
        )

    async def boards(self, organization_id: str, user_id: str) -> Sequence[BoardAccessRow]:
        """The boards that a member may see one by one."""
        mine = (BoardAccessRow.organization_id == organization_id, BoardAccessRow.user_id == user_id)
        return (
            await self._session.scalars(select(BoardAccessRow).where(*mine).order_by(BoardAccessRow.board_id))
        ).all()

    async def set_boards(self, organization_id: str, user_id: str, boards: Mapping[str, bool]) -> None:
        """These boards and no others; True lets the member write."""
        mine = (BoardAccessRow.organization_id == organization_id, BoardAccessRow.user_id == user_id)
        await self._session.execute(delete(BoardAccessRow).where(*mine))
        owner = {"organization_id": organization_id, "user_id": user_id}
        self._session.add_all(
            BoardAccessRow(**owner, board_id=board_id, can_write=boards[board_id]) for board_id in sorted(boards)
        )
        await self._session.flush()

    async def forget_boards(self, board_ids: Collection[str]) -> None:
        await self._session.execute(delete(BoardAccessRow).where(BoardAccessRow.board_id.in_(sorted(board_ids))))

    async def rights(
        self, organization_id: str, user_id: str
    ) -> tuple[OrganizationRole, bool, bool, dict[str, bool]] | None:
        """A member's role, whether all boards may be read and written, and single boards with whether they may be
        written; in one query, because it is asked with every request on a board."""
        theirs = (BoardAccessRow.organization_id == MemberRow.organization_id) & (
            BoardAccessRow.user_id == MemberRow.user_id
        )
        query = select(
            MemberRow.role, MemberRow.all_boards_read, MemberRow.all_boards_write,
            BoardAccessRow.board_id, BoardAccessRow.can_write,
        ).outerjoin(BoardAccessRow, theirs)  # fmt: skip
        query = query.where(MemberRow.organization_id == organization_id, MemberRow.user_id == user_id)
        found = (await self._session.execute(query)).all()
        if not found:
            return None
        first = found[0]
        single: list[tuple[str | None, bool]] = [(row[3], row[4]) for row in found]
        return first[0], first[1], first[2], {board_id: can_write for board_id, can_write in single if board_id}

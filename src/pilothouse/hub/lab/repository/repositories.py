"""Queries on repositories and secrets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.lab.models import RepositoryRow, SecretRow


class RepositoryRows:
    """Within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, name: str, *, lock: bool = False) -> RepositoryRow | None:
        query = select(RepositoryRow).where(RepositoryRow.name == name)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def by_id(self, repository_id: str) -> RepositoryRow | None:
        return await self._session.get(RepositoryRow, repository_id)

    async def put(self, values: Mapping[str, Any], changed: Collection[str]) -> None:
        """Make it known, or say anew where it comes from."""
        statement = insert_into(self._session, RepositoryRow).values(**values)
        anew = {name: values[name] for name in changed}
        await self._session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=anew))

    async def page(self, only: str | None, limit: int, offset: int) -> tuple[Sequence[RepositoryRow], int]:
        """By name, and how many there are."""
        wanted = [] if only is None else [RepositoryRow.name == only]
        total = await self._session.scalar(select(func.count()).select_from(RepositoryRow).where(*wanted)) or 0
        query = select(RepositoryRow).where(*wanted).order_by(RepositoryRow.name).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def secret_names(self, repository_ids: Collection[str]) -> dict[str, list[str]]:
        if not repository_ids:
            return {}
        query = select(SecretRow.repository_id, SecretRow.name).where(SecretRow.repository_id.in_(repository_ids))
        found: defaultdict[str, list[str]] = defaultdict(list)
        for repository_id, name in await self._session.execute(query.order_by(SecretRow.name)):
            found[repository_id].append(name)
        return found

    async def secrets(self, repository_id: str, names: Collection[str]) -> dict[str, str]:
        """Sealed values by name; those that are not kept are left out."""
        if not names:
            return {}
        wanted = (SecretRow.repository_id == repository_id, SecretRow.name.in_(names))
        found = await self._session.execute(select(SecretRow.name, SecretRow.value).where(*wanted))
        return {str(name): str(value) for name, value in found}

    async def put_secret(self, repository_id: str, name: str, value: str, now: datetime, by: str) -> None:
        anew = {"value": value, "changed_at": now, "changed_by": by}
        statement = insert_into(self._session, SecretRow).values(repository_id=repository_id, name=name, **anew)
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=["repository_id", "name"], set_=anew)
        )

    async def remove_secret(self, repository_id: str, name: str) -> bool:
        wanted = (SecretRow.repository_id == repository_id, SecretRow.name == name)
        return await self._session.scalar(delete(SecretRow).where(*wanted).returning(SecretRow.name)) is not None

"""The SQL of signatures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.similarity.models import BandRow, SignatureRow

# Of each band, the latest: thousands of recordings of one and the same failure share a band.
LOOKED_AT = 12


class SignatureRows:
    """Queries on signatures within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def ask(self, session_id: str) -> None:
        """Let a recording wait for its signature, once more if it has one."""
        statement = insert_into(self._session, SignatureRow).values(session_id=session_id, is_waiting=True)
        again = statement.on_conflict_do_update(index_elements=["session_id"], set_={"is_waiting": True})
        await self._session.execute(again)

    async def waiting(self) -> Sequence[str]:
        query = select(SignatureRow.session_id).where(SignatureRow.is_waiting).order_by(SignatureRow.session_id)
        return (await self._session.scalars(query)).all()

    async def keep(
        self, session_id: str, signature: str | None, bands: Collection[int], recorded_ns: int, now: datetime
    ) -> None:
        """Write down what was found, in place of what was known."""
        values = {"is_waiting": False, "signature": signature, "made_at": now}
        known = update(SignatureRow).where(SignatureRow.session_id == session_id).values(**values)
        if await self._session.scalar(known.returning(SignatureRow.session_id)) is None:
            return
        await self._session.execute(delete(BandRow).where(BandRow.session_id == session_id))
        if bands:
            rows = [{"band": band, "recorded_ns": recorded_ns, "session_id": session_id} for band in sorted(set(bands))]
            await self._session.execute(insert(BandRow), rows)

    async def signatures(self, session_ids: Collection[str]) -> dict[str, str]:
        """Those of some recordings; those without one are left out."""
        query = select(SignatureRow.session_id, SignatureRow.signature).where(
            SignatureRow.session_id.in_(session_ids), SignatureRow.signature.is_not(None)
        )
        return {session_id: text for session_id, text in await self._session.execute(query) if text is not None}

    async def sharing(self, bands: Collection[int]) -> set[str]:
        """Recordings that share a band, the latest of each."""
        if not bands:
            return set()
        parts = [
            select(
                select(BandRow.session_id)
                .where(BandRow.band == band)
                .order_by(BandRow.recorded_ns.desc(), BandRow.session_id)
                .limit(LOOKED_AT)
                .subquery()
                .c.session_id
            )
            for band in sorted(bands)
        ]
        return set((await self._session.scalars(union_all(*parts))).all())

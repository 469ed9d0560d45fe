"""Append to the log, read it, prove it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit.domain import SYSTEM, Actor, Anchor, Chain, Entry, Verdict, canonical
from pilothouse.hub.audit.repository import AuditRows, Sought
from pilothouse.hub.audit.schemas import AuditEntry, AuditList, AuditVerification
from pilothouse.hub.audit.service.anchors import AnchorFile
from pilothouse.hub.db import Database, after_commit, before_commit
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.logs import get_logger

_LOG = "pilothouse.audit_log"
_ACTOR = "pilothouse.actor"
_DRAFTS = "pilothouse.audit"
_PAGE = 1_000

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Draft:
    action: str
    subject: str
    details: str


def act_as(session: AsyncSession, actor: Actor) -> None:
    """Say who acts in this transaction; without it the hub itself does."""
    session.info[_ACTOR] = actor


def turns_out_to_be(session: AsyncSession, name: str, kind: str) -> None:
    """Say who acts in this transaction once that is known, in the request that was named when it began."""
    known = session.info.get(_ACTOR, SYSTEM)
    session.info[_ACTOR] = Actor(name, kind, known.request_id)


def record(
    session: AsyncSession, action: str, subject: str, *,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write down a change in the transaction that makes it: both are committed or neither.

    ``action`` is what was done (``incident.changed``), ``subject`` to what; ``before`` and ``after`` are the fields
    that differ. Entries are chained at the very end of the transaction, so that the log is locked for a moment only.
    """
    log_of_hub = session.info.get(_LOG)
    if not isinstance(log_of_hub, Audit):
        return  # a database without a hub, such as a command that only migrates it
    drafts: list[_Draft] = session.info.setdefault(_DRAFTS, [])
    if not drafts:
        before_commit(session, log_of_hub.append, at_the_very_end=True)
    drafts.append(_Draft(action[:200], subject[:500], canonical(before, after)))


def is_recorded(session: AsyncSession) -> bool:
    """Whether something of this transaction is in the log."""
    return bool(session.info.get(_DRAFTS))


class Audit:
    """The audit log of this installation; every transaction of its database can write to it."""

    def __init__(self, database: Database, clock: Clock, anchor: AnchorFile) -> None:
        self._database = database
        self._clock = clock
        self._anchor = anchor
        database.session_info[_LOG] = self

    async def page(self, session: AsyncSession, sought: Sought, limit: int, offset: int) -> AuditList:
        """The latest first."""
        entries, total = await AuditRows(session).page(sought, limit, offset)
        return AuditList(items=[AuditEntry.of(one) for one in entries], total=total, limit=limit, offset=offset)

    async def verify(self) -> AuditVerification:
        """Walk the whole log; says the first thing that is wrong with it."""
        verdict = await self._verdict()
        return AuditVerification(ok=verdict.problem is None, entries=verdict.entries, problem=verdict.problem)

    async def _verdict(self) -> Verdict:
        try:
            anchor = await asyncio.to_thread(self._anchor.read)
        except (OSError, ValueError) as error:
            return Verdict(0, f"{self._anchor.path.name} cannot be read: {error}")
        async with self._database.reading() as session:
            rows = AuditRows(session)
            head = await rows.head()
            chain = Chain([("the head of the log", head), (self._anchor.path.name, anchor)])
            last = 0
            while entries := await rows.after(last, _PAGE):
                chain.walk(one for one in entries if one.sequence <= max(head.sequence, anchor.sequence))
                last = entries[-1].sequence
        return chain.end()

    async def append(self, session: AsyncSession) -> None:
        """Chain what was recorded in this transaction to the log."""
        drafts: list[_Draft] = session.info.pop(_DRAFTS)
        actor: Actor = session.info.get(_ACTOR, SYSTEM)
        rows, now = AuditRows(session), at(self._clock.now_ns())
        head = await rows.head(lock=True)
        entries: list[Entry] = []
        for draft in drafts:
            entry = Entry(
                sequence=head.sequence + 1, recorded_at=now, actor=actor.name[:200], actor_kind=actor.kind[:20],
                request_id=actor.request_id[:128], action=draft.action, subject=draft.subject, details=draft.details,
                previous=head.hash,
            )  # fmt: skip
            entry = replace(entry, hash=entry.digest())
            entries.append(entry)
            head = Anchor(entry.sequence, entry.hash)
        await rows.append(entries)
        after_commit(session, lambda: self._anchored(head))

    async def _anchored(self, head: Anchor) -> None:
        try:
            await asyncio.to_thread(self._anchor.move, head)
        except (OSError, ValueError) as error:
            log.error("the head of the audit log cannot be anchored outside the database", reason=str(error))

"""Who lives, and how much each has asked for.

Heartbeats that come at the same moment are written in one transaction, and each is answered after that. Requests are
counted here and written down every second: a count that is lost with the process is nothing that was acknowledged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.agents.domain.budgets import Spent, check_cost, check_requests, costs, day_of, is_free
from pilothouse.hub.agents.domain.problems import UnknownAgent
from pilothouse.hub.agents.repository import SpendingRows
from pilothouse.hub.agents.service.seen import Seen, budgets_of
from pilothouse.hub.db import Database, Together
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.domain.agents import AgentRecord, Liveness, beat
from pilothouse.hub.identity.service.agents import AgentRegister
from pilothouse.kit.clock import NS_PER_S, Clock, at

WRITE_EVERY_S = 1.0
# Written in one transaction: others that write wait for it.
MOST_AT_ONCE = 500
# Agents that are not heard of for long are forgotten here, never in the database.
MOST_REMEMBERED = 20_000

Renew = Callable[[AsyncSession, Sequence[str]], Awaitable[None]]
"""Prolongs the leases of agents that live; given by the slice that knows them."""
Lose = Callable[[AsyncSession, Sequence[str]], Awaitable[None]]
"""Ends the leases of agents that have gone."""


@dataclass(slots=True)
class _Said:
    """One heartbeat; ``heard_at`` once it is written, and never for an agent that is gone."""

    seen: Seen
    status: str
    heard_at: datetime | None = None


class RollCall:
    """Agents as this process has heard of them."""

    def __init__(
        self, database: Database, activity: Activity, register: AgentRegister, clock: Clock, *, renew: Renew, lose: Lose
    ) -> None:
        self._database = database
        self._activity = activity
        self._register = register
        self._clock = clock
        self._renew = renew
        self._lose = lose
        self._seen: dict[str, Seen] = {}
        self._beats = Together(self._write_beats)
        self._uncounted: set[str] = set()
        self._writing = asyncio.Lock()
        self._listening_since_ns = clock.monotonic_ns()

    async def admit(self, caller: Caller, method: str, route: str) -> None:
        """Count a request of an agent, and for the lead that made it; raises RequestBudgetSpent, CostBudgetSpent."""
        if is_free(route):
            return
        own, now = await self._of(caller), self._now()
        lead = await self._lead_of(own)
        paying = [own] if lead is None else [own, lead]
        today = day_of(now)
        if any(seen.requests and seen.day != today for seen in paying):
            # What came before midnight is counted there.
            await self.write()
        for seen in paying:
            seen.day = today
            budgets, spent = budgets_of(seen.record, asked_by=own.record.id), seen.total(today)
            check_requests(budgets, spent, now)
            if costs(method, route):
                check_cost(budgets, spent, now)
        for seen in paying:
            seen.requests += 1
            self._uncounted.add(seen.record.id)

    async def beat(self, caller: Caller, status: str) -> tuple[AgentRecord, datetime]:
        """An agent says that it lives: written down when this returns. Raises UnknownAgent for one that is gone."""
        said = _Said(await self._of(caller), status)
        await self._beats.add(said)
        if said.heard_at is None:
            raise UnknownAgent(agent_id=said.seen.record.id)
        return said.seen.record, said.heard_at

    def forget(self, agent_id: str) -> None:
        """It was changed or removed: read it again. What it asked for and is not written is lost with it."""
        self._seen.pop(agent_id, None)
        self._uncounted.discard(agent_id)

    def spent(self, agent_id: str, more: Spent) -> None:
        """It has used more up, and that is written already: it counts from the next request on."""
        seen = self._seen.get(agent_id)
        if seen is not None:
            seen.spent = seen.spent.and_more(more)

    def unwritten_requests(self, agent_id: str) -> int:
        """How many requests of an agent are not in the database yet."""
        seen = self._seen.get(agent_id)
        return 0 if seen is None or seen.day != day_of(self._now()) else seen.requests

    async def write(self) -> None:
        """Write down how much was asked for since the last time; what is asked for meanwhile, the next time."""
        async with self._writing:
            waiting, self._uncounted = list(self._uncounted), set()
            while waiting:
                group = [seen for agent_id in waiting[:MOST_AT_ONCE] if (seen := self._seen.get(agent_id))]
                try:
                    if group:
                        await self._write_counts(group)
                except BaseException:
                    self._uncounted.update(waiting)
                    raise
                waiting = waiting[MOST_AT_ONCE:]

    async def judge(self) -> None:
        """Mark and tell who was not heard of for too long; who is offline loses its leases."""
        now = self._now()
        listening_s = (self._clock.monotonic_ns() - self._listening_since_ns) / NS_PER_S
        async with self._database.reading() as session:
            if not await self._register.is_any_overdue(session, now, listening_s):
                return
        async with self._database.transaction() as session:
            gone = await self._register.miss(session, Liveness.OFFLINE, now, listening_s)
            for record in gone:
                self._tell(session, None, record, Liveness.OFFLINE)
            if gone:
                await self._lose(session, [record.id for record in gone])
            stale = await self._register.miss(session, Liveness.STALE, now, listening_s)
            for record in stale:
                self._tell(session, None, record, Liveness.STALE)
        for record in (*gone, *stale):
            self._seen.pop(record.id, None)

    async def forget_days(self, before: datetime) -> None:
        """Delete what was used up on days that nobody asks about."""
        async with self._database.transaction() as session:
            await SpendingRows(session).forget(day_of(before))

    async def _of(self, caller: Caller) -> Seen:
        assert caller.agent_id is not None
        seen = self._seen.get(caller.agent_id)
        if seen is None:
            seen = await self._read(caller, caller.agent_id)
        seen.caller = caller
        return seen

    async def _lead_of(self, own: Seen) -> Seen | None:
        """Who pays as well: the lead that made a worker."""
        lead_id = own.record.spawned_by
        if lead_id is None:
            return None
        try:
            return self._seen.get(lead_id) or await self._read(None, lead_id)
        except UnknownAgent:
            # It is being removed, and its workers with it.
            return None

    async def _read(self, caller: Caller | None, agent_id: str) -> Seen:
        today = day_of(self._now())
        async with self._database.reading() as session:
            record = await self._register.one(session, agent_id)
            spent = await SpendingRows(session).on(today, [agent_id])
        if record is None:
            raise UnknownAgent(agent_id=agent_id)
        if len(self._seen) >= MOST_REMEMBERED:
            for known in [one for one in self._seen if one not in self._uncounted]:
                del self._seen[known]
        # Two requests may have read it at the same time: what the first has counted since stays.
        return self._seen.setdefault(agent_id, Seen(caller, record, spent.get(agent_id, Spent(today))))

    async def _write_beats(self, all_said: Sequence[_Said]) -> None:
        now = self._now()
        latest = {said.seen.record.id: said for said in all_said}
        async with self._database.transaction() as session:
            held = await self._register.hold(session, latest)
            absent = [agent_id for agent_id, (_, liveness) in held.items() if liveness != Liveness.ONLINE]
            versions = {agent_id: version for agent_id, (version, _) in held.items()}
            await self._read_again(session, [said.seen for said in latest.values()], versions, absent)
            arrived = [latest[agent_id].seen for agent_id in absent]
            beats = {
                agent_id: beat(now, latest[agent_id].seen.record.heartbeat_interval_s, latest[agent_id].status)
                for agent_id in held
            }
            await self._register.beat(session, beats, absent, now)
            await self._renew(session, sorted(beats))
            for seen in arrived:
                self._tell(session, seen.caller, seen.record, Liveness.ONLINE)
        for said in all_said:
            said.heard_at = now if said.seen.record.id in held else None

    async def _write_counts(self, group: Sequence[Seen]) -> None:
        today = day_of(self._now())
        agent_ids = [seen.record.id for seen in group]
        requests = {seen.record.id: Spent(seen.day or today, seen.requests) for seen in group if seen.requests}
        async with self._database.transaction() as session:
            versions = await self._register.versions(session, agent_ids)
            rows = SpendingRows(session)
            if counted := {one: more for one, more in requests.items() if one in versions}:
                await rows.add(counted)
            await self._read_again(session, group, versions)
            spent = await rows.on(today, agent_ids)
        for seen in group:
            agent_id = seen.record.id
            if agent_id not in versions:
                self.forget(agent_id)
                continue
            seen.spent = spent.get(agent_id, Spent(today))
            seen.requests -= requests[agent_id].requests if agent_id in requests else 0

    async def _read_again(
        self, session: AsyncSession, group: Iterable[Seen], versions: Mapping[str, int], also: Iterable[str] = ()
    ) -> None:
        """Those of whom another version is in the table than is remembered, and some others."""
        known = {seen.record.id: seen for seen in group}
        changed = {one for one, version in versions.items() if version != known[one].record.version}
        changed.update(also)
        if changed:
            for agent_id, record in (await self._register.several(session, changed)).items():
                known[agent_id].record = record

    def _tell(self, session: AsyncSession, caller: Caller | None, record: AgentRecord, liveness: Liveness) -> None:
        self._activity.note(
            session,
            caller,
            organization_id=record.organization_id,
            board_id=record.board_id,
            kind=f"agent.{liveness.value}",
            subject=("agent", record.id),
            before={"liveness": record.liveness.value},
            after={"liveness": liveness.value, "name": record.name, "role": record.role.value},
            summary=f"{record.name} is {liveness.value}",
        )

    def _now(self) -> datetime:
        return at(self._clock.now_ns())

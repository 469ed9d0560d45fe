"""Who lives, and how much each has asked for.

A heartbeat is remembered and written down with others, at most a second later: that an agent lives is no evidence, and
a write for each would be more than the database has to give. Only what changes what others see is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.agents.domain.budgets import Spent, check_cost, check_requests, costs, day_of, is_free
from pilothouse.hub.agents.domain.problems import UnknownAgent
from pilothouse.hub.agents.repository import SpendingRows
from pilothouse.hub.agents.service.seen import Seen
from pilothouse.hub.db import Database
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.domain.agents import AgentRecord, Beat, Liveness, beat
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
        self._unwritten: set[str] = set()
        self._writing = asyncio.Lock()
        self._listening_since_ns = clock.monotonic_ns()

    async def admit(self, caller: Caller, method: str, route: str) -> None:
        """Count a request of an agent; raises RequestBudgetSpent and CostBudgetSpent."""
        if is_free(route):
            return
        seen, now = await self._of(caller), self._now()
        today = day_of(now)
        if seen.day != today:
            # What came before midnight is counted there.
            if seen.requests:
                await self.write()
            seen.day = today
        spent = seen.total(today)
        check_requests(seen.budgets, spent, now)
        if costs(method, route):
            check_cost(seen.budgets, spent, now)
        seen.requests += 1
        self._unwritten.add(seen.record.id)

    async def beat(self, caller: Caller, status: str) -> tuple[AgentRecord, datetime]:
        """An agent says that it lives. Who did not count as online does when this returns."""
        seen, now = await self._of(caller), self._now()
        seen.beaten_at, seen.status = now, status
        self._unwritten.add(seen.record.id)
        if seen.record.liveness != Liveness.ONLINE:
            await self.write()
        return seen.record, now

    def forget(self, agent_id: str) -> None:
        """It was changed or removed: read it again. What it asked for and is not written is lost with it."""
        self._seen.pop(agent_id, None)
        self._unwritten.discard(agent_id)

    def spent(self, agent_id: str, more: Spent) -> None:
        """It has used more up, and that is written already: it counts from the next request on."""
        seen = self._seen.get(agent_id)
        if seen is not None:
            seen.spent = seen.spent.and_more(more)

    def heard(self, record: AgentRecord) -> AgentRecord:
        """An agent with its latest heartbeat, whether or not that is written yet."""
        seen = self._seen.get(record.id)
        heard_at = None if seen is None else seen.beaten_at
        if seen is None or heard_at is None or (record.last_seen_at is not None and record.last_seen_at > heard_at):
            return record
        return replace(record, last_seen_at=heard_at, status=seen.status)

    def unwritten_requests(self, agent_id: str) -> int:
        """How many requests of an agent are not in the database yet."""
        seen = self._seen.get(agent_id)
        return 0 if seen is None or seen.day != day_of(self._now()) else seen.requests

    async def write(self) -> None:
        """Write down who was heard of and what was asked for since the last time."""
        async with self._writing:
            while self._unwritten:
                group = [self._unwritten.pop() for _ in range(min(MOST_AT_ONCE, len(self._unwritten)))]
                await self._write_group([seen for agent_id in group if (seen := self._seen.get(agent_id))])

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

    async def _read(self, caller: Caller, agent_id: str) -> Seen:
        today = day_of(self._now())
        async with self._database.reading() as session:
            record = await self._register.one(session, agent_id)
            spent = await SpendingRows(session).on(today, [agent_id])
        if record is None:
            raise UnknownAgent(agent_id=agent_id)
        if len(self._seen) >= MOST_REMEMBERED:
            for known in [one for one in self._seen if one not in self._unwritten]:
                del self._seen[known]
        # Two requests may have read it at the same time: what the first has counted since stays.
        return self._seen.setdefault(agent_id, Seen(caller, record, spent.get(agent_id, Spent(today))))

    async def _write_group(self, group: list[Seen]) -> None:
        if not group:
            return
        now = self._now()
        today = day_of(now)
        beats = _beats(group)
        requests = {seen.record.id: Spent(seen.day or today, seen.requests) for seen in group if seen.requests}
        agent_ids = [seen.record.id for seen in group]
        try:
            async with self._database.transaction() as session:
                before = await self._register.beat(session, beats, now) if beats else []
                there = await self._register.several(session, agent_ids)
                if requests:
                    rows = SpendingRows(session)
                    await rows.add({one: more for one, more in requests.items() if one in there})
                if beats:
                    await self._renew(session, sorted(beats))
                for record in before:
                    self._tell(session, self._seen[record.id].caller, record, Liveness.ONLINE)
                spent = await SpendingRows(session).on(today, agent_ids)
        except BaseException:
            self._unwritten.update(agent_ids)
            raise
        for seen in group:
            counted = requests[seen.record.id].requests if seen.record.id in requests else 0
            self._written(seen, beats, counted, there, spent, today)

    def _written(
        self, seen: Seen, beats: dict[str, Beat], requests: int, there: dict[str, AgentRecord],
        spent: dict[str, Spent], today: date,
    ) -> None:  # fmt: skip
        agent_id = seen.record.id
        if agent_id not in there:
            self.forget(agent_id)
            return
        seen.record, seen.spent = there[agent_id], spent.get(agent_id, Spent(today))
        seen.requests -= requests
        if agent_id in beats and seen.beaten_at == beats[agent_id].seen_at:
            seen.beaten_at = None

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


def _beats(group: list[Seen]) -> dict[str, Beat]:
    return {
        seen.record.id: beat(seen.beaten_at, seen.record.heartbeat_interval_s, seen.status)
        for seen in group
        if seen.beaten_at is not None
    }

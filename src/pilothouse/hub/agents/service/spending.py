"""What agents report themselves, and what each has used up."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.agents import schemas
from pilothouse.hub.agents.domain.budgets import Spent, check_tasks, cost, day_of, micros
from pilothouse.hub.agents.domain.problems import UnknownAgent
from pilothouse.hub.agents.repository import SpendingRows
from pilothouse.hub.agents.service.rollcall import RollCall
from pilothouse.hub.agents.service.seen import budgets_of
from pilothouse.hub.agents.service.showing import shown_budgets, shown_spending
from pilothouse.hub.db import after_commit
from pilothouse.hub.identity import Caller, CallerKind
from pilothouse.hub.identity.domain.agents import AgentRecord
from pilothouse.hub.identity.service.agents import AgentRegister
from pilothouse.kit.clock import Clock, at

SHOWN_DAYS = 31


class Spendings:
    """What agents may use up, and have."""

    def __init__(self, register: AgentRegister, activity: Activity, roll: RollCall, clock: Clock) -> None:
        self._register = register
        self._activity = activity
        self._roll = roll
        self._clock = clock

    async def of(self, session: AsyncSession, agent_id: str) -> schemas.Usage:
        """The budgets of an agent, what it has used up today and on the days before; raises UnknownAgent."""
        return await self._shown(session, await self._record(session, agent_id))

    async def report(self, session: AsyncSession, caller: Caller, new: schemas.NewUsage) -> schemas.Usage:
        """An agent says what it has cost. It is counted even beyond the budget: it was spent."""
        assert caller.agent_id is not None
        record = await self._record(session, caller.agent_id, lock=True)
        today = day_of(at(self._clock.now_ns()))
        before = (await SpendingRows(session).on(today, [record.id])).get(record.id, Spent(today))
        reported = Spent(today, cost_micros=micros(new.cost))
        paying = await self._paying(session, record)
        await SpendingRows(session).add({one.id: reported for one in paying})
        self._activity.note(
            session, caller, organization_id=record.organization_id, board_id=record.board_id, kind="agent.usage",
            subject=("agent", record.id), before={"cost": cost(before.cost_micros)},
            after={"cost": cost(before.cost_micros + reported.cost_micros), "note": new.note},
        )  # fmt: skip
        for one in paying:
            after_commit(session, partial(self._roll.spent, one.id, reported))
        return await self._shown(session, record)

    async def take_task(self, session: AsyncSession, caller: Caller) -> None:
        """A caller creates or claims a task; raises TaskBudgetSpent for an agent that may not today any more, or whose
        lead and the workers this one made may not."""
        if caller.kind != CallerKind.AGENT or caller.agent_id is None:
            return
        paying = await self._paying(session, await self._record(session, caller.agent_id))
        now = at(self._clock.now_ns())
        today = day_of(now)
        rows = SpendingRows(session)
        spent = await rows.on(today, [one.id for one in paying])
        for one in paying:
            check_tasks(budgets_of(one, asked_by=caller.agent_id), spent.get(one.id, Spent(today)), now)
        await rows.add({one.id: Spent(today, tasks=1) for one in paying})

    async def _paying(self, session: AsyncSession, record: AgentRecord) -> list[AgentRecord]:
        """An agent, and the lead that made it. Two that pay come one after the other, so that neither slips through."""
        held = [
            await self._register.one(session, one, lock=True)
            for one in sorted({record.id, record.spawned_by or record.id})
        ]
        return [one for one in held if one is not None]

    async def _record(self, session: AsyncSession, agent_id: str, *, lock: bool = False) -> AgentRecord:
        record = await self._register.one(session, agent_id, lock=lock)
        if record is None:
            raise UnknownAgent(agent_id=agent_id)
        return record

    async def _shown(self, session: AsyncSession, record: AgentRecord) -> schemas.Usage:
        today = day_of(at(self._clock.now_ns()))
        days = await SpendingRows(session).days(record.id, SHOWN_DAYS)
        spent = next((one for one in days if one.day == today), Spent(today))
        spent = replace(spent, requests=spent.requests + self._roll.unwritten_requests(record.id))
        return schemas.Usage(
            agent_id=record.id,
            budgets=shown_budgets(record),
            spent=shown_spending(spent),
            days=[shown_spending(one) for one in days],
        )

"""Agents are registered, changed, given tokens and removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.agents import schemas
from pilothouse.hub.agents.domain.budgets import Spent, day_of
from pilothouse.hub.agents.domain.problems import (
    AgentChanged,
    AgentNameTaken,
    BoardFull,
    LeadsOnly,
    LeadTaken,
    NotSpawned,
    UnknownAgent,
)
from pilothouse.hub.agents.repository import SpendingRows
from pilothouse.hub.agents.service.inbox import Inboxes
from pilothouse.hub.agents.service.rollcall import RollCall
from pilothouse.hub.agents.service.showing import columns_of, shown, told, within
from pilothouse.hub.boards.domain.problems import BoardNotWritable, UnknownBoard
from pilothouse.hub.db import after_commit
from pilothouse.hub.identity import Access, AgentRole, Caller, Tokens
from pilothouse.hub.identity.domain.agents import AgentRecord, AgentsSought, Liveness, beat
from pilothouse.hub.identity.service.agents import AgentRegister
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id


class HeldBoard(Protocol):
    """What registering an agent needs to know of a board."""

    id: str
    organization_id: str
    max_agents: int | None


class Made(NamedTuple):
    """A new agent, and its token, which is kept nowhere."""

    agent: schemas.Agent
    token: str
    token_id: str


Hold = Callable[[AsyncSession, str], Awaitable[HeldBoard | None]]
"""A board that nobody else changes, and registers nobody on, until this transaction ends."""
LetGo = Callable[[AsyncSession, AgentRecord], Awaitable[None]]
"""Takes an agent's tasks from it: it leaves the board."""


class Agents:
    """Every agent, by who may see it."""

    def __init__(
        self, register: AgentRegister, tokens: Tokens, access: Access, activity: Activity, roll: RollCall,
        inboxes: Inboxes, clock: Clock, *, hold: Hold, let_go: LetGo,
    ) -> None:  # fmt: skip
        self._register = register
        self._tokens = tokens
        self._access = access
        self._activity = activity
        self._roll = roll
        self._inboxes = inboxes
        self._clock = clock
        self._hold = hold
        self._let_go = let_go

    async def create(self, session: AsyncSession, caller: Caller, new: schemas.NewAgent) -> Made:
        """Register an agent of any runtime; raises UnknownBoard, BoardNotWritable, AgentNameTaken, LeadTaken and
        BoardFull."""
        board = await self._writable(session, caller, new.board_id)
        return await self._add(session, caller, board, new, new.role, spawned_by=None)

    async def spawn(self, session: AsyncSession, caller: Caller, new: schemas.NewWorker) -> Made:
        """A lead makes a worker on its own board, with at most the budgets it has itself; raises LeadsOnly too."""
        lead = await self._lead(session, caller)
        board = await self._hold(session, lead.board_id)
        if board is None:
            raise UnknownBoard
        if (await self._register.versions(session, [lead.id])).get(lead.id) != lead.version:
            # It was moved or removed while the board was waited for, and its workers with it.
            raise AgentChanged(version=lead.version)
        limited = new.model_copy(update={"budgets": within(new.budgets, lead)})
        return await self._add(session, caller, board, limited, AgentRole.WORKER, spawned_by=lead.id)

    async def page(
        self, session: AsyncSession, caller: Caller, sought: AgentsSought, limit: int, offset: int
    ) -> schemas.AgentList:
        """Those that the caller may see, the latest first."""
        rights = await self._access.boards(session, caller)
        boards = None if rights.all_read else rights.readable
        records, total = await self._register.page(session, replace(sought, boards=boards), limit, offset)
        spent = await SpendingRows(session).on(day_of(self._now()), [one.id for one in records])
        items = [self._shown(one, spent.get(one.id)) for one in records]
        return schemas.AgentList(items=items, total=total, limit=limit, offset=offset)

    async def one(self, session: AsyncSession, caller: Caller, agent_id: str) -> schemas.Agent:
        """Raises UnknownAgent, also for one that the caller may not see."""
        return await self._described(session, await self._visible(session, caller, agent_id))

    async def change(
        self, session: AsyncSession, caller: Caller, agent_id: str, change: schemas.AgentChange
    ) -> schemas.Agent:
        """What was sent becomes so; raises AgentChanged, and what ``create`` raises."""
        record = await self._visible(session, caller, agent_id)
        goal = change.board_id or record.board_id
        # Boards first and in one order, then the agent: two who move agents past each other do not wait in a circle.
        boards = {one: await self._writable(session, caller, one) for one in sorted({record.board_id, goal})}
        record = await self._visible(session, caller, agent_id, lock=True)
        if record.board_id not in boards or change.version not in (None, record.version):
            raise AgentChanged(version=record.version)
        wanted = _wanted(record, change, self._now())
        await self._check_place(session, boards[goal], wanted, is_new=goal != record.board_id)
        if goal != record.board_id:
            await self._remove_made(session, caller, record)
            await self._let_go(session, record)
        values = {name: getattr(wanted, name) for name in _CHANGEABLE}
        if record.last_seen_at is not None:
            due = beat(record.last_seen_at, wanted.heartbeat_interval_s, record.status)
            values |= {"stale_at": due.stale_at, "offline_at": due.offline_at}
        changed = await self._register.change(session, agent_id, values)
        if goal != record.board_id:
            await self._inboxes.open(session, changed)
        self._note(session, caller, "agent.updated", record, changed)
        self._tokens.forget_agent(session, agent_id)
        after_commit(session, lambda: self._roll.forget(agent_id))
        return await self._described(session, changed)

    async def new_token(
        self, session: AsyncSession, caller: Caller, agent_id: str, wanted: schemas.TokenWanted
    ) -> schemas.MadeAgentToken:
        """A token in the place of the present one, which stays good until this is first used, for a day at most."""
        record = await self._visible(session, caller, agent_id)
        await self._writable(session, caller, record.board_id)
        return await self._replace_token(session, caller, record, wanted)

    async def new_worker_token(
        self, session: AsyncSession, caller: Caller, agent_id: str, wanted: schemas.TokenWanted
    ) -> schemas.MadeAgentToken:
        """The same for a lead and a worker that a lead of its board made."""
        return await self._replace_token(session, caller, await self._spawned(session, caller, agent_id), wanted)

    async def remove(self, session: AsyncSession, caller: Caller, agent_id: str) -> None:
        """Its tokens open nothing, its tasks are free again, and so for the workers it made; what they did stays in the
        log."""
        record = await self._visible(session, caller, agent_id)
        await self._writable(session, caller, record.board_id)
        # The lead first, as whoever spends from its budget does.
        record = await self._visible(session, caller, agent_id, lock=True)
        await self._remove_made(session, caller, record)
        await self._remove(session, caller, record)

    async def remove_worker(self, session: AsyncSession, caller: Caller, agent_id: str) -> None:
        """The same for a lead and a worker that a lead of its board made; raises NotSpawned for others."""
        await self._remove(session, caller, await self._spawned(session, caller, agent_id))

    async def _remove_made(self, session: AsyncSession, caller: Caller, lead: AgentRecord) -> None:
        """Whoever made a worker holds its token: the worker does not stay on a board that its lead leaves."""
        for record in await self._register.made_by(session, lead.board_id, lead.id):
            await self._remove(session, caller, record)

    async def _remove(self, session: AsyncSession, caller: Caller, record: AgentRecord) -> None:
        await self._let_go(session, record)
        await self._tokens.revoke_agent(session, record.id)
        await self._register.remove(session, record.id)
        self._note(session, caller, "agent.deleted", record, None)
        after_commit(session, lambda: self._roll.forget(record.id))

    async def _add(
        self, session: AsyncSession, caller: Caller, board: HeldBoard, new: schemas.NewWorker, role: AgentRole, *,
        spawned_by: str | None,
    ) -> Made:  # fmt: skip
        now = self._now()
        budgets: dict[str, Any] = columns_of(new.budgets)
        record = AgentRecord(
            id=new_id("agt"), organization_id=board.organization_id, board_id=board.id, name=new.name, role=role,
            runtime=new.runtime, identity=new.identity, labels=new.labels,
            heartbeat_interval_s=new.heartbeat_interval_s, **budgets, spawned_by=spawned_by, liveness=Liveness.NEW,
            liveness_since=now, status="", last_seen_at=None, created_at=now, created_by=caller.title, changed_at=now,
            version=1,
        )  # fmt: skip
        await self._check_place(session, board, record, is_new=True)
        await self._register.add(session, record)
        await self._inboxes.open(session, record)
        token, _ = await self._tokens.give_agent(session, record.id, caller, name=record.name)
        self._note(session, caller, "agent.created", None, record)
        return Made(self._shown(record, None), token.token, token.id)

    async def _check_place(self, session: AsyncSession, board: HeldBoard, wanted: AgentRecord, *, is_new: bool) -> None:
        """The board is held, so what is true now is true until the end."""
        others = [one for one in await self._register.of_board(session, board.id) if one.id != wanted.id]
        if any(one.name == wanted.name for one in others):
            raise AgentNameTaken(name=wanted.name)
        lead = next((one for one in others if one.role == AgentRole.LEAD), None)
        if wanted.role == AgentRole.LEAD and lead is not None:
            raise LeadTaken(lead=lead.name)
        if is_new and board.max_agents is not None and len(others) >= board.max_agents:
            raise BoardFull(most=board.max_agents)

    async def _writable(self, session: AsyncSession, caller: Caller, board_id: str) -> HeldBoard:
        rights = await self._access.boards(session, caller)
        board = await self._hold(session, board_id)
        if board is None or board.organization_id != caller.organization_id or not rights.reads(board_id):
            raise UnknownBoard
        if not rights.writes(board_id):
            raise BoardNotWritable
        return board

    async def _visible(
        self, session: AsyncSession, caller: Caller, agent_id: str, *, lock: bool = False
    ) -> AgentRecord:
        record = await self._register.one(session, agent_id, lock=lock)
        rights = await self._access.boards(session, caller)
        is_foreign = record is not None and record.organization_id != caller.organization_id
        if record is None or is_foreign or not rights.reads(record.board_id):
            raise UnknownAgent(agent_id=agent_id)
        return record

    async def _lead(self, session: AsyncSession, caller: Caller) -> AgentRecord:
        """The caller as the table has it now: a lead that was made a worker meanwhile is none."""
        assert caller.agent_id is not None
        record = await self._register.one(session, caller.agent_id)
        if record is None or record.role != AgentRole.LEAD:
            raise LeadsOnly
        return record

    async def _spawned(self, session: AsyncSession, caller: Caller, agent_id: str) -> AgentRecord:
        lead = await self._lead(session, caller)
        record = await self._register.one(session, agent_id, lock=True)
        if record is None or record.board_id != lead.board_id:
            raise UnknownAgent(agent_id=agent_id)
        if record.spawned_by is None or record.role == AgentRole.LEAD:
            raise NotSpawned(agent_id=agent_id)
        return record

    async def _replace_token(
        self, session: AsyncSession, caller: Caller, record: AgentRecord, wanted: schemas.TokenWanted
    ) -> schemas.MadeAgentToken:
        if wanted.end_previous:
            await self._tokens.revoke_agent(session, record.id)
        made, previous_until = await self._tokens.give_agent(session, record.id, caller, name=record.name)
        self._note(session, caller, "agent.token_replaced", record, record)
        return schemas.MadeAgentToken(
            agent_id=record.id, token=made.token, token_id=made.id, created_at=made.created_at,
            previous_until=previous_until,
        )  # fmt: skip

    async def _described(self, session: AsyncSession, record: AgentRecord) -> schemas.Agent:
        spent = await SpendingRows(session).on(day_of(self._now()), [record.id])
        return self._shown(record, spent.get(record.id))

    def _shown(self, record: AgentRecord, spent: Spent | None) -> schemas.Agent:
        today = spent or Spent(day_of(self._now()))
        unwritten = self._roll.unwritten_requests(record.id)
        return shown(record, replace(today, requests=today.requests + unwritten))

    def _note(
        self, session: AsyncSession, caller: Caller, kind: str, before: AgentRecord | None, after: AgentRecord | None
    ) -> None:
        record = after or before
        assert record is not None
        for board_id in dict.fromkeys(one.board_id for one in (before, after) if one is not None):
            self._activity.note(
                session, caller, organization_id=record.organization_id, board_id=board_id, kind=kind,
                subject=("agent", record.id), before=told(before), after=told(after),
            )  # fmt: skip

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


_CHANGEABLE = (
    "name", "board_id", "role", "runtime", "heartbeat_interval_s", "identity", "labels", "requests_per_day",
    "tasks_per_day", "cost_micros_per_day", "spawned_by", "changed_at", "version",
)  # fmt: skip


def _wanted(record: AgentRecord, change: schemas.AgentChange, now: datetime) -> AgentRecord:
    """The agent as it is to be; what is null stays. One that is moved or gets another role is no lead's any more."""
    said = {name: value for name, value in change if value is not None and name not in ("version", "budgets")}
    budgets = {} if change.budgets is None else columns_of(change.budgets)
    values: dict[str, Any] = {**said, **budgets, "changed_at": now, "version": record.version + 1}
    wanted = replace(record, **values)
    is_taken_over = (wanted.board_id, wanted.role) != (record.board_id, record.role)
    return replace(wanted, spawned_by=None) if is_taken_over else wanted

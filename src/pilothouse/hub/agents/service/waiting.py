"""How much waits for each agent, asked for once in a second however many agents a board has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.agents import schemas
from pilothouse.hub.agents.domain.inbox import Change, Reader, why
from pilothouse.hub.agents.service.inbox import Inboxes, change_of
from pilothouse.hub.boards.service.leases import Work
from pilothouse.hub.db import Database
from pilothouse.hub.identity.domain.agents import AgentRecord
from pilothouse.kit.clock import NS_PER_S, Clock

LOOK_EVERY_NS = NS_PER_S
# What an agent acknowledges through another hub is seen here after so long.
BEGIN_AGAIN_NS = 30 * NS_PER_S
# Changes of a board that are kept at hand; an agent that is further behind is told that there is much.
MOST_AT_HAND = 1_000
MOST_COUNTED = 100
MOST_BOARDS = 2_000


CountWork = Callable[[AsyncSession, str], Awaitable[Work]]


@dataclass(slots=True)
class _Board:
    """What was read of a board, and when."""

    looked_at_ns: int
    workload: Work
    changes: list[tuple[int, Change]]
    complete_after: int
    """Every change after this number is at hand."""
    reached: int


@dataclass(slots=True)
class _Reader:
    """How far the changes were looked through for one agent, and how many concern it."""

    board_id: str
    begun_at_ns: int
    looked_to: int
    count: int


class Waiting:
    """Answers from what was read of a board within the last second."""

    def __init__(
        self, database: Database, activity: Activity, inboxes: Inboxes, clock: Clock, count_work: CountWork
    ) -> None:
        self._database = database
        self._activity = activity
        self._inboxes = inboxes
        self._clock = clock
        self._count_work = count_work
        self._boards: dict[str, _Board] = {}
        self._looking: set[str] = set()
        self._readers: dict[str, _Reader] = {}

    async def of(self, record: AgentRecord) -> schemas.WaitingForYou:
        """What waits for one agent."""
        board = self._boards.get(record.board_id)
        is_old = board is None or self._clock.monotonic_ns() - board.looked_at_ns >= LOOK_EVERY_NS
        # Whoever comes while somebody looks takes what was seen before, if there is anything.
        if board is None or (is_old and record.board_id not in self._looking):
            board = await self._look(record.board_id, board)
        work = board.workload
        return schemas.WaitingForYou(
            inbox=await self._unread(record, board),
            assigned=len(work.tasks.get(record.id, ())),
            in_progress=work.in_progress[record.id],
            review=work.review[record.id],
            unclaimed=work.unclaimed,
            pending_approvals=work.pending_approvals[record.id],
        )

    def read(self, agent_id: str) -> None:
        """An agent has acknowledged something: count anew."""
        self._readers.pop(agent_id, None)

    async def _look(self, board_id: str, known: _Board | None) -> _Board:
        self._looking.add(board_id)
        try:
            async with self._database.reading() as session:
                workload = await self._count_work(session, board_id)
                now_ns = self._clock.monotonic_ns()
                start = 0 if known is None else known.reached
                latest = await self._activity.latest(session, board_id, start, MOST_AT_HAND)
        finally:
            self._looking.discard(board_id)
        changes = [(entry.sequence, change_of(entry)) for entry in latest]
        kept = [] if known is None else known.changes
        complete_after = 0 if known is None else known.complete_after
        if len(changes) == MOST_AT_HAND:
            kept, complete_after = [], changes[0][0] - 1
        at_hand = [*kept, *changes]
        if len(at_hand) > MOST_AT_HAND:
            complete_after = at_hand[-MOST_AT_HAND - 1][0]
            at_hand = at_hand[-MOST_AT_HAND:]
        reached = at_hand[-1][0] if at_hand else start
        if len(self._boards) >= MOST_BOARDS:
            self._boards.clear()
        self._boards[board_id] = found = _Board(now_ns, workload, at_hand, complete_after, reached)
        return found

    async def _unread(self, record: AgentRecord, board: _Board) -> int:
        reader = self._readers.get(record.id)
        now_ns = self._clock.monotonic_ns()
        if reader is None or reader.board_id != record.board_id or now_ns - reader.begun_at_ns >= BEGIN_AGAIN_NS:
            async with self._database.reading() as session:
                read_to = await self._inboxes.read_to(session, record)
            reader = _Reader(record.board_id, now_ns, read_to, 0)
            if len(self._readers) >= 10 * MOST_BOARDS:
                self._readers.clear()
            self._readers[record.id] = reader
        if reader.looked_to >= board.reached or reader.count >= MOST_COUNTED:
            return reader.count
        if reader.looked_to < board.complete_after:
            reader.count = MOST_COUNTED
            return reader.count
        own = Reader(record.id, record.name, board.workload.tasks.get(record.id, ()))
        for sequence, change in reversed(board.changes):
            if sequence <= reader.looked_to or reader.count >= MOST_COUNTED:
                break
            reader.count += why(change, own) is not None
        reader.looked_to = board.reached
        return reader.count

"""A worker: takes turns of sessions, runs them, answers for them, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pilothouse.hub.db import Database
from pilothouse.hub.lab.domain.problems import DebuggingUnavailable
from pilothouse.hub.lab.domain.states import ControlKind
from pilothouse.hub.lab.models import ControlRow
from pilothouse.hub.lab.repository import ControlRows
from pilothouse.hub.lab.service.execution.answering import Answering, settled
from pilothouse.hub.lab.service.execution.books import WORKER_DIED, WORKER_STOPPED, Claimed
from pilothouse.hub.lab.service.execution.holdings import Holding
from pilothouse.hub.lab.service.execution.lives import process_of
from pilothouse.hub.lab.service.execution.turns import Means, Turns
from pilothouse.hub.lab.service.signals import QUEUE, of_session, of_worker
from pilothouse.kit.errors import Invalid, Problem
from pilothouse.kit.ids import new_id
from pilothouse.kit.logs import get_logger
from pilothouse.sandbox.problems import SandboxTooWeak
from pilothouse.workspaces import DebugLine

log = get_logger(__name__)

# Hints come at once; a hint that was lost is made up for so much later.
LOOK_S = 2.0
RETRY_S = 1.0
BEATS_PER_LEASE = 3
# SIGTERM, a grace of two seconds, SIGKILL, and what is then to be written down.
ENDS_WITHIN_S = 3.5
DEBUGGER_WITHIN_S = 30.0


class NoSandbox(Invalid):
    """No debug sessions can run here: {reason}"""


@dataclass(slots=True)
class Refusal:
    """Why a worker takes nothing, if so."""

    reason: str | None = None


class Worker:
    """One process's part in running sessions."""

    def __init__(self, means: Means, answering: Answering, database: Database, *, name: str, capacity: int) -> None:
        self.id = ""
        self.name = name
        self.capacity = capacity
        self.refusal = Refusal("it is still starting")
        self.holdings: dict[str, Holding] = {}
        self._means = means
        self._answering = answering
        self._database = database
        self._turns = Turns(means, self.id)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._freed = asyncio.Event()
        self._answered = 0
        self._is_failing = False
        self._is_in_doubt = False
        self._settled = asyncio.Event()

    async def at_work(self) -> str:
        """The name of this worker, once it takes sessions; raises NoSandbox when it will not."""
        await self._settled.wait()
        if self.refusal.reason is not None:
            raise NoSandbox(reason=self.refusal.reason)
        return self.name

    @property
    def level(self) -> str:
        """How far it keeps sessions apart."""
        return self._means.machine.offer.level

    @property
    def running(self) -> int:
        """How many sessions take up room just now."""
        return sum(holding.is_busy for holding in self.holdings.values())

    def begin_stopping(self) -> None:
        """Take nothing more, and end what runs; from any thread's event loop that is this one's."""
        self._stopping.set()

    def holds(self, session_id: str) -> bool:
        """Whether the session is run by this process."""
        return session_id in self.holdings

    async def debug_line(self, session_id: str, command_id: str) -> DebugLine:
        """A line to the debugger of a command that runs here; raises DebuggingUnavailable, DebuggerBusy."""
        holding = self.holdings.get(session_id)
        if holding is None:
            raise DebuggingUnavailable(reason="the session is over")
        door = await holding.door(command_id, DEBUGGER_WITHIN_S)
        return await door.connect(DEBUGGER_WITHIN_S)

    async def run(self) -> None:
        """Until it is told to stop. Cancelled, it ends what runs, writes that down, and only then is gone."""
        life = asyncio.create_task(self._live(), name="worker")
        try:
            await asyncio.shield(life)
        except asyncio.CancelledError:
            self.begin_stopping()
            await asyncio.wait({life}, timeout=ENDS_WITHIN_S)
            life.cancel()
            raise

    async def _live(self) -> None:
        try:
            try:
                await self._means.machine.start()
            except SandboxTooWeak as problem:
                self.refusal.reason = problem.sentence
                log.warning("debug sessions are not run here", reason=problem.sentence)
                self._settled.set()
                return
            await self._means.sharing.seen(unless=self._stopping)
            await self._means.books.sweep()
            while not self._stopping.is_set():
                await self._live_once()
        except Exception as error:
            self.refusal.reason = error.sentence if isinstance(error, Problem) else f"it failed: {type(error).__name__}"
            self._settled.set()
            raise
        finally:
            await self._means.machine.close()

    async def _live_once(self) -> None:
        """From registering to the end, or until others have given this worker up for dead."""
        self.id = new_id("wrk")
        self._turns = Turns(self._means, self.id)
        self._answered = 0
        offer = self._means.machine.offer
        await self._means.books.register(
            self.id, name=self.name, host=socket.gethostname(), process=process_of(os.getpid()),
            capacity=self.capacity, running=0, level=offer.level, offer=asdict(offer),
        )  # fmt: skip
        self.refusal.reason = None
        self._settled.set()
        beating = asyncio.create_task(self._beat())
        loops = [asyncio.create_task(one) for one in (self._take_turns(), self._answer(), self._stopping.wait())]
        try:
            await asyncio.wait([beating, *loops], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            # Ending what runs takes longer than a lease may last.
            await self._end_everything()
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self) -> None:
        """Returns once the lease is lost."""
        lease_s = self._means.settings.lab_lease_s
        last = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(lease_s / BEATS_PER_LEASE)
            with self._trouble("the lease could not be prolonged"):
                if not await self._means.books.beat(self.id, self.running):
                    log.error("others took this worker for dead; what it ran is ended", worker=self.id)
                    return
                last = asyncio.get_running_loop().time()
            if asyncio.get_running_loop().time() - last > lease_s:
                log.error("the lease ran out; what this worker ran is ended", worker=self.id)
                return

    async def _take_turns(self) -> None:
        with self._means.signals.heard(QUEUE) as ear:
            while True:
                self._freed.clear()
                claimed: Claimed | None = None
                with self._trouble("waiting sessions could not be looked for"):
                    if self.running < self.capacity:
                        claimed = await self._claim()
                if claimed is not None:
                    self._begin(claimed)
                    continue
                freed = asyncio.create_task(self._freed.wait())
                heard = asyncio.create_task(ear.wait(LOOK_S))
                await asyncio.wait({freed, heard}, return_when=asyncio.FIRST_COMPLETED)
                for task in (freed, heard):
                    task.cancel()
                await asyncio.gather(freed, heard, return_exceptions=True)

    async def _claim(self) -> Claimed | None:
        """A commit may have been carried out although its answer did not arrive: after one that failed, what is
        taken already comes first."""
        at_work = [one.session_id for one in self.holdings.values() if one.is_busy]
        in_doubt, self._is_in_doubt = self._is_in_doubt, True
        claimed = await self._means.books.claim(
            self.id, self.name, self._means.machine.offer.level, but=at_work if in_doubt else None
        )
        self._is_in_doubt = in_doubt and claimed is not None
        return claimed

    def _begin(self, claimed: Claimed) -> None:
        holding = self.holdings.setdefault(claimed.session.id, Holding(claimed.session.id))
        holding.turn = asyncio.create_task(self._turn(holding, claimed), name=f"turn of {holding.session_id}")
        self._own(holding.turn)

    async def _turn(self, holding: Holding, claimed: Claimed) -> None:
        try:
            await self._turns.take(holding, claimed)
            if holding.is_ending:
                await self._let_go(holding)
        finally:
            holding.changed.set()
            asyncio.get_running_loop().call_soon(self._freed.set)

    async def _let_go(self, holding: Holding) -> None:
        if self.holdings.pop(holding.session_id, None) is None:
            return
        with self._trouble("a checkout could not be given back"):
            await self._turns.let_go(holding)

    async def _answer(self) -> None:
        with self._means.signals.heard(of_worker(self.id)) as ear:
            while True:
                with self._trouble("questions could not be looked for"):
                    async with self._database.reading() as session:
                        waiting = await ControlRows(session).waiting(self.id, self._answered)
                    for control in waiting:
                        self._answered = control.id
                        self._own(asyncio.create_task(self._settle(control)))
                    if waiting:
                        continue
                await ear.wait(LOOK_S)

    async def _settle(self, control: ControlRow) -> None:
        holding = self.holdings.get(control.session_id)
        work = self._end(holding) if control.kind is ControlKind.END else self._answering.answer(holding, control)
        state, answer = await settled(control.kind, work)
        with self._trouble("an answer could not be written down"):
            async with self._database.transaction() as session:
                await ControlRows(session).answer(control.id, state, answer)
                self._means.signals.after(session, of_session(control.session_id))

    async def _end(self, holding: Holding | None) -> dict[str, Any]:
        """The session is over: end what runs, and give the checkout back once nothing does."""
        if holding is None:
            return {}
        holding.is_ending = True
        if holding.preparing is not None:
            holding.preparing.cancel()
        if holding.running is not None:
            await holding.running.cancel()
        if not holding.is_busy:
            await self._let_go(holding)
        return {}

    async def _end_everything(self) -> None:
        self._turns.is_stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDS_WITHIN_S):
                await asyncio.gather(*(self._end_one(one) for one in list(self.holdings.values())))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.holdings.clear()
        with self._trouble("this worker could not be signed off; others will find it dead"):
            reason = WORKER_STOPPED if self._stopping.is_set() else WORKER_DIED
            await self._means.books.bury(self.id, reason)

    async def _end_one(self, holding: Holding) -> None:
        if holding.preparing is not None:
            holding.preparing.cancel()
        if holding.running is not None:
            with contextlib.suppress(Problem):
                await holding.running.cancel()
        if holding.turn is not None:
            await asyncio.wait({holding.turn})
        await self._let_go(holding)

    def _own(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @contextlib.contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        """Nothing that a database or a disk does ends a worker; it is said once, and its end too."""
        try:
            yield
            if self._is_failing:
                log.info("the worker goes on as before", worker=self.id)
            self._is_failing = False
        except Exception as error:
            if not self._is_failing:
                log.warning(what, worker=self.id, reason=repr(error)[:500], exc_info=True)
            self._is_failing = True

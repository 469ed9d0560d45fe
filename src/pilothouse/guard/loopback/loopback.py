"""Listens to the loop and records its sessions in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pilothouse.guard.cycle_queue import CycleWriter
from pilothouse.guard.loopback.names import is_session_id
from pilothouse.guard.loopback.recovery import complete_leftovers
from pilothouse.guard.loopback.retention import keep_within
from pilothouse.guard.loopback.session_writer import LivePart, LoopbackOptions, SessionWriter
from pilothouse.guard.model import Cycle
from pilothouse.kit.clock import NS_PER_S, Clock, SystemClock
from pilothouse.kit.logs import get_logger
from pilothouse.mcap.spool.syncing import Syncer

# How often the writer looks for new cycles; the loop wakes nobody.
LOOK_S = 0.02
SYNC_EVERY_NS = NS_PER_S
SETTLE_EVERY_NS = NS_PER_S
# Sessions that are over and wait for room on the disk, 16 MiB each at most.
MOST_LINGERING = 2

log = get_logger(__name__)


class Loopback(CycleWriter):
    """A CycleListener. A session begins with its first cycle and ends with ``end``, or with the next session's first.

    ``offer`` hands over a reference; everything else happens in the writer's thread. When that falls two seconds
    behind, frames are left out, then passed and clamped cycles (counted), rejected ones never.
    """

    def __init__(self, directory: Path, options: LoopbackOptions | None = None, clock: Clock | None = None) -> None:
        super().__init__("pilothouse-loopback")
        self.directory = directory
        self._options = options or LoopbackOptions()
        self._clock = clock or SystemClock()
        self._session: SessionWriter | None = None
        self._begun = ""
        self._ended: tuple[str, ...] = ()
        self._closed = ""
        self._lingering: list[SessionWriter] = []  # ended, and not written for want of room
        self._lost_cycles = 0
        self._synced_ns = self._settled_ns = 0

    def offer(self, cycle: Cycle) -> None:
        """Take in a cycle from the loop; costs less than a microsecond, never blocks, never raises."""
        self._queue.offer(cycle)

    def begin(self, session_id: str) -> None:
        """A session begins; its file is made with its first cycle."""
        self._begun = session_id

    def end(self) -> None:
        """The session that began is over; its file is finished when its last cycle is written. Returns at once."""
        # Read by the writer before it takes what waits: everything offered until now is then still written.
        self._ended = (*self._ended[-3:], self._begun)
        self._asked.set()

    @property
    def session_id(self) -> str | None:
        """The session being recorded; None between sessions, and before the first cycle of one."""
        session = self._session
        return None if session is None else session.session_id

    def live(self) -> LivePart | None:
        """The file being written now."""
        session = self._session
        return None if session is None else session.live

    @property
    def problem(self) -> str | None:
        """Why nothing can be written at the moment."""
        session = self._session
        every = [*self._lingering, *([] if session is None else [session])]
        return next((one.problem for one in every if one.problem), None)

    @property
    def dropped(self) -> int:
        """Passed or clamped cycles left out because the writer was behind, and those a full disk has cost."""
        session = self._session
        every = [*self._lingering, *([] if session is None else [session])]
        return self._queue.dropped + self._lost_cycles + sum(one.lost_cycles for one in every)

    @property
    def dropped_frames(self) -> int:
        """Camera frames left out because the writer was behind."""
        return self._queue.dropped_frames

    def _run(self) -> None:
        self._attempt(lambda: complete_leftovers(self.directory))
        self._attempt(lambda: keep_within(self.directory, self._options.max_total_bytes))
        syncer = Syncer()
        while not self._stop.is_set():
            asked = self._wait(LOOK_S)
            self._attempt(partial(self._pass, asked=asked, syncer=syncer))
        self._attempt(lambda: self._pass(asked=True, syncer=syncer))
        self._attempt(lambda: self._close("stopped"))
        self._attempt(lambda: self._settle(most=0))
        syncer.stop()

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            # Whatever it is, the thread that records goes on.
            log.exception("recording of sessions stumbled")

    def _pass(self, *, asked: bool, syncer: Syncer) -> None:
        self._begin_pass()
        ended = self._ended
        while taken := self._queue.take():
            for cycle in taken:
                self._record(cycle)
                # Between two cycles the loop may have the interpreter.
                time.sleep(0)
        session = self._session
        if session is not None:
            session.write_due(every=asked)
            if session.session_id in ended:
                self._close("ended")
        now_ns = self._clock.monotonic_ns()
        if self._lingering and now_ns - self._settled_ns >= SETTLE_EVERY_NS:
            self._settled_ns = now_ns
            self._settle()
        self._sync(syncer)
        self._end_pass()

    def _record(self, cycle: Cycle) -> None:
        try:
            session = self._session
            if session is None or session.session_id != cycle.session_id:
                session = self._opened(cycle)
            if session is not None:
                session.add(cycle)
        except Exception as error:  # noqa: BLE001 - one odd cycle must not end the thread that records the others
            log.error("cycle not recorded", cycle_id=cycle.cycle_id, reason=repr(error))

    def _opened(self, cycle: Cycle) -> SessionWriter | None:
        """The session of a cycle; None for one that belongs to no session, or to one that is over."""
        self._close("ended")
        if not is_session_id(cycle.session_id) or cycle.session_id == self._closed:
            return None
        self._session = SessionWriter(
            self.directory, cycle.session_id, self._options, self._clock, config_hash=cycle.config_hash
        )
        return self._session

    def _close(self, reason: str) -> None:
        session = self._session
        if session is None:
            return
        self._session = None
        self._closed = session.session_id
        if session.end(reason):
            self._lost_cycles += session.lost_cycles
        else:
            self._lingering.append(session)

    def _settle(self, *, most: int = MOST_LINGERING) -> None:
        """Finish what had to wait for room; give up the oldest of too many."""
        waiting, self._lingering = self._lingering, []
        for number, session in enumerate(waiting):
            if session.end("ended", give_up=number < len(waiting) - most):
                self._lost_cycles += session.lost_cycles
            else:
                self._lingering.append(session)

    def _sync(self, syncer: Syncer) -> None:
        now_ns = self._clock.monotonic_ns()
        file = None if self._session is None else self._session.open_file
        if file is not None and now_ns - self._synced_ns >= SYNC_EVERY_NS:
            self._synced_ns = now_ns
            syncer.put(file)

"""The risk log: listens to the loop, writes in a thread of its own, survives what the disk does."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from pilothouse.guard.cycle_queue import CycleWriter
from pilothouse.guard.model import Cycle
from pilothouse.guard.risk.events import is_notable, record_of
from pilothouse.guard.risk.filters import SEVERITY
from pilothouse.guard.risk.store import EventReader, EventWriter, NewEvent, is_damage, put_aside
from pilothouse.kit.clock import NS_PER_S, Clock, SystemClock
from pilothouse.kit.logs import get_logger

# How often the writer looks for new cycles; the loop wakes nobody.
LOOK_S = 0.05
RETRY_S = 1.0
BATCH = 512
TRIM_EVERY = 512

log = get_logger(__name__)


class RiskLog(CycleWriter):
    """A CycleListener. Rejected cycles are the last to be dropped on the way in, and the last to be deleted."""

    def __init__(
        self,
        path: Path,
        *,
        log_all: bool = False,
        max_rows: int = 200_000,
        max_age_s: float = 30 * 86_400.0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__("pilothouse-risk-log")
        self.events = EventReader(path)
        self.problem: str | None = None
        self._path = path
        self._log_all = log_all
        self._max_rows = max_rows
        self._max_age_s = max_age_s
        self._clock = clock or SystemClock()
        self._writer: EventWriter | None = None
        self._unwritten: list[NewEvent] = []
        self._untrimmed = TRIM_EVERY  # the first batch of a run is followed by a trim

    @property
    def dropped(self) -> int:
        """Passed or clamped cycles that were left out because the disk was behind."""
        return self._queue.dropped

    def offer(self, cycle: Cycle) -> None:
        """Take in a cycle from the loop; costs a microsecond, never blocks, never raises."""
        if self._log_all or is_notable(cycle):
            self._queue.offer(cycle)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wait(RETRY_S if self.problem else LOOK_S)
            self._write_what_waits()
        self._write_what_waits()
        if self._writer is not None:
            self._writer.close()

    def _write_what_waits(self) -> None:
        self._begin_pass()
        while self._queue or self._unwritten:
            if not self._unwritten:
                self._unwritten = self._rows_of(self._queue.take(BATCH))
            if not self._stored():
                return
        self._end_pass()

    def _rows_of(self, cycles: list[Cycle]) -> list[NewEvent]:
        rows = []
        for cycle in cycles:
            try:
                rows.append(_row_of(cycle))
            except Exception as error:  # noqa: BLE001 - one odd cycle must not end the thread that keeps the others
                log.error("cycle not logged", cycle_id=cycle.cycle_id, reason=repr(error))
            # Between two cycles the loop may have the interpreter.
            time.sleep(0)
        return rows

    def _stored(self) -> bool:
        try:
            self._writer = self._writer or EventWriter(self._path)
            self._writer.add(self._unwritten)
            self._untrimmed += len(self._unwritten)
            self._unwritten = []
            if self._untrimmed >= TRIM_EVERY:
                older_than_s = self._clock.now_ns() / NS_PER_S - self._max_age_s
                self._writer.trim(max_rows=self._max_rows, older_than_s=older_than_s)
                self._untrimmed = 0
        except (sqlite3.Error, OSError) as error:
            self._say(f"{self._path} cannot be written ({error}); free some space on that disk")
            if is_damage(error):
                self._begin_anew(str(error))
            return False
        self._say_recovered()
        return True

    def _begin_anew(self, reason: str) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        with suppress(OSError):
            put_aside(self._path, reason=reason)

    def _say(self, problem: str) -> None:
        if self.problem is None:
            log.error("risk log interrupted; events wait in memory", reason=problem)
        self.problem = problem

    def _say_recovered(self) -> None:
        if self.problem is not None:
            log.info("risk log works again", dropped=self.dropped, dropped_rejected=self.dropped_rejected)
            self.problem = None


def _row_of(cycle: Cycle) -> NewEvent:
    record = record_of(cycle)
    return NewEvent(
        timestamp=cycle.timestamp,
        level=SEVERITY[cycle.risk_level],
        outcome=record["outcome"],
        failure_type=cycle.failure_type,
        total_ms=cycle.latency.total,
        event=msgspec.json.encode(record).decode(),
    )

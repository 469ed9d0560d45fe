"""Brings the risk log to the recorder, from where it was left, and asks for a capture when it matters."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from pilothouse.guard.forwarding.events import asks_for_capture, is_stop, is_worth_telling, label_of, reported
from pilothouse.guard.forwarding.link import EventRefused, RecorderAway, RecorderLink
from pilothouse.guard.risk.problems import RiskLogUnreadable
from pilothouse.guard.risk.store import EventReader, StoredEvent
from pilothouse.kit.clock import NS_PER_S, Clock, SystemClock
from pilothouse.kit.logs import get_logger
from pilothouse.wire import RiskEvent

BATCH = 200
LOOK_S = 0.5
LONGEST_PAUSE_S = 30.0
# One capture holds the last minute: another within half of that would hold most of it again.
CAPTURE_EVERY_S = 30.0
# Somebody who stops the robot shortly after a capture wants to see why.
STOPS_EVERY_S = 5.0
# A recorder keeps a minute; what it would capture later is not what happened.
CAPTURE_WITHIN_S = 45.0
POSITION = "forwarded_up_to"

log = get_logger(__name__)


class Forwarder:
    """A thread of its own; nothing else waits for it. Its place in the log is kept in the log's database."""

    def __init__(
        self,
        events: EventReader,
        open_link: Callable[[], RecorderLink],
        *,
        robot_id: str,
        clock: Clock | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        self.problem: str | None = None
        self.refused = 0
        """Events the recorder would not have; they stay in the risk log."""
        self._events = events
        self._open_link = open_link
        self._link: RecorderLink | None = None
        self._robot_id = robot_id
        self._clock = clock or SystemClock()
        self._look_s = look_s
        self._pause_s = look_s
        self._captured_s = -CAPTURE_EVERY_S
        self._incident_id: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pilothouse-forward", daemon=True)

    def start(self) -> None:
        """Begin where the last run ended."""
        self._thread.start()

    def stop(self, deadline_s: float = 1.0) -> None:
        """End after the request under way; what was not sent is sent by the next run. Idempotent."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(deadline_s)

    @property
    def position(self) -> int:
        """The number of the last event the recorder has."""
        return int(self._events.fact(POSITION) or 0)

    def _run(self) -> None:
        while not self._stop.wait(self._pause_s):
            try:
                while self._forward() and not self._stop.is_set():
                    pass
            except (RecorderAway, RiskLogUnreadable) as problem:
                self._wait_longer(problem.sentence)
            except (sqlite3.Error, OSError) as error:
                self._wait_longer(f"the place in the risk log cannot be kept ({error})")
            except Exception as error:  # noqa: BLE001 - whatever it is, the thread tries again later
                self._wait_longer(repr(error))
            else:
                self._note_recovery()
        if self._link is not None:
            self._link.close()

    def _forward(self) -> bool:
        """Send the next events; False when there are none."""
        found = self._events.after(self.position, BATCH)
        if not found:
            return False
        told = [one for one in found if is_worth_telling(one)]
        if told:
            self._link = self._link or self._open_link()
            log_id = self._events.fact("log_id") or ""
            self._capture(self._link, told, log_id)
            self._report(self._link, told, log_id)
        self._events.remember(POSITION, str(found[-1].id))
        return True

    def _capture(self, link: RecorderLink, found: list[StoredEvent], log_id: str) -> None:
        """Before the events are handed over, so that they name the incident of their capture."""
        urgent = next((one for one in reversed(found) if self._is_urgent(one)), None)
        now_s = self._clock.monotonic_ns() / NS_PER_S
        if urgent is None or now_s - self._captured_s < (STOPS_EVERY_S if is_stop(urgent) else CAPTURE_EVERY_S):
            return
        self._incident_id = None
        try:
            self._incident_id = link.save(label_of(urgent), f"guard-{log_id}.{urgent.id}")
        except EventRefused as problem:
            # Its buffer is empty, or its disk is full: the events are worth sending all the same.
            log.warning("no capture for a risk event", event_id=urgent.id, reason=problem.sentence)
        self._captured_s = now_s

    def _is_urgent(self, stored: StoredEvent) -> bool:
        age_s = self._clock.now_ns() / NS_PER_S - stored.timestamp
        return abs(age_s) <= CAPTURE_WITHIN_S and asks_for_capture(stored)

    def _report(self, link: RecorderLink, found: list[StoredEvent], log_id: str) -> None:
        """One that is refused must not hold up the others: it is found by halves and left out."""
        try:
            link.report([self._message(one, log_id) for one in found])
        except (EventRefused, ValueError, KeyError, TypeError) as problem:
            if len(found) > 1:
                middle = len(found) // 2
                self._report(link, found[:middle], log_id)
                self._report(link, found[middle:], log_id)
                return
            self.refused += 1
            log.error("risk event not forwarded", event_id=found[0].id, reason=str(problem))

    def _message(self, stored: StoredEvent, log_id: str) -> RiskEvent:
        incident_id = self._incident_id if self._is_urgent(stored) else None
        return reported(stored, log_id=log_id, robot_id=self._robot_id, incident_id=incident_id)

    def _wait_longer(self, problem: str) -> None:
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
        if self.problem is None:
            log.warning("risk events wait for the recorder", reason=problem)
        self.problem = problem

    def _note_recovery(self) -> None:
        self._pause_s = self._look_s
        if self.problem is not None:
            log.info("risk events reach the recorder again")
            self.problem = None

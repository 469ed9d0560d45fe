"""Sealed recordings go to the hub, oldest first, again and again until it has them. Files are never deleted here."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Conflict, Invalid, Problem, TooLarge
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import sha256_of
from pilothouse.recorder.hub_link import Backoff, HubLink
from pilothouse.recorder.outbox import CaptureRow, CaptureState, Outbox, OutboxUnwritable
from pilothouse.recorder.worker import Worker
from pilothouse.recorder.writing import recording_path
from pilothouse.wire import UploadMetadata

# A recording the hub will not have as it is must not hold up the others; it is offered again after this long.
REFUSED_RETRY_S = 300.0

log = get_logger("pilothouse.recorder")


class Deliveries(Worker):
    """One thread that empties the outbox."""

    def __init__(self, *, outbox: Outbox, sessions: Path, robot_id: str, link: HubLink, clock: Clock) -> None:
        super().__init__("deliveries")
        self._outbox = outbox
        self._sessions = sessions
        self._robot_id = robot_id
        self._link = link
        self._clock = clock
        self._backoff = Backoff()
        self._not_before_ns: dict[str, int] = {}
        self._hint = threading.Event()

    def hint(self) -> None:
        """Something new may be waiting."""
        self._hint.set()

    def ask_to_stop(self) -> None:
        super().ask_to_stop()
        self._hint.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            self._hint.clear()
            row = self._next()
            if row is None:
                self._hint.wait(REFUSED_RETRY_S if self._not_before_ns else None)
                continue
            wait_s = self._attempt(row)
            if wait_s:
                self._stop.wait(wait_s)

    def _next(self) -> CaptureRow | None:
        now_ns = self._clock.monotonic_ns()
        rows = self._outbox.in_state(CaptureState.SEALED, CaptureState.DELIVERING)
        return next((row for row in rows if self._not_before_ns.get(row.session_id, 0) <= now_ns), None)

    def _attempt(self, row: CaptureRow) -> float:
        """Deliver one recording; the seconds to wait before the next attempt at anything."""
        try:
            self._deliver(row)
        except OutboxUnwritable:
            return self._backoff.next_s()
        except (Invalid, Conflict, TooLarge) as problem:
            self._link.answered()
            self._refused(row, problem)
        except Problem as problem:
            if not self._stop.is_set():
                self._link.failed(problem)
            return self._backoff.next_s()
        else:
            self._backoff.reset()
        return 0.0

    def _deliver(self, row: CaptureRow) -> None:
        path = recording_path(self._sessions, row.session_id)
        if not path.is_file():
            self._outbox.set_state(row.session_id, CaptureState.REFUSED, why="its file was removed before delivery")
            return
        sha256 = row.sha256 or sha256_of(path)
        if row.state is not CaptureState.DELIVERING:
            self._outbox.set_state(row.session_id, CaptureState.DELIVERING, why=row.why)
        metadata = UploadMetadata(session_id=row.session_id, sha256=sha256, robot_id=self._robot_id)
        try:
            self._link.hub.upload(path, metadata, progress=partial(self._sent, row.session_id), stop=self._stop)
        finally:
            self._link.sent_bytes.pop(row.session_id, None)
        if self._stop.is_set():
            return
        self._outbox.set_state(row.session_id, CaptureState.DELIVERED, why=row.why)
        self._not_before_ns.pop(row.session_id, None)
        self._link.answered()
        log.info("recording delivered", recording=row.session_id, hub=self._link.url)

    def _sent(self, session_id: str, sent: int, _total: int) -> None:
        self._link.sent_bytes[session_id] = sent

    def _refused(self, row: CaptureRow, problem: Problem) -> None:
        if row.session_id not in self._not_before_ns:
            log.error("the hub refuses a recording", recording=row.session_id, problem=problem.sentence)
        self._not_before_ns[row.session_id] = self._clock.monotonic_ns() + round(REFUSED_RETRY_S * NS_PER_S)
        self._outbox.set_state(row.session_id, CaptureState.SEALED, why=f"the hub refuses it: {problem.sentence}")

"""Sealed recordings go to the hub, the most urgent first, again and again until it has them.

Files are never deleted here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pilothouse.client.problems import DirectUploadFailed
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.kit.errors import Problem, Unauthenticated
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import sha256_of
from pilothouse.recorder.backoff import Backoff
from pilothouse.recorder.capture.writing import recording_path
from pilothouse.recorder.delivery.bandwidth import Bandwidth
from pilothouse.recorder.delivery.hub_credential import HubCredential
from pilothouse.recorder.delivery.hub_link import Hub, HubLink
from pilothouse.recorder.delivery.hub_refusals import Refusal, is_refusal, is_unknown_route
from pilothouse.recorder.delivery.queue import DeliveryQueue
from pilothouse.recorder.delivery.urgency import urgency_of
from pilothouse.recorder.delivery_settings import DeliverySettings
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState, Outbox, OutboxUnwritable
from pilothouse.recorder.worker import Worker
from pilothouse.wire import UploadMetadata

RECORDINGS = "recordings"
# A recording the hub will not have as it is must not hold up the others; it is offered again after this long.
REFUSED_RETRY_S = 300.0
# How often a closed window is looked at, and what goes first.
WINDOW_LOOK_S = 20.0
FIRST_LOOK_S = 0.2
# A hub that offers no direct uploads is asked again after this long.
NO_DIRECT_S = 3_600.0
LARGEST_CHUNK_BYTES, SMALLEST_CHUNK_BYTES = 4 << 20, 64 << 10

log = get_logger("pilothouse.recorder")


class Leave:
    """Ends an upload early: the recorder stops, the window closes, or something more urgent is there."""

    def __init__(self, stop: threading.Event, has_reason: Callable[[], bool]) -> None:
        self._stop = stop
        self._has_reason = has_reason

    def is_set(self) -> bool:
        return self._stop.is_set() or self._has_reason()

    def wait(self, timeout: float | None = None) -> bool:
        return self._stop.wait(timeout) or self._has_reason()


class Deliveries(Worker):
    """One thread that empties the outbox of recordings."""

    def __init__(
        self, *, outbox: Outbox, sessions: Path, robot_id: str, link: HubLink, credential: HubCredential, clock: Clock,
        settings: DeliverySettings, goes_first: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        super().__init__("deliveries")
        self._outbox = outbox
        self._queue = DeliveryQueue(outbox)
        self._sessions = sessions
        self._robot_id = robot_id
        self._link = link
        self._credential = credential
        self._clock = clock
        self._settings = settings
        self._goes_first = goes_first
        self._bandwidth = Bandwidth(settings.max_bytes_per_s, clock)
        self._backoff = Backoff()
        self._not_before_ns: dict[str, int] = {}
        self._no_direct_before_ns = clock.monotonic_ns() if settings.direct else 1 << 63
        self._not_direct: set[str] = set()
        self._hint = threading.Event()
        self._back = threading.Event()
        self._newcomers = threading.Event()

    def use(self, settings: DeliverySettings) -> None:
        """Another cap and other hours from the next piece on; what was refused is tried again at once."""
        self._settings = settings
        self._bandwidth.max_bytes_per_s = settings.max_bytes_per_s
        self._no_direct_before_ns = self._clock.monotonic_ns() if settings.direct else 1 << 63
        self._not_before_ns = {}
        self.hub_is_back()

    def hint(self) -> None:
        """Something new may be waiting."""
        self._newcomers.set()
        self._hint.set()

    def hub_is_back(self) -> None:
        """It has answered something else: do not sit out the wait."""
        self._backoff.reset()
        self._back.set()
        self._hint.set()

    def ask_to_stop(self) -> None:
        super().ask_to_stop()
        self._back.set()
        self._hint.set()

    @property
    def is_open(self) -> bool:
        """Whether recordings may be sent at this hour."""
        return self._settings.is_open(at(self._clock.now_ns()))

    def _work(self) -> None:
        while not self._stop.is_set():
            self._hint.clear()
            try:
                self._step()
            except Exception:
                # Whatever this is must not end all delivery.
                log.exception("a recording cannot be delivered")
                self._stop.wait(self._backoff.next_s())

    def _step(self) -> None:
        row = self._next() if self.is_open else None
        if row is None:
            self._link.health.worked(RECORDINGS)
            self._hint.wait(self._look_again_s())
        elif self._goes_first():
            self._hint.wait(FIRST_LOOK_S)
        else:
            self._back.clear()
            wait_s = self._attempt(row)
            if wait_s and not self._stop.is_set():
                self._back.wait(wait_s)

    def _look_again_s(self) -> float | None:
        if self._settings.windows:
            return WINDOW_LOOK_S
        return REFUSED_RETRY_S if self._not_before_ns else None

    def _next(self) -> CaptureRow | None:
        now_ns = self._clock.monotonic_ns()
        return self._queue.next([one for one, not_before_ns in self._not_before_ns.items() if not_before_ns > now_ns])

    def _attempt(self, row: CaptureRow) -> float:
        """Deliver one recording; the seconds to wait before the next attempt at anything."""
        hub = self._link.hub
        leave = Leave(self._stop, partial(self._is_to_leave, row))
        try:
            self._deliver(row, hub, leave)
        except OutboxUnwritable:
            return self._backoff.next_s()
        except Problem as problem:
            if is_refusal(problem):
                self._link.health.worked(RECORDINGS)
                return self._refused(row, problem)
            if leave.is_set() or not self._link.is_current(hub):
                return 0.0  # it was stopped for something better, or the token was replaced under way
            self._link.health.failed(RECORDINGS, problem)
            if isinstance(problem, Unauthenticated):
                self._credential.rejected(self._link, hub)
            return self._backoff.next_s()
        else:
            self._backoff.reset()
        return 0.0

    def _is_to_leave(self, row: CaptureRow) -> bool:
        if not self.is_open:
            return True
        if not self._newcomers.is_set():
            return False
        self._newcomers.clear()
        first = self._next()
        if first is None or _urgency(first) >= _urgency(row):
            return False
        self._newcomers.set()  # until this upload has ended
        return True

    def _deliver(self, row: CaptureRow, hub: Hub, leave: Leave) -> None:
        path = recording_path(self._sessions, row.session_id)
        if not path.is_file():
            self._outbox.set_state(row.session_id, CaptureState.REFUSED, why="its file was removed before delivery")
            return
        sha256 = row.sha256 or sha256_of(path)
        if row.state is not CaptureState.DELIVERING:
            self._outbox.set_state(row.session_id, CaptureState.DELIVERING, why=row.why)
        metadata = UploadMetadata(session_id=row.session_id, sha256=sha256, robot_id=self._robot_id)
        self._newcomers.set()
        try:
            self._send(path, metadata, hub, leave)
        finally:
            self._link.sent_bytes.pop(row.session_id, None)
        self._outbox.set_state(row.session_id, CaptureState.DELIVERED, why=row.why)
        self._not_before_ns.pop(row.session_id, None)
        self._not_direct.discard(row.session_id)
        self._link.health.worked(RECORDINGS)
        self._credential.proven()
        log.info("recording delivered", recording=row.session_id, hub=self._link.url)

    def _send(self, path: Path, metadata: UploadMetadata, hub: Hub, leave: Leave) -> None:
        progress = _Sent(self._link, metadata.session_id)
        throttle = partial(self._bandwidth.take, stop=leave)
        if self._is_direct(metadata) and self._went_direct(path, metadata, hub, leave, progress, throttle):
            return
        chunk_bytes = self._bandwidth.chunk_bytes(LARGEST_CHUNK_BYTES, SMALLEST_CHUNK_BYTES)
        hub.upload(path, metadata, progress=progress, chunk_bytes=chunk_bytes, stop=leave, throttle=throttle)

    def _is_direct(self, metadata: UploadMetadata) -> bool:
        asks = self._clock.monotonic_ns() >= self._no_direct_before_ns
        return asks and metadata.session_id not in self._not_direct

    def _went_direct(
        self, path: Path, metadata: UploadMetadata, hub: Hub, leave: Leave, progress: _Sent,
        throttle: Callable[[int], None],
    ) -> bool:  # fmt: skip
        """Whether the hub has it by way of its object store; if not, tus does it, which can be resumed."""
        try:
            if hub.upload_direct(path, metadata, progress=progress, stop=leave, throttle=throttle):
                return True
        except (*Refusal, DirectUploadFailed) as problem:
            if leave.is_set():
                raise
            if is_unknown_route(problem):
                self._no_direct_before_ns = self._clock.monotonic_ns() + round(NO_DIRECT_S * NS_PER_S)
            else:
                log.info("no direct upload; sending it through the hub", recording=metadata.session_id,
                         problem=problem.sentence)  # fmt: skip
        self._not_direct.add(metadata.session_id)
        return False

    def _refused(self, row: CaptureRow, problem: Problem) -> float:
        if row.session_id not in self._not_before_ns:
            log.error("the hub refuses a recording", recording=row.session_id, problem=problem.sentence)
        self._not_before_ns[row.session_id] = self._clock.monotonic_ns() + round(REFUSED_RETRY_S * NS_PER_S)
        self._outbox.set_state(row.session_id, CaptureState.SEALED, why=f"the hub refuses it: {problem.sentence}")
        return 0.0


class _Sent:
    """How far an upload is; when it gets further, delivery works, however long the rest takes."""

    def __init__(self, link: HubLink, session_id: str) -> None:
        self._link = link
        self._session_id = session_id
        self._first: int | None = None

    def __call__(self, sent: int, _total: int) -> None:
        self._link.sent_bytes[self._session_id] = sent
        if self._first is None:
            self._first = sent
        elif sent > self._first:
            self._link.health.worked(RECORDINGS)


def _urgency(row: CaptureRow) -> int:
    return urgency_of(row.reason, has_trigger=row.trigger is not None).value

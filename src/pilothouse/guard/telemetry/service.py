"""Encodes every cycle once, on a thread of its own, for however many clients."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping

import msgspec

from pilothouse.guard.cycle_queue import CycleQueue, is_refused
from pilothouse.guard.model import Cycle, Observation
from pilothouse.guard.telemetry.events import event_of
from pilothouse.guard.telemetry.frames import frame_of, joint_states
from pilothouse.guard.telemetry.history import Event, History
from pilothouse.guard.telemetry.metric_bus import MetricBus
from pilothouse.kit.logs import get_logger

HISTORY = 1_000
# Being woken by each cycle would take the interpreter from the loop; looking in costs at most this much delay.
LOOK_S = 0.003
# When nothing has come for a while, nothing is missed by looking less often.
IDLE_LOOK_S = 0.02
IDLE_AFTER = 200

log = get_logger("pilothouse.guard")


class TelemetryService:
    """Hears of cycles (``offer``), keeps the newest, and wakes readers.

    With a ``metric_bus`` every event has a ``perf`` field, measured against ``cycle_budget_ms`` (the cycle's own
    deadline when None); without one it has none.
    """

    def __init__(
        self,
        metric_bus: MetricBus | None = None,
        cycle_budget_ms: float | None = None,
        *,
        history: int = HISTORY,
        images: bool = True,
        image_rate_hz: float | None = None,
        joint_names: tuple[str, ...] = (),
    ) -> None:
        self.metric_bus = metric_bus
        self.cycle_budget_ms = cycle_budget_ms
        self.history = History(history)
        self.joint_names = joint_names
        self.unencodable = 0
        """Cycles that could not be encoded."""
        self.camera_frames = 0
        self._images = images
        self._image_gap_ns = 0 if image_rate_hz is None else round(1e9 / image_rate_hz)
        self._image_due_ns: dict[str, int] = {}
        self._queue = CycleQueue()
        self._seen_drops = 0
        self._encode = msgspec.json.Encoder().encode
        self._wakers: dict[asyncio.AbstractEventLoop, set[asyncio.Event]] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="telemetry", daemon=True)

    def offer(self, cycle: Cycle) -> None:
        """Take in a cycle: an append to a bounded queue, whoever listens."""
        self._queue.offer(cycle)

    @property
    def dropped(self) -> int:
        """Cycles that came faster than they could be encoded; they count as missed for everybody."""
        return self._queue.dropped + self._queue.dropped_rejected

    @property
    def total(self) -> int:
        """How many events there have been, the dropped ones among them."""
        return self.history.last_seq

    @property
    def readers(self) -> int:
        return sum(len(events) for events in self._wakers.values())

    def last(self, count: int) -> bytes:
        """The newest events as a JSON document, as they were encoded."""
        events = b",".join(event.text for event in self.history.last(count))
        return b'{"events":[%b],"total":%d}' % (events, self.total)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Encode what waits, then end."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def listen(self) -> asyncio.Event:
        """An event that is set whenever something new is there; for the running event loop."""
        event = asyncio.Event()
        with self._lock:
            self._wakers.setdefault(asyncio.get_running_loop(), set()).add(event)
        return event

    def leave(self, event: asyncio.Event) -> None:
        with self._lock:
            loop = asyncio.get_running_loop()
            events = self._wakers.get(loop, set())
            events.discard(event)
            if not events:
                self._wakers.pop(loop, None)

    def drain(self) -> int:
        """Encode all that waits; answers how many. The thread does it, or a test."""
        count = 0
        while cycles := self._queue.take():
            for cycle in cycles:
                self._take(cycle)
            count += len(cycles)
        if count:
            self._wake()
        return count

    def _take(self, cycle: Cycle) -> None:
        drops = self.dropped
        seq = self.history.last_seq + 1 + drops - self._seen_drops
        self._seen_drops = drops
        try:
            self.history.append(self._event(cycle, seq))
        except Exception:
            self.history.last_seq = seq  # missed by everybody
            self.unencodable += 1
            if self.unencodable == 1:
                log.exception("a cycle cannot be told to clients", cycle_id=cycle.cycle_id)

    def _event(self, cycle: Cycle, seq: int) -> Event:
        perf = None
        if self.metric_bus is not None:
            self.metric_bus.observe(cycle)
            budget_ms = cycle.deadline_ms if self.cycle_budget_ms is None else self.cycle_budget_ms
            perf = self.metric_bus.perf(budget_ms)
        content = event_of(cycle, perf)
        content["seq"] = seq
        observation = cycle.observation
        images = self._due_images(observation, cycle.monotonic_ns)
        return Event(
            seq=seq,
            text=self._encode(content),
            is_reject=is_refused(cycle),
            log_time_ns=round(cycle.timestamp * 1e9),
            frames=tuple(frame_of(name, image) for name, image in images.items()),
            cameras=tuple(images.items()),
            joints=None if observation is None else self._encode(joint_states(observation, self.joint_names)),
        )

    def _due_images(self, observation: Observation | None, monotonic_ns: int) -> Mapping[str, bytes]:
        if observation is None or not observation.images or not self._images:
            return {}
        due: dict[str, bytes] = {}
        for name, image in observation.images.items():
            if image and monotonic_ns >= self._image_due_ns.get(name, 0):
                due[name] = image
                self.camera_frames += 1
                self._image_due_ns[name] = monotonic_ns + self._image_gap_ns
        return due

    def _wake(self) -> None:
        with self._lock:
            wakers = [(loop, tuple(events)) for loop, events in self._wakers.items()]
        for loop, events in wakers:
            try:
                loop.call_soon_threadsafe(_set_all, events)
            except RuntimeError:  # that event loop is closed, and its readers with it
                with self._lock:
                    self._wakers.pop(loop, None)

    def _work(self) -> None:
        idle = 0
        while not self._ending.is_set():
            idle = 0 if self.drain() else idle + 1
            time.sleep(LOOK_S if idle < IDLE_AFTER else IDLE_LOOK_S)
        self.drain()


def _set_all(events: tuple[asyncio.Event, ...]) -> None:
    for event in events:
        event.set()

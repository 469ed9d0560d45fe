"""Triggers that make no recording of their own: the first of a kind has a row, those that follow are counted in it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.logs import get_logger
from pilothouse.recorder.outbox.outbox import Outbox, OutboxUnwritable, Standing
from pilothouse.recorder.outbox.post_rolls import CaptureRequest

# What is refused again and again has a new row so often: a row that tells of three days tells little.
ROW_SPAN_NS = 3_600 * NS_PER_S

log = get_logger("pilothouse.recorder")


@dataclass(frozen=True, slots=True)
class Now:
    """When a trigger fired, on every clock that counts."""

    fired_at_ns: int
    wall_ns: int
    steady_ns: int


@dataclass(slots=True)
class Tally:
    """One row, and what it counts beside its own trigger."""

    request: CaptureRequest
    standing: Standing
    began_ns: int
    is_noted: bool = True
    more: int = 0
    last_fired_at_ns: int | None = None


class Tallies:
    """Counted by whoever fires, brought to the disk by `write`. The caller holds a lock."""

    def __init__(self, outbox: Outbox, taken: Callable[[str], bool]) -> None:
        self._outbox = outbox
        self._taken = taken
        self._open: dict[Hashable, Tally] = {}
        self._unwritten: dict[str, Tally] = {}

    @property
    def is_written(self) -> bool:
        return not self._unwritten

    @property
    def unnoted(self) -> tuple[CaptureRequest, ...]:
        """Triggers that only memory knows of."""
        return tuple(one.request for one in self._unwritten.values() if not one.is_noted)

    def count(self, key: Hashable, request: Callable[[str], CaptureRequest], standing: Standing, now: Now) -> bool:
        """Tell of a trigger. True: in a row of its own, for it is the first under its key for an hour."""
        tally = self._open.get(key)
        if tally is None or now.steady_ns - tally.began_ns >= ROW_SPAN_NS:
            self._open[key] = self._begun(request, standing, now)
            return True
        tally.more, tally.last_fired_at_ns = tally.more + 1, now.fired_at_ns
        self._unwritten[tally.request.session_id] = tally
        return False

    def close(self, chosen: Callable[[Hashable], bool]) -> list[Tally]:
        """Whatever follows under these keys has a row of its own again; what was counted under them."""
        return [self._open.pop(key) for key in list(self._open) if chosen(key)]

    def write(self) -> None:
        """Bring to the disk what is not there; raises OutboxUnwritable."""
        for session_id, tally in list(self._unwritten.items()):
            if not tally.is_noted:
                self._outbox.add(tally.request, tally.standing)
                tally.is_noted = True
            if tally.last_fired_at_ns is not None:
                self._outbox.count(session_id, tally.more, tally.last_fired_at_ns)
            del self._unwritten[session_id]

    def _begun(self, request: Callable[[str], CaptureRequest], standing: Standing, now: Now) -> Tally:
        try:
            asked = self._outbox.ask(request, now_ns=now.wall_ns, taken=self._taken, standing=standing)
        except OutboxUnwritable as problem:
            log.error("a trigger cannot be noted on disk; it is kept in memory", problem=problem.sentence)
            asked = request(self._outbox.free_id(now.wall_ns, self._taken))
            self._unwritten[asked.session_id] = tally = Tally(asked, standing, now.steady_ns, is_noted=False)
            return tally
        return Tally(asked, standing, now.steady_ns)

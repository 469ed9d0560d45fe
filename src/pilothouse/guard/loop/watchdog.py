"""Looks on from outside the loop: whatever hangs, the sinks are told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from pilothouse.guard.loop.emergency import EmergencyStop
from pilothouse.guard.loop.priority import raise_priority
from pilothouse.kit.logs import get_logger

LOOK_S = 0.02

log = get_logger("pilothouse.guard")

Calls = Callable[[], Iterable[tuple[str, str, int]]]
"""Kind, name and start in monotonic nanoseconds (0: nothing under way) of each call that can hang."""


def hung(
    calls: Iterable[tuple[str, str, int]], now_ns: int, *, timeout_s: float, policy_timeout_s: float
) -> tuple[str, str, float] | None:
    """Kind, name and seconds of the first call that takes too long. Pure."""
    for kind, name, since_ns in calls:
        taken_s = (now_ns - since_ns) / 1e9
        if since_ns and taken_s > (policy_timeout_s if kind == "policy" else timeout_s):
            return kind, name, taken_s
    return None


class Watchdog:
    """A thread that triggers the emergency stop when a call hangs while cycles run, and then gives up what hangs."""

    def __init__(
        self,
        calls: Calls,
        emergency: EmergencyStop,
        *,
        timeout_s: float,
        policy_timeout_s: float,
        priority: int = 0,
        give_up: Callable[[str], object] = lambda kind: None,
    ) -> None:
        self._calls = calls
        self._give_up = give_up
        self._emergency = emergency
        self._timeout_s = timeout_s
        self._policy_timeout_s = policy_timeout_s
        self._priority = priority
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def look(self, now_ns: int) -> None:
        found = hung(self._calls(), now_ns, timeout_s=self._timeout_s, policy_timeout_s=self._policy_timeout_s)
        if found is not None and not self._emergency.is_latched:
            kind, name, taken_s = found
            what = kind if kind == name else f"{kind} {name}"
            self._emergency.trigger(
                "watchdog", f"{what} has not answered for {taken_s:.2f} s", failure_type=f"{kind}_hung"
            )
            self._give_up(kind)

    def _work(self) -> None:
        raise_priority(self._priority)
        while not self._ending.wait(LOOK_S):
            try:
                self.look(time.monotonic_ns())
            except Exception as error:
                # Nobody watches the watchdog: what it cannot look at may hang, and it must go on looking.
                if not self._emergency.is_latched:
                    words = f"{type(error).__name__}: {error}"
                    self._emergency.trigger("watchdog", words, failure_type="watchdog_exception")
                    log.exception("the watchdog stumbled")

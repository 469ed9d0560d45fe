"""Tells systemd that the recorder works, for as long as it really does: then it is not started anew for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.logs import get_logger
from pilothouse.kit.systemd import ALIVE, notify, watchdog_s

# A slow disk or a busy machine holds things up for seconds; what stands still for longer does not move again.
STUCK_S = 10.0
BEATS_PER_INTERVAL = 3

log = get_logger("pilothouse.recorder")


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a working recorder shows."""

    threads_live: bool
    sampled_at_ns: int
    """When its counters were last read, on the monotonic clock; that needs every lock of the ring."""
    unsealed: int | None
    """The oldest chunk that waits to be sealed; another one, or none, a moment later."""


class Health:
    """Judges vitals one after the other. What only waits (a full disk, a hub or source that is away) is healthy."""

    def __init__(self) -> None:
        self._unsealed: int | None = None
        self._since_ns = 0

    def trouble(self, vitals: Vitals, now_ns: int) -> str | None:
        """Why the recorder does not work, if it does not."""
        if vitals.unsealed != self._unsealed:
            self._unsealed, self._since_ns = vitals.unsealed, now_ns
        if not vitals.threads_live:
            return "a thread has died"
        if now_ns - vitals.sampled_at_ns > STUCK_S * NS_PER_S:
            return "the counters cannot be read"
        if vitals.unsealed is not None and now_ns - self._since_ns > STUCK_S * NS_PER_S:
            return "a chunk is not sealed"
        return None


async def keep_watch(vitals: Callable[[], Vitals], now_ns: Callable[[], int]) -> None:
    """Until cancelled. Runs where requests are answered: when that stands still, systemd hears nothing either."""
    interval_s = watchdog_s()
    if interval_s is None:
        return
    health, known = Health(), ""
    while True:
        trouble = health.trouble(await asyncio.to_thread(vitals), now_ns())
        if trouble is None:
            notify(ALIVE)
        elif trouble != known:
            log.error("the recorder does not work; systemd will start it anew", trouble=trouble)
        known = trouble or ""
        await asyncio.sleep(interval_s / BEATS_PER_INTERVAL)

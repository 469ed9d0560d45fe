"""Whether workers are alive: those of this machine by their processes, the others by their leases."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pilothouse.hub.lab.models import WorkerRow
from pilothouse.kit.clock import NS_PER_S

# A machine that stood still lets every lease run out, and whoever looks first would bury the living: it looks twice.
LOOKS_APART_OF_LEASE = 0.5
# A process that is there is late more often than it hangs.
LEASES_OF_THE_LIVING = 4


@dataclass(frozen=True, slots=True)
class _Suspicion:
    lease_until: datetime
    since_ns: int


class Suspects:
    """Workers that are silent, until it is certain that they are dead. One for each process that looks."""

    def __init__(self, host: str, lease_s: float) -> None:
        self._host = host
        self._lease_s = lease_s
        self._seen: dict[str, _Suspicion] = {}

    def dead(self, workers: Iterable[WorkerRow], now: datetime, now_ns: int) -> list[str]:
        """Those of all workers that are dead: their process is gone, or they were silent at two looks."""
        found, seen = [], {}
        for worker in workers:
            alive = process_is_there(worker.process) if worker.host == self._host else None
            if alive is False:
                found.append(worker.id)
            elif worker.lease_until <= now:
                suspicion = self._suspicion(worker, now_ns)
                seen[worker.id] = suspicion
                if self._is_certain(suspicion, now, now_ns, lives=alive is True):
                    found.append(worker.id)
        self._seen = seen
        return found

    def _suspicion(self, worker: WorkerRow, now_ns: int) -> _Suspicion:
        known = self._seen.get(worker.id)
        if known is not None and known.lease_until == worker.lease_until:
            return known
        return _Suspicion(worker.lease_until, now_ns)

    def _is_certain(self, suspicion: _Suspicion, now: datetime, now_ns: int, *, lives: bool) -> bool:
        watched_s = (now_ns - suspicion.since_ns) / NS_PER_S
        silent_s = (now - suspicion.lease_until).total_seconds()
        patience_s = self._lease_s * (LEASES_OF_THE_LIVING - 1) if lives else 0.0
        return watched_s >= self._lease_s * LOOKS_APART_OF_LEASE and silent_s >= patience_s


def process_is_there(process: str) -> bool | None:
    """Whether a process lives; None for one that cannot be seen from here."""
    number, _, rest = process.partition(":")
    place = rest.partition(":")[2]
    if place != _here() or not number.isdigit():
        return None
    return process_of(int(number)) == process


def process_of(pid: int) -> str:
    """A process, told apart from others that later have its number, and from those of other containers."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return f"{pid}::{_here()}" if pid == os.getpid() else ""
    return f"{pid}:{fields[19]}:{_here()}"


@functools.cache
def _here() -> str:
    """Where the numbers of processes mean what they mean to this one: a boot of a machine, and a namespace on it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return "?"

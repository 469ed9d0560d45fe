"""How the computer of the guard is, looked at on a thread of its own."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pilothouse.guard.boundaries.hardware_settings import HOST_CPU, HOST_DISK, HOST_MEMORY, HOST_TEMPERATURE

LOOK_S = 0.5
# What was seen longer ago says nothing of now: its channels are missing then, which is refused.
FRESH_S = 3.0
# A share of time needs two looks.
FIRST_S = 0.1
END_S = 1.0
_PROC, _SYS = Path("/proc"), Path("/sys")


class Host:
    """Channels ``host.*`` as they were at the last look; only what is ``wanted`` is looked at."""

    def __init__(self, directory: Path, *, proc: Path = _PROC, sys: Path = _SYS) -> None:
        self._directory = directory
        self._proc, self._sys = proc, sys
        self._wanted: frozenset[str] = frozenset()
        self._busy: tuple[int, int] | None = None
        self._seen: tuple[float, Mapping[str, float]] = (0.0, {})
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def stop(self) -> None:
        self._ending.set()
        if self._thread is not None:
            self._thread.join(END_S)

    def want(self, channels: frozenset[str]) -> None:
        """Look at these from now on; they are there when this returns, if they can be had at all."""
        if channels and self._thread is None:
            self._thread = threading.Thread(target=self._work, name="host", daemon=True)
            self._thread.start()
        is_more = not channels <= self._wanted
        self._wanted = channels
        if is_more:
            self._look()
            if HOST_CPU in channels:
                self._ending.wait(FIRST_S)
                self._look()

    def channels(self) -> Mapping[str, float]:
        """What was seen, while it is fresh."""
        at_s, found = self._seen
        return found if found and time.monotonic() - at_s <= FRESH_S else {}

    def _work(self) -> None:
        while not self._ending.wait(LOOK_S):
            if self._wanted:
                self._look()

    def _look(self) -> None:
        found: dict[str, float] = {}
        began_s = time.monotonic()
        for channel, look in (
            (HOST_CPU, self._cpu_percent), (HOST_MEMORY, self._memory_percent), (HOST_DISK, self._disk_free_bytes),
            (HOST_TEMPERATURE, self._temperature_c),
        ):  # fmt: skip
            if channel in self._wanted:
                # What cannot be had on this computer is missing, and whoever limits it hears so.
                with suppress(OSError, ValueError, IndexError, KeyError):
                    value = look()
                    if value is not None:
                        found[channel] = value
        self._seen = (began_s, found)

    def _cpu_percent(self) -> float | None:
        """The share of all cores that was busy since the last look."""
        numbers = [int(one) for one in (self._proc / "stat").read_text().split("\n", 1)[0].split()[1:9]]
        total, idle = sum(numbers), numbers[3] + numbers[4]
        before, self._busy = self._busy, (total, idle)
        if before is None:
            return None
        passed = total - before[0]
        return 100.0 * (1 - (idle - before[1]) / passed) if passed > 0 else self._seen[1].get(HOST_CPU)

    def _memory_percent(self) -> float:
        lines = (self._proc / "meminfo").read_text().splitlines()
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
        return 100.0 * (1 - kilobytes["MemAvailable"] / kilobytes["MemTotal"])

    def _disk_free_bytes(self) -> float:
        disk = os.statvfs(self._directory)
        return float(disk.f_bavail * disk.f_frsize)

    def _temperature_c(self) -> float | None:
        """The hottest of all zones."""
        zones = sorted(self._sys.glob("class/thermal/thermal_zone*/temp"))
        return max((int(one.read_text()) / 1000 for one in zones), default=None)

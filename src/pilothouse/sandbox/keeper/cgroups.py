"""One control group per command, in whatever hierarchies this machine has and this process may write to."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_V1 = ("memory", "pids", "cpu", "cpuacct", "freezer")
_V2 = ("memory", "pids", "cpu")
_PERIOD_US = 100_000
_EMPTY_WITHIN_S = 5.0
_NAME = "pilothouse"
# Where a service lives that has made room for groups beside it.
_SERVICE = "pilothouse-service"
_MIB = 1024 * 1024


class Hierarchies:
    """Where groups can be made: a directory per controller, found by trying."""

    def __init__(self, found: dict[str, str]) -> None:
        self.found = found
        """Controller to directory; ``unified`` has ``cgroup.kill``, ``v2:memory`` is a version 2 controller."""

    @classmethod
    def probe(cls) -> Hierarchies:
        found: dict[str, str] = {}
        own = _own_groups()
        for controller in _V1:
            base = _ROOT / controller
            if controller in own and (base / "cgroup.procs").exists():
                _try(found, controller, (base / own[controller].lstrip("/"), base))
        for unified in (_ROOT / "unified", _ROOT):
            if (unified / "cgroup.controllers").exists():
                ours = unified / own.get("", "/").removesuffix(f"/{_SERVICE}").lstrip("/")
                _try(found, "unified", (ours, unified))
                if "unified" in found:
                    _enable(found, unified)
                break
        return cls(found)

    def sweep(self) -> None:
        """Remove the empty groups of keepers that were killed."""
        for base in {Path(one) for one in self.found.values()}:
            for place in base.glob(f"{_NAME}-*-*"):
                if not Path("/proc", place.name.split("-")[1]).exists():
                    with contextlib.suppress(OSError):
                        place.rmdir()

    def has(self, controller: str) -> bool:
        return controller in self.found or f"v2:{controller}" in self.found

    def group(self, number: int) -> Group:
        """Make the directories of this keeper's group of this number."""
        name = f"{_NAME}-{os.getpid()}-{number}"
        places: dict[str, Path] = {}
        for controller, base in self.found.items():
            if controller.startswith("v2:"):
                places[controller] = Path(base) / name
                continue
            place = Path(base) / name
            with contextlib.suppress(FileExistsError):
                place.mkdir()
            places[controller] = place
        return Group(places)


class Group:
    """The control groups of one command."""

    def __init__(self, places: dict[str, Path]) -> None:
        self._places = places

    def join(self) -> None:
        """Move the calling process in. The kernel may take its time over it: not for the keeper to do."""
        for place in set(self._places.values()):
            (place / "cgroup.procs").write_text("0")

    def limit(self, *, cpu: float | None, memory_mb: int | None, pids: int | None) -> None:
        """Set what was asked for where there is a controller for it."""
        if memory_mb is not None:
            self._limit_memory(memory_mb * _MIB)
        if pids is not None:
            self._write("pids", "pids.max", str(pids)) or self._write("v2:pids", "pids.max", str(pids))
        if cpu is not None:
            quota = max(1000, round(cpu * _PERIOD_US))
            self._write("cpu", "cpu.cfs_quota_us", str(quota)) or self._write(
                "v2:cpu", "cpu.max", f"{quota} {_PERIOD_US}"
            )

    def _limit_memory(self, limit: int) -> None:
        if self._write("memory", "memory.limit_in_bytes", str(limit)):
            self._write("memory", "memory.memsw.limit_in_bytes", str(limit))
            return
        self._write("v2:memory", "memory.max", str(limit))
        self._write("v2:memory", "memory.swap.max", "0")
        self._write("v2:memory", "memory.oom.group", "1")

    def out_of_memory(self) -> bool:
        """Whether the kernel has killed for memory in here."""
        return bool(
            self._counter("memory", "memory.oom_control", "oom_kill")
            or self._counter("v2:memory", "memory.events", "oom_kill")
        )

    def out_of_pids(self) -> bool:
        """Whether a fork has failed for the limit."""
        return bool(self._counter("pids", "pids.events", "max") or self._counter("v2:pids", "pids.events", "max"))

    def cpu_s(self) -> float | None:
        used_us = self._counter("unified", "cpu.stat", "usage_usec")
        if used_us is not None:
            return used_us / 1e6
        used_ns = self._read("cpuacct", "cpuacct.usage")
        return None if used_ns is None else int(used_ns) / 1e9

    def peak_memory(self) -> int | None:
        peak = self._read("memory", "memory.max_usage_in_bytes") or self._read("v2:memory", "memory.peak")
        return None if peak is None else int(peak)

    def pids(self) -> list[int]:
        """Every process in here."""
        for controller in ("unified", "freezer", "pids", "memory", "cpu", "cpuacct"):
            listed = self._read(controller, "cgroup.procs")
            if listed is not None:
                return [int(one) for one in listed.split()]
        return []

    @property
    def lists(self) -> bool:
        return bool(self._places)

    def kill(self) -> None:
        """SIGKILL to every process in here, atomically where the kernel can."""
        if self._write("unified", "cgroup.kill", "1"):
            return
        frozen = self._write("freezer", "freezer.state", "FROZEN")
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        if frozen:
            self._write("freezer", "freezer.state", "THAWED")

    def remove(self) -> bool:
        """Kill whatever is left and remove the directories; False when something will not die."""
        until = time.monotonic() + _EMPTY_WITHIN_S
        for place in sorted(set(self._places.values()), reverse=True):
            while True:
                try:
                    place.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    self.kill()
                    if time.monotonic() > until:
                        return False
                    time.sleep(0.002)
                else:
                    break
        return True

    def _write(self, controller: str, name: str, value: str) -> bool:
        place = self._places.get(controller)
        if place is None:
            return False
        try:
            (place / name).write_text(value)
        except OSError:
            return False
        return True

    def _read(self, controller: str, name: str) -> str | None:
        place = self._places.get(controller)
        try:
            return None if place is None else (place / name).read_text()
        except OSError:
            return None

    def _counter(self, controller: str, name: str, word: str) -> int | None:
        for line in (self._read(controller, name) or "").splitlines():
            key, _, value = line.partition(" ")
            if key == word:
                return int(value)
        return None


def _own_groups() -> dict[str, str]:
    own: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            own[controller] = path
    return own


def _try(found: dict[str, str], controller: str, bases: tuple[Path, ...]) -> None:
    for base in bases:
        trial = base / f"pilothouse-probe-{os.getpid()}"
        try:
            trial.mkdir()
        except OSError:
            continue
        try:
            # A group that processes cannot be moved into is of no use; writing nobody's pid tells the two apart.
            usable = os.access(trial / "cgroup.procs", os.W_OK) and os.access(base / "cgroup.procs", os.W_OK)
        finally:
            trial.rmdir()
        if usable:
            found[controller] = str(base)
            return


def _enable(found: dict[str, str], top: Path) -> None:
    """Version 2: controllers must be handed down, which works only where no process lives beside the groups."""
    base = Path(found["unified"])
    offered = (base / "cgroup.controllers").read_text().split()
    wanted = [one for one in _V2 if one not in found and one in offered]
    enabled = _handed_down(base, wanted)
    if enabled != wanted and _is_given_to_us(base):
        _step_aside(base)
        enabled = _handed_down(base, wanted)
    if enabled != wanted and base != top:
        # As root, outside any unit: what the machine hands to its own groups anyway.
        above = [one for one in wanted if one in (top / "cgroup.subtree_control").read_text().split()]
        other: dict[str, str] = {}
        _try(other, "unified", (top,) if len(above) > len(enabled) else ())
        if other:
            found["unified"], base, enabled = str(top), top, above
    found.update({f"v2:{one}": str(base) for one in enabled})


def _handed_down(base: Path, wanted: list[str]) -> list[str]:
    control = base / "cgroup.subtree_control"
    for controller in wanted:
        if controller not in control.read_text().split():
            with contextlib.suppress(OSError):
                control.write_text(f"+{controller}")
    return [one for one in wanted if one in control.read_text().split()]


def _is_given_to_us(base: Path) -> bool:
    """Whether all that lives in it belongs to this service: a unit of systemd with Delegate=, or a container."""
    if base in (_ROOT, _ROOT / "unified"):
        return (base / "cgroup.events").exists()  # the machine's own root has none, and needs no room made
    for name in ("trusted.delegate", "user.delegate"):
        with contextlib.suppress(OSError):
            return os.getxattr(base, name) == b"1"
    return base.name.endswith(".service") and base.stat().st_uid == os.geteuid() != 0


def _step_aside(base: Path) -> None:
    """Move what lives in a group, this service and all it has started, into one beneath it."""
    with contextlib.suppress(OSError):
        (base / _SERVICE).mkdir(exist_ok=True)
        for pid in (base / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                (base / _SERVICE / "cgroup.procs").write_text(pid)

"""Control groups of version 2, as systemd hands them to a unit; on a directory that behaves like one of them."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from pilothouse.sandbox.keeper import cgroups
from pilothouse.sandbox.keeper.cgroups import Group, Hierarchies

CONTROLLERS = "cpu memory pids"
OF_EACH = {"cpu": ("cpu.max",), "memory": ("memory.max", "memory.swap.max", "memory.oom.group"), "pids": ("pids.max",)}


class CgroupPath(type(Path())):  # type: ignore[misc]
    """A path whose directories are groups: they have files, and rules."""

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        if exist_ok and self.is_dir():
            return
        super().mkdir(mode, parents, exist_ok)
        enabled = Path(self.parent, "cgroup.subtree_control").read_text().split()
        files = {"cgroup.procs": "", "cgroup.subtree_control": "", "cgroup.events": "populated 0\n", "cgroup.kill": "",
                 "cgroup.controllers": " ".join(enabled), "cpu.stat": "usage_usec 1500000\n"}  # fmt: skip
        files |= {name: "max" for controller in enabled for name in OF_EACH[controller]}
        for name, content in files.items():
            Path(self, name).write_text(content)

    def rmdir(self) -> None:
        if Path(self, "cgroup.procs").read_text().split():
            raise OSError(errno.EBUSY, "it is populated")
        for file in Path(self).iterdir():
            file.unlink()
        super().rmdir()

    def write_text(self, data: str, *given: Any, **named: Any) -> int:
        if not self.exists():
            raise OSError(errno.ENOENT, str(self))
        plain = Path(self)
        if self.name == "cgroup.procs":
            self._leave(data)
            plain.write_text(" ".join([*plain.read_text().split(), data]))
        elif self.name == "cgroup.subtree_control":
            if plain.with_name("cgroup.procs").read_text().split():
                raise OSError(errno.EBUSY, "processes live beside the groups")
            plain.write_text(" ".join([*plain.read_text().split(), data.removeprefix("+")]))
        else:
            plain.write_text(data)
        return len(data)

    def _leave(self, pid: str) -> None:
        top = next(one for one in (self, *self.parents) if one.name == "cgroup")
        for listed in Path(top).rglob("cgroup.procs"):
            listed.write_text(" ".join(one for one in listed.read_text().split() if one != pid))


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The group of a unit in which a hub and its keeper live."""
    top = tmp_path / "cgroup"
    top.mkdir()
    for name, content in {"cgroup.controllers": CONTROLLERS, "cgroup.subtree_control": "", "cgroup.procs": ""}.items():
        (top / name).write_text(content)
    CgroupPath(top, "cgroup.subtree_control").write_text("+cpu")
    for controller in ("memory", "pids"):
        CgroupPath(top, "cgroup.subtree_control").write_text(f"+{controller}")
    unit = CgroupPath(top, "hub.service")
    unit.mkdir()
    (unit / "cgroup.procs").write_text("4001")
    (unit / "cgroup.procs").write_text("4002")
    monkeypatch.setattr(cgroups, "Path", CgroupPath)
    monkeypatch.setattr(cgroups, "_ROOT", CgroupPath(top))
    monkeypatch.setattr(cgroups, "_own_groups", lambda: {"": "/hub.service"})
    return Path(unit)


def delegated(monkeypatch: pytest.MonkeyPatch, *, to_us: bool) -> None:
    def attribute(_path: object, name: str) -> bytes:
        if to_us and name == "trusted.delegate":
            return b"1"
        raise OSError(errno.ENODATA, name)

    monkeypatch.setattr(os, "getxattr", attribute)


def test_in_a_unit_of_its_own_the_service_makes_room_and_commands_are_limited(
    unit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delegated(monkeypatch, to_us=True)

    found = Hierarchies.probe()

    assert all(found.has(one) for one in ("cpu", "memory", "pids"))
    assert (unit / "pilothouse-service" / "cgroup.procs").read_text().split() == ["4001", "4002"]
    assert (unit / "cgroup.procs").read_text() == ""
    group = found.group(1)
    group.limit(cpu=0.5, memory_mb=64, pids=20)
    group.join()
    place = unit / f"pilothouse-{os.getpid()}-1"
    said = {name: (place / name).read_text() for files in OF_EACH.values() for name in files}
    assert said == {
        "cpu.max": "50000 100000", "memory.max": str(64 << 20), "memory.swap.max": "0", "memory.oom.group": "1",
        "pids.max": "20",
    }  # fmt: skip
    assert (place / "cgroup.procs").read_text().split() == ["0"]
    assert (group.pids(), group.cpu_s()) == ([0], 1.5)
    the_end_is_told(group, place)


def the_end_is_told(group: Group, place: Path) -> None:
    assert (group.out_of_memory(), group.out_of_pids(), group.peak_memory()) == (False, False, None)
    (place / "memory.events").write_text("low 0\nmax 12\noom 1\noom_kill 1\n")
    (place / "pids.events").write_text("max 3\n")
    (place / "memory.peak").write_text("67108864\n")
    assert (group.out_of_memory(), group.out_of_pids(), group.peak_memory()) == (True, True, 64 << 20)
    group.kill()
    assert (place / "cgroup.kill").read_text() == "1"
    (place / "cgroup.procs").write_text("")
    assert group.remove()
    assert not place.exists()


def test_who_was_started_again_in_its_unit_finds_the_same_place(unit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delegated(monkeypatch, to_us=True)
    Hierarchies.probe()
    monkeypatch.setattr(cgroups, "_own_groups", lambda: {"": "/hub.service/pilothouse-service"})

    again = Hierarchies.probe()

    assert {Path(one) for one in again.found.values()} == {unit}
    assert again.has("memory")


def test_nobody_elses_processes_are_moved(unit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delegated(monkeypatch, to_us=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    found = Hierarchies.probe()

    assert (unit / "cgroup.procs").read_text().split() == ["4001", "4002"]
    assert {Path(one) for one in found.found.values()} == {unit.parent}
    assert all(found.has(one) for one in ("cpu", "memory", "pids"))

"""The guard's own computer: looked at off the loop, refused when it is not well or cannot be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilothouse.guard.adapters import host as module
from pilothouse.guard.adapters.host import Host
from tests.support.processes import eventually
from tests.support.served_guards import guarding, stack_of

EVERY = frozenset({"host.cpu_percent", "host.memory_percent", "host.disk_free_bytes", "host.temperature_c"})


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """What Linux says of a computer."""
    zone = tmp_path / "class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("48500\n")
    (tmp_path / "meminfo").write_text("MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 250 kB\n")
    (tmp_path / "stat").write_text("cpu  10 0 10 80 0 0 0 0 0 0\ncpu0 …\n")
    return tmp_path


def test_it_sees_processor_memory_disk_and_the_hottest_zone(system: Path) -> None:
    host = Host(system, proc=system, sys=system)
    host.want(EVERY)
    (system / "stat").write_text("cpu  40 0 10 150 0 0 0 0 0 0\n")

    # Of a moment in which nothing passes, the share is that of the last in which something did.
    found = dict(eventually(lambda: host.channels() if "host.cpu_percent" in host.channels() else None))
    host.stop()

    assert found.pop("host.disk_free_bytes") > 0
    assert found == pytest.approx({"host.cpu_percent": 30.0, "host.memory_percent": 75.0, "host.temperature_c": 48.5})


def test_what_cannot_be_had_is_missing_and_what_nobody_wants_is_not_looked_at(system: Path) -> None:
    (system / "meminfo").unlink()
    host = Host(system, proc=system, sys=system / "nowhere")

    host.want(EVERY - {"host.cpu_percent"})

    assert set(host.channels()) == {"host.disk_free_bytes"}
    host.stop()


def test_what_was_seen_long_ago_says_nothing(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(system, proc=system, sys=system)
    host.want(EVERY)

    monkeypatch.setattr(module, "FRESH_S", -1.0)

    assert host.channels() == {}
    host.stop()


def health(**limits: float) -> dict[str, Any]:
    boundaries = {"limits": {"type": "joint_position"}, "host": {"type": "host_health", **limits}}
    return stack_of(boundaries=boundaries, tasks={"default": {}})


def test_a_guard_runs_on_a_computer_that_is_well_and_records_how_it_was(tmp_path: Path) -> None:
    with guarding(tmp_path, stack=health(maximum_memory_percent=100, minimum_disk_free_bytes=1)) as guard:
        guard.run(20)

        assert any(event["decision"] == "PASS" for event in guard.events())
        assert guard.sink.applied


def test_a_guard_refuses_on_one_that_is_not(tmp_path: Path) -> None:
    with guarding(tmp_path, stack=health(minimum_disk_free_bytes=1e18)) as guard:
        guard.post("start")

        eventually(lambda: any("host.disk_free_bytes" in str(event) for event in guard.events()), deadline_s=30)
        # It holds where it is.
        assert {action.joint_positions for action in guard.sink.applied} <= {(0.0, 0.0)}


def test_a_limit_that_comes_while_the_robot_moves_holds_it_up_only_if_it_is_broken(tmp_path: Path) -> None:
    with guarding(tmp_path, stack=stack_of(tasks={"default": {}})) as guard:
        guard.post("start")
        eventually(lambda: guard.sink.applied, deadline_s=30)

        boundary = {"name": "host", "type": "host_health", "maximum_cpu_percent": 1000, "maximum_memory_percent": 100}
        answer = guard.http.post("/api/boundaries", json=boundary)

        assert answer.status_code in (200, 201), answer.text
        eventually(lambda: "host" in guard.status["active_boundaries"], deadline_s=30)
        applied = len(guard.sink.applied)
        eventually(lambda: len(guard.sink.applied) > applied + 3, deadline_s=30)
        assert not [event for event in guard.events() if "is missing" in str(event)]

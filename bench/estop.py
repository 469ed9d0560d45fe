"""From the emergency stop to the sink, while everything around it hangs; and what a policy's own process costs.

Run: python -m bench.estop [STOPS]
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import yaml

from bench.report import Report, explain
from pilothouse.guard.adapters import open_adapters
from pilothouse.guard.model import Observation
from pilothouse.guard.stackfile import load
from tests.faults.test_estop import Robot, hanging_clients, robot
from tests.support.processes import eventually
from tests.support.stacks import TWO_JOINTS

CYCLE_S = 0.02
Hang = Callable[[Robot], None]


def stop_s(arm: Robot) -> float:
    """From the signal to the sink, on the clock that both share."""
    seen = arm.told.count("estop")
    asked_ns = time.monotonic_ns()
    os.kill(arm.program.pid, signal.SIGUSR2)
    eventually(lambda: arm.told.count("estop") > seen, what="the stop")
    lines = (arm.directory / "told.log").read_text().splitlines()
    heard_ns = [int(line.split()[0]) for line in lines if line.endswith(" estop")][seen]
    return (heard_ns - asked_ns) / 1e9


@contextmanager
def hung(arm: Robot, what: str, word: str) -> Iterator[None]:
    arm.begin(what, word)
    try:
        yield
    finally:
        (arm.directory / what).unlink()


def moving_again(arm: Robot) -> None:
    applied = arm.told.count("apply")
    arm.post("/api/control/start")
    eventually(lambda: arm.told.count("apply") > applied, what="actions")


def times(arm: Robot, count: int, what: str = "", word: str = "") -> list[float]:
    found = []
    for _ in range(count):
        moving_again(arm)
        if what:
            with hung(arm, what, word):
                found.append(stop_s(arm))
                time.sleep(1.1)  # a call that hangs for a second is given up by the reset
        else:
            found.append(stop_s(arm))
        arm.post("/api/control/reset")
    return found


def in_a_fresh_guard(measure: Callable[[Robot], list[float]]) -> list[float]:
    with tempfile.TemporaryDirectory() as name, robot(Path(name)) as arm:
        return measure(arm)


def disk_hangs(arm: Robot, count: int) -> list[float]:
    with closing(sqlite3.connect(arm.directory / "data/risk.db")) as log:
        arm.moving()
        log.execute("BEGIN EXCLUSIVE")
        with hung(arm, "hang-disk", "disk"):
            arm.post("/api/control/estop")
            arm.post("/api/control/reset")
            found = times(arm, count)
        log.rollback()
        return found


def disk_is_full(arm: Robot, count: int) -> list[float]:
    resource.prlimit(arm.program.pid, resource.RLIMIT_FSIZE, (100 << 10, resource.RLIM_INFINITY))
    arm.moving()
    eventually(lambda: "session not recorded" in arm.program.stderr, what="the full disk")
    arm.post("/api/control/estop")
    arm.post("/api/control/reset")
    return times(arm, count)


def among_clients(arm: Robot, count: int) -> list[float]:
    with hanging_clients(arm.program.url, 50):
        return times(arm, count)


def own_process_s(images: dict[str, bytes], rounds: int = 5000) -> list[float]:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "policy_of_a_bench.py").write_text(
            "def act(observation):\n    return observation.joint_positions\n"
        )
        policy = {"type": "python", "function": "policy_of_a_bench:act"}
        apart = open_adapters(load({**yaml.safe_load(TWO_JOINTS), "policy": policy}, directory=Path(name))).policy
        apart.reset()
        observation, found = Observation(1.0, (0.1, 0.1), (0.0, 0.0), images=images), []
        for _ in range(rounds):
            began = time.perf_counter_ns()
            apart.predict(observation)
            found.append((time.perf_counter_ns() - began) / 1e9)
        getattr(apart, "stop")()  # noqa: B009 - not every policy has one
        return sorted(found)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    report = Report("The emergency stop")
    scenes: dict[str, Callable[[Robot], list[float]]] = {
        "nothing hangs": lambda arm: times(arm, count),
        "50 clients hang": lambda arm: among_clients(arm, count),
        "the policy sleeps": lambda arm: times(arm, count, "sleep", "asleep"),
        "the policy keeps the interpreter lock": lambda arm: times(arm, count, "keep", "keeping"),
        "the disk hangs": lambda arm: disk_hangs(arm, count),
        "the disk is full": lambda arm: disk_is_full(arm, count),
    }
    for name, measure in scenes.items():
        found = in_a_fresh_guard(measure)
        most = max(found)
        report.row(f"{name}, median of {len(found)}", statistics.median(found))
        report.row("  longest", most, promise="<= one cycle of 20 ms", kept=most <= CYCLE_S)
    for name, images in (("no frames", {}), ("2 frames of 30 KB", {"a": b"x" * 30_000, "b": b"x" * 30_000})):
        found = own_process_s(images)
        report.row(f"a policy in its own process, {name}, p50", found[len(found) // 2])
        report.row("  p99", found[int(len(found) * 0.99)])
    report.print()


if __name__ == "__main__":
    explain(__doc__)
    main()

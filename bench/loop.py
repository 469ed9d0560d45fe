"""The loop: a whole cycle with recording and telemetry, and how well 1 kHz is kept.

Run: python -m bench.loop [SECONDS]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Report, explain
from pilothouse.guard.adapters import Adapters
from pilothouse.guard.loop import State
from pilothouse.guard.loop.priority import raise_priority
from pilothouse.guard.model import Action, Cycle, Observation
from pilothouse.guard.runtime import Runtime, open_records
from pilothouse.guard.settings import GuardSettings
from pilothouse.guard.stackfile import BoundaryEdits, load
from pilothouse.kit.clock import SystemClock

SECONDS = 60.0
JOINTS = 6
NAMES = ("shoulder_pan", "shoulder_lift", "elbow", "wrist_1", "wrist_2", "wrist_3")
POSE = (0.0, 0.4, 1.4, 0.0, 0.6, 0.0)
FOUR = {
    "limits": {"type": "joint_position"},
    "speed": {"type": "joint_velocity"},
    "workspace": {"type": "workspace_box", "lower_m": [-2, -2, -2], "upper_m": [2, 2, 2]},
    "fresh": {"type": "observation_age", "maximum_s": 0.2},
}
NINE = {
    **FOUR,
    "acceleration": {"type": "joint_acceleration"},
    "norm": {"type": "joint_speed_norm", "maximum_rad_s": 50.0},
    "temperature": {"type": "temperature", "channels": ["t"], "maximum_c": 80},
    "current": {"type": "current", "channels": ["i"], "maximum_a": 20},
    "voltage": {"type": "voltage", "channels": ["u"], "minimum_v": 20, "maximum_v": 60},
}


class Robot:
    """Source, policy and sink that cost next to nothing: what is measured is the guard."""

    def __init__(self) -> None:
        self.channels = {"t": 40.0, "i": 3.0, "u": 48.0}

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def reset(self) -> None: ...

    def read(self) -> Observation:
        return Observation(time.time(), POSE, (0.0,) * JOINTS, channels=self.channels)

    def predict(self, observation: Observation) -> Action:
        return Action(POSE, 0.04)

    def apply(self, action: Action) -> None: ...

    def emergency_stop(self) -> None: ...


class Totals:
    """A listener that keeps what cycles took."""

    def __init__(self) -> None:
        self.cycles: list[Cycle] = []

    def offer(self, cycle: Cycle) -> None:
        self.cycles.append(cycle)


def stack(boundaries: dict[str, Any]) -> dict[str, Any]:
    joints = [
        {"name": name, "lower_rad": -3.0, "upper_rad": 3.0, "velocity_rad_s": 3.0, "acceleration_rad_s2": 20.0}
        for name in NAMES
    ]
    return {
        "version": 1,
        "robot": {
            "name": "arm", "joints": joints, "gripper": {"lower_m": 0.0, "upper_m": 0.08},
            "kinematics": {"builtin": "sim"},
        },
        "sources": {"arm": {"type": "sim"}},
        "sinks": {"arm": {"type": "sim"}},
        "policy": {"type": "sim"},
        "boundaries": boundaries,
        "tasks": {"default": {}},
        "safety": {"control_frequency_hz": 1000, "max_obs_age_s": 0.5},
        "loopback": {"backend": "mcap"},
    }  # fmt: skip


@contextmanager
def running(boundaries: dict[str, Any]) -> Iterator[tuple[Runtime, Totals]]:
    with tempfile.TemporaryDirectory() as name:
        data, clock, robot, totals = Path(name), SystemClock(), Robot(), Totals()
        settings = GuardSettings(data=data, watchdog_timeout_s=10, policy_timeout_s=10)
        loaded = load(stack(boundaries))
        runtime = Runtime(
            settings, loaded, Adapters({"arm": robot}, robot, {"arm": robot}), edits=BoundaryEdits(data, clock),
            records=open_records(settings, loaded, clock), clock=clock, listeners=(totals,),
        )  # fmt: skip
        runtime.start()
        try:
            yield runtime, totals
        finally:
            runtime.stop()


def paced(boundaries: dict[str, Any], seconds: float, hz: float) -> tuple[Runtime, list[Cycle]]:
    """Run paced cycles; everything the guard does beside them happens too."""
    with running(boundaries) as (runtime, totals):
        runtime.begin(n_cycles=round(seconds * hz), cycle_budget_ms=1000 / hz)
        while runtime.loop.state is State.RUNNING:
            threading.Event().wait(0.05)
        assert runtime.loop.state is State.STOPPED, runtime.emergency.cause
        return runtime, totals.cycles


def stages(report: Report, name: str, cycles: list[Cycle]) -> None:
    for stage in ("obs", "policy", "validate", "sink"):
        took_ms = statistics.median(getattr(cycle.latency, stage) for cycle in cycles)
        report.row(f"{name}: {stage}", took_ms / 1e3, unit="s")


def real_time_is_granted() -> bool:
    """Whether threads of this program may go before others; asked on a thread of its own, which ends with it."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(raise_priority, 1).result()


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    report = Report("The loop")
    report.row("load of the machine before, 1 min", os.getloadavg()[0], unit="")
    report.row("real-time priority granted (SCHED_FIFO; 1 is yes)", float(real_time_is_granted()), unit="")
    _, cycles = paced(FOUR, min(10.0, seconds), 200)
    whole_s = statistics.median(cycle.latency.total for cycle in cycles) / 1e3
    decisions = {cycle.verdict.decision.value for cycle in cycles}
    report.row(f"whole step, 4 boundaries, p50 {decisions}", whole_s, promise="<= 120 us", kept=whole_s <= 120e-6)
    stages(report, "  of it", cycles)
    runtime, cycles = paced(NINE, seconds, 1000)
    counters = runtime.loop.counters
    expected = counters.cycles + counters.skipped_ticks
    share = (counters.deadline_misses + counters.skipped_ticks) / expected
    report.row(
        f"1 kHz, 9 boundaries, loopback, {seconds:g} s: missed",
        share * 100,
        unit="%",
        promise="< 1 %",
        kept=share < 0.01,
    )
    totals = sorted(cycle.latency.total for cycle in cycles)
    report.row("  whole step p50", totals[len(totals) // 2] / 1e3)
    report.row("  whole step p99", totals[int(len(totals) * 0.99)] / 1e3)
    report.row("  jitter mean", counters.jitter_mean_ms / 1e3)
    report.row("  jitter max", counters.jitter_max_ms / 1e3)
    dropped = runtime.records.loopback.dropped if runtime.records.loopback else 0
    report.row("  cycles not recorded", dropped, unit="cycles", promise="0", kept=dropped == 0)
    report.print()


if __name__ == "__main__":
    explain(__doc__)
    main()

"""What a verdict costs, beside robot-dam 0.7 on the same cycles in the same run.

Run: python -m bench.guard
"""

from __future__ import annotations

import gc
import json
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pydantic import TypeAdapter

from bench.report import Report, explain
from pilothouse.guard.batch import BatchedGuard
from pilothouse.guard.boundaries import BoundaryConfig, compile_boundary
from pilothouse.guard.engine import Engine, EngineSpec, GuardSpec, TaskSpec
from pilothouse.guard.kinematics import Chain, JointModel, Link, RobotModel, compiled_placing
from pilothouse.guard.kinematics.rotations import Vector
from pilothouse.guard.model import Action, Layer, Observation, Pose

CYCLES, PERIOD_S, START_S = 4_000, 0.02, 1_700_000_000.0
PEER = Path(__file__).resolve().parent.parent / ".venv" / "peer" / "bin" / "python"
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_CONFIG: TypeAdapter[Any] = TypeAdapter(BoundaryConfig)


def arm(joints: int) -> tuple[RobotModel, Chain]:
    """An arm with turning axes, so that every joint moves the tool; the robot itself knows no kinematics."""
    names = tuple(f"joint_{number}" for number in range(joints))
    axes: Sequence[Vector] = [(Z, Y, Y, X, Y, Z)[number % 6] for number in range(joints)]
    links = tuple(
        Link(name, (0.0, 0.02, 1.2 / joints), joint=name, axis=axis) for name, axis in zip(names, axes, strict=True)
    )
    joints_ = tuple(JointModel(name, -3.0, 3.0, 2.0, 20.0) for name in names)
    return RobotModel("arm", joints_), Chain((*links, Link("tool", (0.0, 0.05, 0.1))), names)


@dataclass(frozen=True)
class Scene:
    """An arm, where it starts, and a box around its tool."""

    robot: RobotModel
    place: Callable[[Sequence[float]], Any]
    home: tuple[float, ...]
    box: Mapping[str, Any]

    @classmethod
    def of(cls, joints: int, *, known: bool = False) -> Scene:
        robot, chain = arm(joints)
        place, home = compiled_placing(chain), tuple(0.3 + 0.1 * (number % 3) for number in range(joints))
        position = place(home)[0]
        box = {"lower_m": [one - 0.1 for one in position], "upper_m": [one + 0.1 for one in position]}
        return cls(replace(robot, chain=chain) if known else robot, place, home, box | {"approach_gain": 1.0})

    def observation(self, joints: tuple[float, ...], at_s: float) -> Observation:
        position, _, jacobian = self.place(joints)
        still = (0.0,) * len(joints)
        return Observation(START_S + at_s, joints, still, Pose(position), jacobian, channels={"motor": 30.0})


def four(scene: Scene) -> dict[str, Any]:
    return {
        "limits": {"type": "joint_position"},
        "speed": {"type": "joint_velocity"},
        "workspace": {"type": "workspace_box", **scene.box},
        "watchdog": {"type": "observation_age", "maximum_s": 0.2},
    }


def nine(scene: Scene) -> dict[str, Any]:
    x, y, z = scene.place(scene.home)[0]
    return four(scene) | {
        "acceleration": {"type": "joint_acceleration"},
        "tool_speed": {"type": "end_effector_speed", "maximum_m_s": 1.5},
        "ball": {"type": "keep_out_spheres", "spheres": [{"center_m": [x + 0.3, y, z], "radius_m": 0.1}]},
        "together": {"type": "joint_speed_norm", "maximum_rad_s": 4.0},
        "motor": {"type": "temperature", "channels": ["motor"], "maximum_c": 70},
    }


def engine_of(scene: Scene, boundaries: Mapping[str, Any]) -> Engine:
    made = [compile_boundary(name, _CONFIG.validate_python(one), scene.robot) for name, one in boundaries.items()]
    names = {Layer.L0: "OODGuard", Layer.L1: "MotionGuard", Layer.L2: "TaskGuard", Layer.L3: "HardwareGuard"}
    guards = tuple(
        GuardSpec(name, layer, tuple(one for one in made if one.layer is layer)) for layer, name in names.items()
    )
    tasks = {"default": TaskSpec(tuple(boundaries), None)}
    # The machine is shared: a pause of the scheduler is not the guard's verdict.
    engine = Engine(EngineSpec(scene.robot, guards, tasks, PERIOD_S, budget_s=None), timer=time.perf_counter)
    engine.start("default")
    return engine


@dataclass(frozen=True)
class Run:
    """Microseconds of every cycle, the decisions, and the cycles themselves for the peer."""

    spans_us: list[float]
    decisions: Counter[str]
    cycles: list[dict[str, Any]]

    @property
    def p50(self) -> float:
        return statistics.median(self.spans_us)

    @property
    def p99(self) -> float:
        return sorted(self.spans_us)[len(self.spans_us) * 99 // 100]


def run(scene: Scene, boundaries: Mapping[str, Any], *, reach: float, cycles: int = CYCLES) -> Run:
    """Closed loop: the arm is where it was told to be; the policy wants anything within ``reach`` of home."""
    engine, rng, here = engine_of(scene, boundaries), random.Random(5), scene.home
    spans, decisions, seen = [], Counter[str](), []
    gc.collect()
    gc.freeze()
    for number in range(cycles):
        at_s = number * PERIOD_S
        target = tuple(one + rng.choice((-1, 1)) * rng.uniform(reach / 2, reach) for one in scene.home)
        observation, action = scene.observation(here, at_s), Action(target)
        begin = time.perf_counter_ns()
        verdict = engine.decide(observation, action, now_s=START_S + at_s, monotonic_s=1.0 + at_s)
        spans.append((time.perf_counter_ns() - begin) / 1e3)
        engine.executed(verdict.action, 1.0 + at_s)
        decisions[verdict.decision.value] += 1
        assert observation.end_effector is not None
        position, jacobian = observation.end_effector.position, observation.jacobian
        seen.append({"q": here, "target": target, "position": position, "jacobian": jacobian})
        here = here if verdict.action is None else verdict.action.joint_positions
    return Run(spans, decisions, seen)


def peer_of(scene: Scene, cycles: Sequence[Mapping[str, Any]]) -> Run | str:
    """robot-dam on the same cycles, or why it could not be run."""
    if not PEER.exists():
        return f"{PEER} is missing: make .venv/peer/made.stamp"
    joints = len(scene.home)
    bounds = [list(pair) for pair in zip(scene.box["lower_m"], scene.box["upper_m"], strict=True)]
    limits = {
        "lower": [-3.0] * joints,
        "upper": [3.0] * joints,
        "velocity": [2.0] * joints,
        "bounds": bounds,
        "alpha": 1.0,
    }
    script = Path(__file__).with_name("guard_peer.py")
    asked = json.dumps({"limits": limits, "cycles": cycles})
    done = subprocess.run(
        [str(PEER), str(script)], input=asked, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    answer = json.loads(done.stdout)
    return Run([one / 1e3 for one in answer["spans_ns"]], Counter(answer["decisions"]), [])


def report_verdicts() -> None:
    scene = Scene.of(6)
    report = Report("A verdict: position + velocity + workspace with Jacobian + watchdog, 6 joints, p50")
    passed, clamped = run(scene, four(scene), reach=0.002), run(scene, four(scene), reach=1.0)
    for name, ours, promise, kept in (
        ("all pass", passed, "<= 40 us", passed.p50 <= 40),
        ("all clamped", clamped, "<= 2x pass", clamped.p50 <= 2 * passed.p50),
    ):
        peer = peer_of(scene, ours.cycles)
        print(f"{name}: ours {dict(ours.decisions)}, peer {peer if isinstance(peer, str) else dict(peer.decisions)}")
        beside = None if isinstance(peer, str) else peer.p50
        report.row(f"{name}: ours against what is promised", ours.p50, None, "us", promise, kept=kept)
        if beside is not None:
            report.row(f"{name}: beside robot-dam 0.7", ours.p50, beside, "us", 10.0)
        report.row(f"{name}: p99", ours.p99, None if isinstance(peer, str) else peer.p99, "us")


def report_sizes() -> None:
    report = Report("Other sizes, p50")
    for joints in (6, 14):
        for known in (False, True):
            scene = Scene.of(joints, known=known)
            by = "own kinematics" if known else "given Jacobian"
            for count, boundaries in ((4, four(scene)), (9, nine(scene))):
                promise = "<= 80 us" if (joints, known, count) == (6, False, 9) else ""
                for what, reach in (("pass", 0.005), ("clamped", 1.0)):
                    ours = run(scene, boundaries, reach=reach, cycles=CYCLES // 2)
                    kept = ours.p50 <= 80 if promise and what == "pass" else None
                    name = f"{joints} joints, {count} boundaries, {by}, {what}"
                    report.row(name, ours.p50, None, "us", promise if what == "pass" else "", kept=kept)


def report_batch() -> None:
    import numpy

    report = Report("64 environments at once (box and workspace, Jacobians given)")
    rng = numpy.random.default_rng(1)
    for joints in (6, 14):
        scene = Scene.of(joints)
        position, _, jacobian = scene.place(scene.home)
        guard = BatchedGuard(
            lower=[-3.0] * joints, upper=[3.0] * joints, velocity=[2.0] * joints, period_s=PERIOD_S,
            workspace=(scene.box["lower_m"], scene.box["upper_m"]), approach_gain=1.0,
        )  # fmt: skip
        here = numpy.tile(scene.home, (64, 1))
        tools, slopes = numpy.tile(position, (64, 1)), numpy.tile(numpy.array(jacobian)[:3], (64, 1, 1))
        for what, reach in (("pass", 0.002), ("clamped", 1.0)):
            targets = here + rng.uniform(-reach, reach, here.shape)
            spans = []
            for _ in range(500):
                begin = time.perf_counter_ns()
                guard.decide(here, targets, tools, slopes)
                spans.append((time.perf_counter_ns() - begin) / 1e3)
            whole = statistics.median(spans)
            report.row(f"{joints} joints, {what}: the batch", whole, None, "us")
            report.row(f"{joints} joints, {what}: per environment", whole / 64, None, "us")


def main() -> None:
    report_verdicts()
    report_sizes()
    report_batch()


if __name__ == "__main__":
    explain(__doc__)
    main()

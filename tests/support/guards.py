"""Engines for tests: a six-joint arm that MuJoCo knows as well, and boundaries by their configuration."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from pilothouse.guard.boundaries import Boundary, BoundaryConfig, compile_boundary
from pilothouse.guard.engine import Engine, EngineSpec, GuardSpec, TaskSpec
from pilothouse.guard.kinematics import GripperModel, JointModel, RobotModel, chain_from_mjcf, compiled_placing
from pilothouse.guard.model import Action, Enforcement, Layer, Observation, Pose, Verdict

_MASS = '<inertial pos="0 0 0" mass="1" diaginertia="1 1 1"/>'
ARM = f"""
<mujoco><compiler angle="radian"/><worldbody>
  <body name="shoulder" pos="0 0 0.09"><joint name="j0" axis="0 0 1"/>{_MASS}
  <body name="upper" pos="0 0.13 0"><joint name="j1" axis="0 1 0"/>{_MASS}
  <body name="fore" pos="0 -0.12 0.42"><joint name="j2" axis="0 1 0"/>{_MASS}
  <body name="wrist1" pos="0 0 0.39"><joint name="j3" axis="0 1 0"/>{_MASS}
  <body name="wrist2" pos="0 0.09 0"><joint name="j4" axis="0 0 1"/>{_MASS}
  <body name="wrist3" pos="0 0 0.09"><joint name="j5" axis="0 1 0"/>{_MASS}
  <body name="tool" pos="0 0.08 0.05">{_MASS}
  </body></body></body></body></body></body></body></worldbody></mujoco>
"""
NAMES = tuple(f"j{number}" for number in range(6))
CHAIN = chain_from_mjcf(ARM, NAMES, tip="tool")
PLACE = compiled_placing(CHAIN)
HOME = (0.1, -0.8, 1.2, -0.5, 0.4, 0.2)
START_S = 1_700_000_000.0
PERIOD_S = 0.02

ROBOT = RobotModel(
    "arm",
    tuple(JointModel(name, -3.0, 3.0, velocity=2.0, acceleration=20.0, jerk=2000.0) for name in NAMES),
    GripperModel(0.0, 0.08),
    CHAIN,
)
UNSEEN = replace(ROBOT, chain=None)
"""The same arm, of which the guard has no kinematics."""

_CONFIG: TypeAdapter[Any] = TypeAdapter(BoundaryConfig)
_GUARDS = {Layer.L0: "OODGuard", Layer.L1: "MotionGuard", Layer.L2: "TaskGuard", Layer.L3: "HardwareGuard"}


def boundary(name: str, robot: RobotModel = ROBOT, **config: Any) -> Boundary:
    return compile_boundary(name, _CONFIG.validate_python(config), robot)


def engine_of(
    boundaries: Mapping[str, Mapping[str, Any]],
    *,
    robot: RobotModel = ROBOT,
    modes: Mapping[Layer, Enforcement] | None = None,
    timer: Callable[[], float] | None = None,
    start: bool = True,
    **spec: Any,
) -> Engine:
    """An engine with these boundaries in the guards of their layers; its task ``default`` is active."""
    enforce = Enforcement.ENFORCE
    made = [boundary(name, robot, **config) for name, config in boundaries.items()]
    guards = tuple(
        GuardSpec(name, layer, tuple(one for one in made if one.layer is layer), (modes or {}).get(layer, enforce))
        for layer, name in _GUARDS.items()
    )
    tasks = {"default": TaskSpec(tuple(boundaries), "hold")}
    engine = Engine(EngineSpec(robot, guards, tasks, period_s=PERIOD_S, **spec), timer=timer)
    if start:
        engine.start("default")
    return engine


def observed(joints: Sequence[float] = HOME, *, at_s: float = 0.0, **more: Any) -> Observation:
    """What a robot standing there shows, with the true pose and Jacobian of the tool."""
    position, rotation, jacobian = PLACE(tuple(joints))
    facts: dict[str, Any] = {
        "timestamp": START_S + at_s,
        "joint_positions": tuple(joints),
        "joint_velocities": (0.0,) * len(joints),
        "end_effector": Pose(position, quaternion_of(rotation)),
        "jacobian": jacobian,
        "gripper": 0.04,
    }
    return Observation(**facts | more)


def quaternion_of(m: Sequence[float]) -> tuple[float, float, float, float]:
    """x, y, z, w of a rotation, row by row."""
    x = math.copysign(math.sqrt(max(0.0, 1 + m[0] - m[4] - m[8])) / 2, m[7] - m[5])
    y = math.copysign(math.sqrt(max(0.0, 1 - m[0] + m[4] - m[8])) / 2, m[2] - m[6])
    z = math.copysign(math.sqrt(max(0.0, 1 - m[0] - m[4] + m[8])) / 2, m[3] - m[1])
    return (x, y, z, math.sqrt(max(0.0, 1 + m[0] + m[4] + m[8])) / 2)


def moved(by: float = 0.01, start: Sequence[float] = HOME, **more: Any) -> Action:
    """Every joint a little further."""
    return Action(tuple(one + by for one in start), **more)


def decide(engine: Engine, observation: Observation | None, action: Action | None, *, at_s: float = 0.0) -> Verdict:
    """One cycle; what may be sent is sent."""
    verdict = engine.decide(observation, action, now_s=START_S + at_s, monotonic_s=100.0 + at_s)
    engine.executed(verdict.action, 100.0 + at_s)
    return verdict


def box_around(joints: Sequence[float] = HOME, *, half_m: float = 0.05) -> dict[str, Any]:
    """A workspace around where the tool is."""
    position = PLACE(tuple(joints))[0]
    return {"lower_m": [one - half_m for one in position], "upper_m": [one + half_m for one in position]}

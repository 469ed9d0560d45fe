"""From a Stackfile to what an engine runs on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from pilothouse.guard.boundaries import Boundary, BoundaryDoesNotFit, compile_boundary
from pilothouse.guard.engine.spec import EngineSpec, GuardSpec, TaskSpec
from pilothouse.guard.kinematics import (
    Chain,
    GripperModel,
    JointModel,
    RobotDescriptionUnusable,
    RobotModel,
    chain_from_mjcf,
    chain_from_urdf,
)
from pilothouse.guard.kinematics.rotations import from_quaternion
from pilothouse.guard.model import Enforcement, Layer
from pilothouse.guard.problems import Path as Place
from pilothouse.guard.stackfile.fallbacks import SEVERITY
from pilothouse.guard.stackfile.robot import JointConfig
from pilothouse.guard.stackfile.stack import STOP, Stackfile
from pilothouse.kit.errors import Problem

OWN_GUARDS = {
    Layer.L0: "OODGuard",
    Layer.L1: "MotionGuard",
    Layer.L2: "TaskGuard",
    Layer.L3: "HardwareGuard",
}
"""What the guard of a layer is called when the Stackfile names none."""


def robot_model(stack: Stackfile) -> RobotModel:
    """The robot as the engine knows it; raises a problem when its kinematics cannot be read."""
    robot = stack.robot
    gripper = GripperModel(robot.gripper.lower_m, robot.gripper.upper_m) if robot.gripper else None
    return RobotModel(robot.name, tuple(_joint(one) for one in robot.joints), gripper, _chain(stack))


def _chain(stack: Stackfile) -> Chain | None:
    kinematics, tool = stack.robot.kinematics, stack.robot.tool
    if kinematics is None:
        return None
    joints = stack.robot.joint_names
    if kinematics.builtin is not None:
        own = files("pilothouse.guard.stackfile").joinpath("arm.xml").read_text(encoding="utf-8")
        chain = chain_from_mjcf(own, joints, tip=kinematics.tip or "tool", base=kinematics.base)
    else:
        kind, read = ("MJCF", chain_from_mjcf) if kinematics.urdf is None else ("URDF", chain_from_urdf)
        text = _text(stack.path(kinematics.urdf or kinematics.mjcf or Path()), kind)
        chain = read(text, joints, tip=kinematics.tip, base=kinematics.base)
    if tool is None:
        return chain
    (x, y, z), (qx, qy, qz, qw) = tool.position_m, tool.quaternion
    return chain.with_tool((x, y, z), from_quaternion(qx, qy, qz, qw))


def _text(file: Path, kind: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise RobotDescriptionUnusable(kind=kind, problem=f"{file} cannot be read: {reason}") from None


def _joint(config: JointConfig) -> JointModel:
    return JointModel(
        name=config.name,
        lower=-math.inf if config.lower is None else config.lower,
        upper=math.inf if config.upper is None else config.upper,
        velocity=config.velocity,
        acceleration=config.acceleration,
        jerk=config.jerk,
        prismatic=config.type == "prismatic",
    )


def compile_spec(stack: Stackfile, *, period_s: float | None = None) -> EngineSpec:
    """Everything an engine needs, frozen. ``period_s`` is that of the start when it differs from the Stackfile's."""
    robot = robot_model(stack)
    compiled = {name: _compiled(stack, name, robot) for name in stack.boundaries}
    safety = stack.safety
    budget_s = safety.budget_ms / 1000
    return EngineSpec(
        robot=robot,
        guards=tuple(_guards(stack, compiled)),
        tasks={
            name: TaskSpec(task.boundaries or tuple(stack.boundaries), task.fallback or default_fallback(stack))
            for name, task in stack.tasks.items()
        },
        period_s=period_s or 1 / safety.control_frequency_hz,
        budget_s=budget_s if period_s is None else min(budget_s, period_s),
        max_obs_age_s=safety.max_obs_age_s,
        mode=safety.mode,
        on_no_task=stopping_fallback(stack) if safety.on_no_task == STOP else None,
        fallback_ranks={STOP: SEVERITY[STOP]} | {name: SEVERITY[one.type] for name, one in stack.fallbacks.items()},
    )


def default_fallback(stack: Stackfile) -> str | None:
    """What steps in where neither boundary nor task names anything: the first that holds, or else the mildest."""
    holding = [name for name, one in stack.fallbacks.items() if one.type == "hold_position"]
    by_severity = sorted(stack.fallbacks, key=lambda name: SEVERITY[stack.fallbacks[name].type])
    return next(iter(holding or by_severity), None)


def stopping_fallback(stack: Stackfile) -> str:
    """The fallback that stops the robot; every loop knows one of this name, also where the Stackfile has none."""
    return next((name for name, one in stack.fallbacks.items() if one.type == STOP), STOP)


def guard_names(stack: Stackfile) -> dict[str, tuple[Layer, tuple[str, ...]]]:
    """Each guard with its layer and its boundaries, in the order of layers."""
    listed = {name for guard in stack.guards.values() for name in guard.boundaries or ()}
    guards: dict[str, tuple[Layer, tuple[str, ...]]] = {}
    for name, guard in stack.guards.items():
        left = tuple(
            one for one, config in stack.boundaries.items() if config.layer is guard.layer and one not in listed
        )
        guards[name] = (guard.layer, left if guard.boundaries is None else guard.boundaries)
    given = {guard.layer for guard in stack.guards.values()}
    for layer, own in OWN_GUARDS.items():
        boundaries = tuple(name for name, config in stack.boundaries.items() if config.layer is layer)
        if layer not in given and boundaries:
            guards[own] = (layer, boundaries)
    return dict(sorted(guards.items(), key=lambda guard: guard[1][0].value))


def _guards(stack: Stackfile, compiled: dict[str, Boundary]) -> Iterator[GuardSpec]:
    for name, (layer, boundaries) in guard_names(stack).items():
        own = stack.guards.get(name)
        mode = own.mode if own is not None and own.mode is not None else Enforcement.ENFORCE
        yield GuardSpec(name, layer, tuple(compiled[one] for one in boundaries), mode)


def _compiled(stack: Stackfile, name: str, robot: RobotModel) -> Boundary:
    return compile_boundary(name, stack.boundaries[name], robot, folder=stack.directory)


def boundary_faults(stack: Stackfile) -> Iterator[tuple[Place, str]]:
    """Boundaries that do not fit the robot: array lengths, limits that are not there, files."""
    try:
        robot = robot_model(stack)
    except Problem as problem:
        yield ("robot", "kinematics"), problem.sentence
        return
    for name, config in stack.boundaries.items():
        try:
            _compiled(stack, name, robot).stop()
        except BoundaryDoesNotFit as problem:
            reason = str(problem.facts["problem"])
            field = reason.partition(" ")[0]
            named = field in type(config).model_fields and field in config.model_fields_set
            yield ("boundaries", name, field) if named else ("boundaries", name), reason

"""Is this an observation, an action, a time at all? What is not gets no further, in any mode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

from pilothouse.guard.model import Action, Observation, Pose

ABSURD = 1e6
"""No joint, pose, Jacobian or gripper of any robot has such a number; arithmetic with it would lose the small ones."""

_UNIT_QUATERNION = (0.98, 1.02)


def finite(values: Sequence[float]) -> bool:
    """Numbers, all finite and none absurd. Anything that is not a number raises TypeError."""
    # NaN compares with nothing and may hide from min and max, but not from a sum.
    return bool(min(values) >= -ABSURD and max(values) <= ABSURD and math.isfinite(sum(values)))


def problem_of_action(action: object, joints: int, *, has_gripper: bool) -> str:
    """Why this is not an action for so many joints; empty when it is."""
    if action is None:
        return "there is no action"
    if not isinstance(action, Action):
        return f"a {type(action).__name__} is not an action"
    try:
        if len(action.joint_positions) != joints:
            return f"{len(action.joint_positions)} joint targets for {joints} joints"
        if not finite(action.joint_positions):
            return "a joint target is not finite, or absurdly large"
        if action.gripper is not None:
            if not has_gripper:
                return "a gripper target for a robot that has no gripper"
            if not finite((action.gripper,)):
                return "the gripper target is not finite, or absurdly large"
    except (TypeError, ValueError, OverflowError):
        return "a target is not a number"
    return ""


def problem_of_observation(observation: object, joints: int) -> str:
    """Why this is not an observation of so many joints; empty when it is."""
    if observation is None:
        return "there is no observation"
    if not isinstance(observation, Observation):
        return f"a {type(observation).__name__} is not an observation"
    try:
        return _problem_of_numbers(observation, joints)
    except (TypeError, ValueError, OverflowError):
        return "something in it is not a number"


def _problem_of_numbers(observation: Observation, joints: int) -> str:
    stamp = observation.timestamp
    if not math.isfinite(stamp):
        return "its timestamp is not finite"
    if len(observation.joint_positions) != joints:
        return f"{len(observation.joint_positions)} joint positions for {joints} joints"
    if not finite(observation.joint_positions):
        return "a joint position is not finite, or absurdly large"
    velocities = observation.joint_velocities
    if velocities is not None:
        if len(velocities) != joints:
            return f"{len(velocities)} joint velocities for {joints} joints"
        if not finite(velocities):
            return "a joint velocity is not finite, or absurdly large"
    if observation.end_effector is not None:
        reason = _problem_of_pose(observation.end_effector)
        if reason:
            return reason
    if observation.jacobian is not None:
        reason = _problem_of_jacobian(observation.jacobian, joints)
        if reason:
            return reason
    return _problem_of_the_rest(observation)


def _problem_of_pose(pose: Pose) -> str:
    position: Sequence[float] = pose.position
    quaternion: Sequence[float] = pose.quaternion
    if len(position) != 3 or len(quaternion) != 4:
        return "the pose of the tool needs three coordinates and a quaternion of four"
    if not finite(position) or not finite(quaternion):
        return "the pose of the tool is not finite, or absurdly large"
    x, y, z, w = quaternion
    if not _UNIT_QUATERNION[0] <= x * x + y * y + z * z + w * w <= _UNIT_QUATERNION[1]:
        return "the quaternion of the tool is not of length 1"
    return ""


def _problem_of_jacobian(jacobian: Sequence[Sequence[float]], joints: int) -> str:
    if len(jacobian) != 6:
        return f"the Jacobian has {len(jacobian)} rows, not 6"
    for row in jacobian:
        if len(row) != joints:
            return f"a row of the Jacobian has {len(row)} columns for {joints} joints"
    if not finite(list(chain.from_iterable(jacobian))):
        return "the Jacobian is not finite, or absurdly large"
    return ""


def _problem_of_the_rest(observation: Observation) -> str:
    if observation.gripper is not None and not finite((observation.gripper,)):
        return "the gripper is not finite, or absurdly large"
    # Large is fine here: the bytes free on a disk are many.
    if observation.channels and not all(map(math.isfinite, observation.channels.values())):
        return "a hardware channel is not finite"
    if observation.features is not None and not all(map(math.isfinite, observation.features)):
        return "a feature is not finite"
    return ""

"""From what callers have in hand, mappings and arrays, to observations and actions. What does not map is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from pilothouse.guard.model import Action, Observation, Pose
from pilothouse.guard.stackfile.faults import did_you_mean
from pilothouse.guard.stackfile.robot import RobotConfig

# Longer than any robot here; what goes on without end is not read to its end.
MAX_NUMBERS = 100_000
_OBSERVED = tuple(one.name for one in fields(Observation))
_ACTED = tuple(one.name for one in fields(Action))


class Unmappable(ValueError):
    """Says what about an observation or an action cannot be understood."""


def action_of(given: Any, robot: RobotConfig) -> Action:
    """An action from an array in joint order (one more number is the gripper's), or a mapping of joint names, or of
    ``joint_positions`` and ``gripper``. Raises :class:`Unmappable`: nothing is guessed, nothing is left out."""
    if isinstance(given, Action):
        return given
    if isinstance(given, Mapping):
        return _mapped_action(given, robot)
    positions = _numbers(given, "the action")
    if robot.gripper is not None and len(positions) == len(robot.joints) + 1:
        return Action(positions[:-1], positions[-1])
    return Action(_complete(positions, robot, "the action"))


def observation_of(given: Any, robot: RobotConfig, now_s: float) -> Observation:
    """An observation from an array of joint positions, a mapping of joint names, or a mapping of the fields of
    :class:`Observation`; ``now_s`` is its time when it brings none. Raises :class:`Unmappable`."""
    if isinstance(given, Observation):
        return given
    if not isinstance(given, Mapping):
        return Observation(now_s, _complete(_numbers(given, "the observation"), robot, "the observation"))
    own = _own_keys(given, robot, _OBSERVED, "observation")
    known: dict[str, Any] = {name: _FIELDS[name](given[name], robot) for name in own if given[name] is not None}
    if "timestamp" in own and given["timestamp"] is None:
        raise Unmappable("the observation's timestamp is None")
    if "joint_positions" not in known:
        known["joint_positions"] = _by_name(given, robot, own, "observation")
    return Observation(**{"timestamp": now_s, **known})


def _mapped_action(given: Mapping[Any, Any], robot: RobotConfig) -> Action:
    own = _own_keys(given, robot, _ACTED, "action")
    gripper = _number(given["gripper"], "gripper") if "gripper" in own and given["gripper"] is not None else None
    if "joint_positions" in own:
        return Action(_positions(given["joint_positions"], robot), gripper)
    return Action(_by_name(given, robot, own, "action"), gripper)


def _own_keys(given: Mapping[Any, Any], robot: RobotConfig, known: Sequence[str], what: str) -> list[str]:
    """The keys that are fields; every other must be a joint, and not both ways of naming positions at once."""
    joints = robot.joint_names
    own = [key for key in given if key in known and key not in joints]
    rest = [key for key in given if key not in own]
    for key in rest:
        if key not in joints:
            raise Unmappable(f"the {what} names {key!r:.100}, which is no joint{did_you_mean(key, (*joints, *known))}")
    if rest and "joint_positions" in own:
        raise Unmappable(f"the {what} has joint_positions and the joint {rest[0]!r} beside it")
    return own


def _by_name(given: Mapping[Any, Any], robot: RobotConfig, skip: Sequence[str], what: str) -> tuple[float, ...]:
    missing = [name for name in robot.joint_names if name not in given or name in skip]
    if missing:
        raise Unmappable(f"the {what} lacks {', '.join(missing)}")
    return tuple(_number(given[name], name) for name in robot.joint_names)


def _positions(given: Any, robot: RobotConfig, what: str = "joint_positions") -> tuple[float, ...]:
    if isinstance(given, Mapping):
        unknown = [key for key in given if key not in robot.joint_names]
        if unknown:
            hint = did_you_mean(unknown[0], robot.joint_names)
            raise Unmappable(f"{what} names {unknown[0]!r:.100}, which is no joint{hint}")
        return _by_name(given, robot, (), what)
    return _complete(_numbers(given, what), robot, what)


def _complete(positions: tuple[float, ...], robot: RobotConfig, what: str) -> tuple[float, ...]:
    if len(positions) != len(robot.joints):
        raise Unmappable(f"{what} has {len(positions)} numbers for {len(robot.joints)} joints")
    return positions


def _numbers(given: Any, what: str) -> tuple[float, ...]:
    if hasattr(given, "tolist"):  # numpy, torch
        given = given.tolist()
    if given is None or isinstance(given, str | bytes) or not isinstance(given, Sequence):
        raise Unmappable(f"{what} is a {type(given).__name__}; give numbers in joint order, or a mapping")
    if len(given) > MAX_NUMBERS:
        raise Unmappable(f"{what} has {len(given)} numbers")
    return tuple(_number(one, what) for one in given)


def _number(given: Any, what: str) -> float:
    if isinstance(given, float):
        return given
    if given is None or isinstance(given, bool | str | bytes | Sequence) or not hasattr(given, "__float__"):
        raise Unmappable(f"{what} holds a {type(given).__name__} where a number belongs")
    try:
        return float(given)
    except Exception:  # noqa: BLE001 - whatever its __float__ raises, it is no number
        raise Unmappable(f"{what} holds {given!r:.50}, which is no number") from None


def _pose(given: Any) -> Pose:
    if isinstance(given, Pose):
        return given
    if isinstance(given, Mapping):
        unknown = [key for key in given if key not in ("position", "quaternion")]
        if unknown or "position" not in given:
            raise Unmappable("end_effector has position (x, y, z) and quaternion (x, y, z, w)")
        position = _numbers(given["position"], "end_effector.position")
        quaternion = _numbers(given.get("quaternion", (0.0, 0.0, 0.0, 1.0)), "end_effector.quaternion")
    else:
        numbers = _numbers(given, "end_effector")
        position, quaternion = numbers[:3], numbers[3:] or (0.0, 0.0, 0.0, 1.0)
    if len(position) != 3 or len(quaternion) != 4:
        raise Unmappable("end_effector needs a position of 3 numbers, and 4 of a quaternion if it has one")
    return Pose((position[0], position[1], position[2]), (quaternion[0], quaternion[1], quaternion[2], quaternion[3]))


def _jacobian(given: Any) -> tuple[tuple[float, ...], ...]:
    rows = given.tolist() if hasattr(given, "tolist") else given
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise Unmappable("the jacobian is a matrix of six rows")
    return tuple(_numbers(row, "jacobian") for row in rows)


def _channels(given: Any) -> dict[str, float]:
    if not isinstance(given, Mapping):
        raise Unmappable("channels are numbers by name")
    return {str(name): _number(value, f"the channel {name}") for name, value in given.items()}


def _images(given: Any) -> dict[str, bytes]:
    if not isinstance(given, Mapping) or not all(isinstance(one, bytes | bytearray) for one in given.values()):
        raise Unmappable("images are JPEG files (bytes) by camera")
    return {str(name): bytes(value) for name, value in given.items()}


_FIELDS: dict[str, Callable[[Any, RobotConfig], Any]] = {
    "timestamp": lambda given, robot: _number(given, "timestamp"),
    "joint_positions": _positions,
    "joint_velocities": lambda given, robot: _positions(given, robot, "joint_velocities"),
    "end_effector": lambda given, robot: _pose(given),
    "jacobian": lambda given, robot: _jacobian(given),
    "gripper": lambda given, robot: _number(given, "gripper"),
    "channels": lambda given, robot: _channels(given),
    "features": lambda given, robot: _numbers(given, "features"),
    "images": lambda given, robot: _images(given),
}

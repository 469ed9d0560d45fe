"""What a recording observed and asked for, cycle by cycle: a guard's own session, or ROS joint states."""

from __future__ import annotations

import math
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pilothouse.guard.guardrail import Unmappable, action_of, observation_of
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.problems import NothingToReplay
from pilothouse.guard.stackfile.robot import RobotConfig
from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import Decoders, Message, Undecodable, open_recording

OBSERVED, ACTED, JUDGED = "/dam/obs", "/dam/action", "/dam/cycle"
_OBSERVATION_FIELDS = (
    "timestamp", "joint_positions", "joint_velocities", "end_effector", "jacobian", "gripper", "channels", "features",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordedCycle:
    """One cycle as it was. ``requested`` None: nothing could be understood; ``executed`` None: nothing was sent;
    ``allowed`` is what the guard would have let through, had no fallback been acting.

    ``decision`` is what the guard said then, if there was one. ``time_ns`` is when, since the epoch; ``monotonic_ns``
    is when on a clock that was never set, where the recording has one.
    """

    number: int
    time_ns: int
    monotonic_ns: int
    observation: Observation | None
    requested: Action | None
    executed: Action | None
    allowed: Action | None = None
    decision: str | None = None
    task: str | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Topics:
    """Where a recording that is no guard's own has joint states, and the actions that were asked for.

    Without ``actions`` what was asked for is taken from the joint states: each to become the next.
    """

    joint_states: str | None = None
    actions: str | None = None
    gripper_joint: str | None = None


def recorded_cycles(file: Path, robot: RobotConfig, topics: Topics | None = None) -> Iterator[RecordedCycle]:
    """Every cycle of a recording, in order. Raises Damaged, Undecodable, or NothingToReplay when it has none."""
    topics = topics or Topics()
    count = 0
    for cycle in _of_topics(file, robot, topics) if topics.joint_states else _of_a_session(file, robot):
        count += 1
        yield cycle
    if not count:
        wanted = (topics.joint_states,) if topics.joint_states else (OBSERVED, ACTED)
        raise NothingToReplay(file=file, wanted=" and ".join(one for one in wanted if one))


def _decoded(file: Path, topics: Collection[str]) -> Generator[tuple[Message, Any], None, None]:
    decoders = Decoders()
    with open_recording(file) as recording:
        for message in recording.messages(topics=topics):
            yield message, decoders.decode(message.channel, message.content)


def _of_a_session(file: Path, robot: RobotConfig) -> Iterator[RecordedCycle]:
    """A cycle is what lies between one observation and the next."""
    parts: dict[str, Any] = {}
    time_ns = number = 0
    with closing(_decoded(file, (OBSERVED, ACTED, JUDGED))) as decoded:
        for message, value in decoded:
            if not isinstance(value, dict):
                raise Undecodable(topic=message.channel.topic, reason="a guard's session holds JSON objects there")
            cycle = value.get("cycle_id", parts.get("cycle_id"))
            if parts and (message.channel.topic in parts or cycle != parts.get("cycle_id", cycle)):
                yield _session_cycle(parts, number, time_ns, robot)
                parts, number = {}, number + 1
            parts[message.channel.topic] = value
            parts["cycle_id"] = cycle
            time_ns = message.log_time_ns
        if parts:
            yield _session_cycle(parts, number, time_ns, robot)


def _session_cycle(parts: Mapping[str, Any], number: int, time_ns: int, robot: RobotConfig) -> RecordedCycle:
    acted, judged = parts.get(ACTED) or {}, parts.get(JUDGED) or {}
    trouble: list[str] = []
    observation = _understood(lambda: _session_observation(parts.get(OBSERVED), robot, time_ns), trouble)
    asked = acted.get("requested", acted if "joint_positions" in acted else judged.get("requested"))
    requested = _understood(lambda: _session_action(asked, robot), trouble)
    executed = _understood(lambda: _session_action(acted.get("executed", judged.get("executed")), robot), [])
    allowed = _understood(lambda: _session_action(acted.get("allowed"), robot), []) if "allowed" in acted else executed
    own = parts.get("cycle_id")
    return RecordedCycle(
        number=own if isinstance(own, int) else number,
        time_ns=time_ns,
        monotonic_ns=_whole(judged.get("monotonic_ns", acted.get("monotonic_ns")), time_ns),
        observation=observation,
        requested=requested,
        executed=executed,
        allowed=allowed,
        decision=judged.get("decision") or acted.get("decision") or _decision_of(judged),
        task=judged.get("active_task") or acted.get("task"),
        trouble="; ".join(trouble),
    )


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise


def _decision_of(judged: Mapping[str, Any]) -> str | None:
    if "was_rejected" not in judged:
        return None
    return "REJECT" if judged["was_rejected"] else "CLAMP" if judged.get("was_clamped") else "PASS"


def _session_observation(value: Any, robot: RobotConfig, time_ns: int) -> Observation | None:
    if not isinstance(value, dict) or value.get("joint_positions") is None:
        return None
    known = {name: value[name] for name in _OBSERVATION_FIELDS if value.get(name) is not None}
    # The time of the cycle stands beside it, under the name that is the observation's everywhere else.
    known["timestamp"] = value.get("observed_at", value.get("timestamp", time_ns / NS_PER_S))
    return observation_of(_with_holes(known), robot, time_ns / NS_PER_S)


def _session_action(value: Any, robot: RobotConfig) -> Action | None:
    return None if value is None else action_of(_with_holes(value), robot)


def _with_holes(value: Any) -> Any:
    """JSON has no NaN: among numbers, one that was none was written as null."""
    if isinstance(value, list):
        return [math.nan if one is None else _with_holes(one) for one in value]
    return {key: _with_holes(one) for key, one in value.items()} if isinstance(value, dict) else value


def _understood(read: Any, trouble: list[str]) -> Any:
    try:
        return read()
    except Unmappable as reason:
        trouble.append(str(reason))
        return None


def _of_topics(file: Path, robot: RobotConfig, topics: Topics) -> Iterator[RecordedCycle]:
    wanted = {one for one in (topics.joint_states, topics.actions) if one}
    last: RecordedCycle | None = None
    observation: Observation | None = None
    number = 0
    with closing(_decoded(file, wanted)) as decoded:
        for message, value in decoded:
            if message.channel.topic == topics.actions:
                if observation is not None:
                    yield _ros_cycle(number, message, observation, value, robot, topics)
                    number += 1
                continue
            observation = _joint_state(value, robot, topics, message.log_time_ns)
            if topics.actions is None and observation is not None:
                if last is not None:
                    done = Action(observation.joint_positions, observation.gripper)
                    yield replace(last, requested=done, executed=done)
                last = RecordedCycle(number, message.log_time_ns, message.log_time_ns, observation, None, None)
                number += 1


def _ros_cycle(
    number: int, message: Message, observation: Observation, value: Any, robot: RobotConfig, topics: Topics
) -> RecordedCycle:
    trouble: list[str] = []
    requested = _understood(lambda: action_of(commanded(value, topics.gripper_joint), robot), trouble)
    time_ns = message.log_time_ns
    return RecordedCycle(number, time_ns, time_ns, observation, requested, requested, trouble="; ".join(trouble))


def _joint_state(value: Any, robot: RobotConfig, topics: Topics, time_ns: int) -> Observation | None:
    """None when it is of other joints: several publishers may share the topic."""
    return joint_state_of(value, robot, topics.gripper_joint, time_ns / NS_PER_S)


def joint_state_of(value: Any, robot: RobotConfig, gripper_joint: str | None, time_s: float) -> Observation | None:
    """A decoded sensor_msgs/JointState as an observation; None when it does not have every joint.

    Its own stamp is its time, where it has one.
    """
    names = [str(one) for one in value.get("name", ())]
    positions = dict(zip(names, map(float, value.get("position", ())), strict=False))
    speeds = dict(zip(names, map(float, value.get("velocity", ())), strict=False))
    joints = robot.joint_names
    if any(name not in positions for name in joints):
        return None
    return Observation(
        timestamp=_stamp_s(value) or time_s,
        joint_positions=tuple(positions[name] for name in joints),
        joint_velocities=tuple(speeds[name] for name in joints) if all(name in speeds for name in joints) else None,
        gripper=positions.get(gripper_joint) if gripper_joint else None,
        channels={f"{name}.effort": float(one) for name, one in zip(names, value.get("effort", ()), strict=False)},
    )


def _stamp_s(value: Mapping[str, Any]) -> float:
    stamp = (value.get("header") or {}).get("stamp") or {}
    return float(stamp.get("sec", 0)) + float(stamp.get("nanosec", 0)) / NS_PER_S


def commanded(value: Mapping[str, Any], gripper_joint: str | None = None) -> dict[str, float]:
    """What a decoded JointTrajectory (its last point) or JointState asks for, by joint."""
    if "points" in value:
        points = value["points"]
        names, positions = value.get("joint_names", ()), points[-1].get("positions", ()) if len(points) else ()
    else:
        names, positions = value.get("name", ()), value.get("position", ())
    given = {str(name): float(one) for name, one in zip(names, positions, strict=False)}
    if gripper_joint is not None and gripper_joint in given:
        given["gripper"] = given.pop(gripper_joint)
    return given

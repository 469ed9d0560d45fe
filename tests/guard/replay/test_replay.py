"""Recordings through another Stackfile: what would have been decided otherwise, and what a replay robot shows."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse.guard.adapters import open_adapters, ros
from pilothouse.guard.adapters.recorded import Topics, recorded_cycles
from pilothouse.guard.model import Action, Decision
from pilothouse.guard.problems import AdapterUnusable, NothingToReplay, UnknownTask
from pilothouse.guard.replay import judged, replay
from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import Channel, Schema
from tests.support.flights import NS_PER_S, START_NS, Said, write_messages
from tests.support.processes import ran
from tests.support.stacks import TWO_JOINTS, two_joints

PERIOD_NS = NS_PER_S // 50
ROBOT = two_joints().robot


def session(file: Path, targets: list[list[float | None] | None], *, decision: str = "PASS") -> Path:
    """A guard's session: joint a goes to these targets, cycle by cycle, and is there in the next."""
    said, here = [], [0.0, 0.0]
    for number, target in enumerate(targets):
        time_ns = START_NS + number * PERIOD_NS
        stamp = {"cycle_id": number, "timestamp": time_ns / NS_PER_S, "monotonic_ns": 1 + number * PERIOD_NS}
        action = None if target is None else {"joint_positions": target, "gripper": None}
        sent = action if target is not None and None not in target else None
        for topic, value in {
            "/dam/cycle": {**stamp, "decision": decision, "active_task": "default"},
            "/dam/obs": {**stamp, "observed_at": stamp["timestamp"] - 0.01, "joint_positions": here, "gripper": 0.05},
            "/dam/action": {**stamp, "requested": action, "allowed": sent, "executed": sent},
        }.items():
            said.append(Said(topic, time_ns, json.dumps(value).encode()))
        here = target if sent is not None else here  # type: ignore[assignment]
    return write_messages(file, said).path


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    return session(tmp_path / "calm.mcap", [[0.01 * number, 0.0] for number in range(50)])


def test_the_cycles_of_a_session_are_read_as_they_were(calm: Path) -> None:
    cycles = list(recorded_cycles(calm, ROBOT))

    assert len(cycles) == 50
    third = cycles[2]
    assert (third.number, third.time_ns, third.monotonic_ns) == (2, START_NS + 2 * PERIOD_NS, 1 + 2 * PERIOD_NS)
    assert third.observation is not None
    assert third.observation.joint_positions == (0.01, 0.0)
    assert third.observation.timestamp == pytest.approx(third.time_ns / NS_PER_S - 0.01)
    assert third.requested == third.executed == third.allowed == Action((0.02, 0.0))
    assert (third.decision, third.task) == ("PASS", "default")


def test_the_same_limits_change_nothing_and_stricter_ones_do(calm: Path) -> None:
    same = replay(two_joints(), recorded_cycles(calm, ROBOT))
    slower = two_joints(
        boundaries={"limits": {"type": "joint_position"}, "speed": {"type": "joint_velocity", "scale": 0.1}}
    )
    strict = replay(slower, recorded_cycles(calm, ROBOT), keep=3)

    assert (same.cycles, same.changed, same.counts) == (50, 0, {("PASS", "PASS"): 50})
    assert strict.changed == strict.counts["PASS", "CLAMP"] == 49
    assert strict.boundaries == {"speed": 49}
    assert [one.cycle.number for one in strict.changes] == [1, 2, 3]


def test_each_cycle_is_judged_on_what_was_really_sent_before_it(tmp_path: Path) -> None:
    jump_once = [[0.01 * number + (0.3 if number >= 5 else 0.0), 0.0] for number in range(20)]
    done = replay(two_joints(), recorded_cycles(session(tmp_path / "jump.mcap", jump_once), ROBOT))

    assert [one.cycle.number for one in done.changes] == [5]


def test_a_number_that_was_none_and_an_action_that_was_none_are_not_passed(tmp_path: Path) -> None:
    file = session(tmp_path / "bad.mcap", [[0.0, 0.0], [None, 0.0], None, [0.01, 0.0]])

    verdicts = [one.verdict.decision for one in judged(two_joints(), recorded_cycles(file, ROBOT))]

    assert verdicts == [Decision.PASS, Decision.REJECT, Decision.REJECT, Decision.PASS]
    requested = list(recorded_cycles(file, ROBOT))[1].requested
    assert requested is not None
    assert math.isnan(requested.joint_positions[0])


def test_a_session_of_another_robot_is_rejected_cycle_by_cycle_and_says_why(calm: Path) -> None:
    joints = [{"name": name, "lower_rad": -3, "upper_rad": 3} for name in "abc"]
    other = two_joints(
        robot={"joints": joints}, boundaries={"limits": {"type": "joint_position"}}, guards={}, tasks={"default": {}},
        policy=None, sources={}, sinks={},
    )  # fmt: skip

    done = replay(other, recorded_cycles(calm, other.robot))

    assert done.counts == {("PASS", "REJECT"): 50}
    assert "has 2 numbers for 3 joints" in done.changes[0].verdict.reasons[0]


def test_what_cannot_be_replayed_is_said(calm: Path, tmp_path: Path) -> None:
    other = write_messages(tmp_path / "other.mcap", [Said("/speed", START_NS, b"{}")]).path

    with pytest.raises(NothingToReplay, match="nothing on /dam/obs and /dam/action"):
        replay(two_joints(), recorded_cycles(other, ROBOT))
    with pytest.raises(NothingToReplay, match="/joints"):
        replay(two_joints(), recorded_cycles(calm, ROBOT, Topics(joint_states="/joints")))
    with pytest.raises(UnknownTask):
        replay(two_joints(), recorded_cycles(calm, ROBOT), task="defualt")


def ros_channels() -> dict[str, Channel]:
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.LATEST)

    def channel(topic: str, type_name: str) -> Channel:
        text, _ = store.generate_msgdef(type_name, ros_version=2)
        return Channel(topic, "cdr", Schema(type_name, "ros2msg", text.encode()))

    return {
        "/joint_states": channel("/joint_states", ros.JOINT_STATE),
        "/commands": channel("/commands", ros.JOINT_TRAJECTORY),
    }


@pytest.fixture
def flown(tmp_path: Path) -> Path:
    """A ROS recording: joint a moves 0.01 rad per 20 ms, and in the last command jumps."""
    messages, said = ros.RosMessages(), []
    for number in range(10):
        time_ns = START_NS + number * PERIOD_NS
        state = messages.write_joint_state({"b": 0.0, "fingers": 0.02, "a": 0.01 * number}, [], time_ns)
        said.append(Said("/joint_states", time_ns, state))
        target = 2.0 if number == 9 else 0.01 * (number + 1)
        said.append(Said("/commands", time_ns + 1000, messages.write_trajectory({"a": target, "b": 0.0}, 0.02)))
    return write_messages(tmp_path / "flown.mcap", said, channels=ros_channels()).path


def test_joint_states_and_trajectories_of_ros_are_judged(flown: Path) -> None:
    topics = Topics("/joint_states", "/commands", gripper_joint="fingers")
    done = replay(two_joints(), recorded_cycles(flown, ROBOT, topics))

    assert done.cycles == 10
    assert done.changed == 1
    assert done.changes[0].cycle.requested == Action((2.0, 0.0))
    assert done.changes[0].cycle.observation is not None
    assert done.changes[0].cycle.observation.gripper == 0.02
    assert done.boundaries == {"speed": 1}


def test_without_commands_each_joint_state_was_to_become_the_next(flown: Path) -> None:
    cycles = list(recorded_cycles(flown, ROBOT, Topics("/joint_states")))

    assert len(cycles) == 9
    assert cycles[0].requested == Action((0.01, 0.0))
    assert replay(two_joints(), cycles).changed == 0


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return ran("guard", "replay", *arguments)


def test_the_command_shows_what_changes_and_ends_as_diff_does(calm: Path, flown: Path, tmp_path: Path) -> None:
    same, strict = tmp_path / "same.yaml", tmp_path / "strict.yaml"
    same.write_text(TWO_JOINTS)
    strict.write_text(TWO_JOINTS.replace("scale: 0.9", "scale: 0.1"))

    fine, changed = run(same, calm), run(strict, calm, "--limit", 2)
    facts = run(strict, calm, "--json", "--limit", 1)
    bag = run(same, flown, "--joint-states", "/joint_states", "--actions", "/commands")

    assert (fine.returncode, fine.stderr) == (0, "")
    assert "50 cycles, 0 would have been decided otherwise" in fine.stdout
    assert changed.returncode == 1
    assert "PASS -> CLAMP         49" in changed.stdout
    assert "by speed: 49" in changed.stdout
    assert (
        "cycle 1 at 2023-11-14T22:13:20.020Z: PASS -> CLAMP  speed: a would move at 0.5 of 0.2 rad/s" in changed.stdout
    )
    assert "and 47 more; --limit shows them" in changed.stdout
    (file,) = json.loads(facts.stdout)["files"]
    assert (facts.returncode, file["changed"], len(file["changes"])) == (1, 49, 1)
    assert file["changes"][0]["would_execute"][0] == pytest.approx(0.004)
    assert (bag.returncode, "10 cycles, 1 would" in bag.stdout) == (1, True)


def test_the_command_says_what_it_cannot_use(calm: Path, tmp_path: Path) -> None:
    good, bad, damaged = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "damaged.mcap"
    good.write_text(TWO_JOINTS)
    bad.write_text(TWO_JOINTS.replace("scale", "scael"))
    damaged.write_bytes(b"no recording")

    for arguments, code in (
        ((bad, calm), 2), ((good, damaged), 2), ((good, tmp_path / "absent.mcap"), 4), ((tmp_path / "x.yaml", calm), 4),
        ((good, calm, "--task", "pick"), 4),
    ):  # fmt: skip
        answer = run(*arguments)
        assert (answer.returncode, len(answer.stderr.splitlines())) == (code, 1), answer


def replaying(file: Path, **changes: Any) -> Any:
    content = yaml.safe_load(TWO_JOINTS) | {
        "sources": {"arm": {"type": "replay", "path": str(file), **changes}},
        "policy": {"type": "replay"},
        "sinks": {"arm": {"type": "discard"}},
    }
    return two_joints(**content)


def test_a_recording_is_a_robot_at_its_own_pace(calm: Path) -> None:
    clock = ManualClock(now_ns=START_NS * 2)
    adapters = open_adapters(replaying(calm, speed=2), clock)
    source = adapters.sources["arm"]
    source.start()
    first = source.read()
    assert first is not None
    assert adapters.policy.predict(first) == Action((0.0, 0.0))
    clock.advance(0.1)
    later = source.read()
    assert later is not None
    clock.advance(60)
    last = source.read()

    assert first.joint_positions == (0.0, 0.0)
    assert first.timestamp == pytest.approx(START_NS * 2 / NS_PER_S - 0.005)
    # 0.2 s of the recording have passed: ten cycles.
    assert later.joint_positions == (pytest.approx(0.09), 0.0)
    assert adapters.policy.predict(later) == Action((pytest.approx(0.49), 0.0))
    assert later.timestamp == pytest.approx(START_NS * 2 / NS_PER_S + 0.095)
    assert last is not None
    assert last.timestamp < clock.now_ns() / NS_PER_S - 50, "the end of a recording grows old"


def test_a_recording_can_begin_again(calm: Path) -> None:
    clock = ManualClock()
    source = open_adapters(replaying(calm, loop=True), clock).sources["arm"]
    seen = []
    for _ in range(120):
        observation = source.read()
        assert observation is not None
        assert clock.now_ns() / NS_PER_S - observation.timestamp < 0.05
        seen.append(observation.joint_positions[0])
        clock.advance(0.02)

    assert seen.count(0.0) >= 2


def test_a_recording_that_is_none_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(AdapterUnusable):
        open_adapters(replaying(tmp_path / "absent.mcap"))

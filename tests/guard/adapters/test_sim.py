"""The simulated arm moves as servos do, always the same way, and stops when it is told."""

from __future__ import annotations

import math
import threading
from io import BytesIO

import pytest
from PIL import Image

from pilothouse.guard.adapters import Adapters, open_adapters
from pilothouse.guard.adapters.sim import SimPolicy, SimSource
from pilothouse.guard.adapters.sim.arm import SimArm
from pilothouse.guard.adapters.sim.cameras import SimCamera
from pilothouse.guard.adapters.sim.geometry import place
from pilothouse.guard.guardrail import Unmappable, action_of
from pilothouse.guard.kinematics import compiled_placing
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile import Stackfile, load_text, robot_model
from pilothouse.guard.stackfile.adapters import CameraConfig, SimPolicyConfig, SimSourceConfig
from pilothouse.kit.clock import ManualClock
from tests.support.stacks import template, two_joints

PERIOD_S = 0.02


@pytest.fixture
def stack() -> Stackfile:
    return load_text(template())


def drive(adapters: Adapters, stack: Stackfile, clock: ManualClock, cycles: int) -> list[Observation]:
    seen = []
    for _ in range(cycles):
        clock.advance(PERIOD_S)
        observation = adapters.sources["arm"].read()
        assert observation is not None
        seen.append(observation)
        adapters.sinks["arm"].apply(action_of(adapters.policy.predict(observation), stack.robot))
    return seen


def test_the_same_seed_moves_and_wavers_the_same_way() -> None:
    def run(seed: int) -> list[Observation]:
        stack, clock = two_joints(sources={"arm": {"type": "sim", "seed": seed, "noise_rad": 0.001}}), ManualClock()
        return drive(open_adapters(stack, clock), stack, clock, 50)

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_it_settles_where_it_is_told_to() -> None:
    clock = ManualClock()
    arm = SimArm(two_joints().robot, SimSourceConfig(start=(1.0, 0.5)), clock)
    assert arm.positions == (1.0, 0.5)

    arm.apply(Action((0.0, 1.0), 0.05))
    clock.advance(0.02)
    moving = arm.observe()
    for _ in range(20):
        clock.advance(0.1)
        arm.observe()
    there = arm.observe()

    assert 0.9 < moving.joint_positions[0] < 1.0
    assert moving.joint_velocities is not None
    assert moving.joint_velocities[0] < 0
    assert there.joint_positions == pytest.approx((0.0, 1.0), abs=1e-3)
    assert there.gripper == pytest.approx(0.05)


def test_hardware_readings_follow_the_work(stack: Stackfile) -> None:
    clock = ManualClock()
    seen = drive(open_adapters(stack, clock), stack, clock, 200)

    readings = ("temperature_c", "current_a")
    names = {f"{joint}.{reading}" for joint in stack.robot.joint_names for reading in readings}
    assert set(seen[-1].channels) == {"voltage_v", *names}
    assert seen[-1].channels["elbow.temperature_c"] > seen[0].channels["elbow.temperature_c"]
    assert seen[-1].channels["elbow.current_a"] > 0
    assert seen[-1].channels["voltage_v"] < 48


def test_the_brakes_stop_it_while_others_hold_the_arm(stack: Stackfile) -> None:
    clock = ManualClock()
    adapters = open_adapters(stack, clock)
    drive(adapters, stack, clock, 100)
    arm = adapters.sinks["arm"]
    told = threading.Event()
    with arm._arm._lock:  # type: ignore[attr-defined]
        stopper = threading.Thread(target=lambda: (arm.emergency_stop(), told.set()))
        stopper.start()
        assert told.wait(30), "the emergency stop waited for somebody"
    stopper.join()

    clock.advance(0.1)
    braked = adapters.sources["arm"].read()
    clock.advance(1.0)
    later = adapters.sources["arm"].read()

    assert braked is not None
    assert later is not None
    assert later.joint_velocities == (0.0,) * 6
    assert braked.joint_positions == pytest.approx(later.joint_positions, abs=1e-3)


def test_it_refuses_what_is_no_posture() -> None:
    arm = SimArm(two_joints().robot, SimSourceConfig(), ManualClock())
    for targets in ((math.nan, 0.0), (0.0,), (math.inf, 0.0)):
        with pytest.raises(ValueError, match="finite targets only"):
            arm.apply(Action(targets))


def test_it_stops_at_its_mechanical_ends() -> None:
    clock = ManualClock()
    arm = SimArm(two_joints().robot, SimSourceConfig(), clock)
    arm.apply(Action((100.0, -100.0)))
    for _ in range(100):
        clock.advance(0.1)
        arm.observe()

    assert arm.positions == pytest.approx((3.2, -math.pi / 2 - 0.2))


def test_pose_and_jacobian_are_those_of_the_stackfiles_kinematics(stack: Stackfile) -> None:
    chain = robot_model(stack).chain
    assert chain is not None
    placing = compiled_placing(chain)
    posture = (0.3, 0.4, 1.2, -0.5, 0.7, 0.9)

    position, _, jacobian = placing(posture)
    placed = place(posture, (False,) * 6)

    assert placed.pose.position == pytest.approx(position)
    for own, theirs in zip(placed.jacobian, jacobian, strict=True):
        assert own == pytest.approx(theirs, abs=1e-12)


def test_its_jacobian_is_how_the_tool_moves() -> None:
    posture, step = [0.3, 0.4, 0.1], 1e-6
    prismatic = (False, True, False)
    placed = place(posture, prismatic)
    for joint in range(3):
        moved = place([one + step * (index == joint) for index, one in enumerate(posture)], prismatic)
        for axis in range(3):
            slope = (moved.pose.position[axis] - placed.pose.position[axis]) / step
            assert placed.jacobian[axis][joint] == pytest.approx(slope, abs=1e-5)


def test_cameras_are_jpeg_files_of_their_size_and_nobody_looks_unasked(stack: Stackfile) -> None:
    arm = SimArm(stack.robot, SimSourceConfig(), ManualClock())
    camera = SimCamera("front", CameraConfig(width=64, height=48, rate_hz=60), arm)
    assert camera._thread is None
    try:
        frame = camera.wait(30)
        assert frame is not None
        picture = Image.open(BytesIO(frame))
        assert (picture.format, picture.size) == ("JPEG", (64, 48))
    finally:
        camera.stop()
    assert camera._thread is not None
    assert not camera._thread.is_alive()


def test_a_source_brings_the_frames_that_are_there(stack: Stackfile) -> None:
    config = stack.sources["arm"]
    assert isinstance(config, SimSourceConfig)
    source = SimSource(SimArm(stack.robot, config, ManualClock()), config)
    source.start()
    try:
        assert source._cameras["front"].wait(30)
        observation = source.read()
        assert observation is not None
        assert observation.images["front"].startswith(b"\xff\xd8")
    finally:
        source.stop()


def behaving(kind: str, elapsed_s: float) -> object:
    stack = two_joints()
    policy = SimPolicy(SimPolicyConfig(misbehave=kind, misbehave_every_s=2, misbehave_for_s=0.5), stack.robot)  # type: ignore[arg-type]
    policy.predict(Observation(100.0, (0.0, 0.0)))
    return policy.predict(Observation(100.0 + elapsed_s, (0.0, 0.0)))


def test_the_policy_is_calm_and_begins_where_the_arm_is() -> None:
    stack, clock = two_joints(), ManualClock()
    adapters = open_adapters(stack, clock)
    seen = drive(adapters, stack, clock, 500)

    assert seen[1].joint_positions == pytest.approx(seen[0].joint_positions, abs=1e-3)
    assert max(one.joint_positions[0] for one in seen) > 0.5
    assert all(abs(speed) < 2 for one in seen for speed in one.joint_velocities or ())


def test_the_policy_misbehaves_when_it_was_asked_to_and_only_then() -> None:
    for kind in ("jump", "overreach", "nan", "partial", "crash", "mixed"):
        assert behaving(kind, 1.0) == behaving("none", 1.0)
        assert behaving(kind, 2.6) == behaving("none", 2.6)
    calm, jumped, far = (behaving(kind, 2.1) for kind in ("none", "jump", "overreach"))
    assert jumped[0] == calm[0] + 1  # type: ignore[index]
    assert far[0] >= 10  # type: ignore[index]
    assert math.isnan(behaving("nan", 2.1)[0])  # type: ignore[index]
    with pytest.raises(Unmappable):
        action_of(behaving("partial", 2.1), two_joints().robot)
    with pytest.raises(RuntimeError, match="told to crash"):
        behaving("crash", 2.1)
    assert behaving("mixed", 2.1) == jumped
    assert math.isnan(behaving("mixed", 6.1)[0])  # type: ignore[index]

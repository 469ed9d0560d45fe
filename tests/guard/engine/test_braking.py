"""An arm driven at a wall comes to rest at it, however weakly it can brake: clamped all the way, never rejected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pilothouse.guard.model import Action, Decision
from tests.support.guards import HOME, PERIOD_S, PLACE, ROBOT, UNSEEN, box_around, decide, engine_of, observed

HALF_M = 0.15
INTO_A_CORNER, AT_ONE_WALL, ACROSS = (1.5,) * 6, (0.1, -1.8, 1.2, -0.5, 0.4, 0.2), (-1.5, -0.2, 2.0, 0.5, -1.0, 1.0)


def weak(robot, acceleration, jerk=None):
    return replace(robot, joints=tuple(replace(one, acceleration=acceleration, jerk=jerk) for one in robot.joints))


def drive(robot, aim, boundaries, *, cycles=400):
    """The verdicts, the closest the tool came to a wall, and the joint speeds at the end."""
    limits = {
        "limits": {"type": "joint_position"},
        "speed": {"type": "joint_velocity"},
        "acceleration": {"type": "joint_acceleration"},
    }
    if robot.joints[0].jerk:
        limits["jerk"] = {"type": "joint_jerk"}
    engine, here, speed, closest, verdicts = engine_of(limits | boundaries, robot=robot), HOME, (0.0,) * 6, 1.0, []
    middle = PLACE(HOME)[0]
    for cycle in range(cycles):
        at_s = cycle * PERIOD_S
        verdict = decide(engine, observed(here, at_s=at_s, joint_velocities=speed), Action(aim), at_s=at_s)
        verdicts.append(verdict)
        there = here if verdict.action is None else verdict.action.joint_positions
        speed = tuple((new - old) / PERIOD_S for old, new in zip(here, there, strict=True))
        here = there
        tool = PLACE(here)[0]
        closest = min(closest, *(HALF_M - abs(one - other) for one, other in zip(tool, middle, strict=True)))
    return verdicts, closest, speed


@pytest.mark.parametrize("robot", [ROBOT, UNSEEN], ids=["known", "observed"])
@pytest.mark.parametrize("gain", [0.1, 0.5, 1.0])
@pytest.mark.parametrize(("acceleration", "jerk"), [(0.5, None), (2.0, None), (2.0, 200.0), (20.0, 2000.0)])
@pytest.mark.parametrize("aim", [INTO_A_CORNER, AT_ONE_WALL, ACROSS], ids=["corner", "wall", "across"])
def test_driving_at_a_wall_clamps_smoothly_until_the_arm_rests_there(robot, gain, acceleration, jerk, aim):
    box = {"box": {"type": "workspace_box", **box_around(half_m=HALF_M), "approach_gain": gain}}

    verdicts, closest, _ = drive(weak(robot, acceleration, jerk), aim, box)

    assert {one.decision for one in verdicts} <= {Decision.PASS, Decision.CLAMP}
    assert -1e-9 <= closest < 0.05


@pytest.mark.parametrize("acceleration", [1.0, 5.0])
def test_it_rests_at_a_sphere_and_at_an_orientation_too(acceleration):
    x, y, z = PLACE(HOME)[0]
    walls = {
        "ball": {"type": "keep_out_spheres", "spheres": [{"center_m": [x - 0.3, y, z], "radius_m": 0.1}]},
        "upright": {"type": "orientation_limit", "base_axis": [0, 0, 1], "maximum_angle_rad": 0.6},
    }

    for aim in (AT_ONE_WALL, ACROSS):
        verdicts, _, _ = drive(weak(ROBOT, acceleration), aim, walls)
        assert {one.decision for one in verdicts} <= {Decision.PASS, Decision.CLAMP}


def test_motion_away_from_every_wall_is_not_slowed():
    box = {"box": {"type": "workspace_box", **box_around(half_m=2.0)}}

    with_walls, _, _ = drive(weak(ROBOT, 5.0), AT_ONE_WALL, box, cycles=60)
    without, _, _ = drive(weak(ROBOT, 5.0), AT_ONE_WALL, {}, cycles=60)

    assert [one.action for one in with_walls] == [one.action for one in without]


def test_found_faster_than_it_could_stop_at_leisure_it_brakes_as_hard_as_it_may():
    robot = weak(UNSEEN, 5.0)
    box = {"type": "workspace_box", **box_around(half_m=0.02), "approach_gain": 1.0}
    engine = engine_of(
        {"speed": {"type": "joint_velocity"}, "acceleration": {"type": "joint_acceleration"}, "box": box}, robot=robot
    )
    speed = (0.0, -0.6, 0.0, 0.0, 0.0, 0.0)

    verdict = decide(engine, observed(HOME, joint_velocities=speed), Action(AT_ONE_WALL))

    assert verdict.decision is Decision.CLAMP
    step = verdict.action.joint_positions[1] - HOME[1]
    assert step == pytest.approx((-0.6 + 5.0 * PERIOD_S) * PERIOD_S)

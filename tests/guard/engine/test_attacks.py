"""Odd numbers, odd robots, odd times: nothing gets further than its limits, and nothing that is fine is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pilothouse.guard.boundaries import BoundaryDoesNotFit
from pilothouse.guard.engine import Engine
from pilothouse.guard.kinematics import Chain, JointModel, Link, RobotModel, compiled_placing
from pilothouse.guard.model import Action, Decision, Enforcement, Layer, Observation, Pose
from pilothouse.guard.stackfile import compile_spec
from tests.support.guards import (
    HOME,
    PERIOD_S,
    PLACE,
    ROBOT,
    START_S,
    UNSEEN,
    boundary,
    box_around,
    decide,
    engine_of,
    moved,
    observed,
)
from tests.support.stacks import two_joints

POSITION = {"limits": {"type": "joint_position"}}
SPEED = {"speed": {"type": "joint_velocity"}}
TINY = [5e-324, -5e-324, 2.2e-308, 0.0, -0.0, 1e-300]


@pytest.mark.parametrize("tiny", TINY)
def test_the_smallest_numbers_and_both_zeros_pass_as_they_are(tiny):
    engine = engine_of(
        POSITION | SPEED | {"ball": {"type": "keep_out_spheres", "spheres": [{"center_m": [5, 5, 5], "radius_m": 0.1}]}}
    )
    here = (tiny,) * 6

    verdict = decide(engine, observed(here), Action(tuple(-one for one in here)))

    assert verdict.decision is Decision.PASS


def many(count, *, prismatic=()):
    """An arm of so many joints, of which some slide."""
    names = [f"j{n}" for n in range(count)]
    axes = [(0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)]
    links = tuple(
        Link(name, (0.01, 0.0, 1.0 / count), joint=name, axis=axes[n % 3], prismatic=n in prismatic)
        for n, name in enumerate(names)
    )
    joints = tuple(JointModel(name, -1.0, 1.0, 1.0, 5.0, prismatic=n in prismatic) for n, name in enumerate(names))
    return RobotModel("many", joints, None, Chain((*links, Link("tool", (0.0, 0.05, 0.1))), tuple(names)))


@pytest.mark.parametrize("robot", [many(30), many(5, prismatic=(0, 2)), many(1), many(2, prismatic=(0, 1))])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_robots_of_thirty_joints_of_one_and_with_sliding_joints_stay_in_their_box(robot, data):
    count, place = len(robot.joints), compiled_placing(robot.chain)
    here = (0.1,) * count
    middle = place(here)[0]
    low, high = [one - 0.05 for one in middle], [one + 0.05 for one in middle]
    engine = engine_of(
        POSITION
        | SPEED
        | {"slow": {"type": "joint_acceleration"}, "box": {"type": "workspace_box", "lower_m": low, "upper_m": high}},
        robot=robot,
    )
    aim = tuple(data.draw(st.lists(st.floats(-2, 2), min_size=count, max_size=count)))
    rejected = 0
    for cycle in range(30):
        at_s = cycle * PERIOD_S
        seen = Observation(START_S + at_s, here, (0.0,) * count)
        verdict = decide(engine, seen, Action(aim), at_s=at_s)
        if verdict.action is None:
            rejected += 1
            continue
        there = verdict.action.joint_positions
        assert all(abs(b - a) <= 1.0 * PERIOD_S + 1e-9 for a, b in zip(here, there, strict=True))
        assert all(one - 1e-8 <= x <= two + 1e-8 for one, x, two in zip(low, place(there)[0], high, strict=True))
        here = there
    assert rejected == 0


def test_limits_that_leave_no_room_and_speeds_of_nothing_are_refused_at_load():
    with pytest.raises(ValidationError, match="must be below"):
        boundary("limits", type="joint_position", lower_rad=[0.5] * 6, upper_rad=[0.5] * 6)
    with pytest.raises(BoundaryDoesNotFit, match="left no room"):
        boundary("limits", type="joint_position", margin_rad=3.0)
    with pytest.raises(ValidationError):
        boundary("speed", type="joint_velocity", maximum_rad_s=[0.0] * 6)
    for kind in ("workspace_box", "task_workspace"):
        with pytest.raises(ValidationError, match="below"):
            boundary("box", type=kind, lower_m=[0, 0, 1], upper_m=[1, 1, 0])


@pytest.mark.parametrize("period_s", [0.001, 0.005, 0.02, 0.1])
def test_another_period_scales_what_a_step_may_be(period_s):
    stack = two_joints()
    engine_spec = compile_spec(stack, period_s=period_s)
    assert engine_spec.budget_s <= period_s

    engine = Engine(engine_spec)
    engine.start("default")
    at = 0.0
    for cycle in range(4):
        at_s = cycle * period_s
        seen = Observation(START_S + at_s, (0.0, 0.0))
        verdict = decide(engine, seen, Action((2.0, 0.0)), at_s=at_s)
        assert verdict.action.joint_positions[0] - at == pytest.approx(1.8 * period_s)
        at = verdict.action.joint_positions[0]


@pytest.mark.parametrize("noise", [1e-9, 1e-5, 1e-3])
def test_an_encoder_that_reads_a_little_outside_is_brought_back_and_not_refused(noise):
    for more in ({}, {"slow": {"type": "joint_acceleration"}}):
        engine = engine_of(POSITION | SPEED | more)
        here = (3.0 + noise, *HOME[1:])

        verdict = decide(engine, observed(here), Action(here))

        assert (verdict.decision, verdict.action.joint_positions[0]) == (Decision.CLAMP, 3.0)


@pytest.mark.parametrize("broken", [{"gripper": math.nan}, {"channels": None}, {"images": None}, {"features": ()}])
def test_what_is_none_or_nan_in_an_observation_never_makes_a_reading(broken):
    motor = {"motor": {"type": "temperature", "channels": ["m"], "maximum_c": 70}}
    usual = {"usual": {"type": "running_z_score", "signal": "features"}}

    verdict = decide(engine_of(motor | usual), replace(observed(), **broken), Action(HOME))

    assert verdict.action is None
    assert verdict.decision in (Decision.REJECT, Decision.FAULT)


def test_an_hour_that_jumps_by_begins_from_where_the_robot_is_and_counts_for_the_task():
    engine = engine_of(POSITION | SPEED | {"in_time": {"type": "node_timeout", "timeout_s": 7200}})
    decide(engine, observed(), moved(0.01))
    elsewhere = (0.9, *HOME[1:])

    verdict = decide(engine, observed(elsewhere, at_s=3600), moved(1.0, elsewhere), at_s=3600)
    late = decide(engine, observed(elsewhere, at_s=7201), Action(elsewhere), at_s=7201)

    assert verdict.action.joint_positions == pytest.approx([one + 0.04 for one in elsewhere])
    assert late.boundary == "in_time"


def test_what_is_only_watched_changes_nothing_and_what_is_enforced_beside_it_holds():
    boundaries = POSITION | SPEED | {"task": {"type": "task_workspace", **box_around()}}
    for watching in (Enforcement.MONITOR, Enforcement.LOG_ONLY):
        engine = engine_of(boundaries, modes={Layer.L1: watching})

        fast = decide(engine, observed(), moved(0.05))
        wild = decide(engine, observed(at_s=0.02), Action((50.0, *HOME[1:])), at_s=0.02)

        # Faster than its limit is let through where that is only watched; through the wall that is enforced never.
        assert fast.action is None or fast.action.joint_positions == pytest.approx(moved(0.05).joint_positions)
        assert (wild.decision, wild.action) == (Decision.REJECT, None)


def test_two_walls_that_both_clamp_are_kept_both():
    tool = PLACE(HOME)[0]
    first = {"lower_m": [one - 0.05 for one in tool], "upper_m": [tool[0] + 0.002, tool[1] + 0.05, tool[2] + 0.05]}
    second = {"lower_m": [one - 0.06 for one in tool], "upper_m": [tool[0] + 0.05, tool[1] + 0.06, tool[2] + 0.002]}
    for robot in (ROBOT, UNSEEN):
        engine = engine_of(
            SPEED | {"a": {"type": "workspace_box", **first}, "b": {"type": "task_workspace", **second}}, robot=robot
        )
        here = HOME
        for cycle in range(50):
            at_s = cycle * PERIOD_S
            verdict = decide(engine, observed(here, at_s=at_s), moved(0.3, here), at_s=at_s)
            here = here if verdict.action is None else verdict.action.joint_positions
            x, _, z = PLACE(here)[0]
            assert x <= tool[0] + 0.002 + 1e-8
            assert z <= tool[2] + 0.002 + 1e-8


def test_a_sphere_around_the_start_lets_nothing_pass_not_even_the_way_out():
    x, y, z = PLACE(HOME)[0]
    engine = engine_of(
        SPEED | {"ball": {"type": "keep_out_spheres", "spheres": [{"center_m": [x, y, z], "radius_m": 0.2}]}}
    )

    for by in (0.0, 0.01, -0.01):
        engine.start("default")
        verdict = decide(engine, observed(), moved(by))
        assert (verdict.decision, verdict.boundary, verdict.action) == (Decision.REJECT, "ball", None)


def test_upside_down_is_as_far_from_upright_as_can_be():
    down = {"upright": {"type": "orientation_limit", "base_axis": [0, 0, 1], "maximum_angle_rad": 3.09}}
    turned = Pose(PLACE(HOME)[0], (1.0, 0.0, 0.0, 0.0))
    level = {"upright": {"type": "orientation_limit", "base_axis": [0, 0, 1], "maximum_angle_rad": 1.0}}

    for config in (down, level):
        verdict = decide(engine_of(config, robot=UNSEEN), observed(end_effector=turned), moved(0.001))
        assert (verdict.decision, verdict.boundary) == (Decision.REJECT, "upright")


@pytest.mark.parametrize(
    "config",
    [
        {"type": "workspace_box", **box_around()},
        {"type": "end_effector_speed", "maximum_m_s": 0.1},
        {"type": "orientation_limit", "base_axis": [0, 0, 1], "maximum_angle_rad": 3},
    ],
)
def test_a_jacobian_of_zeros_is_no_jacobian(config):
    verdict = decide(engine_of({"space": config}, robot=UNSEEN), observed(jacobian=((0.0,) * 6,) * 6), moved(0.02))

    assert (verdict.decision, verdict.boundary) == (Decision.REJECT, "space")
    assert "no joint moves the tool" in verdict.reasons[0]


def test_a_singular_jacobian_is_clamped_or_refused_and_never_a_fault():
    rows = observed().jacobian
    for kept in range(6):
        flat = tuple(row if number == kept else (0.0,) * 6 for number, row in enumerate(rows))
        engine = engine_of(SPEED | {"box": {"type": "workspace_box", **box_around(half_m=0.001)}}, robot=UNSEEN)
        verdict = decide(engine, observed(jacobian=flat), moved(0.5))
        assert verdict.decision in (Decision.CLAMP, Decision.REJECT)


def test_a_jacobian_of_the_wrong_sign_cannot_be_told_and_is_stopped_once_the_tool_is_seen_outside():
    """Nothing in one cycle contradicts it. What it costs is one step: the next observation shows the tool."""
    engine = engine_of(SPEED | {"box": {"type": "workspace_box", **box_around(half_m=0.05)}}, robot=UNSEEN)
    here, outside = HOME, 0
    for cycle in range(60):
        at_s = cycle * PERIOD_S
        seen = observed(here, at_s=at_s)
        wrong = replace(seen, jacobian=tuple(tuple(-one for one in row) for row in seen.jacobian))
        verdict = decide(engine, wrong, Action((here[0], here[1] - 0.3, *here[2:])), at_s=at_s)
        if verdict.action is None:
            break
        here = verdict.action.joint_positions
        outside += max(abs(a - b) for a, b in zip(PLACE(here)[0], PLACE(HOME)[0], strict=True)) > 0.05

    assert verdict.decision is Decision.REJECT
    assert outside <= 2

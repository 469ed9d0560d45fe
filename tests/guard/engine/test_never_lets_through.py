"""Whatever the guard lets through, an oracle of its own, slow and in numpy, finds no boundary that forbids it."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.guard.model import Action, Decision
from tests.support.guards import ARM, HOME, PERIOD_S, ROBOT, UNSEEN, decide, engine_of, observed

MODEL = mujoco.MjModel.from_xml_string(ARM)
DATA = mujoco.MjData(MODEL)
ROUNDING = 1e-7

BOX = (np.array([-0.5, -0.1, 0.6]), np.array([0.1, 0.4, 1.0]))
SPHERE = (np.array([-0.2, 0.32, 0.88]), 0.08)
OBSTACLE = (np.array([-0.4, 0.02, 0.55]), 0.05)
FORE = 0.04
BOUNDARIES = {
    "limits": {"type": "joint_position", "lower_rad": [-1.5] * 6, "upper_rad": [1.6] * 6},
    "speed": {"type": "joint_velocity", "maximum_rad_s": [1.0, 1.2, 1.4, 1.6, 1.8, 2.0]},
    "acceleration": {"type": "joint_acceleration", "scale": 0.9},
    "jerk": {"type": "joint_jerk"},
    "workspace": {"type": "workspace_box", "lower_m": list(BOX[0]), "upper_m": list(BOX[1]), "approach_gain": 0.5},
    "ball": {
        "type": "keep_out_spheres",
        "spheres": [{"center_m": list(SPHERE[0]), "radius_m": SPHERE[1]}],
        "tool_radius_m": 0.02,
    },
    "upright": {"type": "orientation_limit", "base_axis": [0, 0, 1], "maximum_angle_rad": 1.0, "approach_gain": 0.8},
    "tool_speed": {"type": "end_effector_speed", "maximum_m_s": 0.6},
    "together": {"type": "joint_speed_norm", "maximum_rad_s": 2.5},
    "apart": {
        "type": "link_distance",
        "links": [{"link": "fore", "from_m": [0, 0, 0], "to_m": [0, 0, 0.39], "radius_m": FORE}],
        "obstacles": [{"from_m": list(OBSTACLE[0]), "radius_m": OBSTACLE[1]}],
        "minimum_m": 0.01,
    },
    "task": {
        "type": "task_workspace",
        "lower_m": [-0.45, -0.05, 0.65],
        "upper_m": [0.05, 0.35, 0.98],
        "approach_gain": 1.0,
    },
    "grip": {"type": "gripper_command", "upper_m": 0.07, "maximum_m_s": 0.5},
}


def where(joints):
    """Tool, its z axis, and both ends of the forearm, by MuJoCo."""
    DATA.qpos[:] = joints
    mujoco.mj_kinematics(MODEL, DATA)
    fore, turn = DATA.body("fore").xpos.copy(), DATA.body("fore").xmat.reshape(3, 3)
    tool = DATA.body("tool").xpos.copy(), DATA.body("tool").xmat.reshape(3, 3)[:, 2].copy()
    return *tool, fore, fore + turn @ np.array([0, 0, 0.39])


def to_segment(point, start, end):
    shares = np.linspace(0, 1, 2001)[:, None]
    return np.linalg.norm(start + shares * (end - start) - point, axis=1).min()


def forbids(names, before, after, speed, acceleration, dt):
    """Who objects to going from one command to the next; an empty list when nobody does."""
    before, after = np.array(before), np.array(after)
    tool, axis, shoulder, wrist = where(after)
    tool0 = where(before)[0]
    velocity = (after - before) / dt
    a = (velocity - speed) / dt
    low, high = BOX
    walls, walls0 = np.r_[tool - low, high - tool], np.r_[tool0 - low, high - tool0]
    tlow, thigh = (np.array(BOUNDARIES["task"][end]) for end in ("lower_m", "upper_m"))
    verdicts = {
        "limits": np.all((after >= -1.5 - ROUNDING) & (after <= 1.6 + ROUNDING)),
        "speed": np.all(np.abs(velocity) <= np.array([1.0, 1.2, 1.4, 1.6, 1.8, 2.0]) + ROUNDING),
        "acceleration": np.all(np.abs(a) <= 18.0 + 1e-5),
        "jerk": np.all(np.abs((a - acceleration) / dt) <= 2000.0 + 1e-2),
        "workspace": np.all(walls >= 0.5 * walls0 - ROUNDING),
        "ball": to_segment(SPHERE[0], tool0, tool) >= SPHERE[1] + 0.02 - ROUNDING,
        "upright": np.arccos(np.clip(axis[2], -1, 1)) <= 1.0 + ROUNDING,
        "tool_speed": np.linalg.norm(tool - tool0) / dt <= 0.6 + 1e-5,
        "together": np.linalg.norm(velocity) <= 2.5 + 1e-5,
        "apart": to_segment(OBSTACLE[0], shoulder, wrist) >= FORE + OBSTACLE[1] + 0.01 - ROUNDING,
        "task": np.all((tool >= tlow - ROUNDING) & (tool <= thigh + ROUNDING)),
        "grip": True,
    }
    return [name for name in names if not verdicts[name]]


steps = st.lists(
    st.one_of(
        st.floats(-0.05, 0.05).map(lambda by: [by] * 6),
        st.lists(st.floats(-0.04, 0.04), min_size=6, max_size=6),
        st.lists(st.floats(-4, 4), min_size=6, max_size=6),
        st.lists(st.floats(-1e5, 1e5), min_size=6, max_size=6),
    ),
    min_size=1,
    max_size=60,
)
some = st.lists(st.sampled_from(sorted(BOUNDARIES)), min_size=1, max_size=12, unique=True)


@pytest.mark.parametrize("robot", [ROBOT, UNSEEN], ids=["known", "observed"])
@settings(max_examples=120, deadline=None)
@given(
    names=some, steps=steps, lasting=st.integers(1, 30), dts=st.lists(st.floats(0.004, 0.03), min_size=1, max_size=5)
)
def test_it_never_lets_through_what_any_boundary_forbids(robot, names, steps, lasting, dts):
    names = [name for name in names if robot is ROBOT or name != "apart"]
    engine = engine_of({name: BOUNDARIES[name] for name in names}, robot=robot)
    here, speed, acceleration = HOME, np.zeros(6), np.zeros(6)
    at_s, cycle = 0.0, 0
    for step in steps:
        # The same push again and again: that is how walls are reached.
        for _ in range(lasting if max(map(abs, step)) < 0.1 else 1):
            elapsed = PERIOD_S if cycle == 0 else dts[cycle % len(dts)]
            at_s += elapsed
            dt, cycle = min(elapsed, PERIOD_S), cycle + 1
            wanted = Action(tuple(one + by for one, by in zip(here, step, strict=True)), gripper=0.05)
            verdict = decide(engine, observed(here, at_s=at_s, joint_velocities=tuple(speed)), wanted, at_s=at_s)

            assert verdict.decision in (Decision.PASS, Decision.CLAMP, Decision.REJECT), verdict.reasons
            if verdict.action is None:
                # Nothing was sent: the arm stands still, as far as it could be told.
                speed, acceleration = np.zeros(6), np.zeros(6)
                continue
            there = verdict.action.joint_positions
            assert forbids(names, here, there, speed, acceleration, dt) == []
            assert 0.03 < verdict.action.gripper <= 0.0500001
            new = (np.array(there) - np.array(here)) / dt
            acceleration, speed = (new - speed) / dt, new
            here = there


def test_the_oracle_sees_what_is_wrong():
    still = np.zeros(6)
    fast = np.array(HOME) + 0.1

    assert set(forbids(BOUNDARIES, HOME, fast, still, still, PERIOD_S)) >= {
        "speed",
        "acceleration",
        "jerk",
        "tool_speed",
    }
    assert "limits" in forbids(BOUNDARIES, HOME, np.full(6, 1.7), still, still, 1.0)
    assert {"workspace", "task"} <= set(forbids(BOUNDARIES, HOME, np.full(6, 1.5), still, still, 1.0))
    assert forbids(BOUNDARIES, HOME, HOME, still, still, PERIOD_S) == []

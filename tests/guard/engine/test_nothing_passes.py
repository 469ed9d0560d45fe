"""What a runtime of this kind must never let through: one test each."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pilothouse.guard.boundaries import BoundaryDoesNotFit
from pilothouse.guard.engine import UnknownTask
from pilothouse.guard.model import Action, Decision, Layer, Pose
from tests.support.guards import HOME, START_S, UNSEEN, boundary, box_around, decide, engine_of, moved, observed

POSITION = {"limits": {"type": "joint_position"}}
VELOCITY = {"speed": {"type": "joint_velocity"}}
WORKSPACE = {"workspace": {"type": "workspace_box", **box_around()}}
LAYERS = {
    Layer.L0: {"usual": {"type": "running_z_score", "signal": "joint_positions"}},
    Layer.L1: POSITION,
    Layer.L2: {"in_time": {"type": "node_timeout", "timeout_s": 60}},
    Layer.L3: {"fresh": {"type": "observation_age", "maximum_s": 0.1}},
}
BAD = [math.nan, math.inf, -math.inf, 1e9, 1e200, -1e200]
any_layer = pytest.mark.parametrize("boundaries", LAYERS.values(), ids=LAYERS)


def test_what_is_fine_passes_as_it_is():
    engine = engine_of(POSITION | VELOCITY | WORKSPACE)

    verdict = decide(engine, observed(), moved(0.001, gripper=0.05))

    assert verdict.decision is Decision.PASS
    assert verdict.action == moved(0.001, gripper=0.05)


@any_layer
@pytest.mark.parametrize("bad", BAD)
def test_an_action_that_is_not_finite_or_absurd_never_passes(boundaries, bad):
    for number in range(6):
        target = list(HOME)
        target[number] = bad

        verdict = decide(engine_of(boundaries), observed(), Action(tuple(target)))

        assert verdict.decision is Decision.REJECT
        assert verdict.action is None
        assert verdict.boundary == "action"


@any_layer
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_gripper_command_never_passes(boundaries, bad):
    verdict = decide(engine_of(boundaries), observed(), moved(gripper=bad))

    assert (verdict.decision, verdict.action) == (Decision.REJECT, None)


@any_layer
@pytest.mark.parametrize("bad", [math.nan, math.inf, 1e200])
@pytest.mark.parametrize("where", ["joint_positions", "joint_velocities", "end_effector", "jacobian", "quaternion"])
def test_an_observation_that_is_not_finite_never_passes(boundaries, where, bad):
    seen = observed()
    row = (0.0, bad, 0.0, 0.0, 0.0, 0.0)
    broken = {
        "joint_positions": row,
        "joint_velocities": row,
        "end_effector": Pose((0.0, bad, 0.0)),
        "quaternion": Pose((0.0, 0.0, 0.0), (0.0, bad, 0.0, 1.0)),
        "jacobian": (row,) * 6,
    }
    changed = replace(seen, **{"end_effector" if where == "quaternion" else where: broken[where]})

    verdict = decide(engine_of(boundaries), changed, moved())

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.REJECT, None, "observation")


@any_layer
@pytest.mark.parametrize("where", ["timestamp", "gripper", "channels", "features"])
def test_no_number_of_an_observation_may_be_nan(boundaries, where):
    broken = {"timestamp": math.nan, "gripper": math.nan, "channels": {"a": math.nan}, "features": (math.nan,)}

    verdict = decide(engine_of(boundaries), replace(observed(), **{where: broken[where]}), moved())

    assert (verdict.decision, verdict.action) == (Decision.REJECT, None)


@any_layer
@pytest.mark.parametrize(
    "action",
    [None, Action(HOME[:4]), Action((*HOME, 0.0)), Action(()), Action(("a",) * 6), Action((None,) * 6), "go", 1.0],
)
def test_a_missing_partial_or_unmappable_action_never_passes(boundaries, action):
    verdict = decide(engine_of(boundaries), observed(), action)

    assert (verdict.decision, verdict.action) == (Decision.REJECT, None)


@any_layer
def test_a_missing_or_partial_observation_never_passes(boundaries):
    for at, seen in enumerate([None, replace(observed(), joint_positions=HOME[:4]), "here"]):
        assert decide(engine_of(boundaries), seen, moved(), at_s=at).decision is Decision.REJECT


def test_a_jacobian_of_the_wrong_shape_never_passes():
    rows = observed().jacobian
    for wrong in (rows[:3], tuple(row[:4] for row in rows), (), (0.0,) * 6):
        assert decide(engine_of(POSITION), observed(jacobian=wrong), moved()).decision is Decision.REJECT


@pytest.mark.parametrize("missing", ["end_effector", "jacobian"])
@pytest.mark.parametrize(
    "config",
    [
        {"type": "workspace_box", **box_around()},
        {"type": "task_workspace", **box_around()},
        {"type": "keep_out_spheres", "spheres": [{"center_m": [5, 5, 5], "radius_m": 0.1}]},
        {"type": "orientation_limit", "base_axis": [0, 0, 1], "maximum_angle_rad": 3},
        {"type": "end_effector_speed", "maximum_m_s": 9},
        {"type": "sequence", "nodes": [{"name": "all", "inside": box_around(half_m=9)}]},
    ],
)
def test_a_missing_tool_pose_or_jacobian_never_passes(config, missing):
    engine = engine_of({"space": config}, robot=UNSEEN)

    verdict = decide(engine, observed(**{missing: None}), moved(0.001))

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.REJECT, None, "space")
    assert "no tool pose or no Jacobian" in verdict.reasons[0]


@pytest.mark.parametrize("robot", [UNSEEN, None], ids=["observed", "known"])
@pytest.mark.parametrize("joint", range(6))
def test_fifty_radians_with_only_a_workspace_never_pass(joint, robot):
    engine = engine_of(WORKSPACE, **({"robot": robot} if robot else {}))
    target = list(HOME)
    target[joint] = 50.0

    verdict = decide(engine, observed(), Action(tuple(target)))

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.REJECT, None, "robot")


def test_four_limits_for_six_joints_do_not_compile():
    for field, kind in (
        ("lower_rad", "joint_position"),
        ("maximum_rad_s", "joint_velocity"),
        ("maximum_rad_s2", "joint_acceleration"),
        ("maximum_rad_s3", "joint_jerk"),
    ):
        with pytest.raises(BoundaryDoesNotFit, match=f"{field} has 4 values, but the robot has 6 joints"):
            boundary("few", **{"type": kind, field: [0.5] * 4})


def test_without_a_task_nothing_passes():
    engine = engine_of(POSITION, start=False)

    assert decide(engine, observed(), moved()).reasons == ("task: no task is active",)
    engine.start("default")
    assert decide(engine, observed(at_s=1), moved(), at_s=1).decision is Decision.PASS
    engine.start(None)
    assert decide(engine, observed(at_s=2), moved(), at_s=2).action is None


def test_a_task_nobody_knows_is_not_started():
    engine = engine_of(POSITION)

    with pytest.raises(UnknownTask, match="no task 'pikc'; there are: default"):
        engine.start("pikc")

    assert decide(engine, observed(), moved()).decision is Decision.REJECT


def test_an_observation_thirty_seconds_old_never_passes():
    verdict = decide(engine_of(POSITION), observed(at_s=-30), moved())

    assert (verdict.decision, verdict.action, verdict.layer) == (Decision.REJECT, None, Layer.L3)
    assert "30.000 s old" in verdict.reasons[0]


def test_an_observation_from_the_future_never_passes():
    assert decide(engine_of(POSITION), observed(at_s=1), moved()).action is None


def test_an_observation_that_stands_still_grows_old_even_when_the_wall_clock_does():
    engine, frozen = engine_of(POSITION), observed()
    times = [100 + cycle * 0.02 for cycle in range(30)]

    verdicts = [engine.decide(frozen, moved(), now_s=START_S, monotonic_s=one).decision for one in times]

    assert verdicts[9] is Decision.PASS
    assert set(verdicts[12:]) == {Decision.REJECT}


def test_a_wall_clock_that_steps_back_never_makes_an_old_observation_young():
    engine = engine_of(POSITION)
    decide(engine, observed(), moved())

    stepped = engine.decide(observed(), moved(), now_s=START_S - 30, monotonic_s=100.02)
    after = engine.decide(observed(), moved(), now_s=START_S - 29.98, monotonic_s=100.04)
    fresh = engine.decide(observed(at_s=-29.96), moved(), now_s=START_S - 29.96, monotonic_s=100.06)

    assert stepped.reasons[0].startswith("clock: the wall clock stepped back")
    assert (stepped.decision, after.decision) == (Decision.REJECT, Decision.REJECT)
    assert fresh.decision is Decision.PASS


@pytest.mark.parametrize("monotonic_s", [100.0, 99.0, math.nan, math.inf])
def test_a_monotonic_clock_that_does_not_advance_gives_no_free_jump(monotonic_s):
    engine = engine_of(POSITION | VELOCITY)
    decide(engine, observed(), moved())

    verdict = engine.decide(observed(), moved(0.5), now_s=START_S, monotonic_s=monotonic_s)

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.REJECT, None, "clock")


def test_within_one_cycle_a_fallback_may_be_put_forward_and_gets_no_further_than_the_policy():
    engine = engine_of(POSITION | VELOCITY | {"motor": {"type": "temperature", "channels": ["m"], "maximum_c": 70}})
    hot, times = observed(channels={"m": 90.0}), {"now_s": START_S, "monotonic_s": 100.0}

    rejected = engine.decide(hot, moved(0.01), **times)
    held = engine.decide(hot, Action(HOME), **times, fallback=True)
    retreat = engine.decide(hot, moved(-1.0), **times, fallback=True)
    malformed = engine.decide(hot, Action((math.nan,) * 6), **times, fallback=True)
    engine.executed(retreat.action, 100.0)
    after = engine.decide(hot, moved(-1.0), **times, fallback=True)

    assert (rejected.decision, held.decision, held.action) == (Decision.REJECT, Decision.PASS, Action(HOME))
    assert retreat.action.joint_positions == pytest.approx([one - 0.04 for one in HOME])
    assert (malformed.action, after.action, after.boundary) == (None, None, "clock")


def test_a_cycle_that_comes_early_may_step_only_as_far_as_its_time_allows():
    engine = engine_of(POSITION | VELOCITY)
    decide(engine, observed(), Action(HOME))

    verdict = decide(engine, observed(), moved(1.0), at_s=0.005)

    assert verdict.action.joint_positions == pytest.approx([one + 2.0 * 0.005 for one in HOME])


def test_a_late_cycle_may_not_make_up_for_lost_time():
    engine = engine_of(POSITION | VELOCITY)
    decide(engine, observed(), Action(HOME))

    verdict = decide(engine, observed(at_s=0.09), moved(1.0), at_s=0.09)

    assert verdict.action.joint_positions == pytest.approx([one + 2.0 * 0.02 for one in HOME])


def test_limits_of_position_and_velocity_in_conflict_are_rejected():
    engine = engine_of(POSITION | VELOCITY)
    beyond = (3.5, *HOME[1:])

    for wanted in ((3.5, *HOME[1:]), (2.9, *HOME[1:]), (4.0, *HOME[1:])):
        verdict = decide(engine, observed(beyond), Action(wanted))
        assert (verdict.decision, verdict.action) == (Decision.REJECT, None)
        engine.start("default")


def test_starting_outside_the_joint_limits_only_the_way_back_is_allowed_and_only_when_asked_for():
    beyond = (3.5, *HOME[1:])
    returning = {"limits": {"type": "joint_position", "allow_return": True}} | VELOCITY

    out = decide(engine_of(returning), observed(beyond), Action((3.6, *HOME[1:])))
    back = decide(engine_of(returning), observed(beyond), Action((3.48, *HOME[1:])))

    assert out.action.joint_positions[0] == 3.5
    assert (back.decision, back.action.joint_positions[0]) == (Decision.PASS, 3.48)


@pytest.mark.parametrize("robot", [UNSEEN, None], ids=["observed", "known"])
def test_starting_outside_the_workspace_is_rejected(robot):
    far = {"workspace": {"type": "workspace_box", **box_around([1.5, *HOME[1:]])}}
    engine = engine_of(far, **({"robot": robot} if robot else {}))

    verdict = decide(engine, observed(), Action(HOME))

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.REJECT, None, "workspace")


@pytest.mark.parametrize(
    "result",
    [
        (0, -6),
        (0, -4),
        (-3, 1),
        (0, 0),
        (0, "nan"),
        (0, "raises"),
    ],
)
def test_a_solver_that_fails_never_lets_anything_through(result, monkeypatch):
    engine = engine_of(WORKSPACE | VELOCITY)
    _fail(engine, *result)

    verdict = decide(engine, observed(), moved(1.0))

    assert (verdict.decision, verdict.action) == (Decision.FAULT, None)
    engine.start("default")
    assert decide(engine, observed(at_s=1), moved(1.0), at_s=1).decision is Decision.CLAMP


def _fail(engine, updated, solved):
    import numpy

    def solve():
        if solved == "raises":
            raise RuntimeError("out of memory")
        if solved == "nan":
            return numpy.full(6, math.nan), 0.0, 1, {}
        return numpy.zeros(6), 0.0, solved, {}

    engine._motion._walls._program._model = SimpleNamespace(update=lambda **_: updated, solve=solve)
    engine._motion._walls._directly = lambda *_: None


def test_a_solver_that_lies_is_found_out():
    import numpy

    engine = engine_of(WORKSPACE | VELOCITY)
    # Far out along the way that leaves the box, and called solved.
    far = SimpleNamespace(update=lambda **_: 0, solve=lambda: (numpy.full(6, 1.0), 0.0, 1, {}))
    engine._motion._walls._directly = lambda *_: None
    for cycle in range(10):
        engine._motion._walls._program._model = far
        verdict = decide(engine, observed(at_s=cycle / 50), moved(1.0), at_s=cycle / 50)
        if verdict.action is None:
            break

    assert verdict.decision is Decision.REJECT


def test_a_callback_that_takes_longer_than_its_budget_is_a_fault_and_does_not_hold_the_loop():
    SLEEP.clear()
    engine = engine_of(POSITION | {"slow": {"type": "callback", "function": f"{__name__}:slow", "budget_ms": 20}})

    for cycle in range(3):
        verdict = decide(engine, observed(at_s=cycle / 50), moved(), at_s=cycle / 50)
        assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.FAULT, None, "slow")

    assert "still busy" in verdict.reasons[0]
    SLEEP.set()
    engine.close()


def test_a_blown_budget_is_a_fault():
    ticks = iter(range(1000))
    engine = engine_of(POSITION, timer=lambda: next(ticks) * 0.01, budget_s=0.02)

    verdict = decide(engine, observed(), moved())

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.FAULT, None, "budget")


@pytest.mark.parametrize("function", ["broken", "leaving", "silent", "vague"])
def test_a_callback_that_breaks_or_mumbles_is_a_fault(function):
    engine = engine_of({"own": {"type": "callback", "function": f"{__name__}:{function}", "budget_ms": 900}})

    verdict = decide(engine, observed(), moved())
    again = decide(engine, observed(at_s=0.02), moved(), at_s=0.02)

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.FAULT, None, "own")
    assert again.decision is Decision.FAULT
    engine.close()


def test_a_callback_says_yes_or_no_or_why():
    answers = {"yes": Decision.PASS, "no": Decision.REJECT, "why": Decision.REJECT}
    for function, decision in answers.items():
        own = {"type": "callback", "function": f"{__name__}:{function}", "budget_ms": 1000}
        # Without a budget of the cycle, which would shorten the callback's.
        engine = engine_of({"own": own}, budget_s=None)
        assert decide(engine, observed(), moved()).decision is decision
        engine.close()


def test_a_boundary_that_raises_is_a_fault():
    engine = engine_of(LAYERS[Layer.L3])
    engine.spec.guards[3].boundaries[0].maximum_s = "much"

    verdict = decide(engine, observed(), moved())

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.FAULT, None, "fresh")


def test_an_engine_that_breaks_inside_is_a_fault():
    engine = engine_of(POSITION)
    engine._motion = None

    verdict = decide(engine, observed(), moved())

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.FAULT, None, "engine")


def test_the_more_severe_fallback_wins_and_is_attributed_to_who_named_it():
    boundaries = {
        "motor": {"type": "temperature", "channels": ["motor"], "maximum_c": 70, "fallback": "hold"},
        "rail": {"type": "voltage", "channels": ["rail"], "minimum_v": 22, "maximum_v": 26, "fallback": "halt"},
    }
    for order in (boundaries, dict(reversed(boundaries.items()))):
        engine = engine_of(order, fallback_ranks={"hold": 0, "halt": 4})

        verdict = decide(engine, observed(channels={"motor": 90.0, "rail": 10.0}), moved())

        assert (verdict.boundary, verdict.fallback) == ("rail", "halt")
        assert len(verdict.reasons) == 2


def test_ties_go_to_the_higher_layer():
    engine = engine_of(
        LAYERS[Layer.L2] | {"motor": {"type": "temperature", "channels": ["motor"], "maximum_c": 70}} | WORKSPACE
    )
    engine.start("default")
    decide(engine, observed(channels={"motor": 20.0}), Action(HOME))

    late = decide(engine, observed(at_s=99, channels={"motor": 90.0}), moved(1.0), at_s=99)

    assert (late.boundary, late.layer) == ("motor", Layer.L3)
    assert [one.decision for one in late.guard_statuses] == [Decision.PASS, Decision.REJECT, Decision.REJECT]


@pytest.mark.parametrize(
    "config",
    [
        {"type": "temperature", "channels": ["there", "gone"], "maximum_c": 70},
        {"type": "current", "channels": ["gone"], "maximum_a": 70},
        {"type": "voltage", "channels": ["gone"], "minimum_v": 0, "maximum_v": 70},
        {"type": "force_torque", "force_channels": ["there", "gone"], "maximum_n": 70},
        {"type": "force_torque", "torque_channels": ["gone"], "maximum_nm": 70},
        {"type": "host_health", "maximum_cpu_percent": 70},
        {"type": "host_health", "minimum_disk_free_bytes": 1000},
    ],
)
def test_a_missing_hardware_channel_never_passes(config):
    verdict = decide(engine_of({"hardware": config}), observed(channels={"there": 1.0}), moved())

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.REJECT, None, "hardware")
    assert "is missing" in verdict.reasons[0]


@pytest.mark.parametrize("joints", [HOME, (0.0,) * 6])
def test_the_first_cycle_after_a_start_is_measured_from_where_the_robot_is(joints):
    engine = engine_of(POSITION | VELOCITY)
    for at_s in (0.0, 5.0):
        engine.start("default")
        verdict = decide(engine, observed(joints, at_s=at_s), moved(1.0, joints), at_s=at_s)
        assert verdict.decision is Decision.CLAMP
        assert verdict.action.joint_positions == pytest.approx([one + 0.04 for one in joints])


def test_the_first_cycle_is_guarded_against_a_jump_even_without_a_limit_on_speed():
    engine = engine_of(POSITION)

    verdict = decide(engine, observed(), moved(0.5))

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.REJECT, None, "robot")


def test_after_a_cycle_in_which_nothing_was_sent_the_robot_is_looked_at_again():
    engine = engine_of(POSITION | VELOCITY)
    decide(engine, observed(), moved(0.02))
    engine.executed(None, 100.0)

    verdict = decide(engine, observed((0.0,) * 6, at_s=0.02), moved(1.0, (0.0,) * 6), at_s=0.02)

    assert verdict.action.joint_positions == pytest.approx([0.04] * 6)


def test_a_reload_during_motion_goes_on_from_the_last_command():
    old, new = engine_of(POSITION | VELOCITY), engine_of(POSITION | VELOCITY)
    decide(old, observed(), moved(0.03))

    new.take_over(old)
    verdict = decide(new, observed(at_s=0.02), moved(1.0), at_s=0.02)

    assert verdict.action.joint_positions == pytest.approx([one + 0.03 + 0.04 for one in HOME])


def test_a_gripper_command_survives_pass_and_clamp():
    engine = engine_of(POSITION | VELOCITY)

    passed = decide(engine, observed(), moved(0.01, gripper=0.07))
    clamped = decide(engine, observed(at_s=0.02), moved(1.0, gripper=0.02), at_s=0.02)

    assert (passed.decision, passed.action.gripper) == (Decision.PASS, 0.07)
    assert (clamped.decision, clamped.action.gripper) == (Decision.CLAMP, 0.02)
    assert clamped.requested == moved(1.0, gripper=0.02)


def test_a_gripper_command_out_of_its_range_never_passes():
    ruled = POSITION | {"grip": {"type": "gripper_command", "upper_m": 0.06}}

    unruled = decide(engine_of(POSITION), observed(), moved(gripper=0.09))
    clamped = decide(engine_of(ruled), observed(), moved(gripper=0.09))

    assert (unruled.decision, unruled.action) == (Decision.REJECT, None)
    assert (clamped.decision, clamped.action.gripper) == (Decision.CLAMP, 0.06)


SLEEP = threading.Event()


def slow(observation, action):
    SLEEP.wait(60)
    return True


def broken(observation, action):
    raise ZeroDivisionError("by zero")


def leaving(observation, action):
    raise SystemExit(0)


def silent(observation, action):
    return None


def vague(observation, action):
    return 1


def yes(observation, action):
    return True


def no(observation, action):
    return False


def why(observation, action):
    return "it is Sunday"

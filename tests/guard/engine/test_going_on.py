"""What an engine takes along when it replaces another while the robot moves, and when a task goes on after a pause."""

from __future__ import annotations

import threading

import pytest

from pilothouse.guard.model import Action, Decision
from tests.support.guards import HOME, PERIOD_S, decide, engine_of, moved, observed

USUAL = {"type": "running_z_score", "signal": "features", "warm_up": 3, "minimum_deviation": 0.1, "maximum_z": 3}
NODES = {"type": "sequence", "nodes": [{"name": "open", "gripper_above_m": 0.06}, {"name": "close", "timeout_s": 1.0}]}
IN_TIME = {"type": "node_timeout", "timeout_s": 1.0}
SPEED = {"type": "joint_velocity"}
KNOWING = {"usual": USUAL, "nodes": NODES, "in_time": IN_TIME, "speed": SPEED}


def run(engine, cycles, *, at_s=0.0, feature=1.0, gripper=0.04):
    verdict = None
    for cycle in range(cycles):
        now = at_s + cycle * PERIOD_S
        seen = observed(at_s=now, features=(feature,), gripper=gripper)
        verdict = decide(engine, seen, Action(HOME), at_s=now)
    return verdict


def swapped(old, boundaries, **more):
    new = engine_of(boundaries, **more)
    new.take_over(old)
    return new


def test_a_boundary_that_has_not_changed_goes_on_with_what_it_knows():
    old = engine_of(KNOWING)
    run(old, 10, gripper=0.07)

    new = swapped(old, KNOWING | {"speed": SPEED | {"scale": 0.5}})
    strange = run(new, 1, at_s=0.2, feature=5.0, gripper=0.07)
    late = run(new, 1, at_s=1.05, gripper=0.07)

    assert (strange.decision, strange.boundary) == (Decision.REJECT, "usual")
    # The second node was entered long before the swap, and the task began before that.
    assert {reason.partition(":")[0] for reason in late.reasons} == {"nodes", "in_time"}


def test_a_boundary_that_has_changed_begins_anew():
    old = engine_of(KNOWING)
    run(old, 10, gripper=0.07)
    changed = {
        "usual": USUAL | {"maximum_z": 2.9},
        "nodes": NODES | {"repeat": False, "nodes": [*NODES["nodes"][:1], NODES["nodes"][1] | {"timeout_s": 0.9}]},
        "in_time": IN_TIME | {"timeout_s": 0.9},
        "speed": SPEED,
    }

    new = swapped(old, changed)
    strange = run(new, 1, at_s=0.2, feature=5.0)
    late = run(new, 1, at_s=1.05)

    assert strange.decision is Decision.PASS
    assert late.decision is Decision.PASS
    assert run(new, 1, at_s=1.15).boundary == "in_time"


def test_another_task_or_another_name_begins_anew():
    old = engine_of(KNOWING)
    run(old, 10)

    renamed = swapped(old, {"ordinary": USUAL, "speed": SPEED})
    idle = engine_of(KNOWING, start=False)
    again = swapped(idle, KNOWING)

    assert run(renamed, 1, at_s=0.2, feature=5.0).decision is Decision.PASS
    assert run(again, 1, at_s=0.2, feature=5.0).decision is Decision.PASS


def test_a_hanging_callback_is_not_hidden_by_a_reload():
    HANG.clear()
    slow = {"own": {"type": "callback", "function": f"{__name__}:hanging", "budget_ms": 5}}
    old = engine_of(slow)
    decide(old, observed(), moved())

    new = swapped(old, slow)
    verdict = decide(new, observed(at_s=0.02), moved(), at_s=0.02)
    old.close()

    assert (verdict.decision, verdict.action) == (Decision.FAULT, None)
    assert "still busy" in verdict.reasons[0]
    HANG.set()
    new.close()


def test_after_a_pause_motion_is_counted_from_where_the_robot_is_and_boundaries_know_what_they_knew():
    engine = engine_of(KNOWING)
    run(engine, 10, gripper=0.07)
    elsewhere = (0.5, *HOME[1:])

    engine.resume()
    at_s = 3600.0
    seen = observed(elsewhere, at_s=at_s, features=(1.0,), gripper=0.07)
    verdict = decide(engine, seen, moved(1.0, elsewhere), at_s=at_s)
    strange = run(engine, 1, at_s=at_s + 0.02, feature=5.0, gripper=0.07)

    assert verdict.decision is Decision.CLAMP
    assert verdict.action.joint_positions == pytest.approx([one + 2.0 * PERIOD_S for one in elsewhere])
    assert strange.boundary == "usual"


def test_the_time_of_a_pause_is_not_the_tasks_and_two_pauses_add_up_nothing():
    engine = engine_of({"in_time": IN_TIME})
    run(engine, 20)
    for at_s in (100.0, 200.0):
        engine.resume()
        assert run(engine, 16, at_s=at_s).decision is Decision.PASS

    assert run(engine, 1, at_s=200.45).decision is Decision.REJECT


def test_a_resume_without_a_task_lets_nothing_pass():
    engine = engine_of({"in_time": IN_TIME}, start=False)

    engine.resume()

    assert decide(engine, observed(), moved()).reasons == ("task: no task is active",)


@pytest.mark.parametrize("named", [None, "halt"])
def test_without_a_task_the_fallback_for_that_is_named(named):
    engine = engine_of({"in_time": IN_TIME}, start=False, on_no_task=named)

    verdict = decide(engine, observed(), moved())

    assert (verdict.decision, verdict.action, verdict.fallback) == (Decision.REJECT, None, named)


HANG = threading.Event()


def hanging(observation, action):
    HANG.wait(60)
    return True

"""A cycle in which a fallback steps in is one cycle, also for what learns from cycles."""

from __future__ import annotations

from pathlib import Path

from pilothouse.guard.model import Action
from tests.support.served_guards import guarding, stack_of


def test_what_learns_sees_each_observation_once_whoever_acts(tmp_path: Path) -> None:
    stack = stack_of()
    known = {"type": "running_z_score", "signal": "joint_positions", "warm_up": 100, "while_warming_up": "pass"}
    stack["boundaries"]["known"] = known
    with guarding(tmp_path, stack=stack) as guard:
        guard.policy.say = lambda observation: Action((float("nan"), 0.0))
        guard.run(20)
        judge = guard.runtime.turn.judge
        learned = next(one for group in judge.spec.guards for one in group.boundaries if one.name == "known")
        events = guard.events()

    assert len(events) == 20
    assert all(event["fallback_triggered"] == "hold" and event["executed"] is not None for event in events)
    assert learned.count == 20

"""What a pause and a reload leave as it was, and what they do not."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import yaml

from tests.support.processes import eventually
from tests.support.served_guards import guarding, stack_of

SEQUENCE = {
    "type": "sequence",
    "nodes": [
        {"name": "close", "gripper_below_m": 0.01},
        {"name": "carry", "gripper_above_m": 0.05},
        {"name": "done"},
    ],
}


def with_sequence(**sections: Any) -> dict[str, Any]:
    stack = stack_of(**sections)
    stack["robot"]["gripper"] = {"lower_m": 0.0, "upper_m": 0.08}
    stack["boundaries"] = {**stack["boundaries"], "steps": SEQUENCE}
    return stack


def node_of(guard: Any) -> str:
    judge = guard.runtime.turn.judge
    return next(b.node for g in judge.spec.guards for b in g.boundaries if b.name == "steps")


def test_a_resume_goes_on_in_the_node_of_the_task_where_it_was(tmp_path: Path) -> None:
    with guarding(tmp_path, stack=with_sequence(), prepare=lambda policy, sink, arm: gripped(arm)) as guard:
        guard.post("start")
        eventually(lambda: node_of(guard) == "carry")
        guard.post("pause")
        assert guard.runtime.loop.wait_settled(30)
        # Somebody moves the robot meanwhile; begun anew, the task would be at its first node.
        guard.arm.positions, guard.arm.gripper = (1.0, 1.0), 0.03
        before = guard.status["cycle_count"]
        guard.post("resume")
        eventually(lambda: guard.status["cycle_count"] > before + 3)
        node = node_of(guard)
        guard.post("stop")
        first = next(one for one in guard.events() if one["cycle_id"] == before and one["executed"])

    assert node == "carry"
    # Judged from where the robot is: at 2 rad/s no further than a cycle's 0.04 rad from 1 rad.
    assert all(0.95 < position <= 1.0 for position in first["executed"])


def test_a_reload_goes_on_in_the_node_of_the_task_where_it_was(tmp_path: Path) -> None:
    stack = with_sequence()
    with guarding(tmp_path, stack=stack, prepare=lambda policy, sink, arm: gripped(arm)) as guard:
        guard.post("start")
        eventually(lambda: node_of(guard) == "carry")
        stack["boundaries"]["speed"] = {"type": "joint_velocity", "scale": 0.5}
        (tmp_path / "stack.yaml").write_text(yaml.safe_dump(stack))
        old = guard.runtime.turn.judge
        guard.arm.gripper = 0.03
        assert guard.http.post("/api/control/reload").status_code == 200
        eventually(lambda: guard.runtime.turn.judge is not old)
        node = node_of(guard)

    assert node == "carry"


def test_a_start_begins_the_task_anew(tmp_path: Path) -> None:
    with guarding(tmp_path, stack=with_sequence(), prepare=lambda policy, sink, arm: gripped(arm)) as guard:
        guard.run(3)
        assert node_of(guard) == "carry"
        guard.arm.gripper = 0.03
        guard.run(3)
        assert node_of(guard) == "close"


def test_engines_that_were_replaced_leave_no_thread_behind(tmp_path: Path) -> None:
    # A function is waited for in real time, however much the loop has.
    stack = stack_of(safety={"control_frequency_hz": 1, "max_obs_age_s": 60})
    asked = {"type": "callback", "function": "tests.guard.api.test_pause:agrees", "budget_ms": 1000}
    stack["boundaries"]["asked"] = asked
    with guarding(tmp_path, stack=stack) as guard:
        for _ in range(5):
            guard.run(2, cycle_budget_ms=1000)
        workers = [one for one in threading.enumerate() if one.name == "guard-callback-asked"]
        assert eventually(lambda: sum(one.is_alive() for one in workers) <= 1, deadline_s=30) is True


def agrees(observation: object, action: object) -> bool:
    return True


def gripped(arm: Any) -> None:
    arm.gripper = 0.0

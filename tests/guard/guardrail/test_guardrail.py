"""Guardrail: one call, one verdict; whatever is handed over, nothing that is not understood passes."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.guard.guardrail import Guardrail, Unmappable, action_of, observation_of
from pilothouse.guard.model import Action, Decision, Observation, Pose
from pilothouse.guard.problems import BadStackfile, UnknownTask
from pilothouse.kit.clock import ManualClock
from tests.support.stacks import TWO_JOINTS, template, two_joints

NOW = 1_700_000_000.0
HERE = {"a": 0.0, "b": 0.0}
ROBOT = two_joints().robot


@pytest.fixture
def guardrail() -> Guardrail:
    return Guardrail(two_joints(), clock=ManualClock())


def test_it_takes_a_path_a_mapping_or_a_loaded_stackfile(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text(TWO_JOINTS)
    for stack in (file, str(file), two_joints().model_dump(mode="json", exclude_unset=True), two_joints()):
        verdict = Guardrail(stack, clock=ManualClock())([0, 0], [0.01, 0.0], now=NOW)
        assert (verdict.decision, verdict.action) == (Decision.PASS, Action((0.01, 0.0)))
        assert [one.name for one in verdict.guard_statuses] == ["MotionGuard"]


def test_a_task_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(UnknownTask, match="did you mean 'default'"):
        Guardrail(two_joints(), task="defualt")
    with pytest.raises(BadStackfile):
        Guardrail({"version": 1})


@pytest.mark.parametrize(
    "observation",
    [
        [0, 0], (0.0, 0.0), np.zeros(2), HERE, {"joint_positions": [0, 0]}, {"joint_positions": HERE, "timestamp": NOW},
        {**HERE, "timestamp": NOW, "gripper": 0.02, "channels": {"v": 48}, "features": [1, 2], "images": {"top": b"x"}},
        Observation(NOW, (0.0, 0.0)),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "action",
    [
        [0.01, 0], np.array([0.01, 0], dtype=np.float32), {"a": np.float64(0.01), "b": 0}, Action((0.01, 0.0)),
        {"joint_positions": [0.01, 0]}, {"joint_positions": {"b": 0, "a": 0.01}, "gripper": None},
    ],
)  # fmt: skip
def test_every_way_to_say_the_same_thing_is_understood(guardrail: Guardrail, observation: Any, action: Any) -> None:
    verdict = guardrail(observation, action, now=NOW)

    assert verdict.decision is Decision.PASS
    assert verdict.action is not None
    assert verdict.action.joint_positions == pytest.approx((0.01, 0.0))


def test_a_gripper_command_survives(guardrail: Guardrail) -> None:
    for action in ([0.01, 0, 0.05], {"a": 0.01, "b": 0, "gripper": 0.05}, Action((0.01, 0.0), 0.05)):
        guardrail.start()
        verdict = guardrail([0, 0], action, now=NOW)
        assert (verdict.decision, verdict.action) == (Decision.PASS, Action((0.01, 0.0), 0.05))


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ([0.01], "the action has 1 numbers for 2 joints"),
        ([0, 0, 0, 0], "the action has 4 numbers for 2 joints"),
        ({"a": 0.01}, "the action lacks b"),
        ({"a": 0, "b": 0, "c": 0}, "the action names 'c', which is no joint"),
        ({"a": 0, "bb": 0}, "the action names 'bb', which is no joint; did you mean 'b'?"),
        ({"a": 0, "b": 0, "joint_positions": [0, 0]}, "has joint_positions and the joint 'a' beside it"),
        ({"joint_positions": {"a": 0, "x": 0}}, "names 'x', which is no joint"),
        ({"a": 0, "b": "fast"}, "b holds a str where a number belongs"),
        ({"a": 0, "b": None}, "b holds a NoneType"),
        ({"a": 0, "b": True}, "b holds a bool"),
        ({}, "the action lacks a, b"),
        (None, "the action is a NoneType"),
        ("up", "the action is a str"),
        (7, "the action is a int"),
        ([[0, 0]], "the action holds a list where a number belongs"),
        (np.zeros((2, 2)), "the action holds a list"),
        ([0, 10**400], "which is no number"),
        (np.array([1j, 0]), "where a number belongs"),
    ],
)  # fmt: skip
def test_a_partial_or_unmappable_action_is_rejected_with_the_name(guardrail: Guardrail, action: Any, said: str) -> None:
    verdict = guardrail([0, 0], action, now=NOW)

    assert (verdict.decision, verdict.action) == (Decision.REJECT, None)
    assert said in " / ".join(verdict.reasons)


@pytest.mark.parametrize(
    ("observation", "said"),
    [
        (None, "the observation is a NoneType"),
        ([0], "the observation has 1 numbers for 2 joints"),
        ({"a": 0}, "the observation lacks b"),
        ({"timestamp": NOW}, "the observation lacks a, b"),
        ({**HERE, "timestmap": NOW}, "did you mean 'timestamp'?"),
        ({**HERE, "timestamp": None}, "timestamp is None"),
        ({**HERE, "timestamp": "now"}, "timestamp holds a str"),
        ({**HERE, "timestamp": NOW - 30}, "30.000 s old"),
        ({**HERE, "timestamp": math.nan}, "observation"),
        ({**HERE, "channels": [1]}, "channels are numbers by name"),
        ({**HERE, "channels": {"v": None}}, "the channel v holds a NoneType"),
        ({**HERE, "end_effector": [1, 2]}, "end_effector needs a position of 3 numbers"),
        ({**HERE, "end_effector": {"positon": [1, 2, 3]}}, "end_effector has position"),
        ({**HERE, "jacobian": 3}, "the jacobian is a matrix"),
        ({**HERE, "images": {"top": "x"}}, "images are JPEG"),
        ({"a": math.nan, "b": 0}, "observation"),
    ],
)  # fmt: skip
def test_an_observation_that_is_stale_or_cannot_be_understood_is_rejected(
    guardrail: Guardrail, observation: Any, said: str
) -> None:
    verdict = guardrail(observation, [0.01, 0], now=NOW)

    assert (verdict.decision, verdict.action) == (Decision.REJECT, None)
    assert said in " / ".join(verdict.reasons)


@pytest.mark.parametrize("mode", ["monitor", "log_only"])
def test_what_cannot_be_understood_is_sent_in_no_mode(mode: str) -> None:
    watching = Guardrail(two_joints(safety={"mode": mode}))

    assert watching([0, 0], {"a": 1}, now=NOW).action is None
    assert watching(None, [0, 0], now=NOW).action is None


class Strange(Mapping[str, float]):
    def __getitem__(self, key: str) -> float:
        raise RuntimeError("no")

    def __iter__(self) -> Any:
        raise RuntimeError("no")

    def __len__(self) -> int:
        return 1


@settings(deadline=None, max_examples=300)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from(["a", "b"]),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["a", "b", "gripper", "timestamp", "joint_positions", "x"]), inner)
        ),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_nothing_that_is_handed_over_raises_or_passes_beyond_the_limits(given_: Any, as_action: bool) -> None:
    guardrail = Guardrail(two_joints())

    verdict = guardrail([0, 0], given_, now=NOW) if as_action else guardrail(given_, [0.01, 0], now=NOW)

    if verdict.action is None:
        assert verdict.decision in (Decision.REJECT, Decision.FAULT)
    else:
        assert verdict.decision in (Decision.PASS, Decision.CLAMP)
        assert all(abs(one) <= 3 for one in verdict.action.joint_positions)


def test_an_object_that_breaks_when_it_is_looked_at_is_rejected(guardrail: Guardrail) -> None:
    for verdict in (guardrail([0, 0], Strange(), now=NOW), guardrail(Strange(), [0, 0], now=NOW)):
        assert verdict.decision is Decision.REJECT
        assert "cannot be read: RuntimeError: no" in verdict.reasons[0]


def test_limits_of_speed_hold_from_one_call_to_the_next(guardrail: Guardrail) -> None:
    first = guardrail([0, 0], [2, 0], now=NOW)
    second = guardrail([0, 0], [2, 0], now=NOW + 0.02)

    assert [one.decision for one in (first, second)] == [Decision.CLAMP] * 2
    assert first.action is not None
    assert second.action is not None
    assert first.action.joint_positions[0] <= 0.9 * 2 * 0.02 + 1e-9
    assert second.action.joint_positions[0] == pytest.approx(2 * first.action.joint_positions[0])
    assert second.boundary == "speed"
    assert second.requested == Action((2.0, 0.0))


def test_without_now_each_call_is_a_cycle_however_soon_it_comes() -> None:
    clock = ManualClock()
    guardrail, here = Guardrail(two_joints(), clock=clock), 0.0
    for _ in range(20):
        clock.advance(5e-6)
        calm = guardrail([here, 0], [here + 0.03, 0])
        assert (calm.decision, calm.reasons) == (Decision.PASS, ())
        here += 0.03
        clock.advance(5e-6)
        wild = guardrail([here, 0], [here + 1, 0])
        assert wild.decision is Decision.CLAMP
        assert wild.action is not None
        assert wild.action.joint_positions[0] == pytest.approx(here + 0.9 * 2 * 0.02)
        here = wild.action.joint_positions[0]


def test_with_now_a_step_is_held_to_the_time_that_has_passed(guardrail: Guardrail) -> None:
    guardrail([0, 0], [0, 0], now=NOW)

    soon = guardrail([0, 0], [1, 0], now=NOW + 0.005)

    assert soon.action is not None
    assert soon.action.joint_positions[0] == pytest.approx(0.9 * 2 * 0.005, rel=1e-3)


def test_why_something_cannot_be_understood_is_said_once(guardrail: Guardrail) -> None:
    unheard = guardrail([0, 0], {"a": 0.01}, now=NOW)
    neither = guardrail(None, {"a": 0.01}, now=NOW + 1)

    assert unheard.reasons == ("action: the action lacks b",)
    assert [reason.partition(":")[0] for reason in neither.reasons] == ["observation", "action"]


def slow(observation: object, action: object) -> bool:
    HELD.wait(60)
    return True


def takes_750_ms(observation: object, action: object) -> bool:
    CLOCK.advance(0.75)
    return True


HELD = threading.Event()
CLOCK = ManualClock()


@pytest.mark.parametrize("budget_ms", [5, 1000])
def test_a_callback_that_takes_longer_than_the_budget_is_a_fault(budget_ms: float) -> None:
    HELD.clear()
    own = {"type": "callback", "function": f"{__name__}:slow", "budget_ms": budget_ms}
    guardrail = Guardrail(
        two_joints(boundaries={"limits": {"type": "joint_position"}, "own": own}, guards={}, tasks={"default": {}})
    )

    verdict = guardrail([0, 0], [0.01, 0])

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.FAULT, None, "own")
    assert "did not answer within" in verdict.reasons[0]
    HELD.set()


def test_callbacks_that_together_take_longer_than_the_budget_are_a_fault() -> None:
    own = {"type": "callback", "function": f"{__name__}:takes_750_ms", "budget_ms": 1000}
    boundaries = {"limits": {"type": "joint_position"}, "one": own, "two": own}
    # Each callback is also waited for in real time: a busy machine has a second.
    safety = {"control_frequency_hz": 1, "max_obs_age_s": 60}
    stack = two_joints(boundaries=boundaries, guards={}, tasks={"default": {}}, safety=safety)

    verdict = Guardrail(stack, clock=CLOCK)([0, 0], [0.01, 0], now=NOW)

    assert (verdict.decision, verdict.action, verdict.boundary) == (Decision.FAULT, None, "budget")
    assert "deciding took 1500.0 ms" in verdict.reasons[0]


def test_a_start_forgets_what_was_sent(guardrail: Guardrail) -> None:
    guardrail([0, 0], [0.03, 0], now=NOW)
    guardrail.start()

    verdict = guardrail([1, 0], [0.04, 0], now=NOW + 0.02)

    assert verdict.decision is Decision.CLAMP
    assert verdict.action is not None
    assert verdict.action.joint_positions[0] > 0.9
    with pytest.raises(UnknownTask):
        guardrail.start("other")
    assert guardrail.task == "default"


def test_without_now_it_asks_the_clock() -> None:
    assert Guardrail(two_joints())([0, 0], [0, 0]).decision is Decision.PASS
    assert Guardrail(two_joints())({**HERE, "timestamp": NOW}, [0, 0]).decision is Decision.REJECT


def test_the_stackfile_that_init_writes_guards(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text(template())
    guardrail = Guardrail(file, clock=ManualClock())
    posture = [0, 0.4, 1.4, 0, 0.6, 0]
    channels = {f"{name}.temperature_c": 30.0 for name in ("shoulder_pan", "shoulder_lift", "elbow")}

    calm = guardrail({"joint_positions": posture, "channels": channels}, posture, now=NOW)
    wild = guardrail({"joint_positions": posture, "channels": channels}, [1e9] * 6, now=NOW + 0.02)
    blind = guardrail(posture, posture, now=NOW + 0.04)

    assert calm.decision is Decision.PASS
    assert wild.decision in (Decision.CLAMP, Decision.REJECT)
    assert (blind.decision, blind.boundary) == (Decision.REJECT, "motors")


def test_poses_and_jacobians_come_as_arrays_or_mappings() -> None:
    expected = Pose((1.0, 2.0, 3.0), (0.0, 0.0, 0.0, 1.0))
    for pose in ([1, 2, 3], np.array([1, 2, 3, 0, 0, 0, 1]), {"position": [1, 2, 3]}, expected):
        assert observation_of({**HERE, "end_effector": pose}, ROBOT, NOW).end_effector == expected
    seen = observation_of({**HERE, "jacobian": np.ones((6, 2)), "joint_velocities": {"b": 2, "a": 1}}, ROBOT, NOW)
    assert seen.jacobian == ((1.0, 1.0),) * 6
    assert seen.joint_velocities == (1.0, 2.0)


def test_a_joint_may_be_called_like_a_field() -> None:
    joints = [{"name": name, "lower_rad": -1, "upper_rad": 1} for name in ("gripper", "features")]
    robot = two_joints(
        robot={"joints": joints}, boundaries={"limits": {"type": "joint_position"}}, guards={},
        tasks={"default": {}}, fallbacks={"hold": {"type": "hold_position"}},
    ).robot  # fmt: skip

    assert action_of({"gripper": 0.1, "features": 0.2}, robot) == Action((0.1, 0.2))
    assert observation_of({"gripper": 0.1, "features": 0.2}, robot, NOW).joint_positions == (0.1, 0.2)
    with pytest.raises(Unmappable):
        action_of([0.1, 0.2, 0.3], robot)

"""What a guard must never let through, one test for each, in the order of the promise: an index to tick off.

Each goes through what a user has: a Stackfile and a Guardrail, or the real loop. Variations of each, layer by layer,
are in ``engine/test_nothing_passes.py``; that no combination gets through is for ``engine/test_never_lets_through.py``.
"""

from __future__ import annotations

import math
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pilothouse.guard.engine import Engine
from pilothouse.guard.guardrail import Guardrail
from pilothouse.guard.loop import NotNow, State
from pilothouse.guard.model import Action, Decision, Observation, Verdict
from pilothouse.guard.problems import BadStackfile, UnknownTask
from pilothouse.guard.stackfile import Stackfile, compile_spec
from pilothouse.kit.clock import ManualClock
from tests.faults.test_estop import hanging_clients, robot
from tests.support.guards import HOME, box_around, observed
from tests.support.loops import Bench
from tests.support.stacks import two_joints

NOW = 1_700_000_000.0
REFUSED = (Decision.REJECT, Decision.FAULT)
POSITION = {"limits": {"type": "joint_position"}}
FRESH = {"fresh": {"type": "observation_age", "maximum_s": 0.1}}
LAYERS = {
    "L0": {"usual": {"type": "running_z_score", "signal": "joint_positions"}},
    "L1": POSITION,
    "L2": {"in_time": {"type": "node_timeout", "timeout_s": 60}},
    "L3": FRESH,
}
one_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def stack(boundaries: dict[str, Any], **sections: Any) -> Stackfile:
    """Two joints."""
    return two_joints(**{"boundaries": boundaries, "guards": {}, "tasks": {"default": {}}, **sections})


def arm(boundaries: dict[str, Any]) -> Stackfile:
    """Six joints whose tool is only observed."""
    joints = [
        {"name": f"j{n}", "lower_rad": -3, "upper_rad": 3, "velocity_rad_s": 2, "acceleration_rad_s2": 20}
        for n in range(6)
    ]
    return stack(boundaries, robot={"name": "arm", "joints": joints})


def ask(given: Stackfile, observation: Any, action: Any, **more: Any) -> Verdict:
    return Guardrail(given, clock=ManualClock())(observation, action, now=NOW, **more)


def refused(verdict: Verdict, boundary: str | None = None) -> None:
    assert verdict.decision in REFUSED
    assert verdict.action is None
    assert verdict.reasons
    if boundary is not None:
        assert verdict.boundary == boundary


def seen(**more: Any) -> Any:
    return observed(HOME, at_s=0.0, timestamp=NOW, gripper=None, **more)


@one_layer
@pytest.mark.parametrize("size", [1e200, 1e9, -1e9])
def test_1e200_or_1e9_radians(layer: dict[str, Any], size: float) -> None:
    refused(ask(stack(layer), [0, 0], [size, 0]))


@one_layer
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", ["action", "observation", "pose", "jacobian"])
def test_nan_or_infinity_in_action_observation_pose_or_jacobian_with_any_single_layer(
    layer: dict[str, Any], bad: float, place: str
) -> None:
    observation: dict[str, Any] = {"joint_positions": [0, 0], "timestamp": NOW}
    action = [0.0, 0.0]
    if place == "action":
        action[1] = bad
    elif place == "observation":
        observation["joint_positions"] = [bad, 0]
    elif place == "pose":
        observation["end_effector"] = [0, bad, 0]
    else:
        observation["jacobian"] = [[0, bad]] * 6

    refused(ask(stack(layer), observation, action))


def test_the_solver_failing() -> None:
    guardrail = Guardrail(arm({"box": {"type": "workspace_box", **box_around()}}), clock=ManualClock())
    walls = guardrail._engine._motion._walls  # type: ignore[union-attr]
    walls._directly = lambda *_: None  # type: ignore[method-assign,union-attr]
    walls._program._model = SimpleNamespace(update=lambda **_: 0, solve=lambda: (None, 0.0, -4, {}))  # type: ignore[union-attr]

    for cycle in range(3):
        verdict = guardrail(seen(), [one + 0.03 for one in HOME], now=NOW + cycle / 50)
        if verdict.decision is not Decision.PASS:
            break

    refused(verdict, "box")
    assert "solver failed" in verdict.reasons[-1]


@pytest.mark.parametrize("missing", ["end_effector", "jacobian"])
def test_a_missing_end_effector_pose_or_jacobian(missing: str) -> None:
    box = {"box": {"type": "workspace_box", **box_around()}}

    assert ask(arm(box), seen(), HOME).decision is Decision.PASS
    refused(ask(arm(box), seen(**{missing: None}), HOME), "box")


def test_50_radians_with_only_a_workspace() -> None:
    box = {"box": {"type": "workspace_box", **box_around(half_m=5.0)}}

    refused(ask(arm(box), seen(), [50.0, *HOME[1:]]), "robot")


def test_4_limits_for_6_joints() -> None:
    with pytest.raises(BadStackfile, match="4 values, but the robot has 6 joints"):
        arm({"speed": {"type": "joint_velocity", "maximum_rad_s": [1, 1, 1, 1]}})


def test_no_task_started() -> None:
    engine = Engine(compile_spec(stack(POSITION)))

    verdict = engine.decide(Observation(NOW, (0.0, 0.0)), Action((0.0, 0.0)), now_s=NOW, monotonic_s=1.0)

    refused(verdict, "task")
    with pytest.raises(UnknownTask):
        Guardrail(stack(POSITION), task="pick")


OWN = {"type": "callback", "function": f"{__name__}:agree"}


@pytest.mark.parametrize(
    ("sections", "nearest"),
    [
        ({"boundaries": {"limits": {"type": "joint_positon"}}}, "joint_position"),
        ({"boundaries": {"limits": {"type": "joint_position", "margin": 0.1}}}, "margin_rad"),
        ({"boundaries": {"limits": {"type": "joint_position", "fallback": "hodl"}}}, "hold"),
        ({"tasks": {"default": {"boundaries": ["limit"]}}}, "limits"),
        ({"tasks": {"default": {"fallback": "hodl"}}}, "hold"),
        ({"guards": {"MotionGuard": {"layer": "L1", "boundaries": ["limit"]}}}, "limits"),
        ({"saftey": {}}, "safety"),
        ({"boundaries": {"own": {"type": "callback", "function": f"{__name__}:agre"}}}, "agree"),
        ({"boundaries": {"own": OWN | {"parameters": {"leve": 1}}}}, "level"),
    ],
)  # fmt: skip
def test_a_misspelt_anything(sections: dict[str, Any], nearest: str) -> None:
    with pytest.raises(BadStackfile, match=nearest):
        stack(**{"boundaries": POSITION, **sections})


def agree(observation: object, action: object, *, level: int = 0) -> bool:
    return True


@one_layer
def test_a_30_s_old_observation(layer: dict[str, Any]) -> None:
    refused(ask(stack(layer), {"joint_positions": [0, 0], "timestamp": NOW - 30}, [0, 0]))


RELEASED = threading.Event()


def slow(observation: object, action: object) -> bool:
    RELEASED.wait(60)
    return True


@pytest.mark.parametrize("budget_ms", [5, 1000])
def test_a_700_ms_callback_in_a_20_ms_budget(budget_ms: int) -> None:
    RELEASED.clear()
    own = {"type": "callback", "function": f"{__name__}:slow", "budget_ms": budget_ms}

    verdict = ask(stack({"own": own}), [0, 0], [0, 0])

    refused(verdict, "own")
    assert verdict.decision is Decision.FAULT
    RELEASED.set()


def test_position_and_velocity_limits_in_conflict() -> None:
    both = POSITION | {"speed": {"type": "joint_velocity"}}

    refused(ask(stack(both), [3.5, 0], [2.9, 0]), "limits")


def test_starting_outside_the_box() -> None:
    box = {"box": {"type": "workspace_box", **box_around([1.5, *HOME[1:]])}}

    refused(ask(arm(box), seen(), HOME), "box")


def test_two_boundaries_with_different_fallbacks_the_severe_one_wins_and_is_attributed() -> None:
    hot = {"type": "temperature", "channels": ["motor"], "maximum_c": 70, "fallback": "hold"}
    low = {"type": "voltage", "channels": ["rail"], "minimum_v": 22, "maximum_v": 26, "fallback": "halt"}
    observation = {"joint_positions": [0, 0], "channels": {"motor": 90, "rail": 10}}
    for boundaries in ({"hot": hot, "low": low}, {"low": low, "hot": hot}):
        verdict = ask(stack(boundaries), observation, [0, 0])

        refused(verdict, "low")
        assert verdict.fallback == "halt"
        assert {reason.partition(":")[0] for reason in verdict.reasons} == {"hot", "low"}


def test_a_missing_hardware_channel() -> None:
    hot = {"type": "temperature", "channels": ["motor"], "maximum_c": 70}

    refused(ask(stack({"hot": hot}), [0, 0], [0, 0]), "hot")


def real(bench: Bench, **sections: Any) -> None:
    """The loop's judge is an engine of a Stackfile."""
    speed = {"speed": {"type": "joint_velocity"}}
    bench.judge = Engine(compile_spec(stack(**{"boundaries": POSITION | speed, **sections})))  # type: ignore[assignment]


def test_a_reload_during_motion() -> None:
    at = 0.0
    with Bench() as bench:
        real(bench)
        first = bench.engaged()
        bench.policy.say = lambda observation: Action((2.0, 0.0))
        # The robot itself stays behind: what was commanded counts, and stays the measure of the next step.
        real(bench, boundaries={"speed": {"type": "joint_velocity", "scale": 0.5}})
        slower = bench.engaged()
        bench.ears.at[3] = lambda: bench.loop.replace_engine(slower)
        bench.judge = first.judge
        bench.run(6)

    steps = []
    for action in bench.sink.applied:
        steps.append(action.joint_positions[0] - at)
        at = action.joint_positions[0]
    assert steps == pytest.approx([0.04] * 3 + [0.02] * 3)


@pytest.mark.parametrize("part", ["policy", "source", "sink", "callback"])
def test_an_exception_in_policy_source_sink_or_callback_and_the_sink_is_told_to_stop(part: str) -> None:
    def fail(*_: object) -> None:
        raise OSError("the cable is out")

    with Bench() as bench:
        own = {"own": {"type": "callback", "function": f"{__name__}:breaks", "budget_ms": 1000}}
        real(bench, **({"boundaries": own} if part == "callback" else {}))
        if part == "policy":
            bench.policy.say = fail
        elif part == "source":
            bench.source.before_read = fail
        elif part == "sink":
            bench.sink.before_apply = fail
        bench.run(20)

        assert bench.loop.state is State.EMERGENCY
    assert "emergency_stop" in bench.sink.told
    assert bench.sink.applied == []


def breaks(observation: object, action: object) -> bool:
    raise OSError("the cable is out")


def test_a_gripper_command_on_pass_survives() -> None:
    with Bench() as bench:
        real(bench)
        bench.policy.say = lambda observation: Action((0.01, 0.0), 0.05)
        (cycle,) = bench.run(1)

    assert cycle.verdict.decision is Decision.PASS
    assert bench.sink.applied == [Action((0.01, 0.0), 0.05)]


def test_an_e_stop_while_the_policy_sleeps_10_s_and_50_clients_hang(tmp_path: Path) -> None:
    with robot(tmp_path) as moving:
        moving.moving()
        with hanging_clients(moving.program.url, 50):
            moving.begin("sleep", "asleep")

            answer = moving.post("/api/control/estop")

            assert (answer["state"], answer["emergency"]["sinks_told"]) == ("emergency", True)
            assert moving.told[-1] == "estop"


def test_a_start_after_an_e_stop_without_a_reset() -> None:
    with Bench() as bench:
        real(bench)
        bench.emergency.trigger("test", "now")
        bench.settle()

        with pytest.raises(NotNow, match="emergency"):
            bench.loop.start(bench.engaged())

        assert bench.sink.applied == []


@pytest.mark.parametrize("action", [[0.0], {"a": 0.0}, {"a": 0, "c": 0}, "up", None, [0, "x"], [[0, 0]]])
def test_a_partial_or_unmappable_action(action: Any) -> None:
    refused(ask(stack(POSITION), [0, 0], action))


@pytest.mark.parametrize("again", ["start", "reset"])
def test_the_first_cycle_after_a_start_or_reset_is_guarded_against_a_jump(again: str) -> None:
    with Bench() as bench:
        real(bench)
        bench.policy.say = lambda observation: Action((2.0, 2.0))
        bench.run(5)
        if again == "reset":
            bench.loop.reset()
        bench.source.positions = (-1.0, -1.0)
        (cycle,) = bench.run(1)

    assert cycle.verdict.decision is Decision.CLAMP
    assert bench.sink.applied[-1].joint_positions == pytest.approx((-0.96, -0.96))


def test_a_clock_stepping_back() -> None:
    guardrail = Guardrail(stack(POSITION), clock=ManualClock())
    guardrail([0, 0], [0, 0], now=NOW)

    refused(guardrail([0, 0], [0, 0], now=NOW - 5), "clock")


def test_a_wall_clock_stepping_back_does_not_make_an_old_observation_young() -> None:
    engine, old = Engine(compile_spec(stack(POSITION))), Observation(NOW, (0.0, 0.0))
    engine.start("default")
    still = Action((0.0, 0.0))
    assert engine.decide(old, still, now_s=NOW, monotonic_s=1.0).decision is Decision.PASS

    for cycle in range(1, 50):
        verdict = engine.decide(old, still, now_s=NOW - 5, monotonic_s=1.0 + cycle / 50)

    refused(verdict, "observation")

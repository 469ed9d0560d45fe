"""A Stackfile stops at anything that is wrong in it: where it stands, and what was probably meant."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from pilothouse.guard.model import Enforcement, Layer
from pilothouse.guard.problems import BadStackfile, NoSuchStackfile, UnreadableStackfile
from pilothouse.guard.stackfile import compile_spec, default_fallback, guard_names, load, load_text, robot_model
from tests.support.stacks import TWO_JOINTS, two_joints


def faults(text: str, directory: Path | None = None) -> BadStackfile:
    with pytest.raises(BadStackfile) as found:
        load_text(text, name="stack.yaml", directory=directory)
    return found.value


# What is written in place of what, and what must be said of it: the place, its line, the reason, the nearest name.
WRONG = {
    "boundary type": (
        "type: joint_velocity", "type: joint_velocty",
        "line 15, boundaries.speed.type: unknown type 'joint_velocty'; did you mean 'joint_velocity'?",
    ),
    "parameter": (
        "scale: 0.9", "scael: 0.9",
        "line 15, boundaries.speed.scael: unknown key; did you mean 'scale'?",
    ),
    "fallback of a boundary": (
        "scale: 0.9, fallback: hold", "fallback: hodl",
        "line 15, boundaries.speed.fallback: there is no fallback 'hodl'; did you mean 'hold'?",
    ),
    "fallback of a task": (
        "speed], fallback: hold", "speed], fallback: halts",
        "line 19, tasks.default.fallback: there is no fallback 'halts'; did you mean 'halt'?",
    ),
    "fallback type": (
        "type: emergency_stop", "type: emergency_stopp",
        "line 22, fallbacks.halt.type: unknown type 'emergency_stopp'; did you mean 'emergency_stop'?",
    ),
    "escalation": (
        "escalate_to: halt", "escalate_to: hlat",
        "line 21, fallbacks.hold.escalate_to: there is no fallback 'hlat'; did you mean 'halt'?",
    ),
    "escalation downwards": (
        "escalate_to: halt", "escalate_to: hold",
        "line 21, fallbacks.hold.escalate_to: hold_position is not more severe than hold_position",
    ),
    "escalation without a time": (
        ", escalate_after_s: 5", "",
        "line 21, fallbacks.hold: escalate_to and escalate_after_s belong together",
    ),
    "boundary of a task": (
        "default: {boundaries: [limits, speed]", "default: {boundaries: [limits, sped]",
        "line 19, tasks.default.boundaries[1]: there is no boundary 'sped'; did you mean 'speed'?",
    ),
    "boundary of a task, twice": (
        "default: {boundaries: [limits, speed]", "default: {boundaries: [limits, limits]",
        "line 19, tasks.default.boundaries[1]: 'limits' is listed twice",
    ),
    "a task that heeds nothing": (
        "default: {boundaries: [limits, speed]", "default: {boundaries: []",
        "line 19, tasks.default.boundaries:",
    ),
    "boundary of a guard": (
        "layer: L1, boundaries: [limits, speed]", "layer: L1, boundaries: [limts, speed]",
        "line 17, guards.MotionGuard.boundaries[0]: there is no boundary 'limts'; did you mean 'limits'?",
    ),
    "a boundary in no guard": (
        "layer: L1, boundaries: [limits, speed]", "layer: L1, boundaries: [limits]",
        "line 15, boundaries.speed: is in no guard of L1",
    ),
    "a boundary in a guard of another layer": (
        "layer: L1", "layer: L3",
        "line 17, guards.MotionGuard.boundaries[0]: 'limits' is a boundary of L1, and this guard is of L3",
    ),
    "layer": ("layer: L1", "layer: L4", "line 17, guards.MotionGuard.layer: 'L4' is not one of them"),
    "section": ("policy:", "polcy:", "line 12, polcy: unknown key; did you mean 'policy'?"),
    "key of a section": (
        "max_obs_age_s", "max_obs_age", "line 23, safety.max_obs_age: unknown key; did you mean 'max_obs_age_s'?",
    ),
    "source type": ("arm: {type: sim}\nsinks", "arm: {type: smi}\nsinks", "sources.arm.type: unknown type 'smi'; did "),
    "a sink without its source": (
        "sinks:\n  arm: {type: sim}", "sinks:\n  arm: {type: sim, world: other}",
        "line 11, sinks.arm: no source of type sim has the world 'other'",
    ),
    "policy type": ("{type: sim}\nboundaries", "{type: pyhton}\nboundaries", "did you mean 'python'?"),
    "replay without a recording": (
        "{type: sim}\nboundaries", "{type: replay}\nboundaries", "line 12, policy: no source of type replay has the wo",
    ),
    "no type": ("{type: joint_position}", "{}", "line 14, boundaries.limits: needs a type"),
    "joint unit": (
        "lower_rad: -3", "lower_m: -3",
        "line 5, robot.joints[0]: lower_m is not a limit of a revolute joint, whose limits are in radians",
    ),
    "a limit in two units": (
        "lower_rad: -3", "lower_rad: -3, lower_deg: -90",
        "line 5, robot.joints[0]: lower_rad and lower_deg say the same thing; keep one",
    ),
    "limits crossed": ("lower_rad: -3", "lower_rad: 4", "line 5, robot.joints[0]: lower (4) must be below upper (3)"),
    "half a limit": ("lower_rad: -3, ", "", "line 5, robot.joints[0]: lower and upper are missing"),
    "two joints of one name": ("name: b", "name: a", "line 2, robot: two joints are called 'a'"),
    "a name that cannot be one": ("name: b", "name: 'b c'", "line 6, robot.joints[1].name: a name begins with a lette"),
    "array length": (
        "{type: joint_position}", "{type: joint_position, lower_rad: [1, 2, 3, 4], upper_rad: [2, 3, 4, 5]}",
        "line 14, boundaries.limits.lower_rad: lower_rad has 4 values, but the robot has 2 joints",
    ),
    "array length of a posture": (
        "{type: emergency_stop}", "{type: emergency_stop}\n  home: {type: retreat, joint_positions: [1]}",
        "line 23, fallbacks.home.joint_positions: has 1 values for 2 joints",
    ),
    "a posture out of reach": (
        "{type: emergency_stop}", "{type: emergency_stop}\n  home: {type: retreat, joint_positions: [0, 2]}",
        "line 23, fallbacks.home.joint_positions[1]: 2 is outside the limits of b",
    ),
    "infinity": ("scale: 0.9", "scale: .inf", "line 15, boundaries.speed.scale: a number that is not finite"),
    "minus infinity": ("lower_rad: -3", "lower_rad: -.Inf", "line 5, robot.joints[0].lower_rad: a number that is not "),
    "not a number": ("scale: 0.9", "scale: .nan", "line 15, boundaries.speed.scale: a number that is not finite"),
    "larger than any number": ("scale: 0.9", "scale: 1e999", "line 15, boundaries.speed.scale: a number that is not f"),
    "text for a number": ("scale: 0.9", "scale: fast", "line 15, boundaries.speed.scale: Input should be a valid numb"),
    "a number spelt nan": ("scale: 0.9", "scale: 'nan'", "line 15, boundaries.speed.scale: must be a finite number"),
    "a key twice": ("speed: {type", "limits: {type", "line 15, boundaries.limits: the key 'limits' is there twice, fi"),
    "a tag": ("scale: 0.9", "scale: !!python/object/apply:os.getcwd []", "the tag !!python/object/apply:os.getcwd is "),
    "a merge": ("scale: 0.9", "<<: {scale: 1}", "line 15, boundaries.speed: merging with << is not understood"),
    "version": ("version: 1", "version: 2", "line 1, version: 2 is not one of them; known here: 1"),
    "no version": ("version: 1\n", "", "line 1, version: is missing"),
    "budget": (
        "control_frequency_hz: 50", "control_frequency_hz: 100, cycle_budget_ms: 20",
        "line 23, safety: cycle_budget_ms (20) is longer than a cycle at control_frequency_hz 100 (10 ms)",
    ),
    "mode": (
        "max_obs_age_s: 0.2", "mode: enforced", "line 23, safety.mode: 'enforced' is not one of them; did you mean 'en",
    ),
    "not YAML": ("version: 1", "version: [1", "not valid YAML"),
    "kinematics that are not there": (
        "  gripper:", "  kinematics: {urdf: nowhere.urdf}\n  gripper:", "line 7, robot.kinematics: The URDF cannot be ",
    ),
    "misspelt limit of the robot": (
        "velocity_rad_s: 2, acceleration_rad_s2: 20}\n    - {name: b", "velocty_rad_s: 2}\n    - {name: b",
        "line 5, robot.joints[0].velocty_rad_s: unknown key; did you mean 'velocity_rad_s'?",
    ),
    "a limit the robot does not have": (
        "velocity_rad_s: 2, acceleration_rad_s2: 20}\n    - {name: b", "acceleration_rad_s2: 20}\n    - {name: b",
        "line 15, boundaries.speed: joint 'a' has no such limit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_stops_the_load_with_its_place_and_what_was_meant(case: str) -> None:
    written, instead, said = WRONG[case]
    assert TWO_JOINTS.count(written) >= 1

    problem = faults(TWO_JOINTS.replace(written, instead, 1))

    assert said in problem.sentence
    assert problem.sentence.startswith("stack.yaml: ")
    assert "\n" not in problem.sentence


def test_the_text_these_are_made_from_loads() -> None:
    stack = load_text(TWO_JOINTS)

    assert stack.robot.joint_names == ("a", "b")
    assert stack.robot.joints[1].upper == pytest.approx(math.pi / 2)
    assert stack.safety.budget_ms == 20
    assert guard_names(stack) == {"MotionGuard": (Layer.L1, ("limits", "speed"))}


def test_every_fault_is_told_not_only_the_first() -> None:
    problem = faults(TWO_JOINTS.replace("scale: 0.9", "scael: 0.9").replace("max_obs_age_s", "max_age"))

    assert [one.line for one in problem.faults] == [15, 23]
    assert problem.sentence.endswith("(and 1 more)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "this is nothing"),
        ("- 1", "this is a list"),
        ("just words", "this is a str"),
        ("1: 2", "line 1"),
        ("? [a]\n: 1", "a key must be a word"),
        ("a: " + "[" * 100 + "]" * 100, "nested more than 32 deep"),
        ("a: " + "[" * 20_000, "nested more than 32 deep"),
        ("a: &a [*a]", "nested more than 32 deep"),
        ("a: *b", "undefined alias"),
        ("\x00", "not valid YAML"),
        ("a: 1\n---\nb: 2", "not valid YAML"),
    ],
)
def test_what_is_no_stackfile_at_all_is_said(text: str, said: str) -> None:
    assert said in faults(text).sentence


def test_aliases_that_unfold_without_end_are_refused_at_once() -> None:
    layers = [f"l{n}: &l{n} [" + ", ".join([f"*l{n - 1}"] * 10) + "]" for n in range(1, 12)]

    assert "more than 50000 values" in faults("l0: &l0 [1]\n" + "\n".join(layers)).sentence


def test_an_alias_may_be_used() -> None:
    text = TWO_JOINTS.replace("[limits, speed]}", "&all [limits, speed]}").replace(
        "{boundaries: [limits, speed]", "{boundaries: *all"
    )

    assert load_text(text).tasks["default"].boundaries == ("limits", "speed")


def test_words_and_numbers_are_those_of_yaml_1_2() -> None:
    text = TWO_JOINTS.replace("scale: 0.9", "scale: 9e-1").replace("name: a", "name: no").replace("name: b", "name: on")

    stack = load_text(text)

    assert stack.robot.joint_names == ("no", "on")
    assert stack.boundaries["speed"].scale == 0.9  # type: ignore[union-attr]


def test_a_mapping_is_checked_as_strictly_as_a_file() -> None:
    written = yaml.safe_load(TWO_JOINTS)
    written["boundaries"]["speed"]["scale"] = math.inf
    with pytest.raises(BadStackfile, match=r"boundaries\.speed\.scale: a number that is not finite"):
        load(written)

    written["boundaries"]["speed"]["scale"] = np.float64(0.5)
    written["fallbacks"]["home"] = {"type": "retreat", "joint_positions": np.array([0.5, 0.25])}
    stack = load(written)
    assert stack.fallbacks["home"].joint_positions == (0.5, 0.25)  # type: ignore[union-attr]
    assert load(stack) is stack


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"version: 1 # \xe9\xff")
    (tmp_path / "long.yaml").write_text("# " + "x" * (600 << 10))
    for name, problem in {
        "absent.yaml": NoSuchStackfile, "latin.yaml": UnreadableStackfile, "long.yaml": UnreadableStackfile,
        ".": UnreadableStackfile, "a\0b": UnreadableStackfile,
    }.items():  # fmt: skip
        with pytest.raises(problem):
            load(f"{tmp_path}/{name}")
    with pytest.raises(UnreadableStackfile, match="give a path, a mapping or a loaded Stackfile"):
        load(7)  # type: ignore[arg-type]


def test_without_fallbacks_there_are_two_of_their_own() -> None:
    written = yaml.safe_load(TWO_JOINTS)
    del written["fallbacks"], written["tasks"]["default"]["fallback"], written["boundaries"]["speed"]["fallback"]

    stack = load(written)

    assert {name: one.type for name, one in stack.fallbacks.items()} == {
        "hold_position": "hold_position", "emergency_stop": "emergency_stop",
    }  # fmt: skip
    assert default_fallback(stack) == "hold_position"
    assert compile_spec(stack).tasks["default"].fallback == "hold_position"


def test_layers_without_a_guard_get_one() -> None:
    written = yaml.safe_load(TWO_JOINTS)
    del written["guards"]
    assert guard_names(load(written)) == {"MotionGuard": (Layer.L1, ("limits", "speed"))}

    written["guards"] = {
        "Positions": {"layer": "L1", "boundaries": ["limits"]},
        "Rest": {"layer": "L1", "mode": "monitor"},
    }
    stack = load(written)
    assert guard_names(stack) == {"Positions": (Layer.L1, ("limits",)), "Rest": (Layer.L1, ("speed",))}
    assert [one.mode for one in compile_spec(stack).guards] == [Enforcement.ENFORCE, Enforcement.MONITOR]

    written["guards"]["Too many"] = {"layer": "L1"}
    del written["guards"]["Too many"]
    written["guards"]["Second"] = {"layer": "L1"}
    with pytest.raises(BadStackfile, match="'Rest' already takes what is left of L1"):
        load(written)


def test_the_hash_is_of_what_it_says_not_of_how_it_is_written() -> None:
    same = TWO_JOINTS.replace("scale: 0.9", "scale: 0.90").replace("policy:", "# a comment\npolicy:")

    assert load_text(same).config_hash == load_text(TWO_JOINTS).config_hash
    assert load_text(TWO_JOINTS.replace("0.9", "0.8")).config_hash != load_text(TWO_JOINTS).config_hash


def test_the_engine_gets_radians_seconds_and_ranks() -> None:
    spec = compile_spec(two_joints())

    assert spec.robot == robot_model(two_joints())
    assert spec.robot.joints[1].lower == pytest.approx(-math.pi / 2)
    assert (spec.period_s, spec.budget_s, spec.max_obs_age_s) == (0.02, 0.02, 0.2)
    assert spec.fallback_ranks["halt"] > spec.fallback_ranks["hold"]
    assert compile_spec(two_joints(), period_s=0.005).budget_s == 0.005


def test_what_happens_without_a_task_reaches_the_engine() -> None:
    rejecting, stopping = two_joints(), two_joints(safety={"on_no_task": "emergency_stop"})
    nameless = two_joints(
        safety={"on_no_task": "emergency_stop"}, boundaries={"limits": {"type": "joint_position"}}, guards={},
        tasks={"default": {}}, fallbacks={"hold": {"type": "hold_position"}},
    )  # fmt: skip

    assert compile_spec(rejecting).on_no_task is None
    assert compile_spec(stopping).on_no_task == "halt"
    assert compile_spec(nameless).on_no_task == "emergency_stop"

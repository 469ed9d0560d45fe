"""Boundaries that judge: distributions, grippers, nodes, sequences, hardware."""

from __future__ import annotations

import numpy as np
import pytest

from pilothouse.guard.boundaries import BoundaryDoesNotFit, compile_boundary
from pilothouse.guard.boundaries.distribution_settings import MemoryBankConfig
from pilothouse.guard.model import Action, Decision, Enforcement, Layer
from tests.support.guards import HOME, PLACE, ROBOT, boundary, box_around, decide, engine_of, moved, observed

PASS, CLAMP, REJECT = Decision.PASS, Decision.CLAMP, Decision.REJECT


def run(engine, *cycles, step_s=0.02):
    """Decisions of cycles: (observation facts, gripper)."""
    verdicts = []
    for number, (facts, gripper) in enumerate(cycles):
        at_s = number * step_s
        verdicts.append(decide(engine, observed(at_s=at_s, **facts), Action(HOME, gripper), at_s=at_s))
    return verdicts


def test_a_z_score_warms_up_then_rejects_outliers_and_does_not_learn_them():
    engine = engine_of({"usual": {"type": "running_z_score", "warm_up": 50, "maximum_z": 5}})
    rng = np.random.default_rng(0)
    usual = [({"features": tuple(rng.normal(3, 0.5, 4))}, None) for _ in range(60)]
    odd = [({"features": (3.0, 3.0, 9.0, 3.0)}, None)] * 5

    decisions = [one.decision for one in run(engine, *usual, *odd)]

    assert decisions == [PASS] * 60 + [REJECT] * 5


def test_a_z_score_is_that_of_all_samples_seen():
    one = boundary("usual", type="running_z_score", warm_up=100)
    samples = np.random.default_rng(1).normal(1e6, 2.0, (100, 3))
    for sample in samples:
        assert one.judge_vector(sample) == ""

    assert one._mean == pytest.approx(samples.mean(axis=0))
    assert np.sqrt(one._squares / 99) == pytest.approx(samples.std(axis=0, ddof=1))


def test_while_warming_up_it_may_reject():
    engine = engine_of({"usual": {"type": "running_z_score", "warm_up": 3, "while_warming_up": "reject"}})

    decisions = [one.decision for one in run(engine, *[({"features": (1.0,)}, None)] * 5)]

    assert decisions == [REJECT] * 3 + [PASS] * 2


@pytest.mark.parametrize(
    "config", [{"type": "running_z_score"}, {"type": "memory_bank", "vectors": [[0]], "neighbours": 1}]
)
def test_a_missing_signal_never_passes(config):
    engine = engine_of({"usual": config | ({"maximum_distance": 1} if "vectors" in config else {})})

    verdicts = run(engine, ({"features": None}, None), ({"features": (0.0,)}, None), ({"features": (0.0, 0.0)}, None))

    assert [one.decision for one in verdicts] == [REJECT, PASS, REJECT]


def test_the_distance_to_a_bank_is_the_mean_of_the_nearest():
    rng = np.random.default_rng(2)
    bank = rng.normal(size=(500, 16))
    one = compile_boundary("known", MemoryBankConfig(vectors=bank.tolist(), neighbours=7, maximum_distance=1e-9), ROBOT)
    for probe in rng.normal(size=(20, 16)):
        expected = np.sort(np.linalg.norm(bank - probe, axis=1))[:7].mean()

        assert f"is {expected:.4g} from what is known" in one.judge_vector(probe)


@pytest.mark.parametrize("name", ["bank.npy", "bank.npz"])
def test_a_bank_is_read_from_a_file_beside_the_stackfile(name, tmp_path):
    bank = np.eye(4)
    np.save(tmp_path / name, bank) if name.endswith("npy") else np.savez(tmp_path / name, known=bank)
    config = MemoryBankConfig(file=name, neighbours=1, maximum_distance=0.1)

    one = compile_boundary("known", config, ROBOT, folder=tmp_path)

    assert one.judge_vector(np.eye(4)[2]) == ""
    assert one.judge_vector(np.zeros(4)) != ""


def test_a_bank_that_cannot_be_used_does_not_compile(tmp_path):
    (tmp_path / "text.npy").write_text("no array")
    np.save(tmp_path / "nan.npy", np.full((3, 2), np.nan))
    np.save(tmp_path / "few.npy", np.zeros((3, 2)))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    for file in ("missing.npy", "text.npy", "nan.npy", "few.npy", "objects.npy"):
        with pytest.raises(BoundaryDoesNotFit):
            compile_boundary("known", MemoryBankConfig(file=file, maximum_distance=1), ROBOT, folder=tmp_path)


def test_the_gripper_keeps_to_a_range_and_a_speed():
    engine = engine_of({"grip": {"type": "gripper_command", "upper_m": 0.06, "maximum_m_s": 0.1}})

    verdicts = run(engine, ({}, 0.0), ({}, 0.0), ({}, 0.0375))

    assert [one.decision for one in verdicts] == [CLAMP, CLAMP, PASS]
    assert [one.action.gripper for one in verdicts] == pytest.approx([0.038, 0.036, 0.0375])


def test_a_gripper_nobody_observes_has_no_speed():
    engine = engine_of({"grip": {"type": "gripper_command", "maximum_m_s": 0.1}})

    (verdict,) = run(engine, ({"gripper": None}, 0.05))

    assert (verdict.decision, verdict.action) == (REJECT, None)


def test_the_gripper_opens_only_where_it_may():
    here = {"type": "gripper_command", "open_only_inside": box_around()}
    elsewhere = {"type": "gripper_command", "open_only_inside": box_around((1.5, *HOME[1:]))}

    inside, outside = (run(engine_of({"grip": one}), ({}, 0.05))[0] for one in (here, elsewhere))
    closing = run(engine_of({"grip": elsewhere}), ({}, 0.03))[0]

    assert (inside.decision, outside.decision, closing.decision) == (PASS, REJECT, PASS)


def test_the_gripper_stands_still_while_the_arm_is_fast():
    config = {"grip": {"type": "gripper_command", "still_below_rad_s": 0.5}}

    fast = decide(engine_of(config), observed(), moved(0.02, gripper=0.05))
    slow = decide(engine_of(config), observed(), moved(0.005, gripper=0.05))
    still = decide(engine_of(config), observed(), moved(0.02, gripper=0.04))

    assert (fast.decision, slow.decision, still.decision) == (REJECT, PASS, PASS)


def test_a_gripper_rule_for_a_robot_without_one_does_not_compile():
    from dataclasses import replace

    with pytest.raises(BoundaryDoesNotFit, match="the robot has no gripper"):
        boundary("grip", replace(ROBOT, gripper=None), type="gripper_command")


def test_a_task_that_takes_too_long_is_rejected_until_started_again():
    engine = engine_of({"in_time": {"type": "node_timeout", "timeout_s": 0.1}})

    decisions = [one.decision for one in run(engine, *[({}, None)] * 8)]
    engine.start("default")
    again = decide(engine, observed(at_s=1), Action(HOME), at_s=1)

    assert decisions == [PASS] * 6 + [REJECT] * 2
    assert again.decision is PASS


def test_a_sequence_goes_from_node_to_node_each_with_its_zone_and_its_time():
    there = (0.12, *HOME[1:])
    nodes = [
        {
            "name": "approach",
            "inside": box_around(half_m=0.5),
            "goal_m": PLACE(there)[0],
            "tolerance_m": 0.001,
            "timeout_s": 1,
        },
        {
            "name": "grasp",
            "inside": box_around((0.13, *HOME[1:]), half_m=0.006),
            "gripper_below_m": 0.01,
            "timeout_s": 0.1,
        },
        {"name": "lift", "inside": box_around(there, half_m=0.3)},
    ]
    engine = engine_of({"pick": {"type": "sequence", "nodes": nodes}})

    def cycle(at_s, joints, gripper=0.04):
        return decide(engine, observed(joints, at_s=at_s, gripper=gripper), Action(joints), at_s=at_s)

    assert cycle(0.0, HOME).decision is PASS
    assert cycle(0.02, there).decision is PASS
    left = cycle(0.04, HOME)
    assert "leave the zone of node 'grasp'" in left.reasons[0]
    assert cycle(0.06, there).decision is PASS
    assert "node 'grasp' has taken" in cycle(0.2, there).reasons[0]
    assert cycle(0.22, there, gripper=0.0).decision is PASS
    assert cycle(0.24, (0.13, *HOME[1:])).decision is PASS


@pytest.mark.parametrize(
    ("config", "good", "bad"),
    [
        ({"type": "temperature", "channels": ["a"], "maximum_c": 70}, 70.0, 70.1),
        ({"type": "temperature", "channels": ["a"], "maximum_c": 70, "minimum_c": -10}, -10.0, -11.0),
        ({"type": "current", "channels": ["a"], "maximum_a": 5}, -5.0, -5.1),
        ({"type": "voltage", "channels": ["a"], "minimum_v": 20, "maximum_v": 28}, 20.0, 19.9),
        ({"type": "voltage", "channels": ["a"], "minimum_v": 20, "maximum_v": 28}, 28.0, 28.1),
        ({"type": "force_torque", "force_channels": ["a", "a"], "maximum_n": 10}, 7.0, -7.1),
        ({"type": "force_torque", "torque_channels": ["a"], "maximum_nm": 1}, -1.0, -1.1),
    ],
)
def test_hardware_is_held_to_its_limits(config, good, bad):
    engine = engine_of({"hardware": config})

    fine, not_fine = run(engine, ({"channels": {"a": good}}, None), ({"channels": {"a": bad}}, None))

    assert (fine.decision, not_fine.decision, not_fine.layer) == (PASS, REJECT, Layer.L3)


def test_the_host_is_held_to_its_limits():
    limits = {"maximum_cpu_percent": 90, "maximum_memory_percent": 80, "minimum_disk_free_bytes": 1e9}
    engine = engine_of({"host": {"type": "host_health", "maximum_temperature_c": 85, **limits}})
    good = {
        "host.cpu_percent": 10.0,
        "host.memory_percent": 50.0,
        "host.disk_free_bytes": 5e10,
        "host.temperature_c": 60.0,
    }
    bad = {
        "host.cpu_percent": 91.0,
        "host.memory_percent": 81.0,
        "host.disk_free_bytes": 9e8,
        "host.temperature_c": 86.0,
    }

    assert run(engine, ({"channels": good}, None))[0].decision is PASS
    for name, reading in bad.items():
        engine.start("default")
        assert run(engine, ({"channels": good | {name: reading}}, None))[0].decision is REJECT


def test_a_guard_that_only_watches_reports_and_does_not_act():
    limits = {
        "limits": {"type": "joint_velocity"},
        "motor": {"type": "temperature", "channels": ["m"], "maximum_c": 70},
    }
    watching = {Layer.L1: Enforcement.MONITOR, Layer.L3: Enforcement.LOG_ONLY}
    engine = engine_of(limits, modes=watching)

    verdict = decide(engine, observed(channels={"m": 99.0}), moved(0.03))
    fast = decide(engine_of(limits, modes=watching), observed(channels={"m": 99.0}), moved(0.041))

    assert (verdict.decision, verdict.action, verdict.reasons) == (PASS, moved(0.03), ())
    assert [one.decision for one in verdict.guard_statuses] == [PASS, REJECT]
    assert [one.mode for one in verdict.guard_statuses] == [Enforcement.MONITOR, Enforcement.LOG_ONLY]
    assert fast.reasons[0].startswith("limits: j0 would move at 2.05")


@pytest.mark.parametrize("mode", [Enforcement.MONITOR, Enforcement.LOG_ONLY])
def test_an_engine_that_only_watches_still_never_sends_what_is_malformed(mode):
    engine = engine_of({"motor": {"type": "temperature", "channels": ["m"], "maximum_c": 70}}, mode=mode)

    hot = decide(engine, observed(channels={"m": 99.0}), moved(0.001))
    malformed = decide(engine, observed(at_s=0.02, channels={"m": 9.0}), Action((float("nan"),) * 6), at_s=0.02)

    assert (hot.decision, hot.action, hot.mode) == (PASS, moved(0.001), mode)
    assert bool(hot.reasons) is (mode is Enforcement.MONITOR)
    assert (malformed.decision, malformed.action) == (REJECT, None)

"""Many environments at once get the verdicts each would get alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.guard.batch import DECISIONS, BatchedGuard
from pilothouse.guard.model import Action, Pose
from tests.support.guards import HOME, PERIOD_S, PLACE, UNSEEN, box_around, decide, engine_of, observed

BOX = box_around(half_m=0.06)
BOUNDARIES = {
    "limits": {"type": "joint_position"},
    "speed": {"type": "joint_velocity"},
    "workspace": {"type": "workspace_box", **BOX},
}
numbers = st.one_of(st.floats(-0.06, 0.06), st.floats(-4, 4), st.sampled_from([np.nan, np.inf, 1e9, 1e200, 0.0]))
shifts = st.lists(numbers, min_size=6, max_size=6)


def batched(**more):
    return BatchedGuard(
        lower=[-3.0] * 6, upper=[3.0] * 6, velocity=[2.0] * 6, period_s=PERIOD_S,
        workspace=(BOX["lower_m"], BOX["upper_m"]), **more,
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(shifts, shifts, st.integers(0, 3)), min_size=1, max_size=8))
def test_each_environment_gets_the_verdict_it_would_get_alone(cases):
    here = np.array([np.array(HOME) + (np.array(start) if broken == 0 else 0.0) for start, _, broken in cases])
    targets = np.array([at + np.array(step) for at, (_, step, _) in zip(here, cases, strict=True)])
    places = [PLACE(tuple(np.where(np.isfinite(at), at, 0.0))) for at in here]
    tools, slopes = np.array([one[0] for one in places]), np.array([one[2][:3] for one in places])

    verdicts = batched().decide(here, targets, tools, slopes)

    engine = engine_of(BOUNDARIES, robot=UNSEEN)
    for number, (at, target) in enumerate(zip(here, targets, strict=True)):
        engine.start("default")
        seen = observed(
            HOME,
            joint_positions=tuple(at),
            end_effector=Pose(tuple(tools[number])),
            jacobian=(*map(tuple, slopes[number]), *((0.0,) * 6,) * 3),
        )
        alone = decide(engine, seen, Action(tuple(target)))
        assert DECISIONS[verdicts.decisions[number]] is alone.decision, alone.reasons
        if alone.action is None:
            assert np.isnan(verdicts.targets[number]).all()
        else:
            assert verdicts.targets[number] == pytest.approx(alone.action.joint_positions, abs=1e-9)


def test_without_a_workspace_no_poses_are_needed():
    guard = BatchedGuard(lower=[-1, -1], upper=[1, 1], velocity=[1, 1], period_s=0.1)

    verdicts = guard.decide([[0, 0], [0.95, 0], [0, 0]], [[0.05, 0], [1.5, 0.2], [np.nan, 0]])

    assert [DECISIONS[one].value for one in verdicts.decisions] == ["PASS", "CLAMP", "REJECT"]
    assert verdicts.targets[1] == pytest.approx([1.0, 0.1])
    assert np.isnan(verdicts.targets[2]).all()


def test_arrays_of_the_wrong_shape_are_refused():
    for wrong in (np.zeros((3, 5)), np.zeros(6), None):
        with pytest.raises(ValueError):
            batched().decide(np.zeros((3, 6)), wrong, np.zeros((3, 3)), np.zeros((3, 3, 6)))
    with pytest.raises(ValueError, match="jacobians has shape"):
        batched().decide(np.zeros((3, 6)), np.zeros((3, 6)), np.zeros((3, 3)), np.zeros((3, 6, 6)))

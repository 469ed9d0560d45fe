"""What is found beside one wall without a solver is what the solver finds."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pilothouse.guard.engine.program import Program
from pilothouse.guard.engine.projection import compiled_beside
from pilothouse.guard.model import Action, Decision
from tests.support.guards import HOME, PERIOD_S, ROBOT, UNSEEN, box_around, decide, engine_of, observed

STEP = 2.0 * PERIOD_S
WIDTH = st.one_of(st.just(0.0), st.floats(1e-12, 1e-6), st.floats(1e-3, 0.1))
SLOPE = st.one_of(st.just(0.0), st.just(-0.0), st.floats(-1e-9, 1e-9), st.floats(-2, 2))


@settings(max_examples=400, deadline=None)
@given(
    st.integers(1, 30).flatmap(lambda n: st.lists(st.tuples(SLOPE, WIDTH, WIDTH), min_size=n, max_size=n)), st.data()
)
def test_the_closest_target_beside_one_wall_is_the_solvers(joints, data):
    count = len(joints)
    slope, below, above = zip(*joints, strict=True)
    wanted = tuple(0.1 * number for number in range(count))
    lower = tuple(one - less for one, less in zip(wanted, below, strict=True))
    upper = tuple(one + more for one, more in zip(wanted, above, strict=True))
    ends = zip(slope, lower, wanted, upper, strict=True)
    most = sum(max(a * (low - here), a * (high - here)) for a, low, here, high in ends)
    need = data.draw(st.floats(0.0, 1.2)) * most
    assume(need == 0.0 or need > 1e-7)

    found = compiled_beside(count)(wanted, lower, upper, slope, need)
    solved = Program(count, 1).solve(wanted, lower, upper, (slope,), ((need,), (1e30,)), wanted)

    if need > most + 1e-9:
        assert found is None
    if found is None:
        # Not finding it is allowed: the solver is asked then. But not where there is plenty of room.
        assert need > 0.999 * most
        return
    assert gain(slope, found, wanted) >= need - 1e-11
    assert all(low <= x <= high for low, x, high in zip(lower, found, upper, strict=True))
    if solved is not None and gain(slope, solved, wanted) >= need - 1e-12:
        assert far(found, wanted) <= far(solved, wanted) + 1e-8


def gain(slope, target, wanted):
    return sum(a * (x - w) for a, x, w in zip(slope, target, wanted, strict=True))


def far(one, other):
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5


@pytest.mark.parametrize("robot", [ROBOT, UNSEEN], ids=["known", "observed"])
@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(-1, 1), min_size=6, max_size=6), min_size=1, max_size=25))
def test_whichever_way_it_is_found_the_verdict_is_the_same(robot, pushes):
    boundaries = {
        "speed": {"type": "joint_velocity"},
        "workspace": {"type": "workspace_box", **box_around(half_m=0.03)},
        "upright": {"type": "orientation_limit", "base_axis": [0, 0, 1], "maximum_angle_rad": 0.9},
    }
    both, solving = engine_of(boundaries, robot=robot), engine_of(boundaries, robot=robot)
    solving._motion._walls._directly = lambda *_: None
    here = HOME
    for cycle, push in enumerate(pushes):
        at_s = cycle / 50
        wanted = Action(tuple(one + by for one, by in zip(here, push, strict=True)))
        first = decide(both, observed(here, at_s=at_s), wanted, at_s=at_s)
        second = decide(solving, observed(here, at_s=at_s), wanted, at_s=at_s)

        # The solver takes curved walls as flat, also those that are not in the way: it may stay further off.
        if second.action is not None:
            assert first.decision is second.decision
            clipped = [
                max(one - STEP, min(one + STEP, by)) for one, by in zip(here, wanted.joint_positions, strict=True)
            ]
            assert far(first.action.joint_positions, clipped) <= far(second.action.joint_positions, clipped) + 1e-5
        if first.action is not None:
            here = first.action.joint_positions
            solving.executed(first.action, 100.0 + at_s)


def test_one_wall_in_the_way_needs_no_solver():
    engine = engine_of({"speed": {"type": "joint_velocity"}, "workspace": {"type": "workspace_box", **box_around()}})
    engine._motion._walls._program = None

    verdicts = [
        decide(engine, observed(HOME, at_s=cycle / 50), Action((*HOME[:1], -3.0, *HOME[2:])), at_s=cycle / 50)
        for cycle in range(40)
    ]

    assert {one.decision for one in verdicts} == {Decision.CLAMP}
    assert any("workspace" in reason for reason in verdicts[-1].reasons)

"""Boundaries in space: their slopes are derivatives, their distances are the smallest, ways count as well as ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.guard.boundaries import BoundaryDoesNotFit
from pilothouse.guard.boundaries.cartesian import distance_to_way
from pilothouse.guard.boundaries.distance import closest_points
from pilothouse.guard.boundaries.space import ObservedSpace, space_of
from pilothouse.guard.kinematics import compiled_forward
from pilothouse.guard.model import Decision
from tests.support.guards import CHAIN, HOME, ROBOT, UNSEEN, boundary, box_around, decide, engine_of, moved, observed

SPATIAL = {
    "workspace": {"type": "workspace_box", **box_around()},
    "balls": {"type": "keep_out_spheres", "spheres": [{"center_m": [0.1, 0.3, 0.8], "radius_m": 0.1}]},
    "upright": {"type": "orientation_limit", "base_axis": [0.2, 0, 1], "tool_axis": [0, 1, 1], "maximum_angle_rad": 1},
    "apart": {
        "type": "link_distance",
        "links": [
            {"link": "upper", "from_m": [0, 0, 0], "to_m": [0, 0, 0.4], "radius_m": 0.05},
            {"link": "tool", "from_m": [0, 0, 0], "to_m": [0, 0.05, 0.02], "radius_m": 0.02},
        ],
        "obstacles": [{"from_m": [0.5, 0.1, 0.2], "to_m": [0.5, 0.4, 0.9], "radius_m": 0.05}],
        "self_pairs": [["upper", "tool"]],
    },
}
coordinates = st.floats(-2, 2, allow_subnormal=False)
points = st.tuples(coordinates, coordinates, coordinates)
vectors = st.lists(st.floats(-2.5, 2.5), min_size=6, max_size=6).map(tuple)


@pytest.mark.parametrize("name", SPATIAL)
@settings(max_examples=60, deadline=None)
@given(at=vectors)
def test_slopes_are_the_derivatives_of_margins(name, at):
    one, space, step = boundary(name, **SPATIAL[name]), space_of(ROBOT), 1e-6

    margins, slopes = one.slopes(space, at)
    slopes = (*slopes, *(tuple(-by for by in row) for row in slopes)) if one.opposed else slopes

    assert margins == pytest.approx(one.margins(space, at))
    assert (len(slopes), len(slopes[0])) == (one.size, 6)
    for joint in range(6):
        shift = np.eye(6)[joint] * step
        after, before = (one.margins(space, tuple(np.array(at) + way)) for way in (shift, -shift))
        rise = (np.array(after) - before) / (2 * step)
        # Where two points are equally close the smallest distance has a kink, and either side is right.
        smooth = np.abs(np.array(after) + before - 2 * np.array(margins)) < 1e-10
        assert np.allclose(np.array(slopes)[smooth, joint], rise[smooth], atol=1e-3)


@settings(max_examples=200, deadline=None)
@given(points, points, points, points)
def test_the_closest_points_of_two_segments_are_closest(p, q, r, s):
    a, b = closest_points(p, q, r, s)

    shares = np.linspace(0, 1, 60)[:, None]
    first, second = np.array(p) + shares * (np.array(q) - p), np.array(r) + shares * (np.array(s) - r)
    sampled = np.linalg.norm(first[:, None] - second[None], axis=2).min()
    assert np.linalg.norm(np.array(a) - b) <= sampled + 1e-6
    for point, start, end in ((a, p, q), (b, r, s)):
        assert distance_to_way(point, start, end) < 1e-6


def test_a_small_sphere_is_not_jumped_over_between_two_commands():
    start = np.array(HOME)
    end = start + 0.04
    forward = compiled_forward(CHAIN)
    middle = (np.array(forward(start.tolist())[0]) + forward(end.tolist())[0]) / 2
    sphere = {
        "type": "keep_out_spheres",
        "spheres": [{"center_m": middle.tolist(), "radius_m": 0.004}],
        "approach_gain": 1,
    }

    verdict = decide(engine_of({"ball": sphere}), observed(), moved(0.04))

    assert verdict.decision in (Decision.CLAMP, Decision.REJECT)
    assert verdict.boundary == "ball"


def test_an_obstacle_is_led_around_and_never_touched():
    ball = boundary("balls", **SPATIAL["balls"])
    engine, space, here, decisions = engine_of({"balls": SPATIAL["balls"]}), space_of(ROBOT), HOME, set()
    for cycle in range(300):
        at_s = cycle / 50
        verdict = decide(engine, observed(here, at_s=at_s), moved(0.02, here), at_s=at_s)
        decisions.add(verdict.decision)
        if verdict.action is None:
            break
        here = verdict.action.joint_positions
        assert min(ball.margins(space, here)) > 0

    assert cycle > 10


def test_what_a_given_jacobian_leaves_out_is_bounded():
    rng, forward = np.random.default_rng(3), compiled_forward(CHAIN)
    for _ in range(300):
        at = rng.uniform(-2, 2, 6)
        seen, space = observed(at.tolist()), ObservedSpace(6)
        space.see(seen, tuple(at))
        target = tuple(at + rng.uniform(-0.1, 0.1, 6))

        error = np.linalg.norm(np.array(space.frame(target)[0]) - forward(target)[0])

        assert error <= space.doubt(target)[0]


def test_a_given_jacobian_is_not_believed_far_away():
    space = ObservedSpace(6)
    space.see(observed(), HOME)

    with pytest.raises(Exception, match="from where the given Jacobian holds"):
        space.frame(moved(0.3).joint_positions)


def test_links_need_kinematics_and_links_that_exist():
    with pytest.raises(BoundaryDoesNotFit, match="only with the robot's kinematics"):
        boundary("apart", UNSEEN, **SPATIAL["apart"])
    wrong = SPATIAL["apart"] | {"links": [{"link": "elbow", "from_m": [0, 0, 0], "radius_m": 0.1}], "self_pairs": []}
    with pytest.raises(BoundaryDoesNotFit, match="no link 'elbow'"):
        boundary("apart", **wrong)

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pilothouse.triggers import Rule
from pilothouse.triggers.kinds.path_deviation import Polyline
from tests.support.rules import fires_at, firings, ns, rule_of

POSE, PLAN = "/pose", "/plan"


def path_rule(**changes: object) -> Rule:
    return rule_of(
        **{"kind": "path_deviation", "topic": POSE, "limit_m": 1, "path": [[0, 0], [10, 0], [10, 10]], **changes}
    )


def pose(x: object, y: object, z: object = 0.0) -> dict[str, object]:
    return {"header": {}, "pose": {"position": {"x": x, "y": y, "z": z}}}


def at(*samples: tuple[float, object, object]) -> list[tuple[float, str, object]]:
    return [(time_s, POSE, pose(x, y)) for time_s, x, y in samples]


def plan(*points: tuple[float, float]) -> dict[str, object]:
    return {"header": {}, "poses": [pose(x, y) for x, y in points]}


def test_leaving_the_path_fires_with_the_distance() -> None:
    fired = firings(path_rule(), *at((0, 5, 0.5), (1, 5, 1.5)))

    assert [(one.fired_at_ns, one.topic, one.field, one.value, one.op, one.threshold) for one in fired] == [
        (ns(1), POSE, "pose.position", 1.5, "gt", 1.0)
    ]


def test_on_the_path_and_at_the_limit_it_is_fine() -> None:
    assert fires_at(path_rule(), *at((0, 0, 1), (1, 10, 5), (2, 11, 10), (3, -1, 0))) == []


def test_duration_hysteresis_and_cooldown_are_kept() -> None:
    assert fires_at(path_rule(duration_s=1), *at((0, 5, 2), (0.5, 5, 0), (1, 5, 2), (2, 5, 2))) == [2]
    assert fires_at(path_rule(hysteresis=0.5), *at((0, 5, 2), (1, 5, 0.8), (2, 5, 2), (3, 5, 0.4), (4, 5, 2))) == [0, 4]
    assert fires_at(path_rule(cooldown_s=3), *at((0, 5, 2), (1, 5, 0), (2, 5, 2), (3, 5, 2))) == [0, 3]


@pytest.mark.parametrize("value", [math.nan, None, "x", math.inf])
def test_a_coordinate_that_is_no_number_is_off_every_path(value: object) -> None:
    assert fires_at(path_rule(), *at((0, value, 0))) == [0]


@pytest.mark.parametrize("position", [None, 5, "here", [1], [[1], [2]]])
def test_a_position_that_is_none_is_off_every_path(position: object) -> None:
    assert fires_at(path_rule(), (0, POSE, {"pose": {"position": position}})) == [0]


@pytest.mark.parametrize("message", [{}, {"pose": {}}, {"pose": {"position": {"x": 99}}}])
def test_a_message_without_a_position_is_counted(message: object) -> None:
    rule = path_rule()

    assert fires_at(rule, (0, POSE, message)) == []
    assert rule.unmeasured == 1


@pytest.mark.parametrize("position", [[5, 2], (5, 2, 0), np.array([5.0, 2.0])])
def test_a_position_may_be_a_list(position: object) -> None:
    assert firings(path_rule(field="q"), (0, POSE, {"q": position}))[0].value == 2.0


def test_a_path_comes_from_a_topic_and_is_replaced_by_the_next() -> None:
    rule = path_rule(path=None, path_topic=PLAN)

    said = [
        (0, POSE, pose(5, 5)),
        (1, PLAN, plan((0, 0), (10, 0))),
        (2, POSE, pose(5, 0)),
        (3, POSE, pose(5, 5)),
        (4, PLAN, plan((0, 5), (10, 5))),
        (5, POSE, pose(5, 5)),
        (6, POSE, pose(5, 0)),
    ]
    assert fires_at(rule, *said) == [3, 6]
    assert rule.topics == {POSE, PLAN}


def test_an_empty_path_measures_nothing() -> None:
    rule = path_rule(path=None, path_topic=PLAN)

    assert fires_at(rule, (0, PLAN, plan((0, 0))), (1, PLAN, plan()), (2, POSE, pose(50, 50))) == []
    assert rule.unmeasured == 0


def test_a_message_without_a_path_leaves_the_old_one_and_is_counted() -> None:
    rule = path_rule(path=None, path_topic=PLAN)

    assert fires_at(rule, (0, PLAN, plan((0, 0), (9, 0))), (1, PLAN, {"poses": "?"}), (2, POSE, pose(5, 5))) == [2]
    assert rule.unmeasured == 1


def test_a_path_with_a_point_that_is_none_is_no_path_to_be_on() -> None:
    rule = path_rule(path=None, path_topic=PLAN)

    assert fires_at(rule, (0, PLAN, plan((0, 0), (math.nan, 0))), (1, POSE, pose(0, 0))) == [1]
    assert fires_at(rule, (2, PLAN, {"poses": [{}]}), (3, PLAN, plan((0, 0))), (4, POSE, pose(0, 0))) == []


def test_height_counts_with_three_dimensions_only() -> None:
    high = (0, POSE, pose(5, 0, 4))

    assert fires_at(path_rule(), high) == []
    assert fires_at(path_rule(dimensions=3, path=[[0, 0, 0], [10, 0, 0]]), high) == [0]


def test_a_clock_that_steps_back_counts_the_duration_anew() -> None:
    assert fires_at(path_rule(duration_s=2), *at((100, 5, 2), (1, 5, 2), (2, 5, 2), (3, 5, 2))) == [3]


@pytest.mark.parametrize(
    "changes", [{"path_topic": PLAN}, {"path": None}, {"path": []}, {"path": [[1]]}, {"dimensions": 3}]
)
def test_a_path_that_is_none_or_two_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        path_rule(**changes)


coordinates = st.floats(-100, 100)
points = st.tuples(coordinates, coordinates)


@given(st.lists(points, min_size=1, max_size=6), points)
def test_the_distance_is_that_of_the_nearest_place(
    corners: list[tuple[float, float]], place: tuple[float, float]
) -> None:
    def to_segment(a: tuple[float, float], b: tuple[float, float]) -> float:
        steps = [(a[0] + (b[0] - a[0]) * s / 500, a[1] + (b[1] - a[1]) * s / 500) for s in range(501)]
        return min(math.dist(place, step) for step in steps)

    nearest = min(to_segment(a, b) for a, b in zip(corners, corners[1:] or corners, strict=False))

    # Stepping along a line of up to 283 in 500 steps overlooks at most half a step.
    assert nearest - 0.3 <= Polyline(corners).distance_to(place) <= nearest + 1e-9

import math

import pytest
from pydantic import ValidationError

from pilothouse.triggers import Rule
from tests.support.rules import fires_at, firings, ns, rule_of

CMD, ODOM = "/cmd_vel", "/odom"


def stall_rule(**changes: object) -> Rule:
    return rule_of(
        **{
            "kind": "stall",
            "command_topic": CMD,
            "command_field": "linear.x",
            "command_above": 0.1,
            "motion_topic": ODOM,
            "motion_field": "v",
            "motion_below": 0.02,
            "duration_s": 2,
            **changes,
        }
    )


def driving(*samples: tuple[float, object, object]) -> list[tuple[float, str, object]]:
    """Commands and the motion that follows them at the same moment."""
    said: list[tuple[float, str, object]] = []
    for time_s, command, motion in samples:
        said += [(time_s, CMD, {"linear": {"x": command}}), (time_s, ODOM, {"v": motion})]
    return said


def test_commanded_but_not_moving_for_the_duration_fires_with_the_motion() -> None:
    fired = firings(stall_rule(), *driving(*((t / 2, 0.5, 0.0) for t in range(8))))

    assert [(one.fired_at_ns, one.topic, one.field, one.value, one.op, one.threshold) for one in fired] == [
        (ns(2), ODOM, "v", 0.0, "lt", 0.02)
    ]


def test_a_robot_that_moves_or_is_not_commanded_is_not_stalled() -> None:
    assert fires_at(stall_rule(), *driving(*((t / 2, 0.5, 0.4) for t in range(8)))) == []
    assert fires_at(stall_rule(), *driving(*((t / 2, 0.1, 0.0) for t in range(8)))) == []


def test_signs_are_left_out() -> None:
    assert fires_at(stall_rule(), *driving(*((t / 2, -0.5, -0.01) for t in range(8)))) == [2]
    assert fires_at(stall_rule(), *driving(*((t / 2, -0.5, -0.4) for t in range(8)))) == []


def test_moving_once_starts_the_duration_anew() -> None:
    said = driving((0, 0.5, 0), (1, 0.5, 0), (1.5, 0.5, 0.3), (2, 0.5, 0), (3, 0.5, 0), (4, 0.5, 0))

    assert fires_at(stall_rule(), *said) == [4]


def test_a_command_that_is_old_no_longer_counts() -> None:
    said = [(0.0, CMD, {"linear": {"x": 0.5}}), *((t / 2, ODOM, {"v": 0.0}) for t in range(12))]

    assert fires_at(stall_rule(), *said) == []


def test_without_a_stale_limit_a_command_counts_until_the_next() -> None:
    said = [(0.0, CMD, {"linear": {"x": 0.5}}), *((t / 2, ODOM, {"v": 0.0}) for t in range(12))]

    assert fires_at(stall_rule(stale_s=None), *said) == [2]


def test_a_motion_topic_that_falls_silent_does_not_move() -> None:
    said = [*driving((0, 0.5, 0.4)), *((t / 2, CMD, {"linear": {"x": 0.5}}) for t in range(1, 10))]

    assert fires_at(stall_rule(), *said) == [3.5]


def test_a_motion_topic_that_never_speaks_does_not_move() -> None:
    assert fires_at(stall_rule(), *((t / 2, CMD, {"linear": {"x": 0.5}}) for t in range(10))) == [3.5]
    assert fires_at(stall_rule(stale_s=None), *((t / 2, CMD, {"linear": {"x": 0.5}}) for t in range(10))) == []


@pytest.mark.parametrize("value", [math.nan, None, "fast"])
def test_a_command_that_is_no_number_counts_and_a_motion_that_is_none_stands_still(value: object) -> None:
    assert fires_at(stall_rule(), *driving(*((t / 2, value, 0.0) for t in range(8)))) == [2]
    assert fires_at(stall_rule(), *driving(*((t / 2, 0.5, value) for t in range(8)))) == [2]


def test_a_message_without_the_field_is_counted() -> None:
    rule = stall_rule()

    assert fires_at(rule, (0, CMD, {}), (1, ODOM, {"speed": 1})) == []
    assert rule.unmeasured == 2


def test_the_cooldown_is_kept() -> None:
    said = driving(*((t, 0.5, 1 if t == 3 else 0) for t in range(8)))

    assert fires_at(stall_rule(cooldown_s=5), *said) == [2, 7]


def test_a_clock_that_steps_back_counts_the_duration_anew() -> None:
    said = [*driving((1000, 0.5, 0), (1001, 0.5, 0)), *driving(*((t / 2, 0.5, 0) for t in range(6)))]

    assert fires_at(stall_rule(), *said) == [2]


def joints_rule(**changes: object) -> Rule:
    return rule_of(
        **{
            "kind": "compare",
            "a_topic": "/wanted",
            "a_field": "q[0]",
            "b_topic": "/joints",
            "b_field": "q[0]",
            "op": "diverge_gt",
            "value": 0.2,
            **changes,
        }
    )


def poses(*samples: tuple[float, object, object]) -> list[tuple[float, str, object]]:
    said: list[tuple[float, str, object]] = []
    for time_s, wanted, is_at in samples:
        said += [(time_s, "/wanted", {"q": [wanted]}), (time_s, "/joints", {"q": [is_at]})]
    return said


def test_two_numbers_that_diverge_fire_with_their_difference() -> None:
    fired = firings(joints_rule(), *poses((0, 1.0, 1.1), (1, 1.0, 1.5)))

    assert [(one.fired_at_ns, one.value, one.op, one.threshold) for one in fired] == [(ns(1), 0.5, "diverge_gt", 0.2)]


def test_one_number_alone_is_not_compared() -> None:
    assert fires_at(joints_rule(), (0, "/wanted", {"q": [5]}), (0.5, "/wanted", {"q": [9]})) == []


def test_numbers_that_are_too_old_are_not_compared() -> None:
    assert fires_at(joints_rule(), (0, "/wanted", {"q": [5]}), (1.5, "/joints", {"q": [9]})) == []
    assert fires_at(joints_rule(stale_s=2), (0, "/wanted", {"q": [5]}), (1.5, "/joints", {"q": [9]})) == [1.5]


def test_diverging_keeps_duration_hysteresis_and_cooldown() -> None:
    assert fires_at(joints_rule(duration_s=1), *poses((0, 0, 1), (0.5, 0, 0), (1, 0, 1), (1.5, 0, 1), (2, 0, 1))) == [2]
    wavering = poses((0, 0, 0.3), (1, 0, 0.15), (2, 0, 0.3), (3, 0, 0.1), (4, 0, 0.3))
    assert fires_at(joints_rule(hysteresis=0.1), *wavering) == [0, 4]
    assert fires_at(joints_rule(cooldown_s=3), *poses((0, 0, 1), (1, 0, 0), (2, 0, 1), (3, 0, 1))) == [0, 3]


@pytest.mark.parametrize(("a", "b"), [(math.nan, 1), (1, None), (math.inf, -math.inf), ("x", "x")])
def test_what_is_no_number_differs_from_everything(a: object, b: object) -> None:
    assert fires_at(joints_rule(), *poses((0, a, b))) == [0]


def test_equal_infinities_do_not_differ() -> None:
    assert fires_at(joints_rule(), *poses((0, math.inf, math.inf))) == []


def test_two_fields_of_one_topic_are_compared_within_the_message() -> None:
    rule = joints_rule(a_topic="/joints", a_field="wanted")

    assert fires_at(rule, (0, "/joints", {"wanted": 0, "q": [0]}), (1, "/joints", {"wanted": 1, "q": [0]})) == [1]
    assert rule.topics == {"/joints"}


def test_a_active_while_b_is_idle_fires() -> None:
    rule = joints_rule(op="a_active_b_idle", value=0.5, idle_below=0.1)

    fired = firings(rule, *poses((0, 1, 1), (0.5, 1, 0.3), (1, 1, 0.05), (1.5, 0.2, 0)))

    assert [(one.fired_at_ns, one.topic, one.value, one.threshold) for one in fired] == [(ns(1), "/joints", 0.05, 0.1)]


def test_a_clock_that_steps_back_does_not_make_old_numbers_young() -> None:
    rule = joints_rule()
    fires_at(rule, (100, "/wanted", {"q": [5]}), (10, "/joints", {"q": [5]}))

    assert fires_at(rule, (11.5, "/joints", {"q": [9]})) == []


@pytest.mark.parametrize(
    "changes", [{"idle_below": 1}, {"op": "a_active_b_idle", "hysteresis": 1}, {"op": "equal"}, {"value": -1}]
)
def test_options_that_do_not_fit_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        joints_rule(**changes)

"""What each fallback proposes; the engine has the last word."""

from __future__ import annotations

import math

import pytest

from pilothouse.guard.fallbacks import FallbackKind, FallbackPlan, Motion, propose
from pilothouse.guard.model import Action

HOLD = FallbackPlan("hold", FallbackKind.HOLD_POSITION)
SLOW = FallbackPlan("slow", FallbackKind.SLOW_DOWN, factor=0.5)
HOME = FallbackPlan("home", FallbackKind.RETREAT, joint_positions=(0.0, 0.0), speed_scale=0.5)
LAST = Action((0.2, 0.4), gripper=0.03)


def proposed(plan: FallbackPlan, last: Action | None = LAST, before: Action | None = None) -> Action | None:
    motion = Motion(last, before, (0.21, 0.39))
    return propose(plan, motion, period_s=0.02, highest_speeds=(1.0, 2.0))


def test_hold_sends_the_last_validated_command_again() -> None:
    assert proposed(HOLD) is LAST


def test_before_the_first_command_hold_is_where_the_robot_is() -> None:
    assert proposed(HOLD, last=None) == Action((0.21, 0.39))


@pytest.mark.parametrize("observed", [None, (), (math.nan, 0.0), (math.inf, 0.0)])
def test_without_command_and_position_there_is_nothing_safe_to_send(observed: tuple[float, ...] | None) -> None:
    assert propose(HOLD, Motion(None, None, observed), period_s=0.02) is None


def test_slow_down_halves_the_step_each_cycle_and_keeps_the_gripper() -> None:
    assert proposed(SLOW, before=Action((0.1, 0.5))) == Action((pytest.approx(0.25), pytest.approx(0.35)), 0.03)


def test_slow_down_without_a_step_before_it_is_a_hold() -> None:
    assert proposed(SLOW) is LAST


def test_retreat_goes_straight_at_the_pace_of_the_slowest_joint() -> None:
    action = proposed(HOME)

    # Joint 1 has 0.2 rad at 0.5 rad/s, joint 2 0.4 rad at 1 rad/s: both 20 cycles of 20 ms.
    assert action == Action((pytest.approx(0.19), pytest.approx(0.38)), 0.03)


def test_retreat_arrives_and_stays() -> None:
    action: Action | None = LAST
    for _ in range(25):
        action = proposed(HOME, last=action)

    assert action == Action((0.0, 0.0), 0.03)


def test_retreat_to_a_posture_of_another_robot_is_a_hold() -> None:
    plan = FallbackPlan("home", FallbackKind.RETREAT, joint_positions=(0.0,) * 6)

    assert proposed(plan) is LAST


def test_the_emergency_stop_proposes_nothing() -> None:
    assert proposed(FallbackPlan("halt", FallbackKind.EMERGENCY_STOP)) is None

"""Every risk level is reached, held for the window, and left again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.guard.model import Decision
from pilothouse.guard.risk.window import RiskWindow
from pilothouse.wire import RiskLevel

DECISIONS = st.sampled_from(list(Decision))


def window() -> RiskWindow:
    return RiskWindow(window_s=10.0, elevated_after=3, critical_after=5)


def level_after(*decisions: Decision) -> RiskLevel:
    risk = window()
    return [risk.level(one, number * 0.1) for number, one in enumerate(decisions)][-1]


def test_passing_is_normal() -> None:
    assert level_after(*[Decision.PASS] * 1000) is RiskLevel.NORMAL


def test_clamps_elevate_from_the_third_on() -> None:
    assert level_after(*[Decision.CLAMP] * 2) is RiskLevel.NORMAL
    assert level_after(*[Decision.CLAMP] * 3) is RiskLevel.ELEVATED
    assert level_after(*[Decision.CLAMP] * 99) is RiskLevel.ELEVATED


def test_rejects_count_towards_both_levels() -> None:
    assert level_after(Decision.CLAMP, Decision.REJECT, Decision.CLAMP) is RiskLevel.ELEVATED
    assert level_after(*[Decision.REJECT] * 4) is RiskLevel.ELEVATED
    assert level_after(*[Decision.REJECT] * 5) is RiskLevel.CRITICAL


def test_one_fault_is_an_emergency() -> None:
    assert level_after(Decision.FAULT) is RiskLevel.EMERGENCY
    assert level_after(Decision.FAULT, Decision.PASS) is RiskLevel.EMERGENCY


def test_an_e_stop_is_an_emergency_whatever_the_action_was() -> None:
    risk = window()

    assert risk.level(Decision.PASS, 0.0, estop=True) is RiskLevel.EMERGENCY
    assert risk.level(Decision.PASS, 9.9) is RiskLevel.EMERGENCY
    assert risk.level(Decision.PASS, 10.0) is RiskLevel.NORMAL


def test_a_level_falls_when_what_raised_it_has_left_the_window() -> None:
    risk = window()
    for number in range(5):
        risk.level(Decision.REJECT, float(number))

    assert risk.level_at(9.9) is RiskLevel.CRITICAL
    assert risk.level_at(10.0) is RiskLevel.ELEVATED
    assert risk.level_at(12.0) is RiskLevel.NORMAL


@given(st.lists(st.tuples(DECISIONS, st.floats(0.0, 4.0)), max_size=60))
def test_the_level_is_that_of_counting_the_whole_window(outcomes: list[tuple[Decision, float]]) -> None:
    risk, now, past = window(), 0.0, list[tuple[float, Decision]]()
    for decision, pause in outcomes:
        now += pause
        past.append((now, decision))

        level = risk.level(decision, now)

        recent = [one for at, one in past if now - at < 10.0]
        refused = sum(one in (Decision.REJECT, Decision.FAULT) for one in recent)
        notable = refused + recent.count(Decision.CLAMP)
        expected = RiskLevel.NORMAL
        if notable >= 3:
            expected = RiskLevel.ELEVATED
        if refused >= 5:
            expected = RiskLevel.CRITICAL
        if Decision.FAULT in recent:
            expected = RiskLevel.EMERGENCY
        assert level is expected

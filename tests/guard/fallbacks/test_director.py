"""Who acts: the policy, or which fallback."""

from __future__ import annotations

from pilothouse.guard.fallbacks import Director, FallbackKind, FallbackPlan

PLANS = {
    "slow": FallbackPlan("slow", FallbackKind.SLOW_DOWN, escalate_to="hold", escalate_after_s=1.0),
    "hold": FallbackPlan("hold", FallbackKind.HOLD_POSITION, release_after_s=0.2),
    "wait": FallbackPlan("wait", FallbackKind.WAIT_AND_RETRY, wait_s=1.0, retries=2),
    "home": FallbackPlan("home", FallbackKind.RETREAT, escalate_to="halt", escalate_after_s=5.0),
    "halt": FallbackPlan("halt", FallbackKind.EMERGENCY_STOP),
}


def acting(director: Director, *asked: tuple[float, str | None]) -> list[str | None]:
    """Which fallback acts at each time, for what is asked for then."""
    found = [director.decide(wanted, now_s) for now_s, wanted in asked]
    return [None if plan is None else plan.name for plan in found]


def test_while_all_is_well_the_policy_acts() -> None:
    assert acting(Director(PLANS), (0.0, None), (0.1, None)) == [None, None]


def test_a_fallback_stays_until_all_has_been_well_for_its_time() -> None:
    asked = [(0.0, "hold"), (0.1, None), (0.2, None), (0.29, None), (0.31, None)]

    assert acting(Director(PLANS), *asked) == ["hold", "hold", "hold", "hold", None]


def test_one_bad_cycle_starts_the_time_anew() -> None:
    asked = [(0.0, "hold"), (0.1, None), (0.2, "hold"), (0.31, None), (0.4, None), (0.52, None)]

    assert acting(Director(PLANS), *asked) == ["hold", "hold", "hold", "hold", "hold", None]


def test_the_more_severe_takes_over_at_once_and_the_milder_waits() -> None:
    asked = [(0.0, "slow"), (0.02, "home"), (0.04, "hold"), (0.06, "slow")]

    assert acting(Director(PLANS), *asked) == ["slow", "home", "home", "home"]


def test_what_lasts_escalates() -> None:
    asked = [(0.0, "slow"), (0.5, "slow"), (1.0, "slow"), (1.1, "slow")]

    assert acting(Director(PLANS), *asked) == ["slow", "slow", "hold", "hold"]


def test_a_name_nobody_knows_is_the_emergency_stop() -> None:
    director = Director(PLANS)

    assert acting(director, (0.0, "hodl")) == ["emergency_stop"]


def test_an_emergency_stop_is_not_released() -> None:
    assert acting(Director(PLANS), (0.0, "halt"), (10.0, None), (20.0, None)) == ["halt", "halt", "halt"]


def test_wait_and_retry_waits_and_then_lets_the_policy_try() -> None:
    asked = [(0.0, "wait"), (0.5, None), (0.99, None), (1.0, None)]

    assert acting(Director(PLANS), *asked) == ["wait", "wait", "wait", None]


def test_wait_and_retry_stays_after_its_last_try() -> None:
    asked = [(0.0, "wait"), (1.0, "wait"), (2.0, "wait"), (3.0, None), (9.0, None)]

    assert acting(Director(PLANS), *asked) == ["wait", "wait", "wait", "wait", "wait"]


def test_tries_that_fail_one_after_another_add_up() -> None:
    asked = [(0.0, "wait"), (1.0, None), (1.02, "wait"), (2.02, None), (2.04, "wait"), (3.1, None), (9.0, None)]

    assert acting(Director(PLANS), *asked) == ["wait", None, "wait", None, "wait", "wait", "wait"]


def test_a_policy_that_does_well_for_long_gets_all_its_tries_again() -> None:
    director = Director(PLANS)
    acting(director, (0.0, "wait"), (1.0, None), (1.02, "wait"), (2.02, None))

    assert acting(director, (60.0, "wait"), (61.0, None)) == ["wait", None]


def test_a_fallback_that_acts_goes_on_under_new_plans() -> None:
    before, fresh = Director(PLANS), Director({**PLANS, "hold": FallbackPlan("hold", FallbackKind.HOLD_POSITION, 9.0)})
    before.decide("hold", 0.0)

    fresh.adopt(before)

    assert acting(fresh, (1.0, None), (2.0, None)) == ["hold", "hold"]

"""What a cycle does, on fakes and with time that only moves when the loop sleeps."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from pilothouse.guard.fallbacks import FallbackKind, FallbackPlan
from pilothouse.guard.loop import Engaged, State
from pilothouse.guard.model import Action, Decision, RiskLevel, Verdict
from tests.support.loops import SESSION, Bench, FakeJudge, rejected
from tests.support.processes import eventually

PERIOD_NS = SESSION.period_ns


def test_what_passes_is_sent_and_recorded() -> None:
    with Bench() as bench:
        cycles = bench.run(3)

    assert [cycle.cycle_id for cycle in cycles] == [0, 1, 2]
    assert bench.sink.applied == [Action((0.5, 0.5))] * 3
    assert [cycle.executed for cycle in cycles] == bench.sink.applied
    assert bench.judge.sent == bench.sink.applied
    assert {cycle.verdict.decision for cycle in cycles} == {Decision.PASS}
    assert len({cycle.trace_id for cycle in cycles}) == 3
    assert len({cycle.session_id for cycle in cycles}) == 1


def test_after_its_cycles_the_loop_is_stopped() -> None:
    with Bench() as bench:
        bench.run(2)

        assert bench.loop.state is State.STOPPED
        assert [session is not None for session in bench.sessions] == [True, False]


def test_cycles_begin_on_absolute_ticks_however_long_they_take() -> None:
    with Bench() as bench:
        bench.sink.before_apply = lambda: bench.pacer.clock.advance(0.007)
        bench.run(4)

    slept = bench.pacer.slept[:4]
    assert [tick - slept[0] for tick in slept] == [0, PERIOD_NS, 2 * PERIOD_NS, 3 * PERIOD_NS]
    assert bench.counters.deadline_misses == 0


def test_a_late_cycle_is_counted_and_does_not_make_the_loop_run_after_itself() -> None:
    with Bench() as bench:
        bench.ears.at[1] = lambda: bench.pacer.clock.advance(0.05)
        bench.run(3)

    slept = bench.pacer.slept[:3]
    assert bench.counters.deadline_misses == 1
    assert bench.counters.skipped_ticks == 1
    # The first tick after the delay is overdue by 10 ms and taken at once; the one after it is on the grid again.
    assert [tick - slept[0] for tick in slept] == [0, 2 * PERIOD_NS, 3 * PERIOD_NS]
    assert bench.counters.jitter_max_ms == pytest.approx(10.0)


def test_a_rejected_action_becomes_the_fallback_which_the_engine_judges_too() -> None:
    bad = Action((9.0, 9.0))
    with Bench() as bench:
        bench.judge.rule = lambda action: rejected() if action == bad else None
        bench.ears.at[1] = lambda: setattr(bench.policy, "say", lambda observation: bad)
        cycles = bench.run(2)

    good = Action((0.5, 0.5))
    assert bench.sink.applied == [good, good]
    assert bench.judge.decided == [good, bad, good]
    assert cycles[1].fallback_triggered == "hold_position"
    assert cycles[1].verdict.decision is Decision.REJECT
    assert cycles[1].executed == good


def test_when_even_the_fallback_is_refused_nothing_is_sent() -> None:
    with Bench() as bench:
        bench.judge.rule = lambda action: rejected()
        cycles = bench.run(2)

    assert bench.sink.told == []
    assert [cycle.executed for cycle in cycles] == [None, None]


def test_a_retreat_that_the_engine_refuses_is_a_hold() -> None:
    home = FallbackPlan("home", FallbackKind.RETREAT, joint_positions=(0.0, 0.0))
    good, bad = Action((0.5, 0.5)), Action((9.0, 9.0))
    with Bench(plans={"home": home}) as bench:
        bench.judge.rule = lambda action: None if action == good else rejected(fallback="home")
        bench.ears.at[1] = lambda: setattr(bench.policy, "say", lambda observation: bad)
        cycles = bench.run(2)

    assert bench.sink.applied == [good, good]
    assert cycles[1].fallback_triggered == "home"


def test_a_clamped_action_is_sent_as_clamped() -> None:
    wanted, clamped = Action((0.5, 0.5)), Action((0.1, 0.1))
    with Bench() as bench:
        bench.judge.rule = lambda action: Verdict(Decision.CLAMP, clamped, action, ("speed: too fast",))
        (cycle,) = bench.run(1)

    assert bench.sink.applied == [clamped]
    assert (cycle.verdict.requested, cycle.executed) == (wanted, clamped)


def test_a_late_policy_gets_the_fallback_and_its_action_is_never_sent() -> None:
    answered, late = threading.Event(), Action((7.0, 7.0))
    with Bench() as bench:
        bench.pacer.patience = 100
        bench.policy.say = lambda observation: (answered.wait(60), late)[1]
        bench.ears.at[3] = answered.set
        cycles = bench.run(3)

        assert [cycle.failure_type for cycle in cycles] == ["policy_late"] * 3
        assert bench.counters.late_policies == 3
        bench.policy.say = lambda observation: Action((0.5, 0.5))
        eventually(lambda: bench.run(1) and bench.rig.late_policies_discarded == 1)

    assert late not in bench.sink.told


def test_an_answer_nobody_understands_is_refused_and_says_so() -> None:
    with Bench() as bench:
        bench.policy.say = lambda observation: None
        (cycle,) = bench.run(1)

    assert cycle.failure_type == "policy_unusable"
    assert cycle.verdict.decision is Decision.REJECT
    assert bench.loop.state is State.STOPPED


def test_without_any_observation_nothing_is_sent() -> None:
    with Bench() as bench:
        bench.source.read = lambda: None  # type: ignore[method-assign]
        (cycle,) = bench.run(1)

    assert (cycle.failure_type, bench.sink.told) == ("observation_missing", [])


@pytest.mark.parametrize("part", ["policy", "source", "sink"])
def test_an_exception_out_there_tells_the_sink_to_stop(part: str) -> None:
    def fail(*_: object) -> None:
        raise OSError("the cable is out")

    with Bench() as bench:
        if part == "policy":
            bench.policy.say = fail
        elif part == "source":
            bench.source.before_read = fail
        else:
            bench.sink.before_apply = fail
        cycles = bench.run(50)

        assert bench.loop.state is State.EMERGENCY
    assert "emergency_stop" in bench.sink.told
    assert bench.sink.applied == []
    assert cycles[-1].failure_type == f"{part}_exception"
    assert "the cable is out" in cycles[-1].verdict.reasons[0]
    assert cycles[-1].risk_level is RiskLevel.EMERGENCY


def test_a_fault_of_the_engine_tells_the_sink_to_stop() -> None:
    with Bench() as bench:
        bench.judge.rule = lambda action: Verdict(Decision.FAULT, None, action, ("callback: ZeroDivisionError",))
        cycles = bench.run(50)

    assert bench.sink.told == ["emergency_stop"]
    assert bench.emergency.cause is not None
    assert "ZeroDivisionError" in bench.emergency.cause.reason
    assert (cycles[0].failure_type, cycles[0].fallback_triggered) == ("guard_fault", "emergency_stop")
    assert len(cycles) == 1


def test_a_loop_that_breaks_tells_the_sink_to_stop() -> None:
    def fail(action: Action) -> Verdict:
        raise KeyError("an engine never raises")

    with Bench() as bench:
        bench.judge.rule = fail
        bench.run(5)

        assert bench.loop.state is State.EMERGENCY
        # Else the watchdog of the next session would take it for a cycle that never ends.
        assert bench.loop.running_since_ns == 0
    assert bench.sink.told == ["emergency_stop"]


def test_a_listener_that_raises_costs_nobody_a_cycle() -> None:
    def fail() -> None:
        raise OSError("disk full")

    with Bench() as bench:
        bench.ears.at[1] = fail
        bench.run(3)

    assert len(bench.sink.applied) == 3
    assert bench.counters.listener_failures == 1


def test_a_pause_ends_the_cycle_under_way_and_a_resume_judges_from_where_the_robot_is() -> None:
    with Bench() as bench:
        bench.ears.at[2] = bench.loop.pause
        bench.loop.start(bench.engaged(4))
        bench.wait_for(State.PAUSED)
        bench.settle()

        assert len(bench.sink.applied) == 2
        assert bench.sessions == [bench.loop.session]
        bench.loop.resume()
        bench.wait_for(State.STOPPED)
        bench.settle()

    assert len(bench.sink.applied) == 4
    assert set(bench.judge.started) == {"default"}
    assert bench.judge.resumed == 1
    assert len({cycle.session_id for cycle in bench.ears.cycles}) == 1


def test_every_start_is_a_session_of_its_own() -> None:
    with Bench() as bench:
        first, second = bench.run(2), bench.run(2)

    assert first[0].session_id != second[0].session_id
    assert [cycle.cycle_id for cycle in second] == [0, 1]
    assert bench.policy.resets == 2


def test_an_engine_is_swapped_between_two_cycles_and_hears_what_was_sent() -> None:
    fresh = FakeJudge()
    with Bench() as bench:
        engaged = Engaged(fresh, bench.director, replace(SESSION, config_hash="beef"))
        bench.ears.at[2] = lambda: bench.loop.replace_engine(engaged)
        cycles = bench.run(4)

    assert [cycle.config_hash for cycle in cycles] == ["c0ffee", "c0ffee", "beef", "beef"]
    assert fresh.started == ["default"]
    assert fresh.before is bench.judge
    assert (bench.judge.is_closed, fresh.is_closed) == (True, False)
    assert fresh.sent == [Action((0.5, 0.5))] * 4
    assert len(fresh.decided) == 2
    assert len({cycle.session_id for cycle in cycles}) == 1


def test_an_engine_that_takes_over_is_not_told_again_what_was_sent() -> None:
    fresh = FakeJudge()
    fresh.takes_over = True
    with Bench() as bench:
        bench.ears.at[2] = lambda: bench.loop.replace_engine(Engaged(fresh, bench.director, SESSION))
        bench.run(4)

    assert fresh.sent == [Action((0.5, 0.5))] * 2


def test_the_hardware_channel_stops_when_it_is_pressed_and_when_it_is_missing() -> None:
    for channels, words in (({"estop": 1.0}, "is 1"), ({}, "is missing"), ({"estop": float("nan")}, "is nan")):
        with Bench() as bench:
            bench.source.channels = {"estop": 0.0}
            bench.ears.at[2] = lambda bench=bench, channels=channels: setattr(bench.source, "channels", channels)
            bench.run(9, estop_channel="estop")

        assert len(bench.sink.applied) == 2
        assert bench.sink.told[-1] == "emergency_stop"
        assert bench.emergency.cause is not None
        assert words in bench.emergency.cause.reason


def test_a_decision_that_took_too_long_is_a_fallback_and_the_next_may_be_in_time() -> None:
    slow = Verdict(Decision.FAULT, None, None, ("budget: deciding took 700 ms",), boundary="budget")
    with Bench() as bench:
        bench.judge.rule = lambda action: slow if len(bench.judge.decided) == 2 else None
        cycles = bench.run(3)

    assert [cycle.failure_type for cycle in cycles] == [None, "budget", None]
    assert cycles[1].fallback_triggered == "hold_position"
    assert bench.loop.state is State.STOPPED


def test_while_a_sink_is_still_at_an_action_the_next_one_goes_to_nobody() -> None:
    started, released = threading.Event(), threading.Event()
    first, second, third = (Action((position, position)) for position in (0.1, 0.2, 0.3))

    def hang() -> None:
        started.set()
        released.wait(60)

    with Bench() as bench:
        bench.pacer.patience = 0
        bench.sink.before_apply = hang

        assert bench.rig.apply(first, 0)
        assert started.wait(20)
        assert not bench.rig.apply(second, 0)
        released.set()
        eventually(lambda: bench.rig.apply(third, 0), deadline_s=20)
        eventually(lambda: bench.sink.applied == [first, third], deadline_s=20)

    assert bench.counters.late_sinks >= 2


def test_what_no_sink_could_be_given_does_not_count_as_sent_and_says_so() -> None:
    def no_sink_is_free(action: Action, until_ns: int) -> bool:
        return False

    with Bench() as bench:
        bench.rig.apply = no_sink_is_free  # type: ignore[method-assign]
        cycles = bench.run(2)

    assert [(cycle.executed, cycle.failure_type) for cycle in cycles] == [(None, "sink_late")] * 2
    assert bench.judge.sent == [None, None]

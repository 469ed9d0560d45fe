"""The emergency stop: whatever else happens, and it stays."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pilothouse.guard.loop import Command, EmergencyStop, NotNow, ResetUnderWay, State, Watchdog, hung
from pilothouse.guard.loop.hardware_input import HardwareInput
from pilothouse.guard.model import Action, RiskLevel
from pilothouse.kit.clock import ManualClock
from tests.support.loops import Bench, FakeSink
from tests.support.processes import eventually


def test_it_reaches_the_sink_while_the_policy_hangs() -> None:
    hanging, released = threading.Event(), threading.Event()
    with Bench() as bench:
        bench.policy.say = lambda observation: (hanging.set(), released.wait(60))
        bench.loop.start(bench.engaged())
        assert hanging.wait(20)

        bench.emergency.trigger("test", "now")

        assert bench.sink.stopped.wait(20)
        assert bench.loop.state is State.EMERGENCY
        released.set()


def test_it_reaches_the_sink_while_the_sink_hangs_and_has_the_last_word() -> None:
    hanging, released = threading.Event(), threading.Event()
    with Bench() as bench:
        bench.sink.before_apply = lambda: (hanging.set(), released.wait(60))
        bench.loop.start(bench.engaged())
        assert hanging.wait(20)

        bench.emergency.trigger("test", "now")

        assert bench.sink.stopped.wait(20)
        released.set()
        # The action that was under way arrives after the stop, so the stop comes again.
        eventually(lambda: bench.sink.told[-2:] == [Action((0.5, 0.5)), "emergency_stop"], deadline_s=20)


def test_an_action_from_before_a_stop_that_arrives_after_the_reset_stops_the_robot_again() -> None:
    hanging, released = threading.Event(), threading.Event()
    with Bench() as bench:
        bench.sink.before_apply = lambda: (hanging.set(), released.wait(60))
        bench.loop.start(bench.engaged())
        assert hanging.wait(20)
        bench.emergency.trigger("test", "now")
        assert bench.sink.stopped.wait(20)
        bench.loop.reset()
        assert bench.loop.state is State.IDLE

        released.set()

        eventually(lambda: bench.sink.told[-2:] == [Action((0.5, 0.5)), "emergency_stop"], deadline_s=20)
        assert bench.loop.state is State.EMERGENCY
        assert bench.emergency.cause is not None
        assert "came back after a reset" in bench.emergency.cause.reason


def test_one_sink_that_hangs_keeps_no_other_from_stopping() -> None:
    released, emergency, good = threading.Event(), EmergencyStop(ManualClock()), FakeSink()
    bad = FakeSink()
    bad.emergency_stop = lambda: released.wait(60)  # type: ignore[method-assign]
    emergency.arm([("bad", bad), ("good", good)])

    emergency.trigger("test", "now")

    assert good.stopped.wait(20)
    assert not emergency.is_done
    released.set()
    eventually(lambda: emergency.is_done, deadline_s=20)
    emergency.end()


def test_a_sink_that_raises_is_named_and_is_told_again_the_next_time() -> None:
    emergency, sink = EmergencyStop(ManualClock()), FakeSink()
    told = []

    def fail() -> None:
        told.append("stop")
        raise OSError("no answer")

    sink.emergency_stop = fail  # type: ignore[method-assign]
    emergency.arm([("arm", sink)])
    emergency.trigger("test", "now")
    eventually(lambda: emergency.is_done, deadline_s=20)
    emergency.trigger("test", "again")
    eventually(lambda: emergency.is_done, deadline_s=20)

    assert told == ["stop", "stop"]
    assert emergency.problems() == ["sink arm: OSError: no answer"]
    assert emergency.cause is not None
    assert emergency.cause.reason == "now"
    emergency.end()


@pytest.mark.parametrize("state", list(State))
def test_it_is_taken_in_every_state_and_only_a_reset_leaves_it(state: State) -> None:
    with Bench() as bench:
        into(bench, state)

        bench.emergency.trigger("test", "now")
        bench.settle()

        assert bench.loop.state is State.EMERGENCY
        assert bench.sink.told[-1] == "emergency_stop"
        for command in (
            bench.loop.pause,
            bench.loop.resume,
            bench.loop.stop,
            lambda: bench.loop.start(bench.engaged()),
        ):
            with pytest.raises(NotNow, match="emergency"):
                command()
        assert bench.loop.reset() is State.IDLE
        bench.settle()
        assert len(bench.run(1)) == 1


def into(bench: Bench, state: State) -> None:
    """Bring a loop into a state."""
    if state in (State.RUNNING, State.PAUSED):
        bench.pacer.sleep_until = lambda monotonic_ns: threading.Event().wait(0.001)  # not faster than the test
        bench.loop.start(bench.engaged())
        eventually(lambda: bench.ears.cycles, deadline_s=20)
    if state is State.PAUSED:
        bench.loop.pause()
    if state is State.STOPPED:
        bench.run(1)
    if state is State.EMERGENCY:
        bench.emergency.trigger("test", "before")
        bench.settle()


def test_the_stop_is_in_the_record_even_when_nothing_ran() -> None:
    with Bench() as bench:
        bench.emergency.trigger("rest", "a person")
        bench.settle()

    (cycle,) = bench.ears.cycles
    assert (cycle.failure_type, cycle.fallback_triggered) == ("estop", "emergency_stop")
    assert cycle.risk_level is RiskLevel.EMERGENCY
    assert cycle.verdict.reasons == ("emergency stop by rest: a person",)


def test_after_the_stop_of_a_run_no_action_is_sent() -> None:
    with Bench() as bench:
        bench.ears.at[3] = lambda: bench.emergency.trigger("test", "now")
        bench.run(100)

    assert bench.sink.told == [*[Action((0.5, 0.5))] * 3, "emergency_stop"]


def test_a_stop_during_a_reset_is_not_lost() -> None:
    with Bench() as bench:
        bench.emergency.trigger("test", "first")
        bench.settle()

        bench.loop.reset(lambda: bench.emergency.trigger("test", "second"))

        assert bench.loop.state is State.EMERGENCY


class _StopsAsItIsReleased(EmergencyStop):
    """Somebody stops the robot between the last look of a reset and what it does."""

    @property
    def cause(self) -> Any:
        return self.__dict__.get("cause")

    @cause.setter
    def cause(self, cause: Any) -> None:
        if cause is None and self.__dict__.get("cause") is not None:
            self.trigger("test", "at the last moment")
        self.__dict__["cause"] = cause


def test_a_stop_at_the_last_moment_of_a_reset_is_not_lost() -> None:
    emergency = _StopsAsItIsReleased(ManualClock())
    emergency.trigger("test", "first")

    emergency.release(emergency.count)

    assert emergency.is_latched


def test_a_sink_that_hangs_in_a_reset_holds_up_no_other_command() -> None:
    hanging, released = threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        released.wait(60)

    with Bench() as bench:
        bench.emergency.trigger("test", "now")
        bench.settle()
        resetting = threading.Thread(target=bench.loop.reset, args=(hang,), daemon=True)
        resetting.start()
        assert hanging.wait(20)

        for command in (bench.loop.pause, bench.loop.stop):
            with pytest.raises(NotNow, match="emergency"):
                command()
        with pytest.raises(ResetUnderWay):
            bench.loop.reset()
        bench.emergency.trigger("test", "again")
        released.set()
        resetting.join(20)

        assert bench.loop.state is State.EMERGENCY


def test_reset_is_refused_while_cycles_run() -> None:
    with Bench() as bench:
        into(bench, State.RUNNING)

        with pytest.raises(NotNow, match="running"):
            bench.loop.reset()


def test_the_states_commands_are_the_tables() -> None:
    assert {command.value for command in Command} == {"start", "pause", "resume", "stop", "estop", "reset"}


@pytest.mark.parametrize(
    ("kind", "taken_s", "is_hung"),
    [("source", 0.4, False), ("source", 0.6, True), ("sink", 0.6, True), ("loop", 0.6, True), ("policy", 0.6, False),
     ("policy", 2.1, True)],
)  # fmt: skip
def test_the_watchdog_knows_what_takes_too_long(kind: str, taken_s: float, *, is_hung: bool) -> None:
    now_ns = 10_000_000_000
    calls = [("source", "idle", 0), (kind, "one", now_ns - round(taken_s * 1e9))]

    found = hung(calls, now_ns, timeout_s=0.5, policy_timeout_s=2.0)

    assert (found is not None) is is_hung


@pytest.mark.parametrize("part", ["policy", "source", "sink", "loop"])
def test_whatever_hangs_the_watchdog_stops_the_robot_from_outside_the_loop(part: str) -> None:
    released, started = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        started.set()
        released.wait(60)

    with Bench() as bench:
        if part == "policy":
            bench.policy.say = hang
        elif part == "source":
            bench.source.before_read = hang
        elif part == "sink":
            bench.sink.before_apply = hang
        else:
            bench.judge.rule = hang

        def calls() -> list[tuple[str, str, int]]:
            # The loop waits for what hangs, and on a busy machine anything may take so long.
            return [one for one in bench.loop.calls() if one[0] == part]

        watchdog = Watchdog(calls, bench.emergency, timeout_s=0.05, policy_timeout_s=0.05)
        watchdog.start()
        bench.loop.start(bench.engaged())
        assert started.wait(20)

        assert bench.sink.stopped.wait(20)
        assert bench.emergency.cause is not None
        assert bench.emergency.cause.failure_type == f"{part}_hung"
        released.set()
        watchdog.end()


@pytest.mark.parametrize("part", ["calls", "giving up"])
def test_a_watchdog_that_stumbles_stops_the_robot_and_goes_on_watching(part: str) -> None:
    emergency, looks = EmergencyStop(ManualClock()), iter(range(1_000_000))
    watched = threading.Event()

    def fail(*_: object) -> None:
        raise OSError("no such process")

    def calls() -> list[tuple[str, str, int]]:
        look = next(looks)
        if look == 0 and part == "calls":
            fail()
        if look > 2:
            watched.set()
        return [("policy", "policy", 1)]

    watchdog = Watchdog(calls, emergency, timeout_s=1, policy_timeout_s=1, give_up=fail)
    watchdog.start()

    assert watched.wait(20)
    assert emergency.cause is not None
    assert emergency.cause.failure_type == ("watchdog_exception" if part == "calls" else "policy_hung")
    watchdog.end()


def test_nothing_is_watched_while_no_cycles_run() -> None:
    with Bench() as bench:
        bench.run(1)

        assert list(bench.loop.calls()) == []


def test_a_button_stops_when_pressed_when_it_breaks_and_again_after_a_reset() -> None:
    emergency, sink = EmergencyStop(ManualClock()), FakeSink()
    emergency.arm([("arm", sink)])
    answers: list[object] = [False, True, True, True, OSError("cut")]

    def pressed() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    button, counts = HardwareInput(pressed, emergency), []
    for _ in range(3):
        button.look()
        counts.append(emergency.count)
    emergency.release(emergency.count)
    button.look()
    counts.append(emergency.count)
    emergency.release(emergency.count)
    button.look()
    counts.append(emergency.count)
    emergency.end()

    assert counts == [0, 1, 1, 2, 3]
    assert emergency.cause is not None
    assert "cut" in emergency.cause.reason

"""Risk events reach the recorder in order, each once, across restarts and absences, and nothing waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from pilothouse.guard.forwarding.forwarder import Forwarder
from pilothouse.guard.forwarding.link import EventRefused, RecorderAway
from pilothouse.guard.model import Decision, RiskLevel
from pilothouse.guard.risk.log import RiskLog
from pilothouse.kit.clock import ManualClock
from pilothouse.wire import RiskEvent
from tests.support.cycles import START_S, cycle
from tests.support.processes import eventually

DEADLINE_S = 30.0


class FakeRecorder:
    """A recorder in memory: durable, idempotent, away or choosy on demand."""

    def __init__(self) -> None:
        self.events: dict[str, RiskEvent] = {}
        self.order: list[int] = []
        self.batches: list[int] = []
        self.saves: list[tuple[str, str]] = []
        self.steps: list[str] = []
        self.is_away = False
        self.refuses: Callable[[RiskEvent], bool] = lambda event: False
        self.buffer_empty = False
        self.called = threading.Event()

    def report(self, events: Sequence[RiskEvent]) -> None:
        self.called.set()
        if self.is_away:
            raise RecorderAway(url="http://r", reason="away")
        if any(self.refuses(one) for one in events):
            raise EventRefused(reason="no")
        self.batches.append(len(events))
        self.steps.append("report")
        for one in events:
            self.events[one.event_id] = one
            assert one.cycle_id is not None
            self.order.append(one.cycle_id)

    def save(self, label: str, key: str) -> str | None:
        self.steps.append("save")
        if self.buffer_empty:
            raise EventRefused(reason="the buffer is empty")
        self.saves.append((label, key))
        return f"inc_{len(self.saves)}"

    def close(self) -> None:
        pass


@contextmanager
def logging(path: Path) -> Iterator[RiskLog]:
    log = RiskLog(path, max_age_s=1e10)
    log.start()
    try:
        yield log
    finally:
        log.stop()


@contextmanager
def forwarding(log: RiskLog, recorder: FakeRecorder, clock: ManualClock | None = None) -> Iterator[Forwarder]:
    at = ManualClock(round(START_S * 1e9)) if clock is None else clock
    forwarder = Forwarder(log.events, lambda: recorder, robot_id="arm-7", clock=at, look_s=0.01)
    forwarder.start()
    try:
        yield forwarder
    finally:
        forwarder.stop(DEADLINE_S)


def test_events_arrive_in_order_each_once_with_what_is_known(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    with logging(tmp_path / "risk.db") as log:
        for number in range(1000):
            log.offer(cycle(number, Decision.REJECT))
        log.flush(DEADLINE_S)
        with forwarding(log, recorder):
            eventually(lambda: len(recorder.order) == 1000)

    assert recorder.order == list(range(1000))
    assert max(recorder.batches) <= 500
    event = recorder.events[max(recorder.events)]
    assert event.robot_id == "arm-7"
    assert event.outcome == "reject"
    assert event.boundary == "limits"
    assert event.layer == "L1"
    assert event.guard_session_id is not None
    assert event.requested is not None
    assert event.occurred_at.timestamp() >= START_S


def test_the_next_run_goes_on_where_the_last_ended(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    for first in (0, 10):
        with logging(tmp_path / "risk.db") as log:
            for number in range(first, first + 10):
                log.offer(cycle(number, Decision.REJECT))
            log.flush(DEADLINE_S)
            with forwarding(log, recorder) as forwarder:
                eventually(lambda: forwarder.position == first + 10)  # noqa: B023

    assert recorder.order == list(range(20))


def test_an_absent_recorder_costs_nothing_but_time(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    recorder.is_away = True
    with logging(tmp_path / "risk.db") as log, forwarding(log, recorder) as forwarder:
        log.offer(cycle(1, Decision.REJECT))
        said = eventually(lambda: forwarder.problem)
        log.offer(cycle(2, Decision.REJECT))
        assert log.flush(DEADLINE_S)
        assert "wait in the risk log" in said
        recorder.is_away = False

        eventually(lambda: recorder.order == [1, 2])
        eventually(lambda: forwarder.problem is None)


def test_an_event_the_recorder_refuses_does_not_hold_up_the_others(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    recorder.refuses = lambda event: event.cycle_id in (3, 77)
    with logging(tmp_path / "risk.db") as log:
        for number in range(100):
            log.offer(cycle(number, Decision.REJECT))
        log.flush(DEADLINE_S)
        with forwarding(log, recorder) as forwarder:
            eventually(lambda: forwarder.position == 100)

            assert forwarder.refused == 2
    assert sorted(recorder.order) == [number for number in range(100) if number not in (3, 77)]


@pytest.mark.parametrize(
    ("one", "captured"),
    [
        (cycle(1, Decision.REJECT, risk_level=RiskLevel.CRITICAL), "rejected by limits"),
        (cycle(1, Decision.FAULT, risk_level=RiskLevel.EMERGENCY, failure_type="solver"), "rejected by limits"),
        (cycle(1, failure_type="estop"), "emergency stop"),
        (cycle(1, Decision.REJECT, risk_level=RiskLevel.ELEVATED), None),
        (cycle(1, Decision.CLAMP, risk_level=RiskLevel.CRITICAL), None),
    ],
)
def test_what_matters_is_captured_before_it_is_reported(tmp_path: Path, one: object, captured: str | None) -> None:
    recorder = FakeRecorder()
    with logging(tmp_path / "risk.db") as log, forwarding(log, recorder):
        log.offer(one)  # type: ignore[arg-type]
        eventually(lambda: recorder.order)

    if captured is None:
        assert recorder.saves == []
        return
    ((label, key),) = recorder.saves
    assert recorder.steps == ["save", "report"]
    # The same for all of a kind: which cycle it was is in the events, by which labels are not told apart.
    assert label == f"guard: {captured}"
    assert key == f"guard-{next(iter(recorder.events))}"
    assert [event.incident_id for event in recorder.events.values()] == ["inc_1"]


def test_captures_are_not_asked_for_again_and_again(tmp_path: Path) -> None:
    recorder, clock = FakeRecorder(), ManualClock(round(START_S * 1e9))
    with logging(tmp_path / "risk.db") as log, forwarding(log, recorder, clock):
        for number in range(5):
            log.offer(cycle(number, Decision.REJECT, risk_level=RiskLevel.CRITICAL))
            eventually(lambda: len(recorder.order) == number + 1)  # noqa: B023
        assert len(recorder.saves) == 1
        clock.advance(31)
        log.offer(cycle(5, Decision.REJECT, risk_level=RiskLevel.CRITICAL, timestamp=START_S + 31))

        eventually(lambda: len(recorder.order) == 6)
        assert len(recorder.saves) == 2
    incidents = [event.incident_id for event in sorted(recorder.events.values(), key=lambda one: one.occurred_at)]
    assert incidents == ["inc_1"] * 5 + ["inc_2"]


def test_an_e_stop_soon_after_a_capture_has_one_of_its_own(tmp_path: Path) -> None:
    recorder, clock = FakeRecorder(), ManualClock(round(START_S * 1e9))
    with logging(tmp_path / "risk.db") as log, forwarding(log, recorder, clock):
        log.offer(cycle(0, Decision.REJECT, risk_level=RiskLevel.CRITICAL))
        eventually(lambda: recorder.order)
        clock.advance(6)
        log.offer(cycle(1, Decision.FAULT, failure_type="estop", timestamp=START_S + 6))
        eventually(lambda: len(recorder.order) == 2)

    assert len(recorder.saves) == 2


def test_what_is_long_past_is_reported_and_not_captured(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    with logging(tmp_path / "risk.db") as log:
        log.offer(cycle(1, Decision.REJECT, risk_level=RiskLevel.CRITICAL, timestamp=START_S - 60))
        with forwarding(log, recorder):
            eventually(lambda: recorder.order)

    assert recorder.saves == []


def test_a_recorder_that_cannot_capture_gets_the_events_all_the_same(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    recorder.buffer_empty = True
    with logging(tmp_path / "risk.db") as log, forwarding(log, recorder):
        log.offer(cycle(1, Decision.REJECT, risk_level=RiskLevel.CRITICAL))

        eventually(lambda: recorder.order == [1])


def test_the_plain_passes_of_a_log_of_everything_are_not_told(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    log = RiskLog(tmp_path / "risk.db", max_age_s=1e10, log_all=True)
    log.start()
    for number in range(100):
        log.offer(cycle(number, Decision.REJECT if number % 50 == 0 else Decision.PASS))
    log.flush(DEADLINE_S)
    with forwarding(log, recorder) as forwarder:
        eventually(lambda: forwarder.position == 100)
    log.stop()

    assert recorder.order == [0, 50]


def test_an_action_that_is_not_finite_is_reported_without_its_numbers(tmp_path: Path) -> None:
    recorder = FakeRecorder()
    odd = cycle(1, Decision.REJECT)
    action = type(odd.verdict.requested)((float("nan"), 1.0))  # type: ignore[misc]
    verdict = type(odd.verdict)(Decision.REJECT, None, action, ("NaN in the action",))
    with logging(tmp_path / "risk.db") as log, forwarding(log, recorder):
        log.offer(cycle(1, verdict=verdict))
        eventually(lambda: recorder.order)

    (event,) = recorder.events.values()
    assert event.requested is None
    assert event.reason == "NaN in the action"

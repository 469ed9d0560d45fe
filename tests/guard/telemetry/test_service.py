"""The event contract, byte by byte where the reference says so."""

from __future__ import annotations

import json
import math
from typing import Any

import anyio
import pytest

from pilothouse.guard.model import Action, Decision, Observation
from pilothouse.guard.telemetry import MetricBus, Reader, TelemetryService, TooFarBehind, with_missed
from pilothouse.guard.telemetry import history as history_module
from tests.support.cycles import cycle

REFERENCE = {
    "type", "cycle_id", "trace_id", "was_rejected", "was_clamped", "risk_level", "fallback_triggered", "latency_ms",
    "guard_statuses", "active_task", "active_boundaries", "active_cameras", "timestamp",
}  # fmt: skip
OWN = {
    "seq", "decision", "outcome", "boundary", "reasons", "failure_type", "mode", "session_id", "requested", "executed",
}  # fmt: skip


def told(service: TelemetryService, *cycles: Any) -> list[dict[str, Any]]:
    for one in cycles:
        service.offer(one)
    service.drain()
    return [json.loads(event.text) for event in service.history.last(1000)]


def test_an_event_has_the_documented_fields_and_ours() -> None:
    (event,) = told(TelemetryService(), cycle(42, images={"top": b"jpeg", "wrist": b"jpeg"}))

    assert set(event) == REFERENCE | OWN
    assert event["type"] == "cycle"
    assert event["cycle_id"] == 42
    assert event["latency_ms"] == {"obs": 0.1, "policy": 0.5, "validate": 0.04, "sink": 0.2, "total": 0.84}
    assert event["guard_statuses"][0] == {
        "name": "OODGuard", "layer": "L0", "decision": "PASS", "reason": "", "boundary": None, "mode": "enforce",
    }  # fmt: skip
    assert (event["active_task"], event["active_cameras"]) == ("default", ["top", "wrist"])
    assert (event["was_rejected"], event["was_clamped"], event["risk_level"]) == (False, False, "NORMAL")
    assert event["fallback_triggered"] is None


@pytest.mark.parametrize(
    ("decision", "rejected", "clamped", "outcome"),
    [(Decision.PASS, False, False, "pass"), (Decision.CLAMP, False, True, "clamp"),
     (Decision.REJECT, True, False, "reject"), (Decision.FAULT, True, False, "reject")],
)  # fmt: skip
def test_each_decision_has_its_outcome(decision: Decision, *, rejected: bool, clamped: bool, outcome: str) -> None:
    (event,) = told(TelemetryService(), cycle(1, decision))

    assert (event["was_rejected"], event["was_clamped"], event["outcome"]) == (rejected, clamped, outcome)


def test_perf_is_there_only_with_a_metric_bus() -> None:
    (without,) = told(TelemetryService(), cycle())
    (event,) = told(TelemetryService(MetricBus(), cycle_budget_ms=20.0), cycle())

    assert "perf" not in without
    assert event["perf"] == {
        "stages": {"source": 0.1, "policy": 0.5, "guards": 0.04, "sink": 0.2, "total": 0.84},
        "layers": {"L0": 0.01, "L1": 0.02},
        "guards": {"OODGuard": 0.01, "MotionGuard": 0.02},
        "deadline_ms": 20.0,
        "slack_ms": pytest.approx(19.16),
    }


def test_events_count_from_one() -> None:
    assert [event["seq"] for event in told(TelemetryService(), *map(cycle, range(3)))] == [1, 2, 3]


def test_what_is_not_finite_leaves_as_null() -> None:
    broken = cycle(1, executed=Action((math.nan, math.inf)))

    (event,) = told(TelemetryService(), broken)

    assert event["executed"] == [None, None]


def test_frames_are_bytes_as_documented() -> None:
    service = TelemetryService()
    told(service, cycle(1, images={"top": b"\xff\xd8\xff", "hinten_ü": b"j"}))

    (event,) = service.history.last(1)
    assert event.frames == (b"\x01\x03top\xff\xd8\xff", b"\x01\x09hinten_\xc3\xbcj")


def test_a_camera_is_told_at_most_at_its_rate() -> None:
    service = TelemetryService(image_rate_hz=10)
    cycles = [cycle(number, images={"top": b"j"}, monotonic_ns=number * 20_000_000) for number in range(11)]

    told(service, *cycles)

    assert sum("top" in one["active_cameras"] for one in map(json.loads, texts(service))) == 11
    assert service.camera_frames == 3


def texts(service: TelemetryService) -> list[bytes]:
    return [event.text for event in service.history.last(1000)]


def test_a_cycle_that_cannot_be_encoded_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    service = TelemetryService()
    strange = cycle(2, observation=object())

    events = told(service, cycle(1), strange, cycle(3))

    assert [event["cycle_id"] for event in events] == [1, 3]
    assert service.unencodable == 1
    assert [event["seq"] for event in events] == [1, 3]


def test_history_is_json_as_it_was_encoded() -> None:
    service = TelemetryService()
    told(service, *map(cycle, range(5)))

    answer = json.loads(service.last(2))

    assert ([event["cycle_id"] for event in answer["events"]], answer["total"]) == ([3, 4], 5)
    assert json.loads(TelemetryService().last(50)) == {"events": [], "total": 0}


def test_joint_states_have_the_robots_names() -> None:
    service = TelemetryService(joint_names=("shoulder", "elbow"))
    told(service, cycle(1, observation=Observation(1.5, (0.1, 0.2), (1.0, 2.0))))

    (event,) = service.history.last(1)
    assert event.joints is not None
    assert json.loads(event.joints) == {
        "timestamp": {"sec": 1, "nsec": 500_000_000}, "name": ["shoulder", "elbow"], "position": [0.1, 0.2],
        "velocity": [1.0, 2.0],
    }  # fmt: skip


def test_the_missed_ones_are_counted_in_the_event_after_them() -> None:
    service = TelemetryService()
    told(service, cycle(7))
    (event,) = service.history.last(1)

    assert with_missed(event, 0) == event.text
    assert json.loads(with_missed(event, 3)) == {**json.loads(event.text), "missed": 3}


@pytest.mark.anyio
async def test_a_reader_is_woken_by_what_the_thread_encodes() -> None:
    service = TelemetryService()
    service.start()
    try:
        async with Reader(service) as reader:
            assert reader.first().events == ()
            assert await reader.next(anyio.current_time()) is None
            service.offer(cycle(5))
            with anyio.fail_after(20):
                batch = await reader.next(anyio.current_time() + 20)
            assert batch is not None
            assert [event.seq for event in batch.events] == [1]
            assert service.readers == 1
        assert service.readers == 0
    finally:
        service.stop()


@pytest.mark.anyio
async def test_a_slow_reader_gets_every_reject_and_the_count_adds_up() -> None:
    service = TelemetryService()
    got, missed = [], 0
    async with Reader(service) as reader:
        reader.first()
        for round_ in range(20):
            for number in range(100):
                service.offer(cycle(number, Decision.REJECT if number == round_ else Decision.PASS))
            service.drain()
            batch = await reader.next(anyio.current_time() + 1)
            assert batch is not None
            got += [event.is_reject for event in batch.events]
            missed += batch.missed

    assert sum(got) == 20
    assert len(got) + missed == 2000


@pytest.mark.anyio
async def test_a_reader_with_more_rejects_behind_it_than_are_kept_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "MOST_REJECTS", 50)
    service = TelemetryService()
    async with Reader(service) as reader:
        reader.first()
        for number in range(200):
            service.offer(cycle(number, Decision.REJECT))
        service.drain()

        with pytest.raises(TooFarBehind):
            await reader.next(anyio.current_time() + 1)

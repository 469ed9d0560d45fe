"""One alert when delivery begins to fail, one when it works again: not more, not less."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilothouse.kit.clock import ManualClock
from pilothouse.kit.errors import Unavailable
from pilothouse.recorder.delivery.health import DeliveryHealth
from pilothouse.recorder.outbox.database import OutboxDatabase
from pilothouse.wire import DeliveryAlertKind

FAILING, RECOVERED = DeliveryAlertKind.FAILING, DeliveryAlertKind.RECOVERED


class Away(Unavailable):
    """No route to the hub."""


@contextmanager
def kept(data: Path, clock: ManualClock) -> Iterator[DeliveryHealth]:
    database = OutboxDatabase(data / "outbox.db")
    try:
        yield DeliveryHealth(database, clock, hub="http://hub.test", alert_after_s=30)
    finally:
        database.close()


def fail_for(health: DeliveryHealth, clock: ManualClock, seconds: int, kind: str = "heartbeats") -> None:
    for _ in range(seconds):
        health.failed(kind, Away())
        clock.advance(1)


def kinds(health: DeliveryHealth) -> list[DeliveryAlertKind]:
    return [one.kind for one in reversed(health.alerts())]


def test_a_short_outage_is_no_alert(tmp_path: Path) -> None:
    clock = ManualClock()
    with kept(tmp_path, clock) as health:
        for _ in range(20):
            fail_for(health, clock, 25)
            health.worked("heartbeats")

        assert kinds(health) == []


def test_a_long_outage_is_one_alert_and_its_end_another(tmp_path: Path) -> None:
    clock = ManualClock()
    with kept(tmp_path, clock) as health:
        fail_for(health, clock, 7_200)
        assert kinds(health) == [FAILING]
        health.worked("heartbeats")
        health.worked("heartbeats")

        recovered, failing = health.alerts()
        assert (failing.kind, recovered.kind) == (FAILING, RECOVERED)
        assert failing.outage_id == recovered.outage_id
        assert failing.alert_id != recovered.alert_id
        assert failing.reason == "No route to the hub."


def test_delivery_works_only_when_nothing_fails_any_more(tmp_path: Path) -> None:
    clock = ManualClock()
    with kept(tmp_path, clock) as health:
        for _ in range(60):
            health.failed("recordings", Away())
            health.worked("heartbeats")
            clock.advance(1)
        assert kinds(health) == [FAILING]
        assert health.problem

        health.worked("recordings")
        assert kinds(health) == [FAILING, RECOVERED]
        assert health.problem is None


def test_an_outage_goes_on_across_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    with kept(tmp_path, clock) as health:
        fail_for(health, clock, 60)
    with kept(tmp_path, clock) as health:
        fail_for(health, clock, 60)
        assert kinds(health) == [FAILING]
    with kept(tmp_path, clock) as health:
        health.worked("announcements")
        assert kinds(health) == [FAILING, RECOVERED]
        fail_for(health, clock, 60)
        assert kinds(health) == [FAILING, RECOVERED, FAILING]


def test_the_hub_is_told_each_alert_once_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    clock = ManualClock()
    with kept(tmp_path, clock) as health:
        for _ in range(150):
            fail_for(health, clock, 40)
            health.worked("heartbeats")
            alerts = health.untold()
            assert [one.kind for one in alerts] == [FAILING, RECOVERED]
            health.told(alerts)
            assert health.untold() == []

        assert len(health.alerts(limit=1_000)) <= 102

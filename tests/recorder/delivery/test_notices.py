"""What is small and urgent goes first; weeks offline lose nothing; everything arrives in order, each once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pilothouse.kit.errors import Invalid, NotFound, Unavailable
from pilothouse.recorder.backoff import Backoff
from pilothouse.recorder.delivery import deliveries, notices
from pilothouse.recorder.outbox.outbox import CaptureState
from pilothouse.wire import DeliveryAlertKind, RiskEvent
from tests.support.flights import START_NS
from tests.support.processes import eventually
from tests.support.risks import risk_event
from tests.support.robots import FAST, PLENTY, FakeHub, Robot, running_robot


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "next_s", lambda _: 0.02)


class Strange(Invalid):
    """This hub does not understand that."""


class UnknownRoute(NotFound):
    """There is nothing at this address."""


class Overloaded(Unavailable):
    """Later, please."""


def incident(robot: Robot, number: int) -> None:
    """Something goes wrong, ten seconds after the time before."""
    robot.say(number * 10.0, 10.0)
    robot.say(number * 10.0 + 2, 0.0)


def first_of(hub: FakeHub, kind: str) -> list[str]:
    return [one.removeprefix(f"{kind} ") for one in hub.told if one.startswith(f"{kind} ")]


def test_announcements_go_before_risk_events_before_the_heartbeat_before_bytes(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        incident(robot, 0)
        robot.sealed()
        robot.recorder.save("manual")
        robot.recorder.report_risk([risk_event(1), risk_event(2)])

    hub = FakeHub()
    with running_robot(tmp_path, hub=hub, triggers=[FAST]) as robot:
        eventually(lambda: len(robot.rows(CaptureState.DELIVERED)) == 2, what="deliveries")
        ids = [row.session_id for row in robot.rows()]

    kinds = [one.split()[0] for one in hub.told]
    assert kinds[:6] == ["announcement", "announcement", "risk", "risk", "heartbeat", "recording"]
    assert sorted(first_of(hub, "announcement")) == sorted(ids)


def test_weeks_offline_lose_nothing_and_the_hub_gets_all_of_it_in_order_each_once(tmp_path: Path) -> None:
    away = FakeHub()
    away.away = True
    with running_robot(tmp_path, hub=away, triggers=[FAST], post_s=0, **PLENTY) as robot:
        for number in range(150):
            incident(robot, number)
            robot.recorder.report_risk([risk_event(2 * number), risk_event(2 * number + 1, "reject")])
            if number % 3 == 0:
                robot.recorder.save(f"manual {number}")
        robot.sealed(200)
        eventually(lambda: robot.recorder.delivery.health.problem, what="the problem")  # type: ignore[union-attr]

    hub = FakeHub()
    with running_robot(tmp_path, hub=hub, triggers=[FAST], post_s=0) as robot:
        eventually(lambda: len(robot.rows(CaptureState.DELIVERED)) == 200, what="deliveries")
        rows = {row.session_id: row for row in robot.rows()}
        waiting = robot.recorder.answers.health().delivery
    incidents = sorted(one for one, row in rows.items() if row.reason == "trigger")
    manual = sorted(one for one, row in rows.items() if row.reason == "manual")

    assert (len(incidents), len(manual)) == (150, 50)
    assert first_of(hub, "announcement") == incidents + manual
    assert first_of(hub, "recording") == incidents + manual
    assert first_of(hub, "risk") == [risk_event(number).event_id for number in range(300)]
    kinds = [one.split()[0] for one in hub.told]
    assert kinds.index("recording") > max(at for at, one in enumerate(kinds) if one == "announcement")
    assert len(away.heartbeats) == 0
    assert waiting is not None
    assert waiting.waiting.model_dump() == {
        "announcements": 0, "risk_events": 0, "recording_bytes": 0,
        "recordings": {"incident": 0, "manual": 0, "guard": 0, "recovered": 0},
    }  # fmt: skip


def test_an_announcement_says_all_there_is_and_shows_what_the_rule_saw(tmp_path: Path) -> None:
    hub = FakeHub()
    with running_robot(tmp_path, hub=hub, triggers=[FAST]) as robot:
        for tenth in range(60):
            robot.say(tenth / 10, tenth / 5 if tenth < 55 else 0.0)
        robot.say(9)
        eventually(lambda: hub.announcements, what="the announcement")
        (row,) = robot.sealed()

    (said,) = hub.announcements
    assert (said.session_id, said.incident_id, said.reason) == (row.session_id, row.incident_id, "trigger")
    assert (said.size_bytes, said.sha256, said.message_count) == (row.size_bytes, row.sha256, row.message_count)
    assert said.trigger == row.trigger
    assert [one.topic for one in said.channels] == ["/speed"]
    (series,) = said.preview
    assert series.field == "/speed.data"
    assert max(one for one in series.values if one is not None) == pytest.approx(10.8)
    assert series.times_ns[0] == START_NS


def test_previews_are_not_made_by_the_thread_that_captures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[str] = set()
    compose = notices.Announcements.make

    def noted(self: notices.Announcements, limit: int) -> int:
        threads.add(threading.current_thread().name)
        return compose(self, limit)

    monkeypatch.setattr(notices.Announcements, "make", noted)
    with running_robot(tmp_path, hub=FakeHub(), triggers=[FAST]) as robot:
        incident(robot, 0)
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

    assert threads == {"notices"}


def test_a_hub_that_knows_no_announcements_still_gets_the_recordings(tmp_path: Path) -> None:
    hub = FakeHub()
    hub.refuses = {"announcement": UnknownRoute(), "risk events": UnknownRoute()}
    with running_robot(tmp_path, hub=hub, triggers=[FAST]) as robot:
        robot.recorder.report_risk([risk_event(1)])
        incident(robot, 0)
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")
        eventually(lambda: hub.heartbeats, what="a heartbeat")
        assert robot.recorder.risk_events.waiting == 1
        assert robot.recorder.delivery.health.problem is None  # type: ignore[union-attr]


def test_a_hub_in_trouble_with_announcements_still_hears_that_the_robot_lives(tmp_path: Path) -> None:
    hub = FakeHub()
    hub.refuses = {"announcement": Overloaded()}
    with running_robot(tmp_path, hub=hub, triggers=[FAST]) as robot:
        incident(robot, 0)
        eventually(lambda: len(hub.heartbeats) > 2, what="heartbeats")
        assert hub.recordings == {}
        hub.refuses = {}
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

    assert [one.split()[0] for one in hub.told if one != "heartbeat"] == ["announcement", "recording"]


def test_bytes_do_not_wait_for_ever_for_an_announcement_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "GOES_FIRST_S", 0.1)
    hub = FakeHub()
    hub.refuses = {"announcement": Overloaded()}
    with running_robot(tmp_path, hub=hub, triggers=[FAST]) as robot:
        incident(robot, 0)
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")


def test_an_event_the_hub_will_not_have_does_not_hold_up_the_others(tmp_path: Path) -> None:
    hub = FakeHub()
    hub.refuses = {risk_event(7).event_id: Strange()}
    with running_robot(tmp_path, hub=hub) as robot:
        robot.recorder.report_risk([risk_event(number) for number in range(20)])
        eventually(lambda: robot.recorder.risk_events.waiting == 0, what="all of them settled")
        status = robot.recorder.answers.health().delivery

    assert [one.event_id for one in hub.risk_events] == [risk_event(n).event_id for n in range(20) if n != 7]
    assert status is not None
    assert (status.risk_events_refused, status.risk_events_dropped) == (1, 0)


def test_an_event_around_a_capture_gets_its_incident(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        robot.say(0)
        incident(robot, 2)
        (row,) = robot.sealed()
        robot.recorder.report_risk([risk_event(20), risk_event(500), risk_event(21, incident_id="inc_own")])

    hub = FakeHub()
    with running_robot(tmp_path, hub=hub):
        events: list[RiskEvent] = eventually(lambda: hub.risk_events, what="the events")

    assert [one.incident_id for one in events] == [row.incident_id, None, "inc_own"]


def test_the_hub_hears_of_an_outage_with_the_first_heartbeat_after_it(tmp_path: Path) -> None:
    hub = FakeHub()
    delivery = {"alert_after_s": 0}
    with running_robot(tmp_path, hub=hub, delivery=delivery) as robot:
        eventually(lambda: hub.heartbeats, what="a heartbeat")
        hub.away = True
        count = len(hub.heartbeats)
        eventually(lambda: robot.recorder.delivery.health.alerts(), what="the alert")  # type: ignore[union-attr]
        hub.away = False
        eventually(lambda: len(hub.heartbeats) > count + 3, what="heartbeats")
        status = robot.recorder.answers.health().delivery

    alerts = [one for heartbeat in hub.heartbeats for one in heartbeat.alerts]
    assert [one.kind for one in alerts] == [DeliveryAlertKind.FAILING, DeliveryAlertKind.RECOVERED]
    assert len({one.outage_id for one in alerts}) == 1
    assert status is not None
    assert [one.alert_id for one in status.alerts] == [one.alert_id for one in reversed(alerts)]


def test_an_incident_interrupts_what_is_less_urgent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "LARGEST_CHUNK_BYTES", 100)
    hub = FakeHub()
    with running_robot(tmp_path) as robot:
        robot.say(0)
        manual = robot.recorder.save("a long one").session_id
    started = threading.Event()
    go_on = threading.Event()

    def on_progress() -> None:
        started.set()
        assert go_on.wait(30)

    hub.on_progress = on_progress
    with running_robot(tmp_path, hub=hub, triggers=[FAST]) as robot:
        assert started.wait(30)
        incident(robot, 10)
        eventually(lambda: len(robot.sealed()) == 1, what="the incident")
        go_on.set()
        eventually(lambda: len(robot.rows(CaptureState.DELIVERED)) == 2, what="deliveries")

    assert first_of(hub, "recording")[1:] == [manual]


def test_outside_its_hours_recordings_wait_and_what_is_urgent_goes(tmp_path: Path) -> None:
    hub = FakeHub()
    then = datetime.now(UTC) + timedelta(hours=12)
    closed = {"windows": [f"{then:%H:%M}-{then + timedelta(minutes=1):%H:%M}"], "time_zone": "UTC"}
    with running_robot(tmp_path, hub=hub, triggers=[FAST], delivery=closed) as robot:
        robot.recorder.report_risk([risk_event(1)])
        incident(robot, 0)
        eventually(lambda: hub.announcements and hub.heartbeats and hub.risk_events, what="what is urgent")
        (row,) = robot.sealed()
        status = robot.recorder.answers.health().delivery
    assert hub.recordings == {}
    assert row.state is CaptureState.SEALED
    assert status is not None
    assert status.open is False

    with running_robot(tmp_path, hub=hub) as robot:
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")
    assert len(hub.announcements) == 1

"""An enrolled robot, its guard's reports and a hub as processes, through the outages that fleets live with."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse.client import HubClient
from pilothouse.kit.errors import Unauthenticated
from pilothouse.mcap import sha256_of
from pilothouse.recorder.delivery.hub_token import read_enrolment
from pilothouse.wire import DeliveryAlertKind, NewEnrolment, RiskEventBatch
from tests.faults.test_recorder_and_hub import ask, free_port
from tests.support.processes import PILOTHOUSE, Program, eventually, pilothouse
from tests.support.risks import risk_event
from tests.support.robots import PLENTY
from tests.support.seaweed import running_s3

PASSWORD = "hunter2"
ROBOT = "robot"


@contextmanager
def fleet_hub(data: Path, port: int, **env: str) -> Iterator[Program]:
    flags = ("hub", "--mode", "fleet", "--data", data, "--host", "127.0.0.1", "--port", str(port))
    with pilothouse(*flags, env={"MD_HUB_AUTH_PASSWORD": PASSWORD, **env}) as hub:
        yield hub


def enrolled(hub: Program, data: Path) -> None:
    with HubClient(hub.url, password=PASSWORD) as operator:
        code = operator.administration.let_in(NewEnrolment(robot_id=ROBOT)).code
    command = [str(PILOTHOUSE), "robot", "enroll", "--hub", hub.url, "--code", code, "--robot-id", ROBOT]
    done = subprocess.run([*command, "--data", str(data)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def recorder_of(data: Path, **settings: object) -> Any:
    """An enrolled robot: it needs to be told neither its hub nor its name."""
    trigger = {"kind": "threshold", "topic": "/speed", "field": "data", "op": "gt", "value": 9, "post_s": 0.2}
    config = {"triggers": [trigger], "heartbeat_s": 0.2, "delivery": {"alert_after_s": 1}, **PLENTY, **settings}
    file = data.parent / "recorder.yaml"
    file.write_text(yaml.safe_dump(config))
    return pilothouse("recorder", "run", "--config", file, "--data", data, "--port", "0")


def post(program: Program, path: str, document: object) -> Any:
    body = json.dumps(document).encode()
    request = urllib.request.Request(program.url + path, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def go_wrong(recorder: Program, times: int = 1) -> None:
    """The robot gets too fast, and slow again."""
    before = fired(recorder)
    for number in range(times):
        for value in (1.0, 9.5, 1.0):
            post(recorder, "/messages", {"topic": "/speed", "data": {"data": value}})
        eventually(lambda seen=before + number + 1: fired(recorder) >= seen, what="the trigger")


def fired(recorder: Program) -> int:
    return int(ask(recorder, "/triggers")["rules"][0]["fired"])


def captures(recorder: Program, *states: str) -> list[dict[str, Any]]:
    return [one for one in ask(recorder, "/triggers")["recent"] if one["state"] in states]


def triggered(recorder: Program) -> list[dict[str, Any]]:
    return [one for one in captures(recorder, "sealed", "delivering") if one["reason"] == "trigger"]


def report(recorder: Program, *numbers: int) -> Any:
    batch = RiskEventBatch(events=[risk_event(number, "reject") for number in numbers])
    return post(recorder, "/risk-events", batch.model_dump(mode="json"))


def alerts_told(hub_data: Path) -> list[str]:
    """What the hub has told its listeners of outages."""
    with sqlite3.connect(hub_data / "hub.db") as connection:
        rows = connection.execute("SELECT kind FROM events WHERE kind LIKE 'robot.delivery%' ORDER BY sequence")
        found = [str(kind) for (kind,) in rows]
    connection.close()
    return found


def test_a_hub_cut_off_for_a_whole_incident_gets_all_of_it_once_when_it_is_back(tmp_path: Path) -> None:
    port, data, hub_data = free_port(), tmp_path / "robot", tmp_path / "hub"
    with fleet_hub(hub_data, port) as hub:
        enrolled(hub, data)
        with recorder_of(data) as recorder:
            with HubClient(hub.url, password=PASSWORD) as operator:
                eventually(lambda: [one for one in operator.robots().items if one.heartbeat], what="a heartbeat")
            hub.kill()
            go_wrong(recorder, times=3)
            assert report(recorder, 1, 2, 3) == {"accepted": 3, "duplicates": 0}
            eventually(lambda: len(captures(recorder, "sealed", "delivering")) == 3, what="the captures")
            eventually(lambda: ask(recorder, "/healthz")["delivery"]["alerts"], what="the alert")
            report(recorder, 3, 4)
            with fleet_hub(hub_data, port) as back, HubClient(back.url, password=PASSWORD) as operator:
                eventually(lambda: len(captures(recorder, "delivered")) == 3, what="the deliveries")
                eventually(lambda: operator.risk_events().total == 4, what="the risk events")
                eventually(lambda: len(alerts_told(hub_data)) >= 2, what="the alerts at the hub")
                eventually(lambda: all(row.state == "ok" for row in operator.recordings().sessions), what="the index")
                rows, events = operator.recordings().sessions, operator.risk_events().items
                health = ask(recorder, "/healthz")["delivery"]
            said = recorder.stderr

    kept = {path.stem: sha256_of(path) for path in (data / "sessions").glob("*.mcap")}
    assert {row.session_id: row.sha256 for row in rows} == kept
    assert len(rows) == 3
    assert {row.robot_id for row in rows} == {ROBOT}
    assert sorted(one.event_id for one in events) == [risk_event(number).event_id for number in (1, 2, 3, 4)]
    assert [one["kind"] for one in health["alerts"]] == [DeliveryAlertKind.RECOVERED, DeliveryAlertKind.FAILING]
    assert alerts_told(hub_data) == ["robot.delivery_failing", "robot.delivery_recovered"]
    assert [said.count(words) for words in ("delivery is failing", "delivery has recovered")] == [1, 1]


def test_outside_its_hours_the_hub_knows_of_an_incident_and_gets_its_bytes_later(tmp_path: Path) -> None:
    data, then = tmp_path / "robot", datetime.now(UTC) + timedelta(hours=12)
    closed = {"windows": [f"{then:%H:%M}-{then + timedelta(minutes=1):%H:%M}"], "time_zone": "UTC"}
    with fleet_hub(tmp_path / "hub", 0) as hub, HubClient(hub.url, password=PASSWORD) as operator:
        enrolled(hub, data)
        with recorder_of(data, delivery=closed) as recorder:
            go_wrong(recorder)
            (announced,) = eventually(lambda: operator.recordings().sessions, what="the announcement")
            (capture,) = captures(recorder, "sealed")
            assert recorder.stop() == 0
        with recorder_of(data):
            whole = eventually(
                lambda: (row := operator.recording(announced.session_id)).state == "ok" and row, what="the bytes"
            )

    assert (announced.state, announced.incident_id) == ("announced", capture["incident_id"])
    assert announced.trigger is not None
    assert announced.trigger.value == 9.5
    assert (whole.session_id, whole.incident_id) == (announced.session_id, announced.incident_id)
    assert whole.sha256 == announced.sha256 == sha256_of(data / "sessions" / f"{whole.session_id}.mcap")


def test_a_recorder_killed_in_an_outage_loses_no_report_and_sends_none_twice(tmp_path: Path) -> None:
    port, data, hub_data = free_port(), tmp_path / "robot", tmp_path / "hub"
    with fleet_hub(hub_data, port) as hub:
        enrolled(hub, data)
    numbers = iter(range(1, 1_000))
    for number in range(3):
        with recorder_of(data) as recorder:
            go_wrong(recorder)
            report(recorder, next(numbers), next(numbers))
            eventually(lambda number=number: len(triggered(recorder)) > number, what="the capture")
            recorder.kill()
    with (
        fleet_hub(hub_data, port) as hub,
        recorder_of(data) as recorder,
        HubClient(hub.url, password=PASSWORD) as operator,
    ):
        eventually(lambda: operator.risk_events().total == 6, what="the risk events")
        eventually(lambda: not captures(recorder, "waiting", "sealed", "delivering"), what="the deliveries")
        eventually(lambda: all(row.state == "ok" for row in operator.recordings().sessions), what="the index")
        rows = operator.recordings().sessions
        delivered = captures(recorder, "delivered")

    assert sorted(row.session_id for row in rows) == sorted(one["session_id"] for one in delivered)
    assert [row.reason for row in rows].count("trigger") == 3


def test_a_token_is_replaced_under_way_and_the_old_one_ends(tmp_path: Path) -> None:
    data = tmp_path / "robot"
    with fleet_hub(tmp_path / "hub", 0) as hub:
        enrolled(hub, data)
        first = read_enrolment(data)
        with recorder_of(data, delivery={"rotate_token_days": 1e-6}) as recorder:
            go_wrong(recorder)
            eventually(lambda: captures(recorder, "delivered"), what="the delivery")
            eventually(lambda: (now := read_enrolment(data)) and now.previous is None, what="the proof")
            assert "Traceback" not in recorder.stderr
            assert ask(recorder, "/healthz")["delivery"]["problem"] is None
        second = read_enrolment(data)

        assert first is not None
        assert second is not None
        assert first.current.token_id != second.current.token_id
        with HubClient(hub.url, token=first.current.token) as old, pytest.raises(Unauthenticated):
            old.recordings()
        with HubClient(hub.url, token=second.current.token) as own:
            assert len(own.recordings().sessions) == 1


def test_a_recording_goes_straight_into_the_hubs_bucket(tmp_path: Path) -> None:
    data = tmp_path / "robot"
    with running_s3() as s3, fleet_hub(tmp_path / "hub", 0, PILOTHOUSE_STORAGE_URL=s3.url("fleet")) as hub:
        enrolled(hub, data)
        with recorder_of(data) as recorder, HubClient(hub.url, password=PASSWORD) as operator:
            go_wrong(recorder)
            (capture,) = eventually(lambda: captures(recorder, "delivered"), what="the delivery")
            session_id = capture["session_id"]
            eventually(lambda: operator.recording(session_id).state == "ok", what="the index")
            content = operator.read_bytes(session_id)
            assert "sending it through the hub" not in recorder.stderr
        assert "PATCH" not in hub.stderr

    assert content == (data / "sessions" / f"{session_id}.mcap").read_bytes()

"""Every route of the recorder, through its whole application."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pilothouse.kit.errors import BadConfiguration
from pilothouse.mcap import verify
from pilothouse.recorder.api import pin_routes, risk_routes
from pilothouse.recorder.api.app import create_app
from pilothouse.recorder.api.routes import PATHS
from pilothouse.recorder.capture import writing
from pilothouse.recorder.outbox.database import OutboxDatabase
from pilothouse.recorder.outbox.risk_events import RiskEvents
from pilothouse.recorder.recorder import Recorder
from pilothouse.web import public_routes
from pilothouse.wire import RiskEventBatch
from tests.recorder.asking.test_bodies import alert, webhook
from tests.support.risks import risk_event
from tests.support.robots import FAST, FakeHub, Robot, recorder_settings

OWN_ROUTES = (
    ("/sessions/save", "post"),
    ("/sessions/last", "get"),
    ("/topics", "get"),
    ("/triggers", "get"),
    ("/risk-events", "post"),
    ("/config/reload", "post"),
    ("/sessions/{session_id}/pin", "put"),
    ("/sessions/{session_id}/pin", "delete"),
)


class Client:
    """The recorder's HTTP side, and its sensors."""

    def __init__(self, http: TestClient, robot: Robot) -> None:
        self.http = http
        self.robot = robot

    def save(self, body: bytes = b"", **headers: str) -> Any:
        return self.http.post("/sessions/save", content=body, headers=headers)


@contextmanager
def serving(data: Path, **changes: object) -> Iterator[Client]:
    settings = recorder_settings(data, **changes)
    app = create_app(settings, lambda: Recorder.open(settings, connect=FakeHub))
    with TestClient(app, base_url="http://127.0.0.1:7000") as http:
        yield Client(http, Robot(app.state.recorder))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving(tmp_path, triggers=[FAST]) as client:
        yield client


@pytest.fixture
def heard(client: Client) -> Client:
    for second in range(5):
        client.robot.say(second, topic="/odom")
        client.robot.say(second, topic="/cmd_vel")
    return client


def test_health_is_as_documented(heard: Client) -> None:
    answer = heard.http.get("/healthz")

    assert answer.status_code == 200
    body = answer.json()
    assert (body["ok"], body["buffer_size"], body["robot_id"]) == (True, 10, "robot")
    assert heard.http.get("/readyz").status_code == 200


def test_a_save_answers_as_documented(heard: Client) -> None:
    answer = heard.save(b'{"label":"weird-behavior-after-corner"}', **{"Content-Type": "application/json"})

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"session_id", "path", "duration_s", "topics", "size_bytes", "label"}
    assert re.fullmatch(r"robot_\d{8}T\d{6}Z", body["session_id"])
    assert body["path"].endswith(f"/sessions/{body['session_id']}.mcap")
    assert Path(body["path"]).stat().st_size == body["size_bytes"]
    assert (body["duration_s"], body["topics"]) == (4.0, ["/cmd_vel", "/odom"])
    assert body["label"] == "weird-behavior-after-corner"
    assert verify(Path(body["path"])).message_count == 10


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", None),
        (b"{}", "application/json"),
        (b'{"label": "x"}', None),
        (b'{"label": "x"}', "application/x-www-form-urlencoded"),
        (b'{"label": "x"}', "text/plain"),
    ],
)
def test_the_body_is_optional_and_its_type_does_not_matter(
    body: bytes, content_type: str | None, heard: Client
) -> None:
    answer = heard.save(body, **({"Content-Type": content_type} if content_type else {}))

    assert answer.status_code == 200
    assert answer.json()["label"] == ("x" if body not in (b"", b"{}") else "")


def test_an_empty_buffer_is_a_conflict(client: Client) -> None:
    answer = client.save()

    assert answer.status_code == 409
    assert answer.json()["code"] == "buffer_empty"
    assert client.http.get("/triggers").json()["recent"] == []


def test_a_second_save_right_after_works(heard: Client) -> None:
    first, second = heard.save().json(), heard.save().json()

    assert first["session_id"] < second["session_id"]
    assert first["duration_s"] == second["duration_s"]


@pytest.mark.parametrize(("body", "where"), [(b'{"label": 3}', "label"), (b'{"alerts": 3}', "alerts")])
def test_fields_that_are_wrong_are_listed_as_by_every_service(body: bytes, where: str, heard: Client) -> None:
    answer = heard.save(body)

    (error,) = answer.json()["detail"]
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (error["loc"], set(error)) == (["body", where], {"loc", "msg", "type"})


@pytest.mark.parametrize("body", [b"label=x", b"[]", b"\xff", b"[" * 100_000])
def test_a_strange_body_is_422(body: bytes, heard: Client) -> None:
    answer = heard.save(body)

    assert answer.status_code == 422
    assert answer.json()["code"] == "strange_body"


def test_a_huge_body_is_413(heard: Client) -> None:
    assert heard.save(b'{"label": "' + b"x" * (2 << 20) + b'"}').status_code == 413


def test_an_alert_is_captured_once_however_often_it_is_sent(heard: Client, tmp_path: Path) -> None:
    first = heard.save(webhook(alert()))
    again = heard.save(webhook(alert(annotations={"summary": "another wording"})))
    later = heard.save(webhook(alert(startsAt="2026-05-12T09:00:00Z")))

    assert first.status_code == again.status_code == later.status_code == 200
    assert first.json() == again.json()
    assert later.json()["session_id"] != first.json()["session_id"]
    assert first.json()["label"] == "MotorHot: left motor above 90 °C"
    assert len(list((tmp_path / "sessions").iterdir())) == 2


def test_an_alert_is_known_again_after_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        client.robot.say(0)
        first = client.save(webhook(alert())).json()
    with serving(tmp_path) as client:
        again = client.save(webhook(alert()))

    assert again.status_code == 200
    assert again.json() == first


def test_an_alert_on_an_empty_buffer_may_be_sent_again(client: Client) -> None:
    empty = client.save(webhook(alert()))
    client.robot.say(0)
    full = client.save(webhook(alert()))

    assert (empty.status_code, full.status_code) == (409, 200)


def test_a_new_alert_beside_a_known_one_is_a_new_capture(heard: Client) -> None:
    first = heard.save(webhook(alert("A"))).json()
    both = heard.save(webhook(alert("A"), alert("B", fingerprint="f2"))).json()
    repeated = heard.save(webhook(alert("B", fingerprint="f2"), alert("A"))).json()

    assert both["session_id"] != first["session_id"]
    assert both["label"].startswith("A: ")
    assert "B: " in both["label"]
    assert repeated["session_id"] == both["session_id"]


def test_resolved_alerts_are_ignored_even_on_an_empty_buffer(client: Client) -> None:
    answer = client.save(webhook(alert(status="resolved"), status="resolved"))

    assert (answer.status_code, answer.json()) == (200, {"ignored": "resolved"})


def test_a_full_disk_is_503_and_the_ring_goes_on(heard: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from pilothouse.mcap import StorageFull

    def full(*_: object, **__: object) -> None:
        raise StorageFull(path="/data")

    with monkeypatch.context() as patched:
        patched.setattr(writing, "write_capture", full)
        refused = heard.save(webhook(alert()))
    heard.robot.say(6)
    saved = heard.save(webhook(alert()))

    assert (refused.status_code, refused.json()["code"]) == (503, "storage_full")
    assert (saved.status_code, saved.json()["duration_s"]) == (200, 6.0)
    (row,) = [one for one in heard.http.get("/triggers").json()["recent"] if one["state"] == "refused"]
    assert "no room left" in row["why"]


def test_the_last_recording_is_answered(heard: Client) -> None:
    assert heard.http.get("/sessions/last").status_code == 404
    saved = heard.save(b'{"label": "x"}').json()

    last = heard.http.get("/sessions/last").json()
    assert {key: last[key] for key in saved} == saved
    assert (last["state"], last["reason"]) == ("sealed", "manual")


def test_topics_are_listed_with_their_counts(heard: Client) -> None:
    body = heard.http.get("/topics").json()

    assert body["total"] == 2
    assert body["topics"]["/odom"]["message_count"] == 5
    assert body["topics"]["/odom"]["dropped"] == 0


def test_triggers_show_rules_firings_and_captures(heard: Client) -> None:
    heard.robot.say(5, 12)

    body = heard.http.get("/triggers").json()
    (rule,) = body["rules"]
    assert (rule["condition"], rule["fired"], rule["last"]["value"]) == ("/speed.data > 9", 1, 12)
    (pending,) = body["pending"]
    assert (pending["state"], pending["trigger"]["rule"]) == ("waiting", "/speed.data > 9")
    heard.robot.say(7, 1)
    heard.robot.sealed()
    assert heard.http.get("/triggers").json()["pending"] == []


def test_metrics_count_messages_per_topic(heard: Client) -> None:
    text = heard.http.get("/metrics").text

    assert 'pilothouse_recorder_messages_total{topic="/odom"} 5.0' in text
    assert "pilothouse_recorder_buffer_messages 10.0" in text


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_pages_from_elsewhere_may_not_call(headers: dict[str, str], heard: Client) -> None:
    assert heard.http.post("/sessions/save", headers=headers).status_code in (400, 403, 421)
    assert heard.http.get("/triggers").json()["recent"] == []


def test_bound_to_the_world_it_needs_a_token(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="PILOTHOUSE_RECORDER_TOKEN"):
        create_app(recorder_settings(tmp_path, host="0.0.0.0"))


def test_bound_to_the_world_it_asks_for_the_token(tmp_path: Path) -> None:
    with serving(tmp_path, host="0.0.0.0", recorder_token="s3cret") as client:
        client.robot.say(0)

        assert client.save().status_code == 401
        assert client.save(Authorization="Bearer wrong").status_code == 401
        assert client.save(Authorization="Bearer s3cret").status_code == 200
        assert client.http.get("/topics").status_code == 401
        assert client.http.get("/healthz").status_code == 200


@pytest.mark.parametrize("token", [None, "s3cret"])
def test_every_route_says_whether_it_asks_for_the_token(token: str | None, tmp_path: Path) -> None:
    app = create_app(recorder_settings(tmp_path, recorder_token=token))

    assert public_routes(app) == []
    described = app.openapi()["paths"]
    assert all(("security" in described[path][method]) == bool(token) for path, method in OWN_ROUTES)
    assert {path for path, _ in OWN_ROUTES} == {*PATHS, *pin_routes.PATHS, *risk_routes.PATHS}


def test_the_description_names_the_body_and_its_answers(tmp_path: Path) -> None:
    described = create_app(recorder_settings(tmp_path)).openapi()

    save = described["paths"]["/sessions/save"]["post"]
    assert save["requestBody"]["required"] is False
    assert json.dumps(save["responses"]["200"])
    assert not tmp_path.joinpath("outbox.db").exists()


def test_a_source_that_died_makes_the_recorder_not_ready(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        runner = _dead_source()
        client.robot.recorder.sources.append(runner)

        ready = client.http.get("/readyz")
        assert ready.status_code == 503
        assert "the cable came off" in ready.json()["detail"]
        health = client.http.get("/healthz").json()
        assert health["sources"][0]["state"] == "failed"
        assert health["problems"]


def _dead_source() -> Any:
    from pilothouse.recorder.sources import Progress, SourceRunner
    from pilothouse.recorder.sources.selection import Selection

    class Dying:
        name = "dying"
        live = False
        selection = Selection()
        progress = Progress(0)

        def run(self, sink: object, stop: object) -> None:
            raise RuntimeError("the cable came off")

    class Nowhere:
        pass

    runner = SourceRunner(Dying(), Nowhere())  # type: ignore[arg-type]
    runner._run()
    return runner


def test_what_a_guard_reports_is_on_disk_when_it_is_answered(client: Client, tmp_path: Path) -> None:
    batch = RiskEventBatch(events=[risk_event(1), risk_event(2, "reject")]).model_dump(mode="json")

    first = client.http.post("/risk-events", json=batch)
    again = client.http.post("/risk-events", json=batch)
    other = client.http.post("/risk-events", json={"events": [risk_event(3, robot_id="arm").model_dump(mode="json")]})

    assert first.json() == {"accepted": 2, "duplicates": 0}
    assert again.json() == {"accepted": 0, "duplicates": 2}
    assert (other.status_code, other.json()["code"]) == (422, "other_robots_events")
    database = OutboxDatabase(tmp_path / "outbox.db")
    assert [one.event for one in RiskEvents(database, "robot").next_batch()] == [risk_event(1), risk_event(2, "reject")]
    database.close()

"""``/api/telemetry/*`` and ``WS /ws/telemetry``, through the whole application."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import WebSocketDenialResponse, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from pilothouse.guard.model import Action
from pilothouse.guard.routes import sockets, telemetry
from tests.support.processes import eventually
from tests.support.served_guards import JPEG, Guard, guarding

SOCKET = "ws://127.0.0.1:8080/ws/telemetry"


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    with guarding(tmp_path) as guard:
        yield guard


@contextmanager
def listening(guard: Guard, query: str = "", **options: Any) -> Iterator[WebSocketTestSession]:
    with guard.http.websocket_connect(SOCKET + query, **options) as socket:
        yield socket


def heard(socket: WebSocketTestSession, count: int) -> list[dict[str, Any]]:
    return [json.loads(socket.receive_text()) for _ in range(count)]


def test_history_answers_the_last_n(guard: Guard) -> None:
    guard.run(60)

    assert len(guard.http.get("/api/telemetry/history").json()["events"]) == 50
    assert [event["cycle_id"] for event in guard.events(3)] == [57, 58, 59]
    assert guard.http.get("/api/telemetry/history").json()["total"] == 60


@pytest.mark.parametrize("n", ["0", "1001", "-1", "many", "1.5"])
def test_history_takes_one_to_a_thousand(guard: Guard, n: str) -> None:
    assert guard.http.get("/api/telemetry/history", params={"n": n}).status_code == 422


@pytest.mark.parametrize("n", [1, 1000])
def test_the_bounds_of_history_are_inside(guard: Guard, n: int) -> None:
    assert guard.http.get("/api/telemetry/history", params={"n": n}).status_code == 200


def test_a_socket_replays_the_last_fifty_and_goes_on_live(guard: Guard) -> None:
    guard.run(60)

    with listening(guard) as socket:
        replayed = heard(socket, 50)
        guard.run(3)
        live = heard(socket, 3)

    assert [event["seq"] for event in replayed] == list(range(11, 61))
    assert [event["seq"] for event in live] == [61, 62, 63]
    assert all("perf" in event for event in live)


def test_camera_frames_follow_their_event_as_bytes(tmp_path: Path) -> None:
    def with_camera(policy: Any, sink: Any, arm: Any) -> None:
        arm.images = {"top": JPEG}

    with guarding(tmp_path, prepare=with_camera) as guard, listening(guard) as socket:
        guard.run(1)
        (event,) = heard(socket, 1)

        assert event["active_cameras"] == ["top"]
        assert socket.receive_bytes() == b"\x01\x03top" + JPEG


def test_since_resumes_without_loss_or_repeats(guard: Guard) -> None:
    guard.run(8)

    with listening(guard, "?since=5") as socket:
        assert [event["seq"] for event in heard(socket, 3)] == [6, 7, 8]
        guard.run(1)
        assert heard(socket, 1)[0]["seq"] == 9


def test_a_ping_comes_on_every_socket(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "PING_S", 0.05)

    with listening(guard) as one, listening(guard) as other:
        for socket in (one, other):
            assert socket.receive_text() == '{"type":"ping"}'
            assert socket.receive_text() == '{"type":"ping"}'


def test_pings_are_thirty_seconds_apart() -> None:
    assert telemetry.PING_S == 30.0


def test_a_message_on_the_socket_is_the_emergency_stop(guard: Guard) -> None:
    guard.post("start")
    eventually(lambda: guard.sink.applied, deadline_s=20)

    with listening(guard) as socket:
        socket.send_text('{"type": "estop", "reason": "it smokes"}')
        said: dict[str, Any] = {}
        while said.get("type") != "estop":
            said = json.loads(socket.receive_text())

    assert said == {"type": "estop", "state": "emergency"}
    assert guard.sink.told[-1] == "emergency_stop"
    assert guard.status["emergency"]["reason"] == "it smokes"
    eventually(lambda: [event["risk_level"] for event in guard.events(1)] == ["EMERGENCY"], deadline_s=20)


@pytest.mark.parametrize("text", ["", "estop", "{}", "[]", '{"type": 5}', '{"type": "start"}', "\ud83d", "[" * 9999])
def test_anything_else_a_client_says_does_nothing(guard: Guard, text: str) -> None:
    with listening(guard) as socket:
        socket.send_bytes(text.encode("utf-8", "surrogatepass"))
        guard.run(1)
        assert heard(socket, 1)[0]["cycle_id"] == 0

    assert guard.status["state"] == "stopped"


def test_a_token_is_asked_for_and_a_ticket_is_good_once(tmp_path: Path) -> None:
    bearer = {"Authorization": "Bearer s3cret"}
    with guarding(tmp_path, guard_token="s3cret") as guard:
        assert guard.http.post("/api/telemetry/tickets").status_code == 401
        ticket = guard.http.post("/api/telemetry/tickets", headers=bearer).json()["ticket"]

        for query, headers in (("", {}), ("?ticket=guess", {}), ("", {"Authorization": "Bearer wrong"})):
            with pytest.raises(WebSocketDenialResponse) as refused, listening(guard, query, headers=headers):
                pass
            assert refused.value.status_code == 401
        with listening(guard, headers=bearer), listening(guard, f"?ticket={ticket}"):
            assert guard.runtime.telemetry.readers >= 0
        with pytest.raises(WebSocketDenialResponse), listening(guard, f"?ticket={ticket}"):
            pass


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_page_from_elsewhere_gets_no_socket(guard: Guard, headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDenialResponse) as refused, listening(guard, headers=headers):
        pass
    assert refused.value.status_code == 403


def test_there_are_only_so_many_sockets(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MOST_SOCKETS", 1)

    with listening(guard), pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)), listening(guard):
        pass


def test_a_rejected_action_is_in_the_event_with_who_decided(guard: Guard) -> None:
    guard.policy.say = lambda observation: Action((float("nan"), 0.0))
    guard.run(1)

    (event,) = guard.events()
    assert (event["decision"], event["was_rejected"], event["outcome"]) == ("REJECT", True, "reject")
    assert event["fallback_triggered"] == "hold"
    assert event["requested"] == [None, 0.0]


def test_a_client_that_never_reads_costs_one_message_and_is_told_what_it_missed(guard: Guard) -> None:
    turns = itertools.count()
    guard.policy.say = lambda observation: Action((0.01 if next(turns) % 10 else float("nan"), 0.01))
    held, after = asyncio.run(never_reading(guard, 300))

    assert len(held) == 1  # what it was being sent when it fell asleep; nothing queued behind that
    events = [*held, *after]
    assert sum(1 + event.get("missed", 0) for event in events) == 300
    rejected = [event["cycle_id"] for event in events if event["was_rejected"]]
    assert rejected == [event["cycle_id"] for event in guard.events() if event["was_rejected"]]
    assert len(rejected) == 30
    assert len(events) < 100
    assert events[-1]["cycle_id"] == 299


async def never_reading(guard: Guard, n_cycles: int) -> tuple[list[Any], list[Any]]:
    """A socket whose peer takes nothing while the loop runs: what was on its way to it, and what it got afterwards."""
    awake, gone, came = asyncio.Event(), asyncio.Event(), asyncio.Event()
    held: list[Any] = []
    sent: list[Any] = []
    connecting = [{"type": "websocket.connect"}]

    async def receive() -> Any:
        if connecting:
            return connecting.pop()
        await gone.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Any) -> None:
        if message["type"] != "websocket.send":
            came.set()
            return
        event = json.loads(message["text"])
        if not awake.is_set():
            held.append(event)
            await awake.wait()
        else:
            sent.append(event)
        if event["cycle_id"] == n_cycles - 1:
            gone.set()

    scope = {
        "type": "websocket", "path": "/ws/telemetry", "raw_path": b"/ws/telemetry", "query_string": b"",
        "root_path": "", "scheme": "ws", "headers": [(b"host", b"127.0.0.1:8080")], "subprotocols": [],
        "server": ("127.0.0.1", 8080), "client": ("127.0.0.1", 5), "asgi": {"version": "3.0"}, "state": {},
    }  # fmt: skip
    served = asyncio.ensure_future(guard.http.app(scope, receive, send))
    await asyncio.wait_for(came.wait(), 30)
    await asyncio.to_thread(guard.run, n_cycles)
    awake.set()
    await asyncio.wait_for(served, 30)
    return held, sent

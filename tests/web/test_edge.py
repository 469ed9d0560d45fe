"""What holds for every request whatever becomes of it: id, headers, host, log and count."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from starlette.types import Message, Scope

from pilothouse.kit.errors import Forbidden
from pilothouse.kit.logs import structlog
from pilothouse.web import local_hosts
from pilothouse.web.hosts import is_loopback
from pilothouse.web.settings import ServiceSettings
from pilothouse.web.sockets import TRY_LATER
from tests.support.services import Answer, calling, http_scope, service

pytestmark = pytest.mark.anyio
router = APIRouter()
DEFAULTS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
}


class NotYou(Forbidden):
    """This feed is not for you."""


@router.get("/things/{thing_id}")
async def thing(thing_id: str) -> dict[str, Any]:
    return {"thing": thing_id, **structlog.contextvars.get_contextvars()}


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError("broken")


@router.get("/own-frame")
async def own_frame() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    return StreamingResponse(parts(), headers={"X-Frame-Options": "SAMEORIGIN"})


@router.get("/breaks-off")
async def breaks_off() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"a"
        raise RuntimeError("no more")

    return StreamingResponse(parts())


@router.websocket("/feed")
async def feed(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())


@router.websocket("/refused-feed")
async def refused_feed(socket: WebSocket) -> None:
    raise NotYou


@router.websocket("/broken-feed")
async def broken_feed(socket: WebSocket) -> None:
    await socket.accept()
    raise RuntimeError("broken")


@router.websocket("/closed-feed")
async def closed_feed(socket: WebSocket) -> None:
    await socket.close()


@router.websocket("/full-feed")
async def full_feed(socket: WebSocket) -> None:
    await socket.close(TRY_LATER)


app = service(router)


@pytest.mark.parametrize("given", ["a", "A-b.c_9", "x" * 128])
async def test_a_usable_request_id_is_kept_and_known_to_every_log_line(given: str) -> None:
    async with calling(app) as client:
        response = await client.get("/things/1", headers={"X-Request-Id": given})

    assert response.headers["x-request-id"] == given
    assert response.json()["request_id"] == given
    assert "request_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "ü", "a\tb", "../x", "a;b"])
async def test_an_unusable_request_id_is_replaced(given: str) -> None:
    async with calling(app) as client:
        sent = {"X-Request-Id": given.encode()}
        first = (await client.get("/things/1", headers=sent)).headers["x-request-id"]
        second = (await client.get("/things/1", headers=sent)).headers["x-request-id"]

    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", first)
    assert first != second
    assert given == "" or given not in first


@pytest.mark.parametrize(
    "path", ["/things/1", "/nowhere", "/broken", "/docs", "/redoc", "/openapi.json", "/healthz", "/metrics"]
)
async def test_security_headers_are_on_every_answer(path: str) -> None:
    async with calling(app) as client:
        response = await client.get(path)

    assert {name: response.headers.get(name) for name in DEFAULTS} == DEFAULTS
    assert "permissions-policy" not in response.headers
    assert "x-request-id" in response.headers


async def test_a_route_may_decide_a_security_header_itself() -> None:
    async with calling(app) as client:
        response = await client.get("/own-frame")

    assert response.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert response.text == "ab"


async def test_each_security_header_is_switched_by_its_variable() -> None:
    from pilothouse.kit.settings import load

    environ = {
        "SECURITY_HEADER_X_CONTENT_TYPE_OPTIONS": "",
        "SECURITY_HEADER_X_FRAME_OPTIONS": "SAMEORIGIN",
        "PILOTHOUSE_SECURITY_HEADER_REFERRER_POLICY": " ",
        "SECURITY_HEADER_PERMISSIONS_POLICY": "camera=()",
    }
    settings = load(ServiceSettings, environ=environ)

    assert dict(settings.security_headers()) == {b"x-frame-options": b"SAMEORIGIN", b"permissions-policy": b"camera=()"}


async def test_an_answer_that_breaks_off_is_left_incomplete() -> None:
    answer = Answer()

    await app(http_scope("/breaks-off"), _nothing_more, answer.send)

    assert answer.status == 200
    assert answer.body == b"a"
    assert not answer.is_complete


async def test_requests_are_counted_by_route_and_not_by_path() -> None:
    counted = service(router)
    async with calling(counted) as client:
        for path in ("/things/1", "/things/2", "/nowhere/1", "/nowhere/2", "/broken"):
            await client.get(path)
        await client.request("BREW", "/things/1")
        text = (await client.get("/metrics")).text

    assert 'pilothouse_http_requests_total{method="GET",route="/things/{thing_id}",status="200"} 2.0' in text
    assert 'pilothouse_http_requests_total{method="GET",route="(none)",status="404"} 2.0' in text
    assert 'pilothouse_http_requests_total{method="GET",route="/broken",status="500"} 1.0' in text
    assert 'pilothouse_http_request_seconds_count{method="GET",route="/things/{thing_id}"} 2.0' in text
    assert 'method="OTHER"' in text
    assert "/things/1" not in text


async def test_two_services_count_apart() -> None:
    one, other = service(router), service(router)
    async with calling(one) as client:
        await client.get("/things/1")
    async with calling(other) as client:
        assert "things" not in (await client.get("/metrics")).text


async def test_every_request_has_one_log_line_and_a_path_cannot_forge_another(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pilothouse.web")
    with structlog.testing.capture_logs() as lines:
        async with calling(app) as client:
            await client.get("/nowhere%0Aforged", headers={"X-Request-Id": "mine"})
            await client.get("/healthz")

    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["path"], line["status"]) for line in requests] == [("/nowhere%0Aforged", 404)]


HOSTS = ["localhost", "localhost:7000", "127.0.0.1:7000", "[::1]:7000", "LOCALHOST", "robot-7.lan:80", "10.0.0.4"]
FOREIGN = [
    *("evil.example", "localhost.evil.example", "evil.example:7000", "127.0.0.1.evil.example", "192.168.0.9"),
    *("", "local host", "a@localhost", "localhost/x", "localhost:x", "[::1"),
]


def guarded(**settings: Any) -> FastAPI:
    from pilothouse.kit.settings import load

    loaded = load(ServiceSettings, environ={}, overrides=settings)
    return service(router, settings=settings, allowed_hosts=local_hosts(loaded))


@pytest.mark.parametrize("host", HOSTS)
async def test_a_service_answers_to_its_own_names(host: str) -> None:
    own = guarded(host="10.0.0.4", allowed_hosts="robot-7.lan, other")
    async with calling(own) as client:
        assert (await client.get("/things/1", headers={"Host": host})).status_code == 200
        page = {"Host": host, "Origin": f"http://{host}"}
        assert (await client.post("/things/1", headers=page)).status_code == 405


@pytest.mark.parametrize("host", FOREIGN)
async def test_a_service_does_not_answer_to_foreign_names(host: str) -> None:
    own = guarded(host="10.0.0.4", allowed_hosts="robot-7.lan")
    async with calling(own) as client:
        response = await client.get("/things/1", headers={"Host": host})

    assert (response.status_code, response.json()["code"]) == (403, "host_not_allowed")


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", "https://localhost.evil.example", "file://", "localhost", "", "ftp://localhost"],
)
async def test_pages_of_foreign_origins_may_not_call(origin: str) -> None:
    async with calling(guarded()) as client:
        response = await client.get("/things/1", headers={"Origin": origin})

    assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")


async def test_bound_to_every_address_a_service_answers_to_numeric_ones_only() -> None:
    async with calling(guarded(host="0.0.0.0")) as client:
        for host, status in (("192.168.0.9:7000", 200), ("[fe80::1]:7000", 200), ("evil.example", 403)):
            assert (await client.get("/things/1", headers={"Host": host})).status_code == status


async def test_any_name_may_be_allowed() -> None:
    async with calling(guarded(allowed_hosts="*")) as client:
        assert (await client.get("/things/1", headers={"Host": "evil.example"})).status_code == 200


def test_loopback_is_recognised() -> None:
    assert [host for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]") if not is_loopback(host)] == []
    assert [host for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", "") if is_loopback(host)] == []


async def test_a_client_that_leaves_while_it_sends_is_no_defect() -> None:
    reading = APIRouter()

    @reading.post("/upload")
    async def upload(request: Request) -> int:
        return sum([len(part) async for part in request.stream()])

    left = service(reading)
    answer = Answer()
    with structlog.testing.capture_logs() as lines:
        await left(http_scope("/upload", "POST", {"Content-Length": "10"}), _nothing_more, answer.send)

    assert answer.messages == []
    assert [(line["event"], line.get("status")) for line in lines if line["log_level"] != "debug"] == [("request", 499)]


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}


async def converse(path: str, *said: str, to: FastAPI = app, denial: bool = True, **headers: str) -> list[Message]:
    """What a WebSocket connection gets to hear."""
    scope: Scope = {**http_scope(path, headers=headers), "type": "websocket", "subprotocols": []}
    del scope["method"]
    scope["extensions"] = {"websocket.http.response": {}} if denial else {}
    waiting = [{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": text} for text in said)]
    heard: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Message) -> None:
        heard.append(message)

    await to(scope, receive, send)
    return heard


async def test_an_accepted_websocket_carries_the_request_id() -> None:
    accepted, answer = await converse("/feed", "hello", **{"X-Request-Id": "mine"})

    assert accepted["type"] == "websocket.accept"
    assert (b"x-request-id", b"mine") in accepted["headers"]
    assert answer["text"] == "hello"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nowhere", 404, "not_found"),
        ("/refused-feed", 403, "not_you"),
        ("/closed-feed", 403, "forbidden"),
        ("/full-feed", 503, "service_unavailable"),
    ],
)
async def test_a_refused_websocket_says_why_in_the_shape_of_all_errors(path: str, status: int, code: str) -> None:
    start, body = await converse(path)

    assert (start["type"], start["status"]) == ("websocket.http.response.start", status)
    document = json.loads(body["body"])
    assert (b"x-request-id", document["request_id"].encode()) in start["headers"]
    assert document["code"] == code


async def test_a_server_that_cannot_explain_refusals_closes() -> None:
    assert [message["type"] for message in await converse("/nowhere", denial=False)] == ["websocket.close"]


async def test_a_broken_websocket_is_closed_as_such() -> None:
    assert (await converse("/broken-feed"))[-1] == {"type": "websocket.close", "code": 1011}


async def test_websockets_of_foreign_pages_are_refused() -> None:
    start, _ = await converse("/feed", to=guarded(), Host="localhost", Origin="http://evil.example")

    assert start["status"] == 403


@pytest.mark.parametrize(
    ("sent", "bound"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", None),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", None),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", None),
        ("nonsense", None),
    ],
)
async def test_the_trace_a_request_belongs_to_is_in_its_log_lines(sent: str, bound: str | None) -> None:
    async with calling(app) as client:
        answer = await client.get("/things/1", headers={"traceparent": sent})

    assert answer.json().get("trace_id") == bound

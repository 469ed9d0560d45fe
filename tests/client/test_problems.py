"""Whatever a hub answers, or does not, becomes a problem of a kind every program knows."""

from __future__ import annotations

import base64
import socket
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pilothouse.client import HubClient
from pilothouse.client.problems import HubAnswered, HubUnreachable, UnexpectedAnswer
from pilothouse.kit import errors
from pilothouse.wire import Heartbeat, UploadMetadata


def hub_that_answers(status: int, **answer: Any) -> HubClient:
    def handle(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, **answer)

    return HubClient("http://hub", transport=httpx2.MockTransport(handle))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Invalid),
        (401, errors.Unauthenticated),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (408, errors.Unavailable),
        (409, errors.Conflict),
        (410, errors.NotFound),
        (412, errors.Invalid),
        (413, errors.TooLarge),
        (422, errors.Invalid),
        (423, errors.Unavailable),
        (429, errors.Throttled),
        (460, errors.Invalid),
        (500, errors.Unavailable),
        (502, errors.Unavailable),
        (507, errors.Unavailable),
    ],
)
def test_every_status_is_a_kind_and_the_words_are_the_hubs(status: int, kind: type[errors.Problem]) -> None:
    said = {"detail": "It {is} so.", "code": "so_it_is", "request_id": "req_7"}
    client = hub_that_answers(status, json=said, headers={"Retry-After": "7"})

    with pytest.raises(HubAnswered) as raised:
        client.recordings()

    assert isinstance(raised.value, kind)
    assert raised.value.sentence == "It {is} so."
    assert raised.value.code == "so_it_is"
    assert raised.value.facts["request_id"] == "req_7"
    assert raised.value.facts["status"] == status
    assert raised.value.facts["retry_after_s"] == "7"


def test_field_errors_are_one_sentence() -> None:
    details = [
        {"loc": ["body", "body"], "msg": "too short", "type": "x"},
        {"loc": ["query", "limit"], "msg": "too large"},
    ]

    with pytest.raises(HubAnswered, match=r"body\.body: too short; query\.limit: too large"):
        hub_that_answers(422, json={"detail": details}).recordings()


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "<html>Bad Gateway"},
        {"json": []},
        {"json": {"detail": None}},
        {"json": {"detail": [1]}},
        {"content": b"\xff"},
    ],
)
def test_an_error_in_no_shape_of_ours_is_a_problem_all_the_same(answer: dict[str, Any]) -> None:
    with pytest.raises(HubAnswered, match="The hub answered 502") as raised:
        hub_that_answers(502, headers={"X-Request-Id": "req_8"}, **answer).recordings()

    assert raised.value.code == "status_502"
    assert raised.value.facts["request_id"] == "req_8"


@pytest.mark.parametrize(
    "answer", [{"text": "hello"}, {"json": {"sessions": "many"}}, {"content": b"\xff"}, {"json": {"sessions": []}}]
)
def test_a_success_that_is_no_answer_of_a_hub_is_unexpected(answer: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer, match="http://hub"):
        hub_that_answers(200, **answer).recordings()


def test_a_redirect_is_named_and_not_followed() -> None:
    with pytest.raises(UnexpectedAnswer, match=r"301, to https://hub\.example"):
        hub_that_answers(301, headers={"Location": "https://hub.example/"}).recordings()


@pytest.mark.parametrize("location", [None, "", "?x=1"])
def test_an_upload_without_a_place_is_unexpected(tmp_path: Path, location: str | None) -> None:
    file = tmp_path / "a.mcap"
    file.write_bytes(b"content")
    client = hub_that_answers(201, headers={} if location is None else {"Location": location})

    with pytest.raises(UnexpectedAnswer):
        client.upload(file, UploadMetadata(session_id="a", sha256="0" * 64))


@pytest.mark.parametrize("offset", ["-1", "8", "x", "", "²", "9" * 30])
def test_an_offset_that_cannot_be_is_unexpected(tmp_path: Path, offset: str) -> None:
    file = tmp_path / "a.mcap"
    file.write_bytes(b"content")
    client = hub_that_answers(201, headers={"Location": "/api/uploads/1", "Upload-Offset": offset.encode()})

    with pytest.raises(UnexpectedAnswer):
        client.upload(file, UploadMetadata(session_id="a", sha256="0" * 64))


def test_a_hub_that_is_not_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
    with HubClient(url) as client, pytest.raises(HubUnreachable, match=url) as raised:
        client.heartbeat(Heartbeat(robot_id="drone"))

    assert isinstance(raised.value, errors.Unavailable)


def test_a_hub_that_never_answers_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("timed out", request=request)

    client = HubClient("http://hub", transport=httpx2.MockTransport(silent))
    with pytest.raises(HubUnreachable, match="no answer in time"):
        client.disk()


@pytest.mark.parametrize("url", ["", "hub:8000", "ftp://hub", "http://", "http://hub:port", "http://[::1"])
def test_an_address_that_is_none_is_a_configuration_error(url: str) -> None:
    with pytest.raises((errors.BadConfiguration, HubUnreachable)):
        HubClient(url).disk()


def test_credentials_are_presented_as_the_hub_reads_them() -> None:
    seen: list[str | None] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers.get("authorization"))
        return httpx2.Response(204)

    transport = httpx2.MockTransport(handle)
    for credentials in ({}, {"token": "robot_a.b"}, {"password": "hünter2"}, {"token": "t", "password": "p"}):
        HubClient("http://hub", transport=transport, **credentials).delete_annotation(7)

    basic = base64.b64encode(":hünter2".encode()).decode()
    assert seen == [None, "Bearer robot_a.b", f"Basic {basic}", "Bearer t"]


def test_names_cannot_leave_their_place_in_the_path() -> None:
    seen: list[str] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.raw_path.decode())
        return httpx2.Response(404)

    client = HubClient("http://hub", transport=httpx2.MockTransport(handle))
    for name in ("../admin", "a/b?c#d", "a b"):
        with pytest.raises(errors.NotFound):
            client.recording(name)

    assert seen == ["/api/sessions/..%2Fadmin", "/api/sessions/a%2Fb%3Fc%23d", "/api/sessions/a%20b"]

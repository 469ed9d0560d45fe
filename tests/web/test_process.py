"""The process contract, kept by real processes."""

from __future__ import annotations

import json
import re
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from pilothouse.web.process import MOST_FILES, bind
from tests.support.processes import Program, running

SMALL = Path(__file__).parents[1] / "support" / "small_service.py"
# The contract says five seconds; a shared machine may be slower than a robot, a service that hangs takes for ever.
ENDS_WITHIN_S = 20.0
FULL = "The disk under here takes nothing: No space left on device; make room there, or give another --data."


def small(*arguments: str, ready: bool = True, **env: str) -> AbstractContextManager[Program]:
    return running([sys.executable, str(SMALL), *arguments], env=env, ready=ready)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port), timeout=ENDS_WITHIN_S) as connection:
        yield connection


def send_raw(url: str, request: bytes) -> bytes:
    """The answer to bytes that no well-behaved client would send."""
    with connected(url) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_a_service_says_that_it_is_ready_once_it_serves() -> None:
    with small() as program:
        soft, hard = resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE)
        assert soft == min(hard, MOST_FILES)
        assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+\n", program.stdout)
        response = httpx2.get(f"{program.url}/who")
        assert response.json() == ["127.0.0.1", "ran"]
        assert "server" not in response.headers
        forwarded = httpx2.get(f"{program.url}/who", headers={"X-Forwarded-For": "203.0.113.9"})
        assert forwarded.json()[0] == "127.0.0.1"


def test_on_every_address_the_url_is_one_that_can_be_called() -> None:
    with small("--host", "0.0.0.0") as program:
        assert program.url.startswith("http://127.0.0.1:")
        assert httpx2.get(f"{program.url}/healthz").json() == {"ok": True}


def test_ipv6_addresses_are_bound_and_named() -> None:
    with small("--host", "::1") as program:
        assert program.url.startswith("http://[::1]:")
        assert httpx2.get(f"{program.url}/healthz").json() == {"ok": True}


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_whoever_is_connected(end: signal.Signals) -> None:
    with small() as program, connected(program.url) as idle, connected(program.url) as events:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in idle.recv(65536)
        events.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        heard = b""
        while b"id: 1" not in heard:
            heard += events.recv(65536)
        with connect(f"{program.url.replace('http', 'ws')}/echo") as echo:
            echo.send("hello")
            assert echo.recv() == "hello"

            program.process.send_signal(end)

            with pytest.raises(ConnectionClosed):
                echo.recv(timeout=ENDS_WITHIN_S)
        assert program.wait(ENDS_WITHIN_S) == 0
        assert "ended cleanly" in program.stderr
        assert "Traceback" not in program.stderr
        rest = b""
        while piece := events.recv(65536):
            rest += piece
        assert rest.endswith(b"0\r\n\r\n")  # the stream was ended, not cut


def test_a_stream_that_does_not_end_is_cut() -> None:
    with small() as program, connected(program.url) as stream:
        stream.sendall(b"GET /stubborn HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while b"first" not in stream.recv(65536):
            pass

        asked_at = time.monotonic()
        assert program.stop(ENDS_WITHIN_S) == 0
        assert time.monotonic() - asked_at < ENDS_WITHIN_S
        assert "ended cleanly" in program.stderr
        assert "Traceback" not in program.stderr


def test_a_request_under_way_is_finished() -> None:
    with small() as program, connected(program.url) as waiting:
        waiting.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert httpx2.get(f"{program.url}/healthz").status_code == 200
        program.process.send_signal(signal.SIGTERM)

        assert b"finished" in b"".join(iter(lambda: waiting.recv(65536), b""))
        assert program.wait(ENDS_WITHIN_S) == 0


def test_an_end_that_takes_too_long_is_not_waited_for() -> None:
    with small("--fail", "slow-end") as program:
        assert program.stop(ENDS_WITHIN_S) == 1
        assert "did not end in time" in program.stderr


def test_a_taken_port_is_said_in_one_line_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with small("--port", str(port), ready=False) as program:
            assert program.wait(ENDS_WITHIN_S) == 2
            assert program.stderr.count("\n") == 1
            assert f"127.0.0.1:{port}" in program.stderr
            assert "--port" in program.stderr


def test_a_port_is_taken_from_the_moment_somebody_has_bound_it_long_before_they_listen() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with small("--port", str(port), ready=False) as program:
            assert program.wait(ENDS_WITHIN_S) == 2
            assert f"127.0.0.1:{port}" in program.stderr
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_a_service_takes_the_port_of_the_one_before_with_its_last_connections_still_waiting() -> None:
    with small() as before, connected(before.url) as kept:
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert kept.recv(65536).startswith(b"HTTP/1.1 200")
        # Whoever closes a connection first keeps its address for a minute.
        assert before.stop(ENDS_WITHIN_S) == 0
        while kept.recv(65536):
            pass
    port = urlsplit(before.url).port
    with pytest.raises(OSError, match="in use"), socket.socket() as strict:
        strict.bind(("127.0.0.1", port))

    with small("--port", str(port)) as after:
        assert httpx2.get(f"{after.url}/healthz").status_code == 200


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.1"])
def test_an_address_that_is_not_here_is_said_in_one_line(host: str) -> None:
    with small("--host", host, ready=False) as program:
        assert program.wait(ENDS_WITHIN_S) == 2
        assert program.stderr.startswith(f"pilothouse: Cannot listen on {host}:")
        assert program.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("how", "code", "line"),
    [
        ("configuration", 2, "pilothouse: MD_MODE must be single or fleet\n"),
        ("build", 2, "pilothouse: the Stackfile names no robot\n"),
        ("disk", 1, "pilothouse: The disk is away; plug it in.\n"),
        ("full", 2, f"pilothouse: {FULL}\n"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line_and_an_exit_code(how: str, code: int, line: str) -> None:
    with small("--fail", how, ready=False) as program:
        assert program.wait(ENDS_WITHIN_S) == code
        assert program.stderr == line
        assert program.process.stdout is not None
        assert program.process.stdout.read() == b""


def test_a_defect_at_start_is_reported_with_its_traceback() -> None:
    with small("--fail", "defect", ready=False) as program:
        assert program.wait(ENDS_WITHIN_S) == 1
        assert "RuntimeError: a defect" in program.stderr


def test_logs_are_json_when_asked_for_and_carry_the_request_id() -> None:
    with small(LOG_FORMAT="json") as program:
        httpx2.get(f"{program.url}/nowhere", headers={"X-Request-Id": "mine"})
        assert program.stop() == 0
        lines = [json.loads(line) for line in program.stderr.splitlines() if line.startswith("{")]

    asked = [line for line in lines if line["event"] == "request"]
    assert [(line["path"], line["status"], line["request_id"], line["level"]) for line in asked] == [
        ("/nowhere", 404, "mine", "info")
    ]


GARBAGE = [
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x00\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /%ff%fe%zz%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /who?%ff=%zz&a=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://evil.example/who HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET who HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET //evil.example/.. HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /who HTTP/1.1\r\n\r\n",
    b"GET /who HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"GET /who HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic \xff\xfe\r\nCookie: \xff=\xfe\r\n\r\n",
    b"GET /who HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"POST /who HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /who HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /who HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"GET /who HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"",
]


@pytest.mark.parametrize("parser", ["httptools", "h11"])
def test_no_bytes_on_the_wire_give_a_500_or_end_the_service(parser: str) -> None:
    with small("--parser", parser) as program:
        for garbage in GARBAGE:
            answer = send_raw(program.url, garbage)
            status = int(answer.split(b" ", 2)[1]) if answer else 0
            assert status < 500 or status in (501, 505), (garbage[:80], answer[:300])
        assert httpx2.get(f"{program.url}/healthz").status_code == 200
        assert "Traceback" not in program.stderr


ENDLESS = {
    "a header": (b"GET /who HTTP/1.1\r\nHost: localhost\r\nX: ", b"a" * 4096),
    "headers": (b"GET /who HTTP/1.1\r\nHost: localhost\r\n", b"X: a\r\n" * 512),
    "an address": (b"GET /", b"a" * 4096),
    "a trailer": (b"POST /who HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 4096),
}


def send_endlessly(connection: socket.socket, beginning: bytes, more: bytes, what: str) -> None:
    """OSError when the other side has enough."""
    connection.sendall(beginning)
    for _ in range(16_384):
        connection.sendall(more)
    pytest.fail(f"64 MiB of {what} were taken")


@pytest.mark.parametrize("parser", ["httptools", "h11"])
def test_what_comes_before_anybody_knows_who_asks_is_bounded(parser: str) -> None:
    with small("--parser", parser) as program:
        for what, (beginning, more) in ENDLESS.items():
            with connected(program.url) as connection, pytest.raises(OSError):
                send_endlessly(connection, beginning, more, what)

        answer = send_raw(program.url, b"no request\r\n\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        document = json.loads(body)
        assert document["code"] == "bad_request"
        assert f"x-request-id: {document['request_id']}".encode() in head
        assert httpx2.get(f"{program.url}/healthz").status_code == 200


@pytest.mark.parametrize("parser", ["httptools", "h11"])
def test_half_of_a_request_is_not_waited_for_for_ever(parser: str) -> None:
    with small("--parser", parser, "--head-within-s", "0.2") as program:
        body = b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        for half in (b"", b"GET /who HTTP/1.1\r\nHost: loc", body):
            with connected(program.url) as connection:
                connection.sendall(half)
                assert connection.recv(65536) == b""
        with connected(program.url) as connection:
            for part in (b"GET /slow HTTP/1.1\r\nHost: localhost\r\n", b"\r\n", b"GET /who HTTP/1.1\r\nHost: l"):
                connection.sendall(part)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            assert b"finished" in answer


def test_a_page_elsewhere_cannot_open_a_websocket() -> None:
    with small() as program:
        with pytest.raises(InvalidStatus) as refusal:
            connect(f"{program.url.replace('http', 'ws')}/echo", origin=Origin("http://evil.example"), legacy=True)
        assert program.stop() == 0
        assert "handshake" not in program.stderr

    response = refusal.value.response
    assert response.status_code == 403
    assert response.body is not None
    document = json.loads(bytes(response.body))
    assert document["code"] == "origin_not_allowed"
    assert response.headers["x-request-id"] == document["request_id"]

"""`/messages`: what programs push is recorded, seen by rules, and bounded."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from pilothouse.mcap import open_recording, verify
from pilothouse.recorder.push import pushing
from tests.recorder.api.test_routes import Client, serving
from tests.support.processes import pilothouse
from tests.support.robots import FAST

LINES = {"Content-Type": "application/x-ndjson"}
SOCKET = "ws://127.0.0.1:7000/messages"
ONE = b'{"topic": "/speed", "data": {"data": 3}}\n'


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving(tmp_path, triggers=[FAST]) as client:
        yield client


def push(client: Client, body: object, **headers: str) -> Any:
    content = body if isinstance(body, (bytes, Iterator)) else json.dumps(body).encode()
    kind = LINES if isinstance(body, (bytes, Iterator)) else {"Content-Type": "application/json"}
    return client.http.post("/messages", content=content, headers={**kind, **headers})


def buffered(client: Client) -> int:
    return client.http.get("/healthz").json()["buffer_size"]


def test_lines_are_in_the_buffer_when_they_are_answered(client: Client) -> None:
    answer = push(client, ONE * 3)

    assert answer.status_code == 202
    assert answer.json() == {"accepted": 3, "rejected": [], "rejected_total": 0}
    assert buffered(client) == 3
    assert client.http.get("/topics").json()["topics"]["/speed"]["message_count"] == 3


def test_bad_lines_never_stop_the_good_ones(client: Client) -> None:
    answer = push(client, b"\n" + ONE + b"speed 3\n" + ONE + b'{"topic": "/x"}\n' + ONE.strip())

    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["rejected_total"]) == (3, 2)
    assert [one["line"] for one in body["rejected"]] == [3, 5]
    assert buffered(client) == 3


def test_only_the_first_bad_lines_are_listed(client: Client) -> None:
    body = push(client, b"x\n" * 500 + ONE).json()

    assert (body["accepted"], len(body["rejected"]), body["rejected_total"]) == (1, pushing.LISTED, 500)


def test_a_single_message_and_an_array_are_taken_as_json(client: Client) -> None:
    one = {"topic": "/a", "data": 1}

    assert push(client, one).json()["accepted"] == 1
    assert push(client, [one, {"topic": "/b"}, one]).json()["rejected"][0]["line"] == 2
    assert buffered(client) == 3


def test_a_pushed_message_fires_a_rule(client: Client) -> None:
    push(client, ONE)
    assert not client.robot.rows()

    push(client, {"topic": "/speed", "data": {"data": 9.5}})

    (row,) = client.robot.rows()
    assert row.trigger is not None
    assert row.trigger.value == 9.5


def test_the_recording_is_well_formed(client: Client) -> None:
    schema = {"title": "Speed", "type": "object"}
    now = time.time_ns()
    push(client, [{"topic": "/plain", "data": [1]}, {"topic": "/speed", "data": {"data": 1}, "schema": schema}])
    push(client, [{"topic": "/speed", "data": {"data": 2}, "log_time_ns": now}])
    path = Path(client.save().json()["path"])

    assert verify(path).ok
    with open_recording(path) as recording:
        channels = {one.topic: one for one in recording.summary().channels}
        messages = {one.content: one for one in recording.messages()}
    assert channels["/plain"].message_encoding == channels["/speed"].message_encoding == "json"
    assert (channels["/speed"].schema_name, channels["/speed"].schema_encoding) == ("Speed", "jsonschema")
    assert not channels["/plain"].schema_encoding
    assert channels["/speed"].message_count == 2
    assert messages[b'{"data": 2}'].log_time_ns == now


def test_bytes_are_recorded_as_they_are(client: Client) -> None:
    headers = {"X-Topic": "/scan", "X-Message-Encoding": "cdr", "X-Schema-Name": "sensor_msgs/msg/LaserScan"}
    answer = client.http.post(
        "/messages", content=b"\x00\x01\n", headers={**headers, "Content-Type": "application/octet-stream"}
    )
    path = Path(client.save().json()["path"])

    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert verify(path).ok
    with open_recording(path) as recording:
        (message,) = recording.messages()
    assert (message.content, message.channel.message_encoding) == (b"\x00\x01\n", "cdr")


def test_bytes_without_a_topic_are_refused(client: Client) -> None:
    answer = client.http.post("/messages", content=b"x", headers={"Content-Type": "application/octet-stream"})

    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_message")


@pytest.mark.parametrize("off_s", [-100_000, 3600])
def test_absurd_times_are_refused_and_poison_nothing(off_s: int, client: Client) -> None:
    push(client, ONE)
    there = time.time_ns() + off_s * 10**9

    assert push(client, {"topic": "/speed", "data": 1, "log_time_ns": there}).json()["accepted"] == 0
    assert push(client, {"topic": "/speed", "data": 1, "log_time_ns": 2**80}).status_code in (202, 422)
    push(client, ONE)
    assert client.save().json()["duration_s"] < 60
    assert buffered(client) == 2


def test_topics_and_schemas_are_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "MOST_TOPICS", 2)
    monkeypatch.setattr(pushing, "MOST_CHANNELS", 3)

    topics = push(client, [{"topic": f"/{number}", "data": 1} for number in range(4)]).json()
    schemas = push(client, [{"topic": "/0", "data": 1, "schema": {"title": str(n)}} for n in range(4)]).json()

    assert (topics["accepted"], schemas["accepted"]) == (2, 1)
    assert push(client, {"topic": "/1", "data": 2}).json()["accepted"] == 1


def test_a_body_is_at_most_64_mebibytes_and_a_document_eight(client: Client) -> None:
    line = b'{"topic": "/x", "data": "' + b"x" * 1_000_000 + b'"}\n'
    parts = (line for _ in range(70))
    document = b'{"topic": "/x", "data": "' + b"x" * (9 << 20) + b'"}'

    bytes_of = {"Content-Type": "application/octet-stream", "X-Message-Encoding": "raw"}
    push(client, {"topic": "/x", "data": 1})
    assert client.http.post("/messages", content=parts, headers=LINES).status_code == 413
    too_large = client.http.post("/messages", content=document, headers={"Content-Type": "application/json"})
    assert (too_large.status_code, too_large.json()["code"]) == (413, "document_too_large")
    for topic in ("/x", "/nobody"):
        announced = {**bytes_of, "X-Topic": topic, "Content-Length": str(65 << 20)}
        answer = client.http.post("/messages", content=iter([b"x"]), headers=announced)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    # Nothing is turned away uncounted.
    counted = client.http.get("/topics").json()
    assert (counted["topics"]["/x"]["too_large"], counted["too_large"]) == (1, 3)
    assert 'too_large_messages_total{topic="/x"} 1.0' in client.http.get("/metrics").text


def test_what_cannot_be_read_counts_for_its_topic_where_that_is_known(client: Client) -> None:
    known = b'{"topic": "/speed", "data": '
    push(client, ONE)
    push(
        client, b"".join((known, b"NaN}\n", b'{"topic": "/other", "data": NaN}\n', b'{"data": {"topic": "/speed"}}\n'))
    )
    push(client, known + b'"' + b"x" * (17 << 20) + b'"}\n' + known + b"]}")
    client.http.post(
        "/messages", content=b"{", headers={"Content-Type": "application/octet-stream", "X-Topic": "/speed"}
    )
    with client.http.websocket_connect(SOCKET) as socket:
        for frame in (b'{"topic": "/speed", "x": 1}\n', b'{"topic": "/sp\xff"}\n'):
            socket.send_bytes(frame)
            assert socket.receive_json()["rejected_total"] == 1

    counted = client.http.get("/topics").json()
    assert (counted["topics"]["/speed"]["bad"], counted["unreadable"]) == (5, 3)


def test_what_a_small_buffer_cannot_hold_is_refused_in_words(tmp_path: Path) -> None:
    kind = {"Content-Type": "application/octet-stream", "X-Topic": "/scan", "X-Message-Encoding": "raw"}
    with serving(tmp_path, max_bytes=32 << 20) as client:
        message = client.http.post("/messages", content=bytes(9 << 20), headers=kind)
        line = push(client, b'{"topic": "/x", "data": "' + b"x" * (3 << 20) + b'"}\n' + ONE).json()

        assert (message.status_code, message.json()["code"]) == (413, "message_too_large")
        assert "8388608 bytes here, a quarter of max_bytes" in message.text
        assert line["accepted"] == 1
        assert line["rejected"][0]["reason"].startswith("a line has at most 2097152 bytes here")
        assert client.http.post("/messages", content=bytes(8 << 20), headers=kind).status_code == 202

        # By name only where something was recorded of a topic: anybody could make up another.
        assert client.http.post("/messages", content=iter([bytes(9 << 20)]), headers=kind).status_code == 413
        counted = client.http.get("/topics").json()
        assert (counted["topics"]["/scan"]["too_large"], counted["too_large"]) == (1, 1)
        (problem,) = client.http.get("/healthz").json()["problems"]
        assert problem == (
            "messages of /scan are too large to be recorded: one has 9.0 MiB, above a quarter of max_bytes; "
            "set max_bytes to 36MiB or more"
        )


def test_what_senders_hold_in_memory_is_bounded(client: Client) -> None:
    pushing = client.robot.recorder.pushing
    with pushing.share() as another:
        another.hold(pushing.most_bytes - 1000)
        answer = push(client, {"topic": "/x", "data": "x" * 200})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert push(client, {"topic": "/x", "data": 1}).status_code == 202
    assert push(client, {"topic": "/x", "data": "x" * 200}).status_code == 202


@given(
    body=st.binary(max_size=200), kind=st.sampled_from(["application/json", "application/octet-stream", "text/x", ""])
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_breaks_the_recorder(body: bytes, kind: str, client: Client) -> None:
    answer = client.http.post("/messages", content=body, headers={"Content-Type": kind} if kind else {})

    assert answer.status_code in (202, 422)


@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["data", "x"]), inner),
        max_leaves=6,
    )
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_data_is_a_rule_survives_it(data: object, client: Client) -> None:
    line = json.dumps({"topic": "/speed", "data": {"data": data}}).encode()
    halves = '"\\ud' in line.decode().lower()

    assert push(client, line).json()["accepted"] == 1 or halves


def test_a_socket_answers_each_frame_with_its_number(client: Client) -> None:
    with client.http.websocket_connect(SOCKET) as socket:
        socket.send_text((ONE * 2).decode())
        first = socket.receive_json()
        socket.send_text("speed 3")
        second = socket.receive_json()
        socket.send_bytes(b'{"topic": "/scan", "encoding": "cdr"}\n\x00\xff')
        third = socket.receive_json()
        socket.send_bytes(b"\xff")
        fourth = socket.receive_json()

    assert [one["seq"] for one in (first, second, third, fourth)] == [1, 2, 3, 4]
    assert [one["accepted"] for one in (first, second, third, fourth)] == [2, 0, 1, 0]
    assert second["rejected"][0]["line"] == fourth["rejected"][0]["line"] == 1
    assert buffered(client) == 3


def test_the_token_guards_both_ways_in(tmp_path: Path) -> None:
    with serving(tmp_path, host="0.0.0.0", recorder_token="s3cret") as client:
        assert push(client, ONE).status_code == 401
        assert push(client, ONE, Authorization="Bearer s3cret").status_code == 202
        assert refused_socket(client.http, {}) == 401
        assert refused_socket(client.http, {"Authorization": "Bearer wrong"}) == 401
        with client.http.websocket_connect(SOCKET, headers={"Authorization": "Bearer s3cret"}) as socket:
            socket.send_text(ONE.decode())
            assert socket.receive_json()["accepted"] == 1


def test_foreign_pages_and_names_are_refused(client: Client) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        assert push(client, ONE, **headers).status_code == 403
        assert refused_socket(client.http, headers) == 403
    assert buffered(client) == 0


def test_pushing_can_be_switched_off(tmp_path: Path) -> None:
    with serving(tmp_path, push=False) as client:
        assert push(client, ONE).status_code == 404
        assert refused_socket(client.http, {}) == 404


def test_sockets_are_bounded(client: Client) -> None:
    client.http.app.state.push_sockets.update(range(32))  # type: ignore[attr-defined]

    assert refused_socket(client.http, {}) == 503


def test_what_comes_after_the_end_is_not_counted_as_accepted(client: Client) -> None:
    client.robot.recorder.pushing.end()

    assert push(client, ONE).status_code == 503
    with client.http.websocket_connect(SOCKET) as socket:
        socket.send_text(ONE.decode())
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 1001


CLIENT = """
import json, sys, urllib.request
from websockets.sync.client import connect
url = sys.argv[1]
def lines(first, last):
    return "".join(json.dumps({"topic": "/count", "data": {"n": n}}) + "\\n" for n in range(first, last))
for first in range(0, 1000, 250):
    body = lines(first, first + 250).encode()
    urllib.request.urlopen(urllib.request.Request(url + "/messages", body), timeout=30).read()
with connect(url.replace("http", "ws") + "/messages") as socket:
    for first in range(1000, 2000, 10):
        socket.send(lines(first, first + 10))
    acknowledged = [json.loads(socket.recv(timeout=30)) for _ in range(100)]
print(json.dumps([acknowledged[-1]["seq"], sum(one["accepted"] for one in acknowledged)]))
"""


def test_two_thousand_messages_of_another_process_are_all_in_the_recording(tmp_path: Path) -> None:
    with pilothouse("recorder", "run", "--data", tmp_path, "--port", "0") as program:
        done = subprocess.run(
            [sys.executable, "-c", CLIENT, program.url], capture_output=True, text=True, timeout=60, check=True
        )
        with urllib.request.urlopen(f"{program.url}/sessions/save", data=b"", timeout=30) as answer:
            path = Path(json.load(answer)["path"])
    assert json.loads(done.stdout) == [100, 1000]
    with open_recording(path) as recording:
        numbers = [json.loads(one.content)["n"] for one in recording.messages()]
    assert numbers == list(range(2000))


def test_an_open_socket_does_not_hold_up_the_end(tmp_path: Path) -> None:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    with pilothouse("recorder", "run", "--data", tmp_path, "--port", "0") as program:
        with connect(program.url.replace("http", "ws") + "/messages") as socket:
            socket.send(ONE.decode())
            assert json.loads(socket.recv(timeout=30))["accepted"] == 1
            assert program.stop() == 0
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=30)
        assert "Traceback" not in program.stderr


def test_a_post_roll_goes_on_as_long_as_somebody_may_push(client: Client) -> None:
    push(client, {"topic": "/speed", "data": {"data": 9.5}})
    client.robot.recorder._on_source_end()

    assert len(client.robot.recorder.captures.waiting) == 1
    assert not client.robot.recorder._has_ended


def refused_socket(http: TestClient, headers: dict[str, str]) -> int:
    try:
        with http.websocket_connect(SOCKET, headers=headers):
            return 101
    except WebSocketDenialResponse as denial:
        return denial.status_code

"""Straight into the object store where the hub offers it; by tus where it does not, or where that fails."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pilothouse.client import HubClient
from pilothouse.client.problems import DirectUploadFailed, HubDoesNotHave, UploadStopped
from pilothouse.wire import UploadMetadata

CONTENT = os.urandom(300_000)
METADATA = UploadMetadata(session_id="arm_20260512T084230Z", sha256=hashlib.sha256(CONTENT).hexdigest(), robot_id="arm")


class Store:
    """A hub with a bucket, in one server."""

    def __init__(self) -> None:
        self.url = ""
        self.offers = True
        self.knows_direct = True
        self.put_status = 200
        self.objects: dict[str, bytes] = {}
        self.asked: list[dict[str, object]] = []
        self.put_headers: list[dict[str, str]] = []
        self.completed: list[str] = []


def _handler(store: Store) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            return None

        def answer(self, status: int, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            assert self.headers["authorization"] == "Bearer robot_abc.secret"
            if self.path == "/api/v1/recordings/direct" and store.knows_direct:
                store.asked.append(json.loads(content))
                place = {
                    "url": f"{store.url}/bucket/one?signature=s",
                    "headers": {"X-Amz-Meta": "m"},
                    "upload_id": "u1",
                }
                return self.answer(200, {"upload": place if store.offers else None})
            if self.path == "/api/v1/recordings/direct/u1/complete":
                store.completed.append("u1")
                return self.answer(200, {"session_id": METADATA.session_id})
            return self.answer(404, {"detail": "There is nothing at this address.", "code": "not_found"})

        def do_PUT(self) -> None:
            store.put_headers.append({name.lower(): value for name, value in self.headers.items()})
            try:
                store.objects[self.path] = self.rfile.read(int(self.headers["content-length"]))
            except OSError:
                return
            self.answer(store.put_status, {})

    return Handler


@contextmanager
def running_store() -> Iterator[Store]:
    store = Store()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(store))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    store.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def store() -> Iterator[Store]:
    with running_store() as store:
        yield store


@pytest.fixture
def client(store: Store) -> Iterator[HubClient]:
    with HubClient(store.url, token="robot_abc.secret") as client:
        yield client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "one.mcap"
    path.write_bytes(CONTENT)
    return path


def test_a_file_goes_straight_into_the_store(store: Store, client: HubClient, file: Path) -> None:
    seen: list[tuple[int, int]] = []
    throttled: list[int] = []

    went = client.upload_direct(file, METADATA, progress=lambda *at: seen.append(at), throttle=throttled.append)

    assert went is True
    assert store.asked == [{**METADATA.model_dump(), "size_bytes": len(CONTENT)}]
    assert list(store.objects.values()) == [CONTENT]
    assert store.completed == ["u1"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert sum(throttled) == len(CONTENT)


def test_the_store_gets_the_headers_it_signed_and_no_credential_of_the_hub(
    store: Store, client: HubClient, file: Path
) -> None:
    client.upload_direct(file, METADATA)

    (headers,) = store.put_headers
    assert headers["x-amz-meta"] == "m"
    assert headers["content-length"] == str(len(CONTENT))
    assert "transfer-encoding" not in headers
    assert "authorization" not in headers


def test_a_hub_that_wants_it_by_tus_says_so(store: Store, client: HubClient, file: Path) -> None:
    store.offers = False
    assert client.upload_direct(file, METADATA) is False

    store.knows_direct = False
    with pytest.raises(HubDoesNotHave):
        client.upload_direct(file, METADATA)
    assert store.objects == {}


def test_what_the_store_refuses_is_not_said_to_be_there(store: Store, client: HubClient, file: Path) -> None:
    store.put_status = 403
    with pytest.raises(DirectUploadFailed, match="does not take the file: it answered 403"):
        client.upload_direct(file, METADATA)
    assert store.completed == []


def test_a_direct_upload_can_be_stopped(store: Store, client: HubClient, file: Path) -> None:
    stop = threading.Event()
    with pytest.raises(UploadStopped):
        client.upload_direct(file, METADATA, stop=stop, progress=lambda *_: stop.set())
    assert store.completed == []

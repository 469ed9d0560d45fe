"""Recordings from a terminal, against a real hub."""

from __future__ import annotations

import csv
import http.server
import importlib
import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pyarrow.parquet
import pytest

from pilothouse.cli.parts.failures import missing_package
from pilothouse.client import HubClient
from pilothouse.mcap import open_recording
from tests.cli.test_hub_administration import PASSWORD, run
from tests.support.flights import START_NS, write_flight
from tests.support.processes import Program, pilothouse

ENVIRONMENT = {"MD_HUB_AUTH_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    data = tmp_path_factory.mktemp("hub")
    (data / "sessions").mkdir()
    write_flight(data / "sessions" / "arm_1.mcap", seconds=2)
    os.utime(data / "sessions" / "arm_1.mcap", (START_NS / 1e9, START_NS / 1e9))
    command = ("hub", "--data", data, "--host", "127.0.0.1", "--port", "0")
    with pilothouse(*command, env=ENVIRONMENT) as program:
        httpx2.post(f"{program.url}/api/admin/rescan", auth=("x", PASSWORD)).raise_for_status()
        yield program


def recordings(hub: Program, *words: object, code: int = 0) -> str:
    return run("recordings", *words, "--url", hub.url, code=code, **ENVIRONMENT).stdout


def test_recordings_are_listed_shown_pinned_and_shared(hub: Program) -> None:
    assert "arm_1" in recordings(hub, "list", "arm")
    assert "arm_1" not in recordings(hub, "list", "nothing-like-it")
    assert recordings(hub, "pin", "arm_1", "--reason", "evidence") == "arm_1 is pinned\n"
    shown = recordings(hub, "show", "arm_1")
    assert "/odom" in shown
    assert "evidence" in shown
    listed = json.loads(recordings(hub, "list", "--pinned", "--json"))
    assert [one["session_id"] for one in listed["sessions"]] == ["arm_1"]
    assert recordings(hub, "pin", "arm_1", "--remove") == "arm_1 is no longer pinned\n"
    assert httpx2.get(recordings(hub, "link", "arm_1").strip()).status_code == 200


def test_a_file_goes_up_and_comes_down_again_whole_or_cut(hub: Program, tmp_path: Path) -> None:
    file = tmp_path / "rover_7.mcap"
    write_flight(file, seconds=1)
    write_flight(tmp_path / "rover_8.mcap", seconds=1)

    assert recordings(hub, "upload", file, tmp_path / "rover_8.mcap") == "rover_7\nrover_8\n"
    recordings(hub, "download", "rover_7", "-o", tmp_path / "back.mcap")
    recordings(hub, "cut", "rover_7", "--topic", "/speed", "-o", tmp_path / "cut.mcap")

    assert (tmp_path / "back.mcap").read_bytes() == file.read_bytes()
    with open_recording(tmp_path / "cut.mcap") as part:
        assert part.summary().topics == ("/speed",)
    assert not list(tmp_path.glob("*.part"))


def test_fields_become_a_table(hub: Program, tmp_path: Path) -> None:
    fields = [f"/odom.{path}" for path in field_names(hub, "/odom")[:1]] + [
        f"/speed.{path}" for path in field_names(hub, "/speed")[:1]
    ]
    asked = ("export", "arm_1", "--fields", ",".join(fields))

    rows = list(csv.reader(io.StringIO(recordings(hub, *asked))))
    recordings(hub, *asked, "--format", "parquet", "-o", tmp_path / "table.parquet")

    stored = pyarrow.parquet.read_table(tmp_path / "table.parquet")
    assert rows[0] == stored.column_names == ["log_time_ns", "time_s", *fields]
    assert len(rows) - 1 == stored.num_rows == 120
    assert [int(row[0]) for row in rows[1:]] == stored.column("log_time_ns").to_pylist()
    assert all(sum(cell != "" for cell in row) == 3 for row in rows[1:])


def field_names(hub: Program, topic: str) -> list[str]:
    tree = httpx2.get(f"{hub.url}/api/sessions/arm_1/fields", auth=("x", PASSWORD)).json()
    return next(one["fields"] for one in tree["topics"] if one["topic"] == topic)


def test_what_is_wrong_is_said_in_a_sentence(hub: Program, tmp_path: Path) -> None:
    recordings(hub, "show", "arm_9", code=4)
    recordings(hub, "pin", "arm_1", code=2)
    recordings(hub, "export", "arm_1", "--fields", "/odmo.x", code=2)
    recordings(hub, "download", "arm_9", "-o", tmp_path / "none.mcap", code=4)
    assert list(tmp_path.iterdir()) == []


def test_without_pyarrow_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ModuleNotFoundError) as refused:
        importlib.import_module("pyarrow")

    missing = missing_package(refused.value)

    assert missing is not None
    assert "pilothouse[parquet]" in missing.sentence


class Bucket(http.server.BaseHTTPRequestHandler):
    """Answers bytes, and remembers what it was shown."""

    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        type(self).seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"bytes")

    def log_message(self, *_about: object) -> None:
        pass


class RedirectingHub(Bucket):
    """Sends every reader to the bucket."""

    bucket = ""

    def do_GET(self) -> None:
        type(self).seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(307)
        self.send_header("Location", type(self).bucket)
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_a_bucket_is_not_shown_the_credential_of_the_hub(tmp_path: Path) -> None:
    Bucket.seen, RedirectingHub.seen = [], []
    bucket = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    redirecting = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RedirectingHub)
    RedirectingHub.bucket = f"http://127.0.0.1:{bucket.server_port}/object?signature=x"
    servers = (bucket, redirecting)
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        with HubClient(f"http://127.0.0.1:{redirecting.server_port}", token="secret") as client:
            client.download("arm_1", tmp_path / "arm_1.mcap")
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join(10)

    assert (tmp_path / "arm_1.mcap").read_bytes() == b"bytes"
    assert RedirectingHub.seen[0]["authorization"] == "Bearer secret"
    assert "authorization" not in Bucket.seen[0]

"""Recorder and hub as two processes, and what happens between them when one of them goes away."""

from __future__ import annotations

import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pilothouse.mcap import sha256_of
from tests.support.flights import drone_flight, write_flight
from tests.support.processes import Program, eventually, pilothouse


def ask(program: Program, path: str, *, body: bytes | None = None) -> Any:
    try:
        request = urllib.request.Request(program.url + path, body)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code not in (404, 503):
            raise
        return {}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hub_flags(data: Path, port: int = 0) -> tuple[str | Path, ...]:
    return ("hub", "--data", data, "--host", "127.0.0.1", "--port", str(port))


def recorder_flags(tmp_path: Path, hub: str, flight: Path, *more: str) -> tuple[str | Path, ...]:
    source = ("--source", f"replay:{flight}", "--speed", "max", "--robot-id", "drone")
    return ("recorder", "run", *source, "--hub", hub, "--data", tmp_path / "robot", "--port", "0", *more)


def delivered(recorder: Program) -> list[dict[str, Any]]:
    return [one for one in ask(recorder, "/triggers").get("recent", []) if one["state"] == "delivered"]


def test_a_trigger_on_the_robot_is_a_row_in_the_hub_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    with pilothouse(*hub_flags(tmp_path / "hub")) as hub:
        flags = recorder_flags(tmp_path, hub.url, drone_flight(), "--trigger", "/speed.data > 9")
        with pilothouse(*flags) as recorder:
            (capture,) = eventually(lambda: delivered(recorder), what="the delivery")
            row = eventually(
                lambda: (found := ask(hub, f"/api/sessions/{capture['session_id']}")).get("state") == "ok" and found,
                what="the row",
            )
            robots = eventually(lambda: ask(hub, "/api/v1/robots").get("items"), what="the heartbeat")
            assert recorder.stop() == 0

        path = tmp_path / "robot" / "sessions" / f"{capture['session_id']}.mcap"
        assert row["robot_id"] == "drone"
        assert row["sha256"] == sha256_of(path)
        assert row["trigger"]["value"] > 9
        assert row["incident_id"] == capture["incident_id"]
        assert "/speed" in row["topics"]
        assert [one["robot_id"] for one in robots] == ["drone"]
        assert hub.stop() == 0


def test_a_hub_that_comes_late_gets_everything_once(tmp_path: Path) -> None:
    flight = write_flight(tmp_path / "flight.mcap", seconds=3).path
    port = free_port()
    with pilothouse(*recorder_flags(tmp_path, f"http://127.0.0.1:{port}", flight)) as recorder:
        eventually(lambda: ask(recorder, "/healthz")["buffer_size"], what="messages")
        saved = [ask(recorder, "/sessions/save", body=b"")["session_id"] for _ in range(3)]
        eventually(lambda: "cannot be reached" in recorder.stderr, what="the warning")
        with pilothouse(*hub_flags(tmp_path / "hub", port)) as hub:
            eventually(lambda: len(delivered(recorder)) == 3, what="three deliveries")
            listed = eventually(lambda: indexed(hub, 3), what="three indexed rows")
        assert recorder.stderr.count("cannot be reached") == 1

    assert sorted(row["session_id"] for row in listed) == saved
    assert {row["state"] for row in listed} == {"ok"}


def test_a_hub_killed_in_the_middle_of_an_upload_has_the_recording_once_in_the_end(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with pilothouse(*recorder_flags(tmp_path, url, drone_flight())) as recorder:
        eventually(lambda: ask(recorder, "/healthz")["buffer_size"] == 8700, what="the whole flight")
        saved = ask(recorder, "/sessions/save", body=b"")
        with pilothouse(*hub_flags(tmp_path / "hub", port)) as hub:
            eventually(lambda: partly(tmp_path / "hub", saved["size_bytes"]), what="the first bytes")
            hub.kill()
        with pilothouse(*hub_flags(tmp_path / "hub", port)) as hub:
            eventually(lambda: delivered(recorder), what="the delivery")
            row = eventually(
                lambda: (rows := ask(hub, "/api/sessions")["sessions"]) and rows[0]["state"] == "ok" and rows,
                what="the row",
            )

    assert [one["session_id"] for one in row] == [saved["session_id"]]
    assert row[0]["sha256"] == sha256_of(Path(saved["path"]))


def test_a_recorder_killed_in_the_middle_of_an_upload_delivers_once_in_the_end(tmp_path: Path) -> None:
    with pilothouse(*hub_flags(tmp_path / "hub")) as hub:
        with pilothouse(*recorder_flags(tmp_path, hub.url, drone_flight())) as recorder:
            eventually(lambda: ask(recorder, "/healthz")["buffer_size"] == 8700, what="the whole flight")
            saved = ask(recorder, "/sessions/save", body=b"")
            eventually(lambda: partly(tmp_path / "hub", saved["size_bytes"]), what="the first bytes")
            recorder.kill()
        resumed = ("recorder", "run", "--robot-id", "drone", "--hub", hub.url, "--data", tmp_path / "robot")
        with pilothouse(*resumed, "--port", "0") as recorder:
            eventually(lambda: len(delivered(recorder)) == 2, what="the saved and the recovered recording")
            listed = eventually(lambda: indexed(hub, 2), what="two indexed rows")

    assert saved["session_id"] in [row["session_id"] for row in listed]
    assert sorted(row["reason"] for row in listed) == ["manual", "recovered"]


def indexed(hub: Program, count: int) -> list[Any]:
    """The rows once there are so many and none waits for the index any more; empty until then."""
    listed = ask(hub, "/api/sessions")["sessions"]
    done = len(listed) == count and all(row["state"] != "indexing" for row in listed)
    return listed if done else []


def partly(data: Path, size_bytes: int) -> bool:
    """Whether the hub has taken in something, whatever it calls the file meanwhile."""
    return max(_sizes(data), default=0) > size_bytes // 10


def _sizes(data: Path) -> Iterator[int]:
    """Of all files but the database; what is deleted meanwhile is passed over, directories too."""
    for place, _, names in os.walk(data):
        for name in names:
            if not name.startswith("hub.db"):
                with suppress(FileNotFoundError):
                    yield (Path(place) / name).stat().st_size

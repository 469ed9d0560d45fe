"""``/mcap/sessions`` answers as documented, and cuts exactly the cycles asked for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from dirty_equals import IsFloat

from pilothouse.guard.loopback import recovery, sessions
from pilothouse.guard.loopback.loopback import Loopback
from pilothouse.guard.loopback.session_writer import LoopbackOptions
from pilothouse.guard.loopback.sessions import Sessions
from pilothouse.guard.model import Decision
from pilothouse.guard.routes import mcap_sessions
from pilothouse.mcap import RecordingFile, verify
from pilothouse.mcap.reading.reading import RecordingFile as Reading
from tests.support.cycles import SESSION, START_S, cycle
from tests.support.readers import read_as_stream, read_by_index, rerun_check
from tests.support.services import calling, service

DEADLINE_S = 30.0
OTHER = "sess_20240101_000000_0a0b0c"
FRAME = b"\xff\xd8" + bytes(3000)
pytestmark = pytest.mark.anyio


def record(directory: Path, session_id: str = SESSION, *, count: int = 200, **options: Any) -> Loopback:
    """A session of cycles, live until it is ended."""
    recorder = Loopback(directory, LoopbackOptions(**{"image_rate_hz": 1000.0, **options}))
    recorder.start()
    recorder.begin(session_id)
    for number in range(count):
        decision = {3: Decision.REJECT, 4: Decision.CLAMP, 5: Decision.CLAMP}.get(number, Decision.PASS)
        recorder.offer(cycle(number, decision, session_id=session_id, images={"top": FRAME},
                             monotonic_ns=number * 20_000_000))  # fmt: skip
        if number % 25 == 24:
            assert recorder.flush(DEADLINE_S)
    recorder.flush(DEADLINE_S)
    return recorder


def finish(recorder: Loopback) -> None:
    recorder.end()
    recorder.stop(DEADLINE_S)


@asynccontextmanager
async def served(directory: Path | None, recorder: Loopback | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    app = service(mcap_sessions.router)
    app.state.sessions = Sessions(directory, recorder)
    async with calling(app) as client:
        yield client


async def test_a_finished_session_as_documented(tmp_path: Path) -> None:
    finish(record(tmp_path))
    size_mb = sum(path.stat().st_size for path in tmp_path.iterdir()) / 1e6
    async with served(tmp_path) as client:
        (listed,) = (await client.get("/mcap/sessions")).json()["sessions"]
        detail = (await client.get(f"/mcap/sessions/{SESSION}")).json()

    assert listed == {
        "session_id": SESSION, "filename": "session_20231114_221320_abc123.mcap",
        "size_mb": pytest.approx(size_mb, abs=0.001), "created_at": START_S, "rotated_at": IsFloat(gt=START_S),
        "file_count": 1, "total_cycles": 200, "violation_cycles": 1, "clamp_cycles": 2, "has_images": True,
    }  # fmt: skip
    assert detail == {
        "session_id": SESSION, "filename": "session_20231114_221320_abc123.mcap", "size_mb": listed["size_mb"],
        "start_time": START_S, "end_time": pytest.approx(START_S + 199 * 0.02), "total_cycles": 200,
        "violation_cycles": 1, "clamp_cycles": 2, "has_images": True, "compression": "zstd",
        "channels": ["/dam/cycle", "/dam/obs", "/dam/action", "/dam/L0", "/dam/L1", "/dam/images/top"],
    }  # fmt: skip


async def test_a_live_session_has_no_end_yet(tmp_path: Path) -> None:
    recorder = record(tmp_path, rotate_bytes=30_000)
    async with served(tmp_path, recorder) as client:
        (listed,) = (await client.get("/mcap/sessions")).json()["sessions"]
        detail = (await client.get(f"/mcap/sessions/{SESSION}")).json()
    finish(recorder)

    assert listed["rotated_at"] is None
    assert listed["file_count"] > 1
    assert listed["total_cycles"] == 200
    assert detail["end_time"] is None
    assert detail["start_time"] == START_S


async def test_sessions_are_listed_newest_first(tmp_path: Path) -> None:
    finish(record(tmp_path, count=3))
    finish(record(tmp_path, OTHER, count=3))
    async with served(tmp_path) as client:
        listed = (await client.get("/mcap/sessions")).json()["sessions"]

    assert [one["session_id"] for one in listed] == [OTHER, SESSION]


async def test_metadata_does_not_read_the_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(record(tmp_path))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("messages were read")

    for module in (recovery, sessions):
        monkeypatch.setattr(module, "counted", refuse)
    monkeypatch.setattr(Reading, "_read_scan", refuse)
    monkeypatch.setattr(RecordingFile, "messages", refuse)
    async with served(tmp_path) as client:
        assert (await client.get(f"/mcap/sessions/{SESSION}")).json()["total_cycles"] == 200


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("rotate_bytes", [1 << 30, 30_000])
@pytest.mark.parametrize(
    ("query", "first", "last", "topics"),
    [
        ({}, 0, 199, None),
        ({"start_cycle": 100, "end_cycle": 120, "topics": "/dam/cycle,/dam/L1"}, 100, 120, {"/dam/cycle", "/dam/L1"}),
        ({"start_cycle": 150}, 150, 199, None),
        ({"end_cycle": 0}, 0, 0, None),
        ({"start_cycle": 30, "end_cycle": 30, "topics": " /dam/images/top "}, 30, 30, {"/dam/images/top"}),
        ({"start_cycle": 198, "end_cycle": 5000, "topics": "/dam/obs"}, 198, 199, {"/dam/obs"}),
    ],
)
async def test_a_download_holds_exactly_the_cycles_and_channels_asked_for(
    tmp_path: Path, live: bool, rotate_bytes: int, query: dict[str, Any], first: int, last: int, topics: set[str] | None
) -> None:
    directory = tmp_path / "sessions"
    recorder = record(directory, rotate_bytes=rotate_bytes)
    if not live:
        finish(recorder)
    every = {(one.topic, one.log_time_ns, one.content) for path in directory.iterdir() for one in read_as_stream(path)}
    async with served(directory, recorder) as client:
        answer = await client.get(f"/mcap/sessions/{SESSION}/download", params=query)
    finish(recorder)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="session_20231114_221320_abc123')
    path = tmp_path / "cut.mcap"
    path.write_bytes(answer.content)
    window = [round((START_S + number * 0.02) * 1e9) for number in (first, last)]
    expected = {one for one in every if window[0] <= one[1] <= window[1] and (topics is None or one[0] in topics)}
    assert set(map(tuple, read_by_index(path))) == expected
    assert len(read_as_stream(path)) == len(expected) > 0
    assert verify(path).ok


async def test_the_download_satisfies_an_independent_reader(tmp_path: Path) -> None:
    finish(record(tmp_path / "sessions", rotate_bytes=30_000))
    async with served(tmp_path / "sessions") as client:
        answer = await client.get(f"/mcap/sessions/{SESSION}/download?start_cycle=40&end_cycle=160")
    path = tmp_path / "cut.mcap"
    path.write_bytes(answer.content)

    rerun_check(path)
    cycles = [json.loads(one.content)["cycle_id"] for one in read_by_index(path) if one.topic == "/dam/cycle"]
    assert cycles == list(range(40, 161))
    assert 'filename="session_20231114_221320_abc123_cycles_40-160.mcap"' in answer.headers["content-disposition"]
    with Reading(path) as recording:
        metadata = recording.summary().metadata
    assert metadata["pilothouse"]["config_hash"] == "c0ffee"
    assert metadata["pilothouse.guard.cut"] == {"session_id": SESSION, "start_cycle": "40", "end_cycle": "160"}
    assert "pilothouse.guard.session" not in metadata


async def test_an_empty_cut_is_a_recording_without_messages(tmp_path: Path) -> None:
    finish(record(tmp_path / "sessions", count=10))
    async with served(tmp_path / "sessions") as client:
        for query in ("start_cycle=500", "topics=/dam/L3", "topics="):
            answer = await client.get(f"/mcap/sessions/{SESSION}/download?{query}")
            (tmp_path / "cut.mcap").write_bytes(answer.content)

            assert read_as_stream(tmp_path / "cut.mcap") == []
            assert verify(tmp_path / "cut.mcap").ok


@pytest.mark.parametrize(
    ("query", "status"),
    [("start_cycle=-1", 422), ("end_cycle=-2", 422), ("start_cycle=5&end_cycle=4", 422), ("start_cycle=x", 422),
     ("end_cycle=99999999999999999999", 422)],
)  # fmt: skip
async def test_cycles_that_cannot_be_are_refused(tmp_path: Path, query: str, status: int) -> None:
    finish(record(tmp_path, count=10))
    async with served(tmp_path) as client:
        assert (await client.get(f"/mcap/sessions/{SESSION}/download?{query}")).status_code == status


async def test_without_recording_or_before_the_first_cycle_there_is_nothing(tmp_path: Path) -> None:
    async with served(None) as client:
        off = await client.get("/mcap/sessions")
        assert off.status_code == 404
        assert off.json()["code"] == "nothing_recorded"
        assert "loopback.backend is not mcap" in off.json()["detail"]
        assert (await client.get(f"/mcap/sessions/{SESSION}")).status_code == 404
    async with served(tmp_path / "not-there-yet") as client:
        empty = await client.get("/mcap/sessions")
        assert empty.status_code == 404
        assert "no cycle was written yet" in empty.json()["detail"]
        assert (await client.get(f"/mcap/sessions/{SESSION}/download")).status_code == 404


@pytest.mark.parametrize("name", [OTHER, "..%2f..%2fetc", "sess_20231114_221320_abc123%2f..", "x" * 300])
async def test_unknown_sessions_are_not_found(tmp_path: Path, name: str) -> None:
    finish(record(tmp_path, count=3))
    async with served(tmp_path) as client:
        assert (await client.get(f"/mcap/sessions/{name}")).status_code == 404
        assert (await client.get(f"/mcap/sessions/{name}/download")).status_code == 404


async def test_a_damaged_file_costs_only_its_own_listing(tmp_path: Path) -> None:
    finish(record(tmp_path, count=3))
    (tmp_path / "session_20240101_000000_0a0b0c.mcap").write_bytes(b"not a recording")
    async with served(tmp_path) as client:
        listed = (await client.get("/mcap/sessions")).json()["sessions"]

    assert [one["session_id"] for one in listed] == [SESSION]

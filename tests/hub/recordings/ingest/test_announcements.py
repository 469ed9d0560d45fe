"""A robot tells of a recording before it can send it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from dirty_equals import IsDatetime, IsPartialDict
from fastapi import FastAPI

from pilothouse.hub.composition import Hub
from pilothouse.hub.identity import OtherRobot
from pilothouse.hub.recordings.domain.problems import RecordingDeleted, RecordingNotArrived
from pilothouse.wire import PreviewSeries, Recording, RecordingAnnouncement, RecordingState, TopicSummary, TriggerFired
from tests.hub.conftest import client_of
from tests.support.deliveries import SESSION_ID, Desk
from tests.support.flights import write_flight
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio
ROUTE = "/api/v1/recordings/announcements"


def announcement(**changes: Any) -> RecordingAnnouncement:
    facts: dict[str, Any] = {
        "session_id": SESSION_ID,
        "robot_id": "arm",
        "label": "too fast",
        "reason": "trigger",
        "incident_id": "inc_1",
        "trigger": TriggerFired(rule="fast", kind="threshold", value=9.5, op="gt", threshold=9, fired_at_ns=1),
        "started_at": "2026-05-12T08:41:30Z",
        "ended_at": "2026-05-12T08:42:30Z",
        "size_bytes": 1_000_000,
        "message_count": 42,
        "sha256": "a" * 64,
        "channels": [TopicSummary(topic="/speed", message_type="std_msgs/Float64", message_count=42, rate_hz=0.7)],
        "drops": {"/camera": 3},
        "preview": [PreviewSeries(field="/speed.data", times_ns=[1, 2], values=[9.0, None])],
    }
    return RecordingAnnouncement.model_validate({**facts, **changes})


async def announce(desk: Desk, only_robot: str | None = None, **changes: Any) -> Recording:
    async with desk.hub.database.transaction() as session:
        return await desk.services.announcements.take(session, announcement(**changes), only_robot=only_robot)


async def test_an_announced_recording_is_listed_with_what_its_robot_said(desk: Desk) -> None:
    told = await announce(desk)

    assert told.model_dump(mode="json") == IsPartialDict(
        session_id=SESSION_ID,
        robot_id="arm",
        state="announced",
        label="too fast",
        incident_id="inc_1",
        duration_s=60.0,
        topics=["/speed"],
        size_bytes=1_000_000,
        message_count=42,
        drops={"/camera": 3},
        announced_at=IsDatetime(iso_string=True),
        indexed_at=None,
        preview=[{"field": "/speed.data", "times_ns": [1, 2], "values": [9.0, None]}],
    )
    listed = (await desk.list()).sessions
    assert [(one.session_id, one.state, one.preview) for one in listed] == [(SESSION_ID, "announced", None)]
    assert await desk.get() == told


async def test_announced_twice_is_announced_once_and_the_newest_word_counts(desk: Desk) -> None:
    first = await announce(desk)
    again = await announce(desk)
    changed = await announce(desk, label="much too fast")

    assert again == first
    assert changed.label == "much too fast"
    assert await desk.events() == [("recording.announced", SESSION_ID)]


async def test_bytes_that_are_delivered_take_the_place_of_what_was_said(desk: Desk, tmp_path: Path) -> None:
    told = await announce(desk)
    content = write_flight(tmp_path / "flight.mcap").path.read_bytes()

    await desk.deliver(content)
    waiting = await desk.get()
    await desk.index_all()
    indexed = await desk.get()

    assert (waiting.state, waiting.label, waiting.size_bytes) == (RecordingState.INDEXING, "too fast", len(content))
    assert indexed.state == RecordingState.OK
    assert indexed.message_count != told.message_count
    assert indexed.sha256 != told.sha256
    assert (indexed.preview, indexed.announced_at) == (told.preview, told.announced_at)
    assert (await desk.list()).total == 1


async def test_a_file_dropped_into_the_directory_takes_its_place_too(desk: Desk, sessions: Path) -> None:
    await announce(desk)
    write_flight(sessions / f"{SESSION_ID}.mcap")

    await desk.look_twice()
    await desk.index_all()

    assert (await desk.get()).state == RecordingState.OK
    assert (await desk.list()).total == 1


async def test_a_look_at_the_directory_leaves_announced_recordings_alone(desk: Desk) -> None:
    await announce(desk)

    await desk.look_twice()
    rescanned = await desk.services.watch.rescan()

    assert (await desk.get()).state == RecordingState.ANNOUNCED
    assert (rescanned.removed, rescanned.waiting) == (0, 0)


async def test_its_bytes_are_said_not_to_have_arrived(desk: Desk) -> None:
    await announce(desk)

    async with desk.hub.database.reading() as session:
        with pytest.raises(RecordingNotArrived):
            await desk.services.recordings.content_of(session, SESSION_ID, only_robot=None)


async def test_it_takes_no_disk_and_retention_passes_it_by(desk: Desk) -> None:
    await announce(desk)

    async with desk.hub.database.reading() as session:
        use = await desk.services.recordings.disk_use(session)
    assert (use.used_bytes, use.session_count) == (0, 0)


async def test_an_announcement_changes_nothing_once_the_bytes_are_here(desk: Desk, tmp_path: Path) -> None:
    await desk.deliver(write_flight(tmp_path / "flight.mcap").path.read_bytes())
    await desk.index_all()
    before = await desk.get()

    assert await announce(desk) == before
    assert ("recording.announced", SESSION_ID) not in await desk.events()


async def test_a_deleted_recording_is_not_brought_back_by_word_but_by_its_bytes(desk: Desk, sessions: Path) -> None:
    file = write_flight(sessions / f"{SESSION_ID}.mcap").path
    await desk.look_twice()
    content = file.read_bytes()
    file.unlink()
    await desk.look_twice()

    with pytest.raises(RecordingDeleted):
        await announce(desk)
    assert (await desk.list()).sessions == []
    await desk.deliver(content)
    assert (await announce(desk)).state == RecordingState.INDEXING


async def test_a_robot_announces_its_own_recordings_only(desk: Desk) -> None:
    assert (await announce(desk, only_robot="arm")).robot_id == "arm"

    for changes in ({"robot_id": "leg"}, {"session_id": "leg_20260512T084230Z"}):
        with pytest.raises(OtherRobot):
            await announce(desk, only_robot="arm", **changes)
    with pytest.raises(OtherRobot):
        await announce(desk, only_robot="leg", robot_id="leg")


async def test_a_digest_that_was_only_announced_is_not_believed(desk: Desk, sessions: Path) -> None:
    await announce(desk, size_bytes=4)
    file = sessions / f"{SESSION_ID}.mcap"
    file.write_bytes(b"file")
    os.utime(file, ns=(0, 0))

    progress = await desk.create(b"file")

    assert progress.completed


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_times_beyond_what_a_database_holds_are_bounded(desk: Desk, when: str) -> None:
    told = await announce(desk, started_at=when, ended_at=when)

    assert told.duration_s == 0.0


@pytest.fixture
async def client(hub_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(hub_app) as calling:
        yield calling


async def test_the_routes_answer_as_documented(client: httpx2.AsyncClient) -> None:
    told = await client.post(
        ROUTE, content=announcement().model_dump_json(), headers={"content-type": "application/json"}
    )
    bytes_of_it = await client.get(f"/api/sessions/{SESSION_ID}/mcap")
    listed = (await client.get("/api/sessions")).json()

    assert (told.status_code, told.json()["state"]) == (200, "announced")
    assert (bytes_of_it.status_code, bytes_of_it.json()["code"]) == (404, "recording_not_arrived")
    assert [one["session_id"] for one in listed["sessions"]] == [SESSION_ID]
    assert listed["robots"] == ["arm"]


async def test_previews_are_read_for_one_recording_and_never_for_a_list(hub: Hub, client: httpx2.AsyncClient) -> None:
    for number in range(5):
        body = announcement(session_id=f"arm_{number}").model_dump_json()
        await client.post(ROUTE, content=body, headers={"content-type": "application/json"})

    with counting_queries(hub.database) as queries:
        await client.get("/api/sessions")

    assert len(queries) == 3
    assert not any("preview" in query for query in queries)


async def test_the_largest_announcement_is_taken(client: httpx2.AsyncClient) -> None:
    topics = [TopicSummary(topic=f"/{'t' * 100}/{number}", message_type="m" * 100) for number in range(2_000)]
    series = PreviewSeries(field="f" * 500, times_ns=[2**62] * 500, values=[1.2345678901234567] * 500)
    body = announcement(channels=topics, preview=[series] * 16).model_dump_json()

    answer = await client.post(ROUTE, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 200

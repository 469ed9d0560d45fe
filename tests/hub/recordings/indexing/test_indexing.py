"""Files become recordings, readable or not."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from pilothouse.hub.recordings.domain.problems import UnknownRecording
from pilothouse.wire import CaptureFacts, RecordingState, TriggerFired
from tests.support.deliveries import Desk
from tests.support.flights import START_NS, drone_flight, truncated, write_flight, write_messages

pytestmark = pytest.mark.anyio
S = 10**9


async def test_a_dropped_file_is_indexed_from_its_summary(desk: Desk, sessions: Path) -> None:
    captured = write_flight(sessions / "arm_20260512T084230Z.mcap", seconds=5)
    await desk.look_twice()
    await desk.index_all()

    recording = await desk.get()

    assert recording.state == RecordingState.OK
    assert (recording.robot_id, recording.label, recording.annotation_count) == ("arm", "", 0)
    assert recording.topics == ["/odom", "/speed"]
    assert recording.duration_s == pytest.approx(4.98)
    assert recording.started_at is not None
    assert recording.started_at.timestamp() == START_NS / S
    assert recording.size_bytes == captured.size_bytes
    assert recording.sha256 == captured.sha256
    assert [(one.topic, one.encoding, one.message_count) for one in recording.channels] == [
        ("/odom", "json", 250),
        ("/speed", "json", 50),
    ]
    assert await desk.events() == [("recording.indexed", "arm_20260512T084230Z")]


async def test_a_real_flight_is_indexed(desk: Desk, sessions: Path) -> None:
    os.link(drone_flight(), sessions / "drone.mcap") if _same_disk(sessions) else _copy(drone_flight(), sessions)
    await desk.look_twice()
    await desk.index_all()

    recording = await desk.get("drone")

    assert (recording.state, recording.message_count, recording.robot_id) == (RecordingState.OK, 8700, "unknown")
    assert recording.duration_s == pytest.approx(16.7, abs=0.1)


async def test_a_capture_brings_its_trigger_incident_and_drops(desk: Desk, sessions: Path) -> None:
    fired = TriggerFired(rule="speed", kind="threshold", value=9.5, threshold=9.0, op=">", fired_at_ns=START_NS)
    facts = CaptureFacts(
        session_id="x", robot_id="arm-7", incident_id="inc_1", label="fast", trigger=fired, drops={"/camera": 2}
    )
    write_flight(sessions / "x.mcap", seconds=1, metadata={"pilothouse": facts.to_metadata()})
    await desk.look_twice()
    await desk.index_all()

    recording = await desk.get("x")

    assert (recording.robot_id, recording.label, recording.incident_id) == ("arm-7", "fast", "inc_1")
    assert (recording.trigger, recording.drops, recording.reason) == (fired, {"/camera": 2}, "trigger")


async def test_a_valid_file_without_messages_is_not_damaged(desk: Desk, sessions: Path) -> None:
    write_messages(sessions / "empty_1.mcap", [])
    await desk.look_twice()
    await desk.index_all()

    recording = await desk.get("empty_1")

    assert (recording.state, recording.duration_s, recording.started_at) == (RecordingState.OK, 0.0, None)


@pytest.mark.parametrize("content", [b"", b"\0", b"garbage" * 1000, b"\x89MCAP0\r\n", b"\x89MCAP0\r\n" * 2])
async def test_a_file_that_is_no_recording_is_shown_as_damaged_with_a_reason(
    desk: Desk, sessions: Path, content: bytes
) -> None:
    (sessions / "arm_20260512T084230Z.mcap").write_bytes(content)
    await desk.look_twice()
    await desk.index_all()

    recording = await desk.get()

    assert (recording.state, recording.robot_id, recording.size_bytes) == (RecordingState.DAMAGED, "arm", len(content))
    assert recording.damage
    assert str(sessions) not in recording.damage
    assert await desk.events() == [("recording.damaged", "arm_20260512T084230Z")]


async def test_a_truncated_file_is_damaged(desk: Desk, sessions: Path, tmp_path: Path) -> None:
    write_flight(tmp_path / "whole.mcap")
    truncated(tmp_path / "whole.mcap", sessions / "cut_1.mcap")
    await desk.look_twice()
    await desk.index_all()

    assert (await desk.get("cut_1")).state == RecordingState.DAMAGED


async def test_a_damaged_file_is_told_once_and_not_tried_again_by_itself(
    desk: Desk, sessions: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (sessions / "bad_1.mcap").write_bytes(b"bad")
    for _ in range(5):
        await desk.services.watch.look()
        await desk.index_all()

    assert [kind for kind, _ in await desk.events()] == ["recording.damaged"]


async def test_a_reader_that_breaks_leaves_a_damaged_row(
    desk: Desk, sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("pilothouse.hub.recordings.service.indexing.indexing.open_recording", explode)
    write_flight(sessions / "x_1.mcap", seconds=1)
    await desk.look_twice()
    await desk.index_all()

    assert (await desk.get("x_1")).damage == "reading the file failed: RuntimeError"


async def test_indexing_twice_is_indexing_once(desk: Desk, sessions: Path) -> None:
    write_flight(sessions / "x_1.mcap", seconds=1)
    await desk.look_twice()
    await desk.index_all()
    await desk.index_all()

    assert await desk.events() == [("recording.indexed", "x_1")]


async def test_two_workers_that_index_one_file_at_once_tell_it_once(desk: Desk, sessions: Path) -> None:
    write_flight(sessions / "x_1.mcap", seconds=1)
    await desk.look_twice()
    await asyncio.gather(*(desk.services.indexing.index("x_1") for _ in range(4)))

    assert await desk.events() == [("recording.indexed", "x_1")]


async def test_a_file_that_vanishes_before_it_is_read_does_no_harm(desk: Desk, sessions: Path) -> None:
    write_flight(sessions / "x_1.mcap", seconds=1)
    await desk.look_twice()
    (sessions / "x_1.mcap").unlink()
    await desk.index_all()

    assert (await desk.get("x_1")).state == RecordingState.INDEXING
    await desk.look_twice()
    with pytest.raises(UnknownRecording):
        await desk.get("x_1")


async def test_a_file_that_changes_while_it_is_read_is_read_again(
    desk: Desk, sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_flight(sessions / "x_1.mcap", seconds=1)
    await desk.look_twice()
    (sessions / "x_1.mcap").unlink()
    second = write_flight(sessions / "x_1.mcap", seconds=2)
    await desk.index_all()
    assert (await desk.get("x_1")).state == RecordingState.INDEXING

    await desk.look_twice()
    await desk.index_all()

    assert (await desk.get("x_1")).sha256 == second.sha256


@pytest.mark.parametrize(
    "name", ["two words.mcap", "fl\u00fcg \U0001f680.mcap", "n" * 250 + ".mcap", "UP.MCAP", "100%.mcap"]
)
async def test_a_name_that_is_no_id_is_indexed_under_a_safe_one(desk: Desk, sessions: Path, name: str) -> None:
    write_flight(sessions / "x.mcap", seconds=1)
    (sessions / "x.mcap").rename(sessions / name)
    await desk.look_twice()
    await desk.index_all()

    (recording,) = (await desk.list()).sessions

    assert recording.state == RecordingState.OK
    async with desk.hub.database.reading() as session:
        content = await desk.services.recordings.content_of(session, recording.session_id, only_robot=None)
    with content.open() as file:
        assert file.read() == (sessions / name).read_bytes()


async def test_a_name_that_is_not_utf8_is_indexed(desk: Desk, sessions: Path) -> None:
    write_flight(sessions / "x.mcap", seconds=1)
    os.rename(os.fsencode(sessions / "x.mcap"), os.fsencode(sessions) + b"/\xff_1.mcap")  # noqa: PTH104
    await desk.look_twice()
    await desk.index_all()
    await desk.look_twice()

    assert [one.state for one in (await desk.list()).sessions] == [RecordingState.OK]


def _same_disk(directory: Path) -> bool:
    return directory.stat().st_dev == drone_flight().stat().st_dev


def _copy(source: Path, directory: Path) -> None:
    (directory / source.name).write_bytes(source.read_bytes())

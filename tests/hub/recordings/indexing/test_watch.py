"""The index stays true to the directory."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from pilothouse.hub.composition import Hub
from pilothouse.hub.recordings.domain.problems import UnknownRecording
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.service import SessionFiles
from pilothouse.kit.errors import BadConfiguration
from pilothouse.wire import NewAnnotation, RecordingState
from tests.hub.recordings.conftest import built
from tests.support.deliveries import Desk
from tests.support.flights import write_flight

pytestmark = pytest.mark.anyio


async def ids(desk: Desk) -> list[str]:
    return sorted(recording.session_id for recording in (await desk.list()).sessions)


async def test_a_growing_file_waits_until_it_stands_still(desk: Desk, sessions: Path) -> None:
    growing = sessions / "x_1.mcap"
    for size in (1, 2, 3):
        growing.write_bytes(b"x" * size)
        await desk.services.watch.look()
    assert await ids(desk) == []

    await desk.services.watch.look()

    assert await ids(desk) == ["x_1"]


async def test_what_is_no_finished_recording_is_ignored(desk: Desk, sessions: Path, tmp_path: Path) -> None:
    write_flight(tmp_path / "elsewhere.mcap", seconds=1)
    (sessions / "x.mcap.active").write_bytes(b"x")
    (sessions / ".hidden.mcap").write_bytes(b"x")
    (sessions / "notes.txt").write_bytes(b"x")
    (sessions / "directory.mcap").mkdir()
    (sessions / "link.mcap").symlink_to(tmp_path / "elsewhere.mcap")
    (sessions / "nowhere.mcap").symlink_to("gone")
    os.mkfifo(sessions / "pipe.mcap")
    await desk.look_twice()

    assert await ids(desk) == []


async def test_a_replaced_file_is_indexed_again_and_keeps_its_annotations(desk: Desk, sessions: Path) -> None:
    write_flight(sessions / "x_1.mcap", seconds=1)
    await desk.look_twice()
    await desk.index_all()
    await annotate(desk, "x_1")
    second = write_flight(sessions / "y.mcap", seconds=2)
    (sessions / "y.mcap").replace(sessions / "x_1.mcap")
    await desk.look_twice()
    await desk.index_all()

    recording = await desk.get("x_1")

    assert (recording.sha256, recording.annotation_count) == (second.sha256, 1)
    assert await ids(desk) == ["x_1"]


async def test_a_recording_goes_with_its_file_and_its_annotations_come_back_with_it(desk: Desk, sessions: Path) -> None:
    write_flight(sessions / "x_1.mcap", seconds=1)
    await desk.look_twice()
    await annotate(desk, "x_1")
    (sessions / "x_1.mcap").rename(sessions / "x_1.away")
    await desk.look_twice()
    with pytest.raises(UnknownRecording):
        await desk.get("x_1")
    assert ("recording.deleted", "x_1") in await desk.events()

    (sessions / "x_1.away").rename(sessions / "x_1.mcap")
    await desk.look_twice()

    assert (await desk.get("x_1")).annotation_count == 1


async def test_a_new_start_finds_what_changed_while_the_hub_was_down(
    desk: Desk, sessions: Path, quiet_hub: Hub
) -> None:
    for name in ("gone_1", "changed_1", "same_1"):
        write_flight(sessions / f"{name}.mcap", seconds=1)
    await desk.look_twice()
    await desk.index_all()
    (sessions / "gone_1.mcap").unlink()
    (sessions / "changed_1.mcap").write_bytes(b"broken")
    write_flight(sessions / "new_1.mcap", seconds=1)

    again = Desk(quiet_hub, built(quiet_hub))
    await again.look_twice()
    await again.index_all()

    assert await ids(again) == ["changed_1", "new_1", "same_1"]
    assert (await again.get("changed_1")).state == RecordingState.DAMAGED


async def test_a_directory_that_cannot_be_read_removes_nothing(desk: Desk, sessions: Path) -> None:
    write_flight(sessions / "x_1.mcap", seconds=1)
    await desk.look_twice()
    sessions.rename(sessions.with_name("unmounted"))
    with pytest.raises(FileNotFoundError):
        await desk.services.watch.look()

    assert await ids(desk) == ["x_1"]


async def test_two_files_that_claim_one_id_leave_the_first_in_peace(desk: Desk, sessions: Path) -> None:
    (sessions / "two words.mcap").write_bytes(b"first")
    await desk.look_twice()
    (derived,) = await ids(desk)
    (sessions / f"{derived}.mcap").write_bytes(b"second")
    await desk.look_twice()
    await desk.look_twice()

    assert (await desk.get(derived)).size_bytes == len(b"first")


async def test_a_row_that_appeared_meanwhile_with_another_version_of_the_file_is_brought_up_to_date(
    desk: Desk, sessions: Path, quiet_hub: Hub
) -> None:
    (sessions / "x_1.mcap").write_bytes(b"first")
    await desk.services.watch.look()
    other = Desk(quiet_hub, built(quiet_hub))
    await other.look_twice()
    (sessions / "x_1.mcap").write_bytes(b"second, longer")
    await desk.look_twice()

    assert (await desk.get("x_1")).size_bytes == len(b"second, longer")


async def test_a_rescan_finds_and_reads_everything_at_once(desk: Desk, sessions: Path) -> None:
    write_flight(sessions / "good_1.mcap", seconds=1)
    (sessions / "bad_1.mcap").write_bytes(b"bad")

    first = await desk.services.watch.rescan()
    second = await desk.services.watch.rescan()

    assert first.model_dump() == {
        "added": 2,
        "updated": 0,
        "removed": 0,
        "damaged": 1,
        "waiting": 0,
        "session_count": 2,
    }
    assert (second.added, second.updated, second.removed, second.session_count) == (0, 0, 0, 2)
    assert (await desk.get("good_1")).state == RecordingState.OK


async def test_a_rescan_counts_what_changed_and_what_is_gone(desk: Desk, sessions: Path) -> None:
    for name in ("gone_1", "changed_1"):
        write_flight(sessions / f"{name}.mcap", seconds=1)
    await desk.services.watch.rescan()
    (sessions / "gone_1.mcap").unlink()
    (sessions / "changed_1.mcap").write_bytes(b"broken")

    scanned = await desk.services.watch.rescan()

    assert (scanned.added, scanned.updated, scanned.removed, scanned.damaged) == (0, 1, 1, 1)


async def test_a_rescan_tries_a_damaged_file_again(desk: Desk, sessions: Path, quiet_hub: Hub) -> None:
    class Unreadable(SessionFiles):
        def sha256(self, name: str) -> str:
            raise PermissionError(13, "Permission denied")

    write_flight(sessions / "x_1.mcap", seconds=1)
    locked = Desk(quiet_hub, built(quiet_hub, files=Unreadable(sessions)))
    await locked.services.watch.rescan()
    assert (await desk.get("x_1")).damage == "the file cannot be read: Permission denied"

    scanned = await Desk(quiet_hub, built(quiet_hub)).services.watch.rescan()

    assert scanned.damaged == 0


async def test_a_damaged_file_found_as_before_is_not_told_again(desk: Desk, sessions: Path) -> None:
    (sessions / "bad_1.mcap").write_bytes(b"bad")
    await desk.services.watch.rescan()
    await desk.services.watch.rescan()

    assert await desk.events() == [("recording.damaged", "bad_1")]
    assert (await desk.get("bad_1")).state == RecordingState.DAMAGED


async def test_a_directory_that_cannot_be_read_is_said_once_and_so_is_its_return(
    quiet_hub: Hub, sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Flaky(SessionFiles):
        looks = 0

        def look(self) -> dict[str, Sighting]:
            self.looks += 1
            if self.looks in (2, 3, 4):
                raise PermissionError(13, "Permission denied")
            return super().look()

    monkeypatch.setattr("pilothouse.hub.recordings.service.storage.store.LocalSessions.look_every_s", 0.0)
    said = Listening()
    monkeypatch.setattr("pilothouse.hub.recordings.service.indexing.watch.log", said)
    files = Flaky(sessions)
    running = asyncio.create_task(built(quiet_hub, files=files).watch.run())
    async with asyncio.timeout(20):
        while files.looks < 8:
            await asyncio.sleep(0)
    running.cancel()

    assert said.lines == ["the sessions directory cannot be watched", "the sessions directory is watched again"]


async def test_the_cap_is_kept_without_anybody_asking(
    quiet_hub: Hub, sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pilothouse.hub.recordings.service.storage.store.LocalSessions.look_every_s", 0.0)
    hub = replace(quiet_hub, settings=quiet_hub.settings.model_copy(update={"max_disk_mb": 1}))
    services = built(hub)
    for hour in (1, 2):
        (sessions / f"arm_20260512T0{hour}0000Z.mcap").write_bytes(bytes(700_000))
    running = asyncio.create_task(services.watch.run())
    async with asyncio.timeout(20):
        while len(list(sessions.iterdir())) > 1:
            await asyncio.sleep(0)
    running.cancel()

    assert [path.name for path in sessions.iterdir()] == ["arm_20260512T020000Z.mcap"]


async def test_a_data_directory_that_cannot_be_used_is_a_configuration_error(quiet_hub: Hub, sessions: Path) -> None:
    sessions.rmdir()
    sessions.write_text("in the way")
    with pytest.raises(BadConfiguration, match="sessions"):
        built(quiet_hub)


class Listening:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, line: str, **_facts: object) -> None:
        self.lines.append(line)

    error = info


async def annotate(desk: Desk, session_id: str) -> None:
    async with desk.hub.database.transaction() as session:
        new = NewAnnotation(time_ns=1, body="look")
        await desk.services.annotations.create(session, session_id, new, only_robot=None)

"""Deliveries, and every point at which one can be cut."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from pilothouse.hub.composition import Hub, compose
from pilothouse.hub.identity import OtherRobot
from pilothouse.hub.recordings.domain.problems import (
    BadUpload,
    BytesBeyondLength,
    ChunkChecksumMismatch,
    ContentChecksumMismatch,
    ContentDiffers,
    OffsetMismatch,
    SenderGone,
    StorageFull,
    UnknownUpload,
    UploadLocked,
)
from pilothouse.hub.recordings.domain.tus import Announced, Chunk
from pilothouse.hub.recordings.service import Partials, SessionFiles
from pilothouse.hub.recordings.service.storage.partial import Partial
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import ManualClock
from pilothouse.wire import RecordingState, UploadMetadata
from tests.hub.recordings.conftest import built, quiet
from tests.hub.recordings.indexing.test_watch import annotate
from tests.support.deliveries import SESSION_ID, Desk, metadata_of, pieces

pytestmark = pytest.mark.anyio

CONTENT = bytes(range(256)) * 100


class KilledHere(Exception):
    """Stands for the process dying at this point."""


@pytest.fixture
def partials(hub_settings: HubSettings, desk: Desk) -> Path:
    return hub_settings.data / "uploads"


async def test_a_delivered_file_is_in_its_place_and_in_the_index(desk: Desk, sessions: Path, partials: Path) -> None:
    progress = await desk.deliver(CONTENT)

    assert progress.completed
    assert (sessions / f"{SESSION_ID}.mcap").read_bytes() == CONTENT
    assert list(partials.iterdir()) == []
    recording = await desk.get()
    assert (recording.state, recording.sha256) == (RecordingState.INDEXING, metadata_of(CONTENT).sha256)


async def test_a_delivery_in_pieces_continues_where_it_was(desk: Desk, sessions: Path) -> None:
    progress = await desk.create(CONTENT)
    progress = await desk.send(progress, CONTENT[:1000])
    progress = await desk.progress(progress)
    assert progress.received == 1000

    await desk.send(progress, CONTENT[1000:5000], CONTENT[5000:], offset=1000)

    assert (sessions / f"{SESSION_ID}.mcap").read_bytes() == CONTENT


async def test_a_cut_keeps_the_bytes_that_came(desk: Desk) -> None:
    progress = await desk.create(CONTENT)
    with pytest.raises(SenderGone):
        await desk.services.uploads.receive(progress.upload_id, Chunk(0), cut_after(CONTENT[:700]), only_robot=None)

    assert (await desk.progress(progress)).received == 700


async def test_a_cut_of_a_chunk_with_a_checksum_keeps_none(desk: Desk) -> None:
    progress = await desk.create(CONTENT)
    chunk = Chunk(0, None, "sha1", b"whatever")
    with pytest.raises(SenderGone):
        await desk.services.uploads.receive(progress.upload_id, chunk, cut_after(CONTENT[:700]), only_robot=None)

    assert (await desk.progress(progress)).received == 0


async def test_a_chunk_with_a_wrong_checksum_leaves_the_offset(desk: Desk) -> None:
    progress = await desk.create(CONTENT)
    chunk = Chunk(0, None, "sha1", hashlib.sha1(b"other").digest())
    with pytest.raises(ChunkChecksumMismatch):
        await desk.services.uploads.receive(progress.upload_id, chunk, pieces(CONTENT), only_robot=None)

    assert (await desk.progress(progress)).received == 0


async def test_content_that_is_not_what_was_announced_begins_again(desk: Desk, sessions: Path) -> None:
    progress = await desk.create(CONTENT)
    with pytest.raises(ContentChecksumMismatch):
        await desk.send(progress, bytes(len(CONTENT)))
    assert (await desk.progress(progress)).received == 0
    assert list(sessions.iterdir()) == []

    assert (await desk.send(progress, CONTENT)).completed


@pytest.mark.parametrize("offset", [1, len(CONTENT), 10**15])
async def test_a_chunk_at_another_offset_is_refused(desk: Desk, offset: int) -> None:
    progress = await desk.create(CONTENT)
    with pytest.raises(OffsetMismatch):
        await desk.send(progress, b"x", offset=offset)


async def test_bytes_beyond_the_length_are_refused_and_the_rest_can_still_come(desk: Desk) -> None:
    progress = await desk.create(CONTENT)
    with pytest.raises(BytesBeyondLength):
        await desk.send(progress, CONTENT, b"more")

    assert (await desk.send(progress, CONTENT)).completed


async def test_an_empty_file_is_delivered_by_its_creation(desk: Desk, sessions: Path) -> None:
    assert (await desk.create(b"")).completed
    assert (sessions / f"{SESSION_ID}.mcap").read_bytes() == b""
    await desk.index_all()
    assert (await desk.get()).state == RecordingState.DAMAGED


async def test_the_same_delivery_again_is_a_success_without_a_second_row(desk: Desk) -> None:
    first = await desk.deliver(CONTENT)
    second = await desk.create(CONTENT)

    assert second.completed
    assert second.upload_id == first.upload_id
    assert (await desk.send(second, offset=len(CONTENT))).completed
    assert (await desk.list()).total == 1


async def test_a_recording_that_came_another_way_need_not_be_sent(desk: Desk, sessions: Path) -> None:
    (sessions / f"{SESSION_ID}.mcap").write_bytes(CONTENT)

    assert (await desk.create(CONTENT)).completed
    assert (await desk.list()).total == 1


async def test_the_same_id_with_other_content_is_refused(desk: Desk, sessions: Path) -> None:
    await desk.deliver(CONTENT)
    with pytest.raises(ContentDiffers):
        await desk.create(b"other")
    (sessions / "dropped_1.mcap").write_bytes(b"dropped")
    with pytest.raises(ContentDiffers):
        await desk.create(b"other", "dropped_1")


async def test_two_contents_for_one_id_cannot_be_under_way_at_once(desk: Desk) -> None:
    await desk.create(CONTENT)
    with pytest.raises(ContentDiffers):
        await desk.create(b"other")


async def test_one_content_has_one_length(desk: Desk) -> None:
    await desk.create(CONTENT)
    with pytest.raises(BadUpload):
        await desk.services.uploads.create(Announced(metadata_of(CONTENT), 7), only_robot=None)


async def test_many_creations_at_once_find_one_upload(desk: Desk) -> None:
    found = await asyncio.gather(*(desk.create(CONTENT) for _ in range(8)))

    assert len({progress.upload_id for progress in found}) == 1


async def test_many_deliveries_at_once_make_one_recording(desk: Desk, sessions: Path) -> None:
    async def deliver() -> bool:
        try:
            return (await desk.deliver(CONTENT)).completed
        except (UploadLocked, OffsetMismatch):
            return False

    finished = await asyncio.gather(*(deliver() for _ in range(8)))

    assert any(finished)
    assert [path.name for path in sessions.iterdir()] == [f"{SESSION_ID}.mcap"]
    assert (await desk.list()).total == 1


async def test_an_upload_has_one_writer(desk: Desk) -> None:
    progress = await desk.create(CONTENT)
    has_begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT[:10]
        has_begun.set()
        await may_end.wait()
        yield CONTENT[10:]

    first = asyncio.create_task(desk.services.uploads.receive(progress.upload_id, Chunk(0), slow(), only_robot=None))
    await has_begun.wait()
    with pytest.raises(UploadLocked):
        await desk.send(progress, CONTENT)
    with pytest.raises(UploadLocked):
        await desk.services.uploads.terminate(progress.upload_id, only_robot=None)
    may_end.set()

    assert (await first).completed


async def test_a_terminated_upload_is_gone_and_can_be_begun_again(desk: Desk, partials: Path) -> None:
    progress = await desk.create(CONTENT)
    await desk.send(progress, CONTENT[:10])
    await desk.services.uploads.terminate(progress.upload_id, only_robot=None)

    with pytest.raises(UnknownUpload):
        await desk.progress(progress)
    with pytest.raises(UnknownUpload):
        await desk.send(progress, CONTENT)
    assert list(partials.iterdir()) == []
    assert (await desk.deliver(CONTENT)).completed


async def test_terminating_a_completed_upload_leaves_the_recording(desk: Desk, sessions: Path) -> None:
    progress = await desk.deliver(CONTENT)
    await desk.services.uploads.terminate(progress.upload_id, only_robot=None)

    assert (sessions / f"{SESSION_ID}.mcap").exists()
    assert (await desk.list()).total == 1


async def test_a_delivery_never_touches_annotations(desk: Desk, sessions: Path) -> None:
    await desk.deliver(CONTENT)
    await annotate(desk, SESSION_ID)
    await desk.create(CONTENT)
    (sessions / f"{SESSION_ID}.mcap").unlink()
    await desk.look_twice()
    await desk.deliver(CONTENT)

    assert (await desk.get()).annotation_count == 1


async def test_a_recording_swept_away_can_be_delivered_again(desk: Desk, sessions: Path) -> None:
    await desk.deliver(CONTENT)
    (sessions / f"{SESSION_ID}.mcap").unlink()
    await desk.look_twice()

    assert not (await desk.create(CONTENT)).completed
    assert (await desk.deliver(CONTENT)).completed


async def test_a_robot_delivers_only_its_own(desk: Desk) -> None:
    mine = await desk.create(CONTENT, only_robot="arm")
    with pytest.raises(OtherRobot):
        await desk.create(CONTENT, "leg_20260512T084230Z", only_robot="arm")
    told = UploadMetadata(session_id=SESSION_ID, sha256="0" * 64, robot_id="leg")
    with pytest.raises(OtherRobot):
        await desk.services.uploads.create(Announced(told, 1), only_robot="arm")
    with pytest.raises(UnknownUpload):
        await desk.services.uploads.progress(mine.upload_id, only_robot="leg")


async def test_who_delivers_with_its_own_credential_wins_over_what_the_file_says(desk: Desk) -> None:
    await desk.create(b"", only_robot="arm")
    await desk.index_all()

    assert (await desk.get()).robot_id == "arm"


async def test_an_expired_upload_leaves_the_disk(hub_settings: HubSettings) -> None:
    clock = ManualClock()
    hub = quiet(compose(hub_settings, clock=clock))
    desk = Desk(hub, built(hub))
    old = await desk.create(CONTENT, "old_1")
    await desk.send(old, CONTENT[:10])
    clock.advance(timedelta(days=6).total_seconds())
    young = await desk.create(CONTENT, "young_1")
    await desk.send(young, CONTENT[:10])
    clock.advance(timedelta(days=2).total_seconds())

    dropped = await desk.services.uploads.tidy()

    assert dropped == 1
    with pytest.raises(UnknownUpload):
        await desk.progress(old)
    assert (await desk.progress(young)).received == 10
    assert len(list((hub_settings.data / "uploads").iterdir())) == 1
    await hub.database.close()


async def test_files_of_no_upload_are_tidied_away(desk: Desk, partials: Path) -> None:
    under_way = await desk.create(CONTENT)
    await desk.send(under_way, CONTENT[:10])
    (partials / "upl_gone.part").write_bytes(b"x")
    await desk.services.uploads.tidy()

    assert [path.stem for path in partials.iterdir()] == [under_way.upload_id]


# Crashes: each test kills the hub between two steps, starts another on the same disk, and lets the robot go on as
# tus asks it to: HEAD, then PATCH from there.


async def resume(desk: Desk, content: bytes = CONTENT) -> None:
    """What a robot does after a cut."""
    progress = await desk.create(content)
    if not progress.completed:
        await desk.send(progress, content[progress.received :], offset=progress.received)


async def one_whole_recording(desk: Desk, sessions: Path, partials: Path) -> None:
    await desk.look_twice()
    assert (sessions / f"{SESSION_ID}.mcap").read_bytes() == CONTENT
    assert [path.name for path in sessions.iterdir()] == [f"{SESSION_ID}.mcap"]
    assert (await desk.list()).total == 1
    await desk.services.uploads.tidy()
    assert list(partials.iterdir()) == []


class DiesAfterWriting(Partials):
    def open(self, upload_id: str) -> Partial:
        class Dies(Partial):
            def sync(self) -> None:
                raise KilledHere

        return Dies(self.path(upload_id))


class DiesBeforePlacing(Partials):
    def place(self, partial: Partial, sha256: str, files: SessionFiles, name: str) -> None:
        raise KilledHere


class DiesAfterPlacing(Partials):
    def place(self, partial: Partial, sha256: str, files: SessionFiles, name: str) -> None:
        super().place(partial, sha256, files, name)
        raise KilledHere


class DiesWhilePlacing(SessionFiles):
    """Linked under its final name, not yet removed under the old one."""

    def sync(self) -> None:
        raise KilledHere


@pytest.mark.parametrize("fake", [DiesAfterWriting, DiesBeforePlacing, DiesAfterPlacing, DiesWhilePlacing])
async def test_a_hub_killed_at_any_step_loses_nothing_and_leaves_nothing_twice(
    fake: type, quiet_hub: Hub, desk: Desk, sessions: Path, partials: Path
) -> None:
    place = {"files": fake(sessions)} if issubclass(fake, SessionFiles) else {"partials": fake(partials)}
    dying = Desk(quiet_hub, built(quiet_hub, **place))
    with pytest.raises(KilledHere):
        await dying.deliver(CONTENT)

    await resume(desk)

    await one_whole_recording(desk, sessions, partials)


@pytest.mark.parametrize("fake", [DiesAfterPlacing, DiesWhilePlacing])
async def test_a_file_whose_row_is_missing_is_found_by_the_next_start_even_if_the_robot_never_comes_back(
    fake: type, quiet_hub: Hub, desk: Desk, sessions: Path, partials: Path
) -> None:
    place = {"files": fake(sessions)} if issubclass(fake, SessionFiles) else {"partials": fake(partials)}
    dying = Desk(quiet_hub, built(quiet_hub, **place))
    with pytest.raises(KilledHere):
        await dying.deliver(CONTENT)

    await desk.look_twice()
    assert (await desk.list()).total == 1

    await resume(desk)
    await one_whole_recording(desk, sessions, partials)


async def test_a_head_alone_completes_an_upload_that_was_cut_in_its_last_step(
    quiet_hub: Hub, desk: Desk, partials: Path
) -> None:
    dying = Desk(quiet_hub, built(quiet_hub, partials=DiesAfterPlacing(partials)))
    progress = await dying.create(CONTENT)
    with pytest.raises(KilledHere):
        await dying.send(progress, CONTENT)

    assert (await desk.progress(progress)).completed
    assert (await desk.list()).total == 1


async def test_bytes_on_disk_that_were_never_acknowledged_are_not_counted(desk: Desk, partials: Path) -> None:
    progress = await desk.create(CONTENT)
    await desk.send(progress, CONTENT[:10])
    with (partials / f"{progress.upload_id}.part").open("ab") as torn:
        torn.write(b"bytes a power cut left behind")

    assert (await desk.progress(progress)).received == 10
    assert (await desk.send(progress, CONTENT[10:], offset=10)).completed


async def test_a_partial_file_that_got_lost_is_asked_for_again(desk: Desk, partials: Path) -> None:
    progress = await desk.create(CONTENT)
    await desk.send(progress, CONTENT[:10])
    (partials / f"{progress.upload_id}.part").unlink()

    assert (await desk.progress(progress)).received == 0
    assert (await desk.send(progress, CONTENT)).completed


async def test_a_file_dropped_under_the_same_name_meanwhile_is_never_overwritten(desk: Desk, sessions: Path) -> None:
    progress = await desk.create(CONTENT)
    (sessions / f"{SESSION_ID}.mcap").write_bytes(b"dropped")
    with pytest.raises(ContentDiffers):
        await desk.send(progress, CONTENT)

    assert (sessions / f"{SESSION_ID}.mcap").read_bytes() == b"dropped"


async def test_a_full_disk_is_said_clearly_and_what_was_acknowledged_stays(
    quiet_hub: Hub, desk: Desk, partials: Path
) -> None:
    class Full(Partial):
        def write(self, offset: int, content: bytes | bytearray) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    class OnFullDisk(Partials):
        def open(self, upload_id: str) -> Partial:
            return Full(self.path(upload_id))

    progress = await desk.create(CONTENT)
    await desk.send(progress, CONTENT[:10])
    full = Desk(quiet_hub, built(quiet_hub, partials=OnFullDisk(partials)))
    with pytest.raises(StorageFull):
        await full.send(progress, CONTENT[10:], offset=10)

    assert (await desk.progress(progress)).received == 10


async def test_where_links_are_not_possible_the_file_is_copied(
    desk: Desk, sessions: Path, partials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def across_disks(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr("os.link", across_disks)
    await desk.deliver(CONTENT)

    await one_whole_recording(desk, sessions, partials)


async def test_a_cancelled_request_waits_for_its_thread_before_it_closes_the_file(
    quiet_hub: Hub, desk: Desk, partials: Path
) -> None:
    has_begun, may_end, order = threading.Event(), threading.Event(), list[str]()

    class Slow(Partial):
        def write(self, offset: int, content: bytes | bytearray) -> None:
            has_begun.set()
            may_end.wait(20)
            super().write(offset, content)
            order.append("written")

        def __exit__(self, *_: object) -> None:
            order.append("closed")
            super().__exit__()

    class OnSlowDisk(Partials):
        def open(self, upload_id: str) -> Partial:
            return Slow(self.path(upload_id))

    slow = Desk(quiet_hub, built(quiet_hub, partials=OnSlowDisk(partials)))
    progress = await slow.create(CONTENT)
    sending = asyncio.create_task(slow.send(progress, CONTENT))
    await asyncio.to_thread(has_begun.wait, 20)
    sending.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert order == ["written", "closed"]
    assert (await desk.progress(progress)).received == 0


async def cut_after(content: bytes) -> AsyncIterator[bytes]:
    yield content
    raise SenderGone

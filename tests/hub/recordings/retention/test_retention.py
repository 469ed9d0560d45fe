"""Sweeping, and crashes in the middle of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse.hub.composition import Hub, compose
from pilothouse.hub.recordings.service import SessionFiles
from pilothouse.hub.settings import HubSettings
from tests.hub.recordings.conftest import built, quiet
from tests.hub.recordings.indexing.test_watch import annotate
from tests.support.deliveries import Desk

pytestmark = pytest.mark.anyio
MIB = 1 << 20


@pytest.fixture
def hub_settings(database_address: str, tmp_path: Path) -> HubSettings:
    return HubSettings(data=tmp_path / "data", database_url=database_address, port=0, max_disk_mb=3, lab_worker=False)


@pytest.fixture
async def five(desk: Desk, sessions: Path) -> Desk:
    """Five recordings of 1 MiB, in the order of their names; the cap is 3 MiB."""
    for hour in range(1, 6):
        (sessions / f"arm_20260512T0{hour}0000Z.mcap").write_bytes(bytes([hour]) * MIB)
    await desk.look_twice()
    return desk


async def test_a_sweep_deletes_the_oldest_files_and_rows(five: Desk, sessions: Path) -> None:
    swept = await five.services.retention.sweep()

    assert swept.model_dump() == {
        "deleted_ids": ["arm_20260512T010000Z", "arm_20260512T020000Z"],
        "bytes_freed": 2 * MIB,
        "bytes_after": 3 * MIB,
        "cap_bytes": 3 * MIB,
    }
    assert len(list(sessions.iterdir())) == (await five.list()).total == 3
    assert await five.events() == [
        ("recording.deleted", "arm_20260512T010000Z"),
        ("recording.deleted", "arm_20260512T020000Z"),
    ]


async def test_a_preview_names_what_a_sweep_would_delete_and_deletes_nothing(five: Desk, sessions: Path) -> None:
    await annotate(five, "arm_20260512T010000Z")

    plan = await five.services.retention.preview()

    assert [(one.session_id, one.size_bytes) for one in plan.items] == [
        ("arm_20260512T020000Z", MIB),
        ("arm_20260512T030000Z", MIB),
    ]
    assert (plan.total, plan.bytes_freed, plan.bytes_after, plan.cap_bytes) == (2, 2 * MIB, 3 * MIB, 3 * MIB)
    assert len(list(sessions.iterdir())) == (await five.list()).total == 5
    swept = await five.services.retention.sweep()
    assert swept.deleted_ids == [one.session_id for one in plan.items]


async def test_annotated_recordings_go_last(five: Desk) -> None:
    await annotate(five, "arm_20260512T010000Z")

    swept = await five.services.retention.sweep()

    assert swept.deleted_ids == ["arm_20260512T020000Z", "arm_20260512T030000Z"]


async def test_without_a_cap_a_sweep_deletes_nothing(five: Desk, hub_settings: HubSettings) -> None:
    uncapped = quiet(compose(hub_settings.model_copy(update={"max_disk_mb": 0})))
    swept = await built(uncapped).retention.sweep()
    await uncapped.database.close()

    assert swept.model_dump() == {"deleted_ids": [], "bytes_freed": 0, "bytes_after": 5 * MIB, "cap_bytes": 0}


async def test_a_crash_after_the_files_and_before_the_rows_is_repaired(
    five: Desk, sessions: Path, quiet_hub: Hub
) -> None:
    class Dies(SessionFiles):
        def sync(self) -> None:
            raise KilledHere

    with pytest.raises(KilledHere):
        await built(quiet_hub, files=Dies(sessions)).retention.sweep()
    assert (await five.list()).total == 5

    restarted = Desk(quiet_hub, built(quiet_hub))
    await restarted.look_twice()

    assert (await restarted.list()).total == len(list(sessions.iterdir())) == 3
    assert [kind for kind, _ in await restarted.events()] == ["recording.deleted"] * 2


async def test_a_file_replaced_since_it_was_indexed_is_spared(five: Desk, sessions: Path) -> None:
    (sessions / "arm_20260512T010000Z.mcap").write_bytes(b"new evidence")

    swept = await five.services.retention.sweep()

    assert swept.deleted_ids == ["arm_20260512T020000Z"]
    assert (sessions / "arm_20260512T010000Z.mcap").read_bytes() == b"new evidence"


async def test_whoever_reads_a_recording_reads_it_to_the_end(five: Desk, sessions: Path) -> None:
    with (sessions / "arm_20260512T010000Z.mcap").open("rb") as reading:
        reading.read(10)
        await five.services.retention.sweep()

        assert len(reading.read()) == MIB - 10


class KilledHere(Exception):
    """Stands for the process dying at this point."""

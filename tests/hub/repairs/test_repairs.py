"""Damaged recordings become whole ones, on request."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcap.reader import make_reader
from sqlalchemy import insert

from pilothouse.hub.composition import Hub
from pilothouse.hub.repairs.domain import RepairState, recovered_id
from pilothouse.hub.repairs.models import RepairRow
from pilothouse.kit.clock import at
from pilothouse.mcap import open_recording, verify
from tests.support.flights import saying, write_messages

pytestmark = pytest.mark.anyio

ID = "ada_20260101T000001Z"


@pytest.fixture
def file(hub: Hub) -> Path:
    """A recording of a hundred messages in several chunks, in the watched directory."""
    path = hub.settings.data / "sessions" / f"{ID}.mcap"
    write_messages(path, saying("/speed", [{"v": 1.0, "pad": "x" * 200}] * 100), chunk_bytes=2_000)
    return path


async def test_what_is_readable_of_a_damaged_recording_becomes_one_of_its_own(
    client: httpx2.AsyncClient, hub: Hub, file: Path
) -> None:
    damaged = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(damaged)
    await _indexed(client, ID, "damaged")

    asked = await client.post(f"/api/v1/recordings/{ID}/repair")

    assert asked.status_code == 202, asked.text
    repair = await _over(client, ID)
    assert (repair["state"], repair["recovered_id"]) == ("recovered", f"{ID}-recovered")
    assert repair["problem"]
    made = await _indexed(client, f"{ID}-recovered", "ok")
    assert made["robot_id"] == "ada"
    assert 0 < made["message_count"] == repair["message_count"] < 100
    path = hub.settings.data / "sessions" / f"{ID}-recovered.mcap"
    assert verify(path).ok
    with open_recording(path) as recording:
        assert recording.summary().metadata["recovered"] == {"from": ID}
    assert file.read_bytes() == damaged
    assert (await client.get(f"/api/v1/recordings/{ID}-recovered/repair")).json()["code"] == "no_repair"


async def test_a_repair_asked_for_again_is_one_recording(client: httpx2.AsyncClient, hub: Hub, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-500])
    await _indexed(client, ID, "damaged")

    for _ in range(2):
        await client.post(f"/api/v1/recordings/{ID}/repair")
        assert (await _over(client, ID))["state"] == "recovered"

    assert (await client.get("/api/sessions")).json()["total"] == 2
    assert not list((hub.settings.data / "repairs").iterdir())
    assert not list((hub.settings.data / "uploads").iterdir())


async def test_a_recording_that_looks_whole_is_read_to_its_end(client: httpx2.AsyncClient, file: Path) -> None:
    await _indexed(client, ID, "ok")

    await client.post(f"/api/v1/recordings/{ID}/repair")

    repair = await _over(client, ID)
    assert (repair["state"], repair["message_count"], repair["recovered_id"]) == ("whole", 100, None)


async def test_damage_behind_a_good_summary_is_found(client: httpx2.AsyncClient, file: Path) -> None:
    content = bytearray(file.read_bytes())
    with file.open("rb") as opened:
        summary = make_reader(opened).get_summary()
    assert summary is not None
    inside = summary.chunk_indexes[1].chunk_start_offset + 60
    content[inside : inside + 40] = bytes(40)
    file.write_bytes(content)
    await _indexed(client, ID, "ok")

    await client.post(f"/api/v1/recordings/{ID}/repair")

    repair = await _over(client, ID)
    assert repair["state"] == "recovered"
    assert 0 < repair["message_count"] < 100


async def test_what_holds_nothing_readable_says_so(client: httpx2.AsyncClient, file: Path) -> None:
    file.write_bytes(b"\x89MCAP0\r\n" + b"\0" * 1_000)
    await _indexed(client, ID, "damaged")

    await client.post(f"/api/v1/recordings/{ID}/repair")

    repair = await _over(client, ID)
    assert (repair["state"], repair["recovered_id"]) == ("failed", None)
    assert repair["problem"]
    assert (await client.get("/api/sessions")).json()["total"] == 1


async def test_what_is_unknown_or_was_never_asked_for_is_not_there(client: httpx2.AsyncClient, file: Path) -> None:
    await _indexed(client, ID, "ok")

    assert (await client.post("/api/v1/recordings/nobody_1/repair")).json()["code"] == "unknown_recording"
    assert (await client.get(f"/api/v1/recordings/{ID}/repair")).json()["code"] == "no_repair"


async def test_a_repair_that_a_killed_hub_left_behind_is_found_by_the_next(
    client: httpx2.AsyncClient, hub: Hub, file: Path
) -> None:
    await _indexed(client, ID, "ok")
    async with hub.database.transaction() as session:
        row = {"session_id": ID, "state": RepairState.QUEUED, "asked_by": "x", "asked_at": at(0)}
        await session.execute(insert(RepairRow).values(**row))

    await hub.jobs.reconcile()

    assert (await _over(client, ID))["state"] == "whole"


def test_ids_of_what_is_recovered_are_short_enough_and_stay_apart() -> None:
    long = [f"{'r' * 195}_{end}" for end in "ab"]

    assert recovered_id("ada_20260101T000001Z") == "ada_20260101T000001Z-recovered"
    assert len({recovered_id(one) for one in long}) == 2
    assert all(len(recovered_id(one)) <= 200 for one in long)


async def _indexed(client: httpx2.AsyncClient, session_id: str, state: str) -> dict[str, Any]:
    await client.post("/api/admin/rescan")
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = (await client.get(f"/api/sessions/{session_id}")).json()
            if found.get("state") == state:
                return found
            await asyncio.sleep(0.02)


async def _over(client: httpx2.AsyncClient, session_id: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            repair: dict[str, Any] = (await client.get(f"/api/v1/recordings/{session_id}/repair")).json()
            if repair["state"] != "queued":
                return repair
            await asyncio.sleep(0.02)

"""Pins, deletions, and what retention leaves alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.composition import Hub
from pilothouse.hub.recordings.domain.problems import RecordingPinned, UnknownRecording
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import at
from tests.hub.recordings.conftest import built, quiet
from tests.hub.recordings.indexing.test_watch import annotate
from tests.support.deliveries import Desk
from tests.support.flights import write_flight

pytestmark = pytest.mark.anyio
MIB = 1 << 20
HOURS = [f"arm_20260512T0{hour}0000Z" for hour in range(1, 5)]


@pytest.fixture
async def stored(desk: Desk, sessions: Path) -> Desk:
    """Four recordings of 1 MiB of `arm` and one of `rover`, in the order of their names."""
    for number, session_id in enumerate([*HOURS, "rover_20260512T050000Z"]):
        (sessions / f"{session_id}.mcap").write_bytes(bytes([number]) * MIB)
    await desk.look_twice()
    return desk


async def pin(desk: Desk, session_id: str) -> None:
    async with desk.hub.database.transaction() as session:
        await desk.services.keeping.pin(session, session_id, reason="evidence", by="a person")


async def delete(desk: Desk, *session_ids: str) -> None:
    async with desk.hub.database.transaction() as session:
        for session_id in session_ids:
            await desk.services.keeping.delete_one(session, session_id, reason="")


async def swept(hub: Hub, settings: HubSettings, **limits: float) -> list[str]:
    """What a hub with these limits would delete now."""
    limited = replace(quiet(hub), settings=settings.model_copy(update=limits))
    return (await built(limited).retention.sweep()).deleted_ids


async def test_a_pinned_recording_is_deleted_by_nothing_and_nobody(
    stored: Desk, quiet_hub: Hub, hub_settings: HubSettings
) -> None:
    await pin(stored, HOURS[0])

    assert await swept(quiet_hub, hub_settings, max_disk_mb=3) == [HOURS[1], HOURS[2]]
    with pytest.raises(RecordingPinned):
        await delete(stored, HOURS[0])
    assert (await stored.get(HOURS[0])).pin_reason == "evidence"


async def test_a_disk_that_was_not_mounted_for_a_while_costs_nobody_a_pin(
    stored: Desk, sessions: Path, quiet_hub: Hub
) -> None:
    await pin(stored, HOURS[0])
    away = sessions.rename(sessions.with_name("not mounted"))
    sessions.mkdir()
    await stored.look_twice()
    assert [one.session_id for one in (await stored.list()).sessions] == [HOURS[0]]

    sessions.rmdir()
    away.rename(sessions)
    await built(quiet_hub).watch.rescan()

    assert (await stored.get(HOURS[0])).pin_reason == "evidence"
    everything = sorted([*HOURS, "rover_20260512T050000Z"])
    assert sorted(one.session_id for one in (await stored.list()).sessions) == everything


async def test_each_robot_has_a_cap_of_its_own(stored: Desk, quiet_hub: Hub, hub_settings: HubSettings) -> None:
    assert await swept(quiet_hub, hub_settings, max_robot_disk_mb=2) == HOURS[:2]


async def test_the_old_go_by_age_unless_somebody_looked_at_them(
    stored: Desk, quiet_hub: Hub, hub_settings: HubSettings
) -> None:
    await annotate(stored, HOURS[1])
    half_past_two = datetime(2026, 5, 12, 2, 30, tzinfo=UTC)
    age_days = (at(quiet_hub.clock.now_ns()) - half_past_two) / timedelta(days=1)

    assert await swept(quiet_hub, hub_settings, keep_days=age_days) == [HOURS[0]]


async def test_recordings_of_unresolved_incidents_go_after_all_others(
    stored: Desk, quiet_hub: Hub, hub_settings: HubSettings
) -> None:
    class Links:
        async def recordings_of(self, session: AsyncSession, incident_id: str) -> Collection[str]:
            return ()

        async def unresolved(self, session: AsyncSession) -> Collection[str]:
            return {HOURS[0]}

    await annotate(stored, HOURS[1])
    limited = replace(quiet_hub, settings=hub_settings.model_copy(update={"max_disk_mb": 1}))
    deleted = (await built(limited, links=Links()).retention.sweep()).deleted_ids

    assert deleted == [HOURS[2], HOURS[3], "rover_20260512T050000Z", HOURS[1]]


async def test_a_deleted_recording_is_gone_at_once_and_its_file_soon(stored: Desk, sessions: Path) -> None:
    await delete(stored, HOURS[0])

    with pytest.raises(UnknownRecording):
        await stored.get(HOURS[0])
    assert (sessions / f"{HOURS[0]}.mcap").exists()
    await stored.services.keeping.remove(HOURS[0])
    await stored.services.keeping.remove(HOURS[0])  # a job twice is a job once
    assert not (sessions / f"{HOURS[0]}.mcap").exists()


async def test_a_rescan_does_not_bring_back_what_a_person_deleted(stored: Desk, sessions: Path, quiet_hub: Hub) -> None:
    file = sessions / f"{HOURS[0]}.mcap"
    about = file.stat()
    await delete(stored, HOURS[0])

    await Desk(quiet_hub, built(quiet_hub)).services.watch.rescan()
    assert HOURS[0] not in [one.session_id for one in (await stored.list()).sessions]

    await stored.services.keeping.remove(HOURS[0])
    file.write_bytes(bytes([0]) * MIB)
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))  # as a mirror puts it back
    await stored.services.watch.rescan()
    assert HOURS[0] not in [one.session_id for one in (await stored.list()).sessions]


async def test_delivering_its_bytes_brings_a_deleted_recording_back(stored: Desk, sessions: Path) -> None:
    await delete(stored, HOURS[0])

    await stored.services.keeping.remove(HOURS[0])

    await stored.deliver(b"other bytes", HOURS[0])
    await stored.services.keeping.remove(HOURS[0])

    assert (await stored.get(HOURS[0])).size_bytes == len(b"other bytes")
    assert (sessions / f"{HOURS[0]}.mcap").read_bytes() == b"other bytes"


async def test_pins_and_deletions_over_the_api(
    hub_app: FastAPI, client: httpx2.AsyncClient, hub_settings: HubSettings
) -> None:
    sessions = hub_settings.data / "sessions"
    for name in ("a_1", "a_2", "a_3"):
        write_flight(sessions / f"{name}.mcap", seconds=1)
        os.utime(sessions / f"{name}.mcap", (1_700_000_000, 1_700_000_000))
    await client.post("/api/admin/rescan")

    pinned = await client.put("/api/v1/recordings/a_1/pin", json={"reason": " for the insurer "})
    bulk = await client.post("/api/v1/recordings/deletions", json={"session_ids": ["a_1", "a_2", "a_9"]})
    refused = await client.delete("/api/v1/recordings/a_1")
    one = await client.delete("/api/v1/recordings/a_3", params={"reason": "a test drive"})

    assert pinned.json()["pin_reason"] == "for the insurer"
    assert (bulk.status_code, one.status_code) == (202, 204)
    assert bulk.json() == {"deleted_ids": ["a_2"], "pinned_ids": ["a_1"], "unknown_ids": ["a_9"]}
    assert (refused.status_code, refused.json()["code"]) == (409, "recording_pinned")
    async with asyncio.timeout(20):
        while len(list(sessions.glob("*.mcap"))) > 1:
            await asyncio.sleep(0.02)
    unpinned = await client.delete("/api/v1/recordings/a_1/pin")
    assert unpinned.status_code == 204
    assert (await client.get("/api/sessions/a_1")).json()["pinned_at"] is None


async def test_nothing_unknown_is_pinned_or_deleted(client: httpx2.AsyncClient) -> None:
    asked = [
        client.put("/api/v1/recordings/none/pin", json={"reason": "x"}),
        client.delete("/api/v1/recordings/none/pin"),
        client.delete("/api/v1/recordings/none"),
    ]

    assert [(await one).status_code for one in asked] == [404, 404, 404]
    assert (await client.put("/api/v1/recordings/none/pin", json={"reason": " "})).status_code == 422

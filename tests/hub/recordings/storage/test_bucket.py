"""Recordings in a bucket: the same hub, with one more setting."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub.app import create_app
from pilothouse.hub.lab.service.sharing import MARK
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.storage import Storage
from pilothouse.kit.errors import BadConfiguration
from tests.hub.conftest import client_of
from tests.support.deliveries import SESSION_ID, metadata_of
from tests.support.flights import write_flight
from tests.support.relay import relay_to
from tests.support.seaweed import S3

pytestmark = pytest.mark.anyio

DIRECT = "/api/v1/recordings/direct"


@pytest.fixture
def bucket_settings(hub_settings: HubSettings, address: str) -> HubSettings:
    return hub_settings.model_copy(update={"storage_url": _secret(address)})


@pytest.fixture
async def hub_app(bucket_settings: HubSettings, anyio_backend: str) -> AsyncIterator[FastAPI]:
    app = create_app(bucket_settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def flight(tmp_path: Path) -> bytes:
    path = tmp_path / "flight.mcap"
    write_flight(path, seconds=3, fat=True)
    return path.read_bytes()


async def test_a_delivered_recording_lies_in_the_bucket_and_is_indexed(
    client: httpx2.AsyncClient, bucket: Storage, bucket_settings: HubSettings, flight: bytes
) -> None:
    await _deliver(client, flight)

    row = await _until(client, "ok")

    assert row["message_count"] > 0
    assert row["sha256"] == hashlib.sha256(flight).hexdigest()
    assert await bucket.read(f"sessions/{SESSION_ID}.mcap") == flight
    assert [path.name for path in (bucket_settings.data / "uploads").iterdir()] == []
    assert not (bucket_settings.data / "sessions").exists()


async def test_its_bytes_are_served_whole_and_in_ranges(client: httpx2.AsyncClient, flight: bytes) -> None:
    await _deliver(client, flight)
    path = f"/api/sessions/{SESSION_ID}/mcap"

    whole = await client.get(path)
    middle = await client.get(path, headers={"Range": "bytes=1000-70000"})
    ends = await client.get(path, headers={"Range": "bytes=0-9,-10"})
    same = await client.get(path, headers={"Range": "bytes=0-3", "If-Range": whole.headers["ETag"]})
    other = await client.get(path, headers={"Range": "bytes=0-3", "If-Range": '"another"'})
    known = await client.get(path, headers={"If-None-Match": whole.headers["ETag"]})
    beyond = await client.get(path, headers={"Range": f"bytes={len(flight)}-"})
    head = await client.head(path)

    assert (whole.status_code, whole.content) == (200, flight)
    assert (middle.status_code, middle.content) == (206, flight[1000:70001])
    assert ends.status_code == 206
    assert flight[:10] in ends.content
    assert flight[-10:] in ends.content
    assert (same.status_code, other.status_code, known.status_code, beyond.status_code) == (206, 200, 304, 416)
    assert head.headers["Content-Length"] == str(len(flight))


async def test_what_others_put_into_the_bucket_is_found_and_what_they_delete_is_gone(
    client: httpx2.AsyncClient, bucket: Storage, flight: bytes
) -> None:
    await bucket.put("sessions/theirs_20260101T000000Z.mcap", flight)
    await bucket.put("sessions/broken_20260101T000000Z.mcap", flight[:1000])
    await bucket.put("sessions/notes.txt", b"no recording")

    added = (await client.post("/api/admin/rescan")).json()
    listed = (await client.get("/api/sessions")).json()["sessions"]
    await bucket.delete("sessions/theirs_20260101T000000Z.mcap")
    removed = (await client.post("/api/admin/rescan")).json()

    assert added["session_count"] == 2  # the hub may have seen them by itself already
    assert {one["session_id"]: one["state"] for one in listed} == {
        "theirs_20260101T000000Z": "ok",
        "broken_20260101T000000Z": "damaged",
    }
    assert removed["removed"] == 1


async def test_readers_are_sent_to_the_bucket_if_so_set(
    bucket_settings: HubSettings, flight: bytes, anyio_backend: str
) -> None:
    app = create_app(bucket_settings.model_copy(update={"storage_redirect": True}))
    async with app.router.lifespan_context(app), client_of(app) as client:
        await _deliver(client, flight)
        answer = await client.get(f"/api/sessions/{SESSION_ID}/mcap", headers={"Range": "bytes=0-7"})
        head = await client.head(f"/api/sessions/{SESSION_ID}/mcap")
        of_a_page = {"Range": "bytes=0-7", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}
        scripts = await client.get(f"/api/sessions/{SESSION_ID}/mcap", headers=of_a_page)

    assert answer.status_code == 307
    assert (scripts.status_code, scripts.content) == (206, flight[:8])
    assert answer.headers["Cache-Control"] == "no-store"
    async with httpx2.AsyncClient() as outside:
        there = await outside.get(answer.headers["Location"], headers={"Range": "bytes=0-7"})
        unsigned = await outside.get(answer.headers["Location"].partition("?")[0])
    assert (there.status_code, there.content) == (206, flight[:8])
    assert unsigned.status_code == 403
    assert head.status_code == 200


async def test_a_robot_puts_a_recording_into_the_bucket_itself(
    client: httpx2.AsyncClient, bucket: Storage, flight: bytes
) -> None:
    offer = (await client.post(DIRECT, json=_asking(flight))).json()["upload"]
    async with httpx2.AsyncClient() as outside:
        put = await outside.put(offer["url"], content=flight, headers=offer["headers"])
    completed = await client.post(f"{DIRECT}/{offer['upload_id']}/complete")
    again = await client.post(f"{DIRECT}/{offer['upload_id']}/complete")

    assert put.status_code == 200
    assert (completed.status_code, again.status_code) == (200, 200)
    assert (await _until(client, "ok"))["sha256"] == hashlib.sha256(flight).hexdigest()
    assert [stat.key async for stat in bucket.list() if stat.key != MARK] == [f"sessions/{SESSION_ID}.mcap"]
    # The hub has it: there is nothing to offer a place for.
    assert (await client.post(DIRECT, json=_asking(flight))).json() == {"upload": None}


async def test_bytes_that_are_not_the_announced_ones_are_discarded(
    client: httpx2.AsyncClient, bucket: Storage, flight: bytes
) -> None:
    offer = (await client.post(DIRECT, json=_asking(flight))).json()["upload"]
    early = await client.post(f"{DIRECT}/{offer['upload_id']}/complete")
    async with httpx2.AsyncClient() as outside:
        await outside.put(offer["url"], content=flight[:-1] + b"?")
    false = await client.post(f"{DIRECT}/{offer['upload_id']}/complete")

    assert (early.status_code, early.json()["code"]) == (404, "direct_upload_missing")
    assert (false.status_code, false.json()["code"]) == (422, "content_checksum_mismatch")
    assert [stat.key async for stat in bucket.list() if stat.key != MARK] == []
    assert (await client.get("/api/sessions")).json()["total"] == 0
    # The same recording may then come through the hub.
    await _deliver(client, flight)
    assert (await _until(client, "ok"))["sha256"] == hashlib.sha256(flight).hexdigest()


async def test_other_content_under_a_known_id_is_refused_and_what_was_there_stays(
    client: httpx2.AsyncClient, bucket: Storage, flight: bytes
) -> None:
    await _deliver(client, flight)
    other = flight + b"more"

    answers = [
        await client.post(DIRECT, json=_asking(other)),
        await client.post("/api/uploads", headers=_tus(other)),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "content_differs")] * 2
    assert await bucket.read(f"sessions/{SESSION_ID}.mcap") == flight


async def test_a_hub_with_a_disk_offers_no_place(hub_settings: HubSettings, flight: bytes, anyio_backend: str) -> None:
    app = create_app(hub_settings)
    async with app.router.lifespan_context(app), client_of(app) as client:
        assert (await client.post(DIRECT, json=_asking(flight))).json() == {"upload": None}


async def test_two_hubs_that_share_database_and_bucket_serve_each_others_recordings(
    hub_app: FastAPI, client: httpx2.AsyncClient, bucket_settings: HubSettings, tmp_path: Path, flight: bytes
) -> None:
    second = create_app(bucket_settings.model_copy(update={"data": tmp_path / "second"}))
    async with second.router.lifespan_context(second), client_of(second) as other:
        await _deliver(client, flight)
        await _until(other, "ok")

        assert (await other.get(f"/api/sessions/{SESSION_ID}/mcap")).content == flight


async def test_the_cap_holds_in_the_bucket_too(
    bucket_settings: HubSettings, bucket: Storage, anyio_backend: str
) -> None:
    app = create_app(bucket_settings.model_copy(update={"max_disk_mb": 1}))
    async with app.router.lifespan_context(app), client_of(app) as client:
        for number in range(3):
            await _deliver(client, secrets.token_bytes(700_000), f"arm_2026010{number + 1}T000000Z")
        await client.post("/api/admin/sweep")
        listed = (await client.get("/api/sessions")).json()["sessions"]

    kept = [stat.key async for stat in bucket.list("sessions")]
    assert [one["session_id"] for one in listed] == ["arm_20260103T000000Z"]
    assert kept == ["sessions/arm_20260103T000000Z.mcap"]


async def test_a_bucket_out_of_reach_is_said_and_nothing_is_taken_for_damaged(
    hub_settings: HubSettings, s3: S3, flight: bytes, anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pilothouse.hub.storage.storage.RETRIES", 0)
    with relay_to(urlsplit(s3.endpoint).port or 80) as wire:
        address = s3.url(secrets.token_hex(4), endpoint=f"http://127.0.0.1:{wire.port}")
        app = create_app(hub_settings.model_copy(update={"storage_url": _secret(address)}))
        async with app.router.lifespan_context(app), client_of(app) as client:
            await _deliver(client, flight)
            await _until(client, "ok")
            wire.cut()
            cut = [
                await client.get("/readyz"),
                await client.get(f"/api/sessions/{SESSION_ID}/mcap"),
                await client.post("/api/admin/rescan"),
                await client.post("/api/uploads", headers=_tus(flight, "arm_20270101T000000Z")),
            ]
            listed = await client.get("/api/sessions")
            wire.mend()
            back = [await client.get("/readyz"), await client.get(f"/api/sessions/{SESSION_ID}/mcap")]
            await _deliver(client, flight, "arm_20270101T000000Z")

    assert [answer.status_code for answer in cut] == [503, 503, 503, 503]
    assert [answer.json()["code"] for answer in cut[1:]] == ["storage_unavailable"] * 3
    assert (listed.status_code, listed.json()["sessions"][0]["state"]) == (200, "ok")
    assert [answer.status_code for answer in back] == [200, 200]


@pytest.mark.parametrize("url", ["http://bucket", "s3://", "s3://bucket?region=a&colour=red", "bucket"])
def test_an_address_that_is_none_is_a_configuration_error(url: str, hub_settings: HubSettings) -> None:
    with pytest.raises(BadConfiguration, match=r"PILOTHOUSE_STORAGE_URL: .* s3://BUCKET/PREFIX"):
        create_app(hub_settings.model_copy(update={"storage_url": _secret(url)}))


def _secret(url: str) -> object:
    from pydantic import SecretStr

    return SecretStr(url)


def _asking(content: bytes, session_id: str = SESSION_ID) -> dict[str, object]:
    sha256 = hashlib.sha256(content).hexdigest()
    return {"session_id": session_id, "sha256": sha256, "robot_id": "arm", "size_bytes": len(content)}


def _tus(content: bytes, session_id: str = SESSION_ID) -> dict[str, str]:
    metadata = metadata_of(content, session_id).to_header()
    return {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(content)), "Upload-Metadata": metadata}


async def _deliver(client: httpx2.AsyncClient, content: bytes, session_id: str = SESSION_ID) -> None:
    created = await client.post("/api/uploads", headers=_tus(content, session_id))
    assert created.status_code in (200, 201), created.text
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    path = urlsplit(created.headers["Location"]).path
    sent = await client.patch(path, content=content, headers=headers)
    assert sent.status_code == 204, sent.text


async def _until(client: httpx2.AsyncClient, state: str) -> dict[str, object]:
    async with asyncio.timeout(20):
        while True:
            row = (await client.get(f"/api/sessions/{SESSION_ID}")).json()
            if row.get("state") == state:
                return row  # type: ignore[no-any-return]
            await asyncio.sleep(0.02)

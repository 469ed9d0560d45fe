"""What happens at the same moment in a bucket, and who may do what there."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from pilothouse.hub.app import create_app
from pilothouse.hub.lab.service.sharing import MARK
from pilothouse.hub.recordings.service.storage import bucket as buckets
from pilothouse.hub.recordings.service.storage.bucket import BucketSessions
from pilothouse.hub.recordings.service.storage.digests import Digests
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.storage import Storage, StorageUnavailable
from pilothouse.hub.storage.storage import MOST_PARTS, SMALLEST_PART_BYTES, _part_bytes
from pilothouse.kit.clock import SystemClock
from tests.hub.conftest import client_of
from tests.support.flights import write_flight

pytestmark = pytest.mark.anyio

DIRECT = "/api/v1/recordings/direct"
ADA = "ada_20260101T000000Z"


@pytest.fixture
async def hub_app(hub_settings: HubSettings, address: str, anyio_backend: str) -> AsyncIterator[FastAPI]:
    known = {
        "storage_url": SecretStr(address), "hub_auth_password": SecretStr("hunter2"),
        "hub_auth_token": SecretStr("robots"),
    }  # fmt: skip
    app = create_app(hub_settings.model_copy(update=known))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(hub_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator."""
    async with client_of(hub_app, auth=("eva", "hunter2")) as calling:
        yield calling


@pytest.fixture
def flight(tmp_path: Path) -> bytes:
    write_flight(tmp_path / "flight.mcap", seconds=2)
    return (tmp_path / "flight.mcap").read_bytes()


async def offered(client: httpx2.AsyncClient, content: bytes, session_id: str = ADA) -> dict[str, str]:

    asked = {"session_id": session_id, "sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    asked["robot_id"] = session_id.partition("_")[0]
    answer = await client.post(DIRECT, json=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["upload"])


async def put(url: str, content: bytes) -> None:
    async with httpx2.AsyncClient() as outside:
        assert (await outside.put(url, content=content)).status_code == 200


async def keys(bucket: Storage) -> list[str]:
    return sorted([stat.key async for stat in bucket.list() if stat.key != MARK])


async def test_an_upload_that_is_completed_many_times_at_once_is_one(
    client: httpx2.AsyncClient, bucket: Storage, flight: bytes
) -> None:
    upload = await offered(client, flight)
    await put(upload["url"], flight)
    complete = f"{DIRECT}/{upload['upload_id']}/complete"

    answers = await asyncio.gather(*(client.post(complete) for _ in range(6)))

    assert [answer.status_code for answer in answers] == [200] * 6
    assert await keys(bucket) == [f"sessions/{ADA}.mcap"]


async def test_bytes_that_replace_the_checked_ones_are_not_taken(
    client: httpx2.AsyncClient, bucket: Storage, flight: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await offered(client, flight)
    await put(upload["url"], flight)
    copy = Storage.copy

    async def late(self: Storage, key: str, target: str) -> None:
        await put(upload["url"], flight[:-1] + b"?")
        await copy(self, key, target)

    monkeypatch.setattr(Storage, "copy", late)
    answer = await client.post(f"{DIRECT}/{upload['upload_id']}/complete")

    assert (answer.status_code, answer.json()["code"]) == (422, "content_checksum_mismatch")
    assert await keys(bucket) == []


async def test_a_robot_neither_gets_nor_completes_the_place_of_another(
    hub_app: FastAPI, client: httpx2.AsyncClient, flight: bytes
) -> None:
    upload = await offered(client, flight)
    asked = {"code": (await client.post("/api/v1/robots/enrolments", json={"robot_id": "bob"})).json()["code"]}
    token = (await client.post("/api/v1/robots/enroll", json={**asked, "robot_id": "bob"})).json()["token"]
    async with client_of(hub_app, headers={"Authorization": f"Bearer {token}"}) as bob:
        place = await bob.post(DIRECT, json={"session_id": ADA, "sha256": "0" * 64, "size_bytes": 1, "robot_id": "bob"})
        completed = await bob.post(f"{DIRECT}/{upload['upload_id']}/complete")

    assert (place.status_code, place.json()["code"]) == (403, "other_robot")
    assert (completed.status_code, completed.json()["code"]) == (404, "unknown_upload")


async def test_what_is_put_there_while_strays_are_looked_for_stays(bucket: Storage) -> None:
    files = BucketSessions(bucket, Digests(), SystemClock())
    for name in ("known", "stray"):
        await bucket.put(f"uploads/{name}", b"x")

    async def keep() -> frozenset[str]:
        await bucket.put("uploads/late", b"x")
        return frozenset({"known"})

    assert await files.forget_direct(keep) == 1
    assert await keys(bucket) == ["uploads/known", "uploads/late"]


async def test_a_file_replaced_within_a_second_by_as_many_bytes_is_another(bucket: Storage) -> None:
    files = BucketSessions(bucket, Digests(), SystemClock())
    seen = []
    for content in (b"one", b"two", b"two"):
        await bucket.put("sessions/a_1.mcap", content)
        seen.append(await files.sighting("a_1.mcap"))
        assert (await files.look())["a_1.mcap"] == seen[-1]

    assert seen[0] != seen[1]
    assert all(one is not None and one.size_bytes == 3 for one in seen)


async def test_an_answer_is_never_half_of_what_replaced_it(bucket: Storage) -> None:
    await bucket.put("sessions/a_1.mcap", b"one")
    tag = (await bucket.stat("sessions/a_1.mcap")).etag
    assert await bucket.read_at("sessions/a_1.mcap", 1, 2, etag=tag) == b"ne"
    await bucket.put("sessions/a_1.mcap", b"two")

    with pytest.raises(StorageUnavailable):
        await bucket.read_at("sessions/a_1.mcap", 1, 2, etag=tag)


async def test_digests_of_many_at_once_leave_threads_for_others(
    bucket: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = BucketSessions(bucket, Digests(), SystemClock())
    await bucket.put("sessions/a_1.mcap", b"one")
    at_once, most, of = 0, 0, Digests.of

    def slowly(self: Digests, file: object) -> str:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        digest = of(self, file)  # type: ignore[arg-type]
        at_once -= 1
        return digest

    monkeypatch.setattr(Digests, "of", slowly)
    assert len({await one for one in asyncio.as_completed([files.sha256("a_1.mcap") for _ in range(12)])}) == 1
    assert most <= buckets.DIGESTS_AT_ONCE


@pytest.mark.parametrize("size", [0, 1 << 20, 40 << 30, 5 << 40])
def test_a_file_of_any_size_fits_into_the_parts_a_bucket_takes(tmp_path: Path, size: int) -> None:
    sparse = tmp_path / "large"
    with sparse.open("wb") as file:
        file.truncate(size)

    part = _part_bytes(sparse)

    assert part >= SMALLEST_PART_BYTES
    assert part * MOST_PARTS >= size

"""tus 1.0 over HTTP: statuses and headers as the protocol asks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from dirty_equals import IsPartialDict, IsStr

from pilothouse.hub.settings import HubSettings
from tests.support.deliveries import SESSION_ID, metadata_of

pytestmark = pytest.mark.anyio

CONTENT = b"0123456789" * 1000
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}


async def created(
    client: httpx2.AsyncClient, content: bytes = CONTENT, session_id: str = SESSION_ID
) -> httpx2.Response:
    about = {"Upload-Length": str(len(content)), "Upload-Metadata": metadata_of(content, session_id).to_header()}
    return await client.post("/api/uploads", headers={**TUS, **about})


async def sent(
    client: httpx2.AsyncClient, address: str, content: bytes, offset: int = 0, **more: str
) -> httpx2.Response:
    headers = {**CHUNK, "Upload-Offset": str(offset), **{name.replace("_", "-"): value for name, value in more.items()}}
    return await client.patch(address, headers=headers, content=content)


async def test_options_name_version_extensions_and_limits(client: httpx2.AsyncClient) -> None:
    answer = await client.options("/api/uploads")

    assert answer.status_code == 204
    assert dict(answer.headers) == IsPartialDict(
        {
            "tus-resumable": "1.0.0",
            "tus-version": "1.0.0",
            "tus-extension": "creation,termination,checksum,expiration",
            "tus-max-size": str(1 << 40),
            "tus-checksum-algorithm": "sha256,sha1,md5",
        }
    )


async def test_a_whole_delivery(client: httpx2.AsyncClient, hub_settings: HubSettings) -> None:
    begun = await created(client)
    address = begun.headers["location"]
    first = await sent(client, address, CONTENT[:4000])
    asked = await client.head(address, headers=TUS)
    last = await sent(client, address, CONTENT[4000:], offset=4000)
    after = await client.head(address, headers=TUS)
    again = await created(client)

    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "0")
    assert begun.headers["upload-expires"] == IsStr(regex=r"\w{3}, .* GMT")
    assert (first.status_code, first.headers["upload-offset"]) == (204, "4000")
    assert dict(asked.headers) == IsPartialDict(
        {"upload-offset": "4000", "upload-length": "10000", "cache-control": "no-store", "tus-resumable": "1.0.0"}
    )
    assert asked.headers["upload-metadata"] == metadata_of(CONTENT).to_header()
    assert (last.status_code, last.headers["upload-offset"]) == (204, "10000")
    assert "upload-expires" not in last.headers
    assert after.headers["upload-offset"] == "10000"
    assert (again.status_code, again.headers["upload-offset"]) == (200, "10000")
    assert (hub_settings.data / "sessions" / f"{SESSION_ID}.mcap").read_bytes() == CONTENT
    assert (await client.get(f"/api/sessions/{SESSION_ID}")).json()["sha256"] == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
async def test_another_version_of_tus_is_refused_with_ours(client: httpx2.AsyncClient, method: str) -> None:
    path = "/api/uploads" if method == "POST" else (await created(client)).headers["location"]

    answer = await client.request(method, path, headers={**CHUNK, "Upload-Offset": "0", "Tus-Resumable": "0.2.2"})

    assert (answer.status_code, answer.headers["tus-version"], answer.headers["tus-resumable"]) == (
        412,
        "1.0.0",
        "1.0.0",
    )


async def test_refusals_have_the_statuses_of_the_protocol_and_the_shape_of_all_errors(
    client: httpx2.AsyncClient,
) -> None:
    address = (await created(client)).headers["location"]

    refusals = {
        "offset_mismatch": await sent(client, address, b"x", offset=5),
        "not_an_offset_stream": await client.patch(address, headers={**TUS, "Upload-Offset": "0"}, content=b"x"),
        "bad_upload": await client.patch(address, headers=CHUNK, content=b"x"),
        "bytes_beyond_length": await sent(client, address, CONTENT + b"x"),
        "chunk_checksum_mismatch": await sent(client, address, b"x", Upload_Checksum="sha1 AAAA"),
        "content_checksum_mismatch": await sent(client, address, bytes(len(CONTENT))),
        "content_differs": await created(client, b"other"),
        "unknown_upload": await client.head("/api/uploads/absent", headers=TUS),
        "upload_too_large": await client.post(
            "/api/uploads", headers={**TUS, "Upload-Length": str(1 << 50), "Upload-Metadata": ""}
        ),
    }

    assert {code: answer.status_code for code, answer in refusals.items()} == {
        "offset_mismatch": 409,
        "not_an_offset_stream": 415,
        "bad_upload": 400,
        "bytes_beyond_length": 413,
        "chunk_checksum_mismatch": 460,
        "content_checksum_mismatch": 460,
        "content_differs": 409,
        "unknown_upload": 404,
        "upload_too_large": 413,
    }
    for code, answer in refusals.items():
        assert answer.headers["tus-resumable"] == "1.0.0"
        if answer.request.method != "HEAD":
            assert answer.json() == IsPartialDict(code=code, detail=IsStr, request_id=IsStr)
    assert (await client.head(address, headers=TUS)).headers["upload-offset"] == "0"


async def test_a_chunk_with_its_checksum_is_taken(client: httpx2.AsyncClient) -> None:
    address = (await created(client)).headers["location"]
    digest = base64.b64encode(hashlib.sha256(CONTENT[:9]).digest()).decode()

    answer = await sent(client, address, CONTENT[:9], Upload_Checksum=f"sha256 {digest}")

    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "9")


async def test_a_chunk_may_be_larger_than_other_bodies(client: httpx2.AsyncClient) -> None:
    content = bytes(3 << 20)
    address = (await created(client, content)).headers["location"]

    assert (await sent(client, address, content)).status_code == 204


async def test_a_creation_takes_no_large_body(client: httpx2.AsyncClient) -> None:
    about = {"Upload-Length": "1", "Upload-Metadata": metadata_of(b"x").to_header()}
    answer = await client.post("/api/uploads", headers={**TUS, **about}, content=bytes(2 << 20))

    assert answer.status_code in (201, 413)


async def test_an_upload_can_be_given_up(client: httpx2.AsyncClient) -> None:
    address = (await created(client)).headers["location"]

    assert (await client.delete(address, headers=TUS)).status_code == 204
    assert (await client.head(address, headers=TUS)).status_code == 404
    assert (await created(client)).status_code == 201


async def test_methods_can_be_overridden_behind_narrow_proxies(client: httpx2.AsyncClient) -> None:
    address = (await created(client)).headers["location"]
    patch = {**CHUNK, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}

    assert (await client.post(address, headers=patch, content=CONTENT)).status_code == 204
    assert (await client.post(address, headers={**TUS, "X-HTTP-Method-Override": "DELETE"})).status_code == 204
    assert (await client.post(address, headers=TUS)).status_code == 400


async def test_a_sender_that_falls_silent_keeps_its_bytes_and_frees_the_upload(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pilothouse.hub.recordings.routes.uploads.SILENCE_S", 0.05)
    address = (await created(client)).headers["location"]
    never = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield CONTENT[:700]
        await never.wait()

    cut = await client.patch(address, headers={**CHUNK, "Upload-Offset": "0"}, content=stalling())
    rest = await sent(client, address, CONTENT[700:], offset=700)

    assert (cut.status_code, cut.json()["code"]) == (408, "sender_gone")
    assert (rest.status_code, rest.headers["upload-offset"]) == (204, "10000")


@pytest.mark.parametrize("upload_id", ["..%2f..%2fhub", "a" * 5000, "%F0%9F%9A%80", "upl_x.part"])
async def test_an_upload_id_that_is_none_is_not_found_and_leaves_no_file(
    client: httpx2.AsyncClient, hub_settings: HubSettings, upload_id: str
) -> None:
    answer = await sent(client, f"/api/uploads/{upload_id}", b"x")

    assert answer.status_code == 404
    assert list(Path(hub_settings.data / "uploads").iterdir()) == []

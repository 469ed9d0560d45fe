"""Bytes as they leave: whole, in ranges, at the client's pace."""

from __future__ import annotations

import asyncio
import os
import re
from email.parser import BytesParser
from pathlib import Path

import httpx2
import pytest
from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Message

from pilothouse.web.edge import Truncated
from pilothouse.web.ranges import ByteSource, RangeResponse, local_file, remember
from pilothouse.web.ranges import source as sources
from pilothouse.web.ranges.passes import LIFETIME_S, ReadPasses
from pilothouse.web.ranges.response import CHUNK_BYTES
from tests.support.services import Answer, calling, http_scope, service

pytestmark = pytest.mark.anyio
CONTENT = os.urandom(CHUNK_BYTES * 2 + 12_345)
SIZE = len(CONTENT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "drone 1.mcap"
    path.write_bytes(CONTENT)
    return path


def serving(path: Path, **options: str) -> APIRouter:
    router = APIRouter()

    @router.api_route("/file", methods=["GET", "HEAD"], response_class=Response)
    async def read() -> Response:
        return RangeResponse(local_file(path), **options)

    return router


async def read(path: Path, method: str = "GET", **headers: str) -> httpx2.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with calling(service(serving(path))) as client:
        return await client.request(method, "/file", headers=given)


async def test_a_file_is_answered_whole_to_whoever_asks_without_a_range(file: Path) -> None:
    response = await read(file)

    assert response.status_code == 200
    assert response.content == CONTENT
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["content-length"] == str(SIZE)
    assert re.fullmatch(r'"[^"]+"', response.headers["etag"])
    assert response.headers["last-modified"].endswith("GMT")
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-70000", 100, 70_001),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=-77", SIZE - 77, SIZE),
        ("bytes=5-99999999", 5, SIZE),
        (f"bytes=1-{CHUNK_BYTES}", 1, CHUNK_BYTES + 1),
        (f"bytes=1-{CHUNK_BYTES + 1}", 1, CHUNK_BYTES + 2),
    ],
)
async def test_one_range_is_answered_as_itself(file: Path, asked: str, start: int, stop: int) -> None:
    response = await read(file, range=asked)

    assert response.status_code == 206
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert response.headers["content-length"] == str(stop - start)
    assert response.content == CONTENT[start:stop]


async def test_several_ranges_are_answered_in_parts(file: Path) -> None:
    response = await read(file, range="bytes=10-19,300000-300009,-5")

    assert response.status_code == 206
    assert len(response.content) == int(response.headers["content-length"])
    assert response.headers.get_list("content-type") == [response.headers["content-type"]]
    head = f"Content-Type: {response.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser().parsebytes(head + response.content).get_payload()
    assert isinstance(parts, list)
    assert [part["Content-Range"] for part in parts] == [
        f"bytes 10-19/{SIZE}",
        f"bytes 300000-300009/{SIZE}",
        f"bytes {SIZE - 5}-{SIZE - 1}/{SIZE}",
    ]
    for wanted in (CONTENT[10:20], CONTENT[300_000:300_010], CONTENT[-5:]):
        assert b"\r\n\r\n" + wanted + b"\r\n--" in response.content


async def test_a_range_outside_is_refused_with_the_size(file: Path) -> None:
    response = await read(file, range=f"bytes={SIZE}-")

    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{SIZE}"
    assert response.json()["code"] == "range_not_satisfiable"
    assert response.headers["x-request-id"] == response.json()["request_id"]


async def test_head_tells_all_but_the_bytes(file: Path) -> None:
    response = await read(file, "HEAD", range="bytes=0-9")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(SIZE)


async def test_what_a_cache_holds_is_not_sent_again(file: Path) -> None:
    etag = (await read(file)).headers["etag"]

    response = await read(file, if_none_match=etag)
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["etag"] == etag
    assert (await read(file, if_match='"other"')).status_code == 412
    assert (await read(file, if_range=etag, range="bytes=0-0")).status_code == 206
    assert (await read(file, if_range='"other"', range="bytes=0-0")).status_code == 200


async def test_a_replaced_file_has_another_tag(file: Path) -> None:
    before = (await read(file)).headers["etag"]
    other = file.with_suffix(".new")
    other.write_bytes(CONTENT)
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)

    assert (await read(file)).headers["etag"] != before


async def test_the_route_may_name_file_type_and_version(file: Path) -> None:
    options = {"etag": "v7", "media_type": "application/mcap", "filename": 'dröne "1".mcap'}
    async with calling(service(serving(file, **options))) as client:
        response = await client.get("/file")

    assert response.headers["etag"] == '"v7"'
    assert response.headers["content-type"] == "application/mcap"
    assert "filename*=utf-8''dr%C3%B6ne%20%221%22.mcap" in response.headers["content-disposition"]


@pytest.mark.parametrize("odd", ["missing", "directory"])
async def test_a_file_that_is_gone_is_not_found(tmp_path: Path, odd: str) -> None:
    path = tmp_path / odd
    if odd == "directory":
        path.mkdir()
    response = await read(path)

    assert (response.status_code, response.json()["code"]) == (404, "bytes_gone")


async def test_an_empty_file_is_answered_whole_and_has_no_ranges(tmp_path: Path) -> None:
    path = tmp_path / "empty.mcap"
    path.touch()

    assert (await read(path)).content == b""
    assert (await read(path, range="bytes=-5")).status_code == 200
    assert (await read(path, range="bytes=0-")).headers["content-range"] == "bytes */0"


async def test_bytes_that_are_not_at_hand_are_read_in_a_thread(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources._Cached, "supported", False)

    assert (await read(file)).content == CONTENT
    assert (await read(file, range="bytes=7-70")).content == CONTENT[7:71]


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def _silent() -> Message:
    return await asyncio.get_running_loop().create_future()


async def test_a_file_cut_short_meanwhile_is_never_passed_off_as_whole(file: Path) -> None:
    answer = Answer()

    async def send_and_cut(message: Message) -> None:
        await answer.send(message)
        if len(answer.messages) == 2:
            os.truncate(file, CHUNK_BYTES + 10)

    before = open_descriptors()
    with pytest.raises(Truncated):
        await RangeResponse(local_file(file))(http_scope("/file"), _silent, send_and_cut)

    assert answer.body == CONTENT[: CHUNK_BYTES + 10]
    assert not answer.is_complete
    assert open_descriptors() == before


async def test_a_file_replaced_meanwhile_is_sent_as_it_was(file: Path) -> None:
    answer = Answer()

    async def send_and_replace(message: Message) -> None:
        await answer.send(message)
        if len(answer.messages) == 2:
            other = file.with_suffix(".new")
            other.write_bytes(b"other")
            other.replace(file)

    await RangeResponse(local_file(file))(http_scope("/file"), _silent, send_and_replace)

    assert answer.body == CONTENT
    assert answer.is_complete


async def test_nothing_is_read_for_a_client_that_has_left(file: Path) -> None:
    answer = Answer()
    left = asyncio.Event()

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send_and_leave(message: Message) -> None:
        await answer.send(message)
        left.set()

    before = open_descriptors()
    await RangeResponse(local_file(file))(http_scope("/file"), receive, send_and_leave)

    assert len(answer.body) < SIZE
    assert not answer.is_complete
    assert open_descriptors() == before


async def test_a_slow_client_holds_one_chunk_and_nothing_more(file: Path) -> None:
    reads: list[int] = []
    taken = asyncio.Semaphore(0)
    answer = Answer()

    class Counting(sources.LocalFile):
        def read_now(self, offset: int, length: int) -> bytes | bytearray | None:
            reads.append(offset)
            return super().read_now(offset, length)

    async def open_source() -> ByteSource:
        return Counting(file)

    async def send_slowly(message: Message) -> None:
        await answer.send(message)
        if message["type"] == "http.response.body":
            await taken.acquire()

    sending = asyncio.ensure_future(RangeResponse(open_source)(http_scope("/file"), _silent, send_slowly))
    while not reads:
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)

    assert reads == [0]
    for _ in range(4):
        taken.release()
    await sending
    assert answer.body == CONTENT


async def test_a_store_without_cached_bytes_serves_ranges_too() -> None:
    class Remote:
        size, etag, modified_s = SIZE, '"remote"', None

        def read_now(self, offset: int, length: int) -> None:
            return None

        async def read(self, offset: int, length: int) -> bytes:
            return CONTENT[offset : offset + min(length, 1_000)]

        def close(self) -> None:
            return None

    async def open_source() -> ByteSource:
        return Remote()

    answer = Answer()
    await RangeResponse(open_source)(http_scope("/x", headers={"Range": "bytes=3-5002"}), _silent, answer.send)

    assert (answer.status, answer.body) == (206, CONTENT[3:5003])
    assert "last-modified" not in answer.headers


class Door:
    """A route that lets in who knows the word, and counts how often it was asked."""

    def __init__(self, path: Path) -> None:
        self.asked = 0
        self.word = "Bearer open"
        self.now = 0.0
        router = APIRouter()
        router.add_api_route("/file", self._read, response_class=Response)
        self._path = path
        self.app = service(router)
        self.app.middleware_stack = self.app.build_middleware_stack()
        passes = self.app.middleware_stack._app
        assert isinstance(passes, ReadPasses)
        passes._monotonic = lambda: self.now

    async def _read(self, request: Request) -> Response:
        self.asked += 1
        if request.headers.get("authorization") != self.word:
            return Response(status_code=401)
        return remember(request, RangeResponse(local_file(self._path)))

    async def knock(self, word: str = "Bearer open", path: str = "/file", **headers: str) -> httpx2.Response:
        async with calling(self.app) as client:
            return await client.get(path, headers={"Authorization": word, **headers})


async def test_who_was_let_in_reads_on_without_being_asked_again(file: Path) -> None:
    door = Door(file)

    for start in range(10):
        response = await door.knock(Range=f"bytes={start}-{start}")
        assert (response.status_code, response.content) == (206, CONTENT[start : start + 1])
        assert response.headers["x-request-id"]
    assert door.asked == 1
    async with calling(door.app) as client:
        assert 'route="/file",status="206"} 10.0' in (await client.get("/metrics")).text


async def test_nobody_reads_with_the_pass_of_another(file: Path) -> None:
    door = Door(file)
    await door.knock()

    assert (await door.knock("Bearer guess")).status_code == 401
    assert (await door.knock("")).status_code == 401
    assert (await door.knock(path="/file?x=1")).status_code == 200
    assert door.asked == 4


async def test_a_withdrawn_right_ends_the_pass_within_its_lifetime(file: Path) -> None:
    door = Door(file)
    await door.knock()
    door.word = "Bearer other"

    door.now += LIFETIME_S
    assert (await door.knock()).status_code == 401


async def test_a_replaced_or_removed_file_ends_the_pass_at_once(file: Path) -> None:
    door = Door(file)
    await door.knock()

    other = file.with_suffix(".new")
    other.write_bytes(b"other content")
    other.replace(file)
    assert (await door.knock()).content == b"other content"
    assert door.asked == 2
    file.unlink()
    assert (await door.knock()).status_code == 404
    assert door.asked == 3

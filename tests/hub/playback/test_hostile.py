"""Recordings that are made to break or to burden whoever looks into them."""

from __future__ import annotations

import asyncio
import base64
import io
import secrets
import threading
from pathlib import Path
from typing import Any, BinaryIO, cast

import httpx2
import pytest
from fastapi import FastAPI
from mcap.writer import CompressionType, Writer
from starlette.types import Message

from pilothouse.hub.composition import Hub
from pilothouse.hub.playback.domain import NotAnImage, TooMuchToRead
from pilothouse.hub.playback.service import Patience, PlaybackBusy, Turns, columns, playback
from pilothouse.hub.playback.service.cuts import CHUNK_LIMIT_BYTES, Cut
from pilothouse.hub.playback.service.images import picture_of
from pilothouse.hub.recordings.service import Content
from pilothouse.hub.recordings.service.storage.watched import watched
from pilothouse.mcap import Decoders, open_recording
from tests.support.flights import NS_PER_S, START_NS, Said, saying, write_flight, write_messages
from tests.support.services import http_scope

pytestmark = pytest.mark.anyio

ARM = "arm_20260101T000000Z"
ROUTE = f"/api/sessions/{ARM}"
QUESTIONS = ["fields", "messages?topic=/x", "series?fields=/x.v", "frames?topic=/x&t=1", "cut?start=0"]


@pytest.fixture
def path(hub: Hub) -> Path:
    """Where the recording lies."""
    return hub.settings.data / "sessions" / f"{ARM}.mcap"


async def index(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/api/admin/rescan")).status_code == 200


@pytest.mark.parametrize("question", [one for one in QUESTIONS if not one.startswith(("cut", "frames"))])
async def test_a_chunk_that_claims_much_is_refused_before_it_is_unpacked(
    client: httpx2.AsyncClient, path: Path, question: str
) -> None:
    write_messages(path, [Said("/x", START_NS, b" " * (CHUNK_LIMIT_BYTES + 1)), *saying("/x", [{"v": 1}])])
    assert path.stat().st_size < 100_000
    await index(client)

    answer = await client.get(f"{ROUTE}/{question}")

    assert (answer.status_code, answer.json()["code"]) == (422, "damaged")
    assert "more than the limit" in answer.json()["detail"]


async def test_a_cut_that_meets_something_unreadable_breaks_off_instead_of_looking_whole(
    client: httpx2.AsyncClient, hub_app: FastAPI, path: Path
) -> None:
    texts = ({"text": secrets.token_hex(1000)} for _ in range(3_000))
    write_messages(path, [*saying("/x", texts), *saying("/y", [1], start_ns=START_NS + 299 * NS_PER_S)])
    await index(client)
    with open_recording(path) as recording:
        last = recording.spans()[-1]
    with path.open("r+b") as file:
        file.seek(last.offset + last.length // 2)
        file.write(b"broken" * 1000)
    sent: list[Message] = []
    still_there: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        sent.append(message)

    # A response that was begun and not ended: the server closes the connection, and no client takes it for whole.
    await hub_app({**http_scope(f"{ROUTE}/cut", "GET"), "query_string": b"topics=/x"}, lambda: still_there, send)

    assert sent[0]["status"] == 200
    assert len([one for one in sent if one["type"] == "http.response.body"]) > 0
    assert all(one["more_body"] for one in sent[1:])


class Bytes:
    """Content whose files say whether they are open."""

    def __init__(self, content: bytes) -> None:
        self.files: list[io.BytesIO] = []
        self._content = content

    def open(self) -> BinaryIO:
        self.files.append(io.BytesIO(self._content))
        return self.files[-1]

    @property
    def all_closed(self) -> bool:
        return bool(self.files) and all(file.closed for file in self.files)


@pytest.mark.parametrize("blocks", [0, 1, 10_000])
async def test_the_files_of_a_cut_are_closed_however_far_it_was_read(tmp_path: Path, blocks: int) -> None:
    write_flight(tmp_path / "flight.mcap", seconds=60, fat=True)
    content = Bytes((tmp_path / "flight.mcap").read_bytes())
    cut = Cut.open([cast("Content", content)] * 2, None, 1.0, 50.0, Turns())

    async for _ in cut:
        blocks -= 1
        if blocks <= 0:
            break
    cut.close()

    assert content.all_closed
    cut.close()


async def test_the_files_of_a_cut_that_is_refused_are_closed(tmp_path: Path) -> None:
    write_flight(tmp_path / "flight.mcap")
    content = Bytes((tmp_path / "flight.mcap").read_bytes())

    with pytest.raises(Exception, match="no topic '/nope'"):
        Cut.open([cast("Content", content)], ["/nope"], None, None, Turns())

    assert content.all_closed


@pytest.mark.parametrize("question", QUESTIONS)
async def test_times_at_the_end_of_the_scale_break_nothing(
    client: httpx2.AsyncClient, path: Path, question: str
) -> None:
    path.write_bytes(written([(0, b'{"v": 1}'), (2**63, b'{"v": 2}'), (2**64 - 1, b'{"v": 1e400}')]))
    await index(client)

    for window in ("", "&start=3.2e9", "&end=3.2e9", "&start=-3.2e9&end=3.2e9"):
        answer = await client.get(f"{ROUTE}/{question}{window if '?' in question else ''}")
        assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_recording_without_messages_is_answered(client: httpx2.AsyncClient, path: Path, question: str) -> None:
    path.write_bytes(written([]))
    await index(client)

    assert (await client.get(f"{ROUTE}/{question}")).status_code in (200, 404, 422)


async def test_text_that_utf_8_cannot_carry_is_shown_all_the_same(client: httpx2.AsyncClient, path: Path) -> None:
    nasty = b'{"v": "\\ud800", "\\udfff": 1, "nul": "\\u0000", "long": "' + b"x" * 50_000 + b'"}'
    deep = b'{"v": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    write_messages(path, [Said("/x", START_NS, nasty), Said("/x", START_NS + 1, deep)])
    await index(client)

    first, second = (await client.get(f"{ROUTE}/messages?topic=/x")).json()["items"]

    assert (first["message"]["v"], first["message"]["?"]) == ("?", 1)
    assert first["message"]["long"]["$length"] == 50_000
    assert "v" in second["message"] if second["message"] else second["problem"]
    # No question could name it.
    assert (await client.get(f"{ROUTE}/fields")).json()["topics"][0]["fields"] == []


async def test_of_messages_of_one_time_an_answer_takes_what_it_can(
    client: httpx2.AsyncClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playback, "MOST_OF_ONE_TIME", 20)
    write_messages(path, [*[Said("/x", START_NS, b"1")] * 100, Said("/x", START_NS + NS_PER_S, b"2")])
    await index(client)

    page = (await client.get(f"{ROUTE}/messages?topic=/x&limit=10")).json()

    assert (len(page["items"]), page["left_out"], page["next_start"]) == (30, 70, 1.0)


async def test_large_messages_end_an_answer_before_its_limit(
    client: httpx2.AsyncClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playback, "MOST_ANSWER_BYTES", 10_000)
    write_messages(path, saying("/x", ("y" * 4_000 for _ in range(10))))
    await index(client)

    page = (await client.get(f"{ROUTE}/messages?topic=/x&limit=10")).json()

    assert len(page["items"]) == 3
    assert page["next_start"] == pytest.approx(0.3)


async def test_more_numbers_than_fit_into_memory_are_refused(
    client: httpx2.AsyncClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_NUMBERS", 100)
    write_messages(path, saying("/x", ({"v": number} for number in range(60))))
    await index(client)

    whole = await client.get(f"{ROUTE}/series?fields=/x.v")
    part = await client.get(f"{ROUTE}/series?fields=/x.v&start=1&end=2")

    assert (whole.status_code, whole.json()["code"]) == (422, "too_much_to_read")
    assert part.json()["series"][0]["message_count"] == 11


async def test_who_has_gone_is_read_for_no_longer(hub_app: FastAPI, client: httpx2.AsyncClient, path: Path) -> None:
    write_messages(path, saying("/x", ({"v": number} for number in range(10))))
    await index(client)
    reading, go_on = threading.Event(), threading.Event()
    monkey = pytest.MonkeyPatch()
    decode = Decoders.decode

    def slowly(self: Any, *message: Any) -> object:
        reading.set()
        assert go_on.wait(20)
        return decode(self, *message)

    monkey.setattr(Decoders, "decode", slowly)
    gone: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {**http_scope(f"{ROUTE}/series", "GET"), "query_string": b"fields=/x.v"}
    asking = asyncio.create_task(hub_app(scope, lambda: asyncio.shield(gone), send))
    assert await asyncio.to_thread(reading.wait, 20)
    gone.set_result({"type": "http.disconnect"})
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait_for(asking, 20)
    monkey.undo()

    assert b"too_much_to_read" in b"".join(one.get("body", b"") for one in sent)


async def test_a_turn_ends_with_its_thread_and_who_waits_too_long_is_sent_away() -> None:
    turns, release = Turns(at_once=1, within_s=0.05), threading.Event()
    patience = Patience()
    asking = asyncio.create_task(turns.work(patience, lambda: release.wait(20)))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    with pytest.raises(TooMuchToRead):
        patience.check()
    with pytest.raises(PlaybackBusy):
        await turns.work(Patience(), lambda: None)
    release.set()
    assert await Turns(within_s=None).work(Patience(), lambda: 1) == 1


async def test_a_file_is_read_with_patience_only(tmp_path: Path) -> None:
    write_flight(tmp_path / "flight.mcap", seconds=30)
    patience = Patience()
    with (
        (tmp_path / "flight.mcap").open("rb") as file,
        open_recording(watched(file, patience.check)) as recording,
    ):
        assert len(list(recording.messages())) > 1_000
        patience.give_up()
        with pytest.raises(TooMuchToRead):
            list(recording.messages(topics=["/speed"]))
    with pytest.raises(TooMuchToRead, match="longer than 0 s"):
        list(Patience(0).over([1]))


@pytest.mark.parametrize(
    "said",
    [
        {"data": 10**13, "format": "jpeg"},
        {"data": 1e9},
        {"data": {"a": 1}},
        {"data": [1, 2, 300]},
        {"data": "not base64!"},
        {"data": "", "width": float("nan"), "height": 1, "encoding": "mono8"},
        {"data": "", "width": float("inf"), "height": 1, "encoding": "mono8"},
        {"data": "", "width": [8], "height": "x", "encoding": "mono8"},
        {"data": "", "width": 10**30, "height": 10**30, "encoding": "mono8"},
        {"data": base64.b64encode(b"x" * 64).decode(), "width": 8, "height": 8, "step": -8, "encoding": "mono8"},
    ],
)
def test_an_image_that_is_none_is_refused_and_takes_no_memory(said: dict[str, Any]) -> None:
    with pytest.raises(NotAnImage):
        picture_of("/camera", said)


async def test_fields_of_ten_thousand_topics_are_read_in_one_pass(tmp_path: Path) -> None:
    topics = [Said(f"/t{n}", START_NS + n, b'{"v": 1}') for n in range(2_000)]
    late = [Said("/late", START_NS + 10**9, b'{"v": 1}')]
    write_messages(tmp_path / "many.mcap", [*topics, *late], chunk_bytes=4_000)
    reads = 0

    def counting() -> None:
        nonlocal reads
        reads += 1

    with (tmp_path / "many.mcap").open("rb") as file, open_recording(watched(file, counting)) as recording:
        chunks = recording.summary().chunk_count
        reads = 0
        found = {message.channel.topic: message.content for message in recording.examples()}

    assert len(found) == 2_001
    assert chunks > 10
    assert reads <= chunks + 5


def written(messages: list[tuple[int, bytes]]) -> bytes:
    """A recording with any times, as no writer of ours makes it."""
    file = io.BytesIO()
    writer = Writer(file, compression=CompressionType.NONE)
    writer.start()
    schema = writer.register_schema("sensor_msgs/msg/CompressedImage", "jsonschema", b"{}")
    channel = writer.register_channel("/x", "json", schema)
    for time_ns, content in messages:
        writer.add_message(channel, time_ns, content, time_ns)
    writer.finish()  # type: ignore[no-untyped-call]
    return file.getvalue()

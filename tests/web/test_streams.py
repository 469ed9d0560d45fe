"""Event streams: numbered, resumable, awake, bounded by their reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import APIRouter, Request
from starlette.types import Message

from pilothouse.web import Service
from pilothouse.web.streams import EventStream, Since, StreamEvent
from tests.support.services import Answer, calling, http_scope, service

pytestmark = pytest.mark.anyio
KEEPALIVE = b": ping\n\n"


class Log:
    """A source that counts what is taken from it."""

    def __init__(self, count: int | None = None) -> None:
        self.taken = 0
        self.closed = asyncio.Event()
        self._count = count

    async def since(self, start: int) -> AsyncIterator[StreamEvent]:
        try:
            while self._count is None or start + self.taken < self._count:
                self.taken += 1
                number = start + self.taken
                yield StreamEvent(number, {"number": number, "text": "line\nbreak"}, "counted")
        finally:
            self.closed.set()


async def nothing() -> AsyncIterator[StreamEvent]:
    await asyncio.Event().wait()
    yield StreamEvent(1, None, "never")


def streaming(make: Callable[[Request, int], EventStream]) -> Service:
    router = APIRouter()

    @router.get("/events")
    async def events(request: Request, since: Since) -> EventStream:
        return make(request, since or 0)

    events.__annotations__["return"] = EventStream
    return service(router)


class Listener(Answer):
    """A client that reads as it likes."""

    def __init__(self, app: Service, **headers: str) -> None:
        super().__init__()
        self.heard = asyncio.Event()
        self._left = asyncio.Event()
        self._may_read = asyncio.Semaphore(1_000_000)
        self.task = asyncio.ensure_future(app(http_scope("/events", headers=headers), self._receive, self._read))

    async def _receive(self) -> Message:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _read(self, message: Message) -> None:
        await self._may_read.acquire()
        await self.send(message)
        self.heard.set()

    async def until(self, found: bytes) -> None:
        async with asyncio.timeout(10):
            while found not in self.body:
                self.heard.clear()
                await self.heard.wait()

    async def leave(self) -> None:
        self._left.set()
        await self.task


async def test_events_carry_their_number_name_and_content() -> None:
    app = streaming(lambda request, start: EventStream(request, Log(2).since(start)))
    async with calling(app) as client:
        response = await client.get("/events")

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-request-id"]
    first, second = response.text.removeprefix(": ping\n\n").split("\n\n")[:2]
    assert first.split("\n") == ["event: counted", 'data: {"number":1,"text":"line\\nbreak"}', "id: 1"]
    assert "id: 2" in second


@pytest.mark.parametrize(
    ("query", "header", "first"), [("", None, 1), ("?since=3", None, 4), ("", "7", 8), ("?since=3", "7", 8)]
)
async def test_a_reader_that_comes_back_goes_on_where_it_was(query: str, header: str | None, first: int) -> None:
    app = streaming(lambda request, start: EventStream(request, Log(10).since(start)))
    async with calling(app) as client:
        response = await client.get(f"/events{query}", headers={"Last-Event-ID": header} if header else {})

    numbers = [int(line[4:]) for line in response.text.split("\n") if line.startswith("id: ")]
    assert numbers == list(range(first, 11))


@pytest.mark.parametrize("header", ["x", "-1", "1.5", "9" * 30, "²"])
async def test_an_id_we_never_gave_is_refused(header: str) -> None:
    app = streaming(lambda request, start: EventStream(request, Log(1).since(start)))
    async with calling(app) as client:
        response = await client.get("/events", headers={"Last-Event-ID": header.encode()})

    assert (response.status_code, response.json()["code"]) == (422, "not_an_event_id")


async def test_a_silent_stream_is_kept_awake() -> None:
    listener = Listener(streaming(lambda request, _: EventStream(request, nothing(), keepalive_s=0.001)))

    await listener.until(KEEPALIVE * 5)
    await listener.leave()


async def test_a_source_is_put_down_when_its_reader_leaves() -> None:
    log = Log()
    listener = Listener(streaming(lambda request, start: EventStream(request, log.since(start))))

    await listener.until(b"id: 5")
    await listener.leave()

    assert log.closed.is_set()


async def test_a_slow_reader_holds_the_source_back() -> None:
    log = Log()
    listener = Listener(streaming(lambda request, start: EventStream(request, log.since(start))))
    listener._may_read = asyncio.Semaphore(4)  # the head, the first comment and two events

    await listener.until(b"id: 2")
    for _ in range(100):
        await asyncio.sleep(0)

    assert log.taken <= 4
    listener.task.cancel()
    await asyncio.wait({listener.task})


async def test_streams_end_when_the_service_closes() -> None:
    app = streaming(lambda request, _: EventStream(request, nothing()))
    listener = Listener(app)
    await listener.until(KEEPALIVE)

    app.begin_closing()
    async with asyncio.timeout(10):
        await listener.task

    assert listener.is_complete
    assert app.state.on_closing == set()


async def test_a_stream_ends_when_the_right_to_it_is_withdrawn() -> None:
    allowed = True

    async def still_allowed() -> bool:
        return allowed

    def make(request: Request, _: int) -> EventStream:
        return EventStream(request, nothing(), still_allowed=still_allowed, keepalive_s=0.001)

    listener = Listener(streaming(make))
    await listener.until(KEEPALIVE * 3)
    assert not listener.task.done()

    allowed = False
    async with asyncio.timeout(10):
        await listener.task


async def test_a_busy_stream_asks_for_the_right_too() -> None:
    async def never() -> bool:
        return False

    def make(request: Request, start: int) -> EventStream:
        return EventStream(request, Log().since(start), still_allowed=never, keepalive_s=0.001)

    async with asyncio.timeout(10):
        await Listener(streaming(make)).task


async def test_a_broken_source_breaks_the_stream_and_nothing_else() -> None:
    async def broken() -> AsyncIterator[StreamEvent]:
        yield StreamEvent(1, None, "last")
        raise RuntimeError("the log is gone")

    app: Any = streaming(lambda request, _: EventStream(request, broken()))
    listener = Listener(app)
    await listener.task

    assert b"id: 1" in listener.body
    assert not listener.is_complete

"""HTTP/1.1 over plain sockets with keep-alive: a client that leaves the processor to the server it measures."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import urlsplit


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """The bytes of a request with an agent's token."""
    head = f"{method} {path} HTTP/1.1\r\nHost: hub\r\nX-Agent-Token: {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def post(path: str, document: dict[str, object], token: str) -> bytes:
    return request("POST", path, token, json.dumps(document).encode())


class Calls:
    """So many connections to one server, each with one request under way."""

    def __init__(self, url: str, connections: int) -> None:
        split = urlsplit(url)
        assert split.hostname is not None
        assert split.port is not None
        self._host, self._port, self._connections = split.hostname, split.port, connections

    async def once(self, raw: bytes) -> bytes:
        """The body of one answer."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            return await _ask(reader, writer, raw)
        finally:
            writer.close()

    async def all(self, raw: list[bytes]) -> None:
        """Each request once."""
        waiting = list(raw)

        async def work() -> None:
            reader, writer = await asyncio.open_connection(self._host, self._port)
            while waiting:
                await _ask(reader, writer, waiting.pop())
            writer.close()

        await asyncio.gather(*(work() for _ in range(self._connections)))

    async def rate(self, raw: list[bytes], seconds: float) -> tuple[float, float]:
        """Answers in a second, and the 99th percentile of how long one takes, in seconds."""
        taken: list[float] = []
        until = time.perf_counter() + seconds

        async def work(number: int) -> None:
            reader, writer = await asyncio.open_connection(self._host, self._port)
            began = time.perf_counter()
            while began < until:
                await _ask(reader, writer, raw[number % len(raw)])
                ended = time.perf_counter()
                taken.append(ended - began)
                began, number = ended, number + self._connections
            writer.close()

        began = time.perf_counter()
        await asyncio.gather(*(work(number) for number in range(self._connections)))
        return len(taken) / (time.perf_counter() - began), sorted(taken)[int(len(taken) * 0.99)]


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> bytes:
    writer.write(raw)
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            length = int(line[15:])
    body = await reader.readexactly(length)
    if head[9:10] != b"2":
        raise RuntimeError(f"{head.splitlines()[0].decode()}: {body.decode()[:500]}")
    return body


async def take_events(url: str, raw: bytes, arrived: dict[str, float], is_open: asyncio.Event, count: int) -> None:
    """Note when the event of each task arrives, by the task's title, until so many have come."""
    split = urlsplit(url)
    assert split.hostname is not None
    assert split.port is not None
    reader, writer = await asyncio.open_connection(split.hostname, split.port)
    writer.write(raw)
    await reader.readuntil(b"\r\n\r\n")
    is_open.set()
    while len(arrived) < count:
        line = await reader.readline()
        if line.startswith(b"data:"):
            told = json.loads(line[5:])
            arrived[told["after"]["title"]] = time.perf_counter()
    writer.close()

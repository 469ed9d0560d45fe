"""Clients of server-sent events that cost little: hundreds of them in one test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

DEADLINE_S = 60.0


class SseClient:
    """One stream over one socket; ``seen`` are the ids it got, in order, ``names`` what the events were called."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.status = 0
        self.seen: list[int] = []
        self.names: list[str] = []

    async def next(self) -> dict[str, Any]:
        """The data of the next event; raises EOFError when the stream has ended."""
        fields: dict[str, str] = {}
        while True:
            line = (await self._line()).rstrip("\r\n")
            if not line and "data" in fields:
                self.seen.append(int(fields["id"]))
                self.names.append(fields.get("event", ""))
                return dict(json.loads(fields["data"]))
            name, separator, value = line.partition(": ")
            if separator and name:
                fields[name] = value

    async def ended(self) -> None:
        """Until the stream ends, whatever still comes."""
        try:
            while True:
                await self.next()
        except EOFError:
            return

    async def _line(self) -> str:
        async with asyncio.timeout(DEADLINE_S):
            line = await self._reader.readline()
        # Of chunked encoding the sizes stand between the lines; no field looks like them.
        if not line or line == b"0\r\n":
            raise EOFError
        return line.decode()

    def cut(self) -> None:
        """Vanish without a word."""
        self._writer.transport.abort()
        self._writer.close()


async def connect(url: str, path: str, headers: Mapping[str, str]) -> SseClient:
    """A client whose stream has begun: what happens from now on reaches it."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=1 << 20)
    told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\n{told}\r\n".encode())
    client = SseClient(reader, writer)
    async with asyncio.timeout(DEADLINE_S):
        client.status = int((await reader.readline()).split()[1])
        while (await reader.readline()).strip():
            pass
        if client.status == 200:
            while b"ping" not in await reader.readline():
                pass
    return client


class Served:
    """An application on a port; what still listens to it is cut off at the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._clients: list[SseClient] = []

    async def connect(self, path: str, headers: Mapping[str, str]) -> SseClient:
        """A client whose stream has begun."""
        client = await connect(self.url, path, headers)
        self._clients.append(client)
        return client

    def end(self) -> None:
        for client in self._clients:
            client.cut()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[Served]:
    """An application that has been started already, on a port of its own in this loop."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="critical", backlog=2048)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    async with asyncio.timeout(DEADLINE_S):
        while not server.started:
            await asyncio.sleep(0.01)
    one = Served(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    try:
        yield one
    finally:
        one.end()
        app.begin_closing()  # type: ignore[attr-defined]
        server.should_exit = True
        await serving

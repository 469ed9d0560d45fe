"""A service to run as a process: `python tests/support/small_service.py [--port N] [--host H] [--fail HOW]`."""

from __future__ import annotations

import argparse
import asyncio
import errno
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, WebSocket
from starlette.responses import StreamingResponse

from pilothouse.kit.errors import BadConfiguration, Unavailable
from pilothouse.kit.settings import load
from pilothouse.web import ServiceSettings, create_service, heads, local_hosts, run_service
from pilothouse.web.streams import EventStream, StreamEvent

router = APIRouter()


class DiskAway(Unavailable):
    """The disk is away; plug it in."""


@router.get("/events")
async def events(request: Request) -> EventStream:
    async def source() -> AsyncIterator[StreamEvent]:
        yield StreamEvent(1, None, "hello")
        await asyncio.Event().wait()

    return EventStream(request, source())


@router.get("/stubborn")
async def stubborn() -> StreamingResponse:
    """A stream that does not know that the service is closing."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.Event().wait()

    return StreamingResponse(parts())


@router.get("/slow")
async def slow() -> str:
    await asyncio.sleep(0.5)
    return "finished"


@router.get("/who")
async def who(request: Request) -> list[str]:
    return [request.client.host if request.client else "", str(request.state.lifespan)]


@router.post("/read")
async def read(request: Request) -> int:
    return len(await request.body())


@router.websocket("/echo")
async def echo(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        await socket.send_text(await socket.receive_text())


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--fail", choices=["configuration", "disk", "full", "defect", "build", "slow-end"])
    parser.add_argument("--parser", choices=["httptools", "h11"], default="httptools")
    parser.add_argument("--head-within-s", type=float, default=heads.WHOLE_WITHIN_S)
    given = parser.parse_args()
    heads.WHOLE_WITHIN_S = heads.PAUSES_AT_MOST_S = given.head_within_s
    if given.parser == "h11":
        sys.modules["httptools"] = None  # type: ignore[assignment] # as on a robot, which has the base install alone

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, str]]:
        if given.fail == "configuration":
            raise BadConfiguration(problem="MD_MODE must be single or fleet")
        if given.fail == "disk":
            raise DiskAway
        if given.fail == "full":
            # As SQLAlchemy has it: what the disk said lies beneath.
            raise RuntimeError("a migration failed") from OSError(errno.ENOSPC, "No space left on device", "hub.db")
        if given.fail == "defect":
            raise RuntimeError("a defect")
        yield {"lifespan": "ran"}
        if given.fail == "slow-end":
            await asyncio.Event().wait()
        sys.stderr.write("ended cleanly\n")

    settings = load(ServiceSettings, overrides={"host": given.host, "port": given.port, "data": "here"})

    def build() -> FastAPI:
        if given.fail == "build":
            raise BadConfiguration(problem="the Stackfile names no robot")
        hosts = local_hosts(settings)
        return create_service(
            title="Small", description="", settings=settings, routers=[router], lifespan=lifespan, allowed_hosts=hosts
        )

    return run_service(build, settings)


if __name__ == "__main__":
    sys.exit(main())

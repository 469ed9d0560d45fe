"""A repository of somebody else's and what is made from it here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pilothouse.kit.clock import SystemClock
from pilothouse.workspaces import Repositories, Repository, Workspaces
from pilothouse.workspaces.ownership import usual_owner
from tests.support.repositories import Upstream

# Whom guests run as, where tests may choose: somebody without rights.
GUEST = usual_owner()


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream")


@pytest.fixture
def repository(upstream: Upstream) -> Repository:
    return Repository("demo", upstream.url)


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    return Repositories(tmp_path / "mirrors", clock=SystemClock(), protocols=("file",))


@pytest.fixture(params=["overlay", "clone"])
async def workspaces(
    request: pytest.FixtureRequest, tmp_path: Path, repositories: Repositories, anyio_backend: str
) -> AsyncIterator[Workspaces]:
    """Both ways of making them; overlays need root and a kernel that has them."""
    layered = request.param == "overlay"
    made = Workspaces(tmp_path / "workspaces", repositories, clock=SystemClock(), owner=GUEST, layered=layered)
    await made.start()
    if layered and not made.layered:
        await made.close()
        pytest.skip("no overlays here: that needs root and a file system that can lie above")
    yield made
    await made.close()

"""What this hub is: for the page that a person looks at before asking for help."""

from __future__ import annotations

import platform

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pilothouse import __version__
from pilothouse.hub.identity.auth import Operator, Reading, ThisHub
from pilothouse.hub.ui.routes import ThisSite

router = APIRouter(prefix="/api/v1/system", tags=["administration"])


class SystemFacts(BaseModel):
    """Versions, and where this hub keeps what it keeps; no address and no secret."""

    version: str = Field(description="Of Pilothouse")
    mode: str = Field(description="`single` or `fleet`")
    python: str
    database: str = Field(description="`sqlite` or `postgresql`")
    database_version: str
    schema_revision: str | None = Field(description="The migration that the database is at")
    storage: str = Field(description="`directory` or `bucket`")
    ui_built: bool = Field(description="Whether the web UI is there; without it the hub serves the API alone")


@router.get("", summary="What this hub is, and where it keeps what it keeps")
async def read_system(_caller: Operator, hub: ThisHub, site: ThisSite, session: Reading) -> SystemFacts:
    """Whether it works is what `GET /readyz` says."""
    return SystemFacts(
        version=__version__,
        mode=hub.settings.mode,
        python=platform.python_version(),
        database=hub.database.dialect,
        database_version=await hub.database.version(session),
        schema_revision=await hub.database.migrations.current(session),
        storage="directory" if hub.settings.storage_url is None else "bucket",
        ui_built=site.page is not None,
    )

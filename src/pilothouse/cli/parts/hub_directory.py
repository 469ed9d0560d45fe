"""The hub of a data directory, without asking one that runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from pilothouse.hub.db import Database
    from pilothouse.hub.settings import HubSettings


def settings_in(data: Path | None, *, otherwise: str = "set PILOTHOUSE_DATABASE_URL as for the hub") -> HubSettings:
    """The settings of the hub that is there; raises BadConfiguration where none is."""
    from pilothouse.hub.settings import DATABASE_FILE, HubSettings
    from pilothouse.kit.settings import load

    settings = load(HubSettings, overrides={"data": data})
    if settings.database_url is None and not (settings.data / DATABASE_FILE).is_file():
        raise BadConfiguration(problem=f"there is no hub in {settings.data}; check --data, or {otherwise}")
    return settings


@asynccontextmanager
async def database_of(settings: HubSettings) -> AsyncIterator[Database]:
    """Its rows, beside a running hub or without one; raises NotMigrated where they are of another version."""
    from pilothouse.hub.db import Database

    database = Database(settings.database_address)
    try:
        await database.check_migrated()
        yield database
    finally:
        await database.close()

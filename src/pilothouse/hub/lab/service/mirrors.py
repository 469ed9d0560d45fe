"""How repositories are fetched here, by the settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock
from pilothouse.workspaces import Repositories


def mirrors_of(settings: HubSettings, clock: Clock) -> Repositories:
    """The mirrors below the data directory."""
    by_place = settings.lab_credentials

    def credentials(remote_url: str) -> tuple[str, str] | None:
        host = urlsplit(remote_url).hostname or ""
        known = [one for one in by_place if remote_url.startswith(one)]
        found = by_place[max(known, key=len)] if known else by_place.get(host)
        if found is None:
            return None
        user, _, password = found.partition(":")
        return user, password

    return Repositories(
        settings.data / "lab" / "mirrors", clock=clock, protocols=settings.lab_protocols, credentials=credentials
    )

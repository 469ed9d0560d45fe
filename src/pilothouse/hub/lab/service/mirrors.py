"""How repositories are fetched here, by the settings."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock
from pilothouse.workspaces import Credentials, Repositories


def mirrors_of(settings: HubSettings, clock: Clock) -> Repositories:
    """The mirrors below the data directory."""
    return Repositories(
        settings.data / "lab" / "mirrors", clock=clock, protocols=settings.lab_protocols,
        credentials=credentials_of(settings.lab_credentials),
    )  # fmt: skip


def credentials_of(by_place: Mapping[str, str]) -> Credentials:
    """``USER:PASSWORD`` by host or by the beginning of an address, the longest first; no host gets another's."""

    def of(remote_url: str) -> tuple[str, str] | None:
        beginnings = [one for one in by_place if f"{remote_url}/".startswith(f"{one.rstrip('/')}/")]
        place = max(beginnings, key=len, default=urlsplit(remote_url).hostname or "")
        found = by_place.get(place)
        if found is None:
            return None
        user, _, password = found.partition(":")
        return user, password

    return of

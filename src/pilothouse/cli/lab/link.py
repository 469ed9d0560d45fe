"""Which hub debug sessions are asked of, and with which credential."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.parts.hub_link import DEFAULT_URL, PASSWORDS, TOKEN, URL_OF_TOOLS
from pilothouse.cli.parts.hub_link import URL as HUB_URL
from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from pilothouse.client import HubClient

URL = URL_OF_TOOLS
CREDENTIALS = f"Signs in with {TOKEN}, or with what `pilothouse lab login` has kept."

Url = Annotated[str | None, typer.Option("--url", help=f"Where the hub is; {URL}, or what login has kept, otherwise.")]


def configuration_file() -> Path:
    """Where `login` keeps what it was told: readable by this user alone."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "pilothouse" / "lab.json"


def kept() -> dict[str, str]:
    """What `login` has kept; refused when others could have read it."""
    file = configuration_file()
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise BadConfiguration(problem=f"{file} holds a token and others may read it: chmod 600 {file}")
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise BadConfiguration(problem=f"{file} cannot be read; run pilothouse lab login again") from None
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def keep(url: str, token: str) -> Path:
    """Write both, so that nobody else can read them at any time."""
    file = configuration_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    coming = file.with_suffix(".part")
    coming.unlink(missing_ok=True)
    with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as writing:
        json.dump({"url": url, "token": token}, writing)
    coming.replace(file)
    return file


def hub_for(url: str | None) -> HubClient:
    """A client of the hub that flag, environment or `login` name. A kept token is shown to the hub it was kept for."""
    from pilothouse.client import HubClient

    known = kept()
    place = url or os.environ.get(URL) or os.environ.get(HUB_URL) or known.get("url") or DEFAULT_URL
    token = os.environ.get(TOKEN)
    if not token and place.rstrip("/") == known.get("url", "").rstrip("/"):
        token = known.get("token")
    password = next((os.environ[name] for name in PASSWORDS if os.environ.get(name)), None)
    return HubClient(place, token=token or None, password=password)

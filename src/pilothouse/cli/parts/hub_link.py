"""Talks to a running hub as an operator."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pilothouse.client import HubClient

URL = "PILOTHOUSE_HUB_URL"
# What `lab` and `mcp` read first; whoever has set one name has said where the hub is.
URL_OF_TOOLS = "PILOTHOUSE_URL"
TOKEN = "PILOTHOUSE_TOKEN"  # noqa: S105 - the name of a variable
PASSWORDS = ("MD_HUB_AUTH_PASSWORD", "PILOTHOUSE_MD_HUB_AUTH_PASSWORD", "PILOTHOUSE_HUB_AUTH_PASSWORD")
DEFAULT_URL = "http://127.0.0.1:8000"

CREDENTIALS = f"Signs in with {TOKEN} (a token with the scope admin) or {PASSWORDS[0]} from the environment."

HubUrl = Annotated[str, typer.Option("--url", envvar=[URL, URL_OF_TOOLS], help="Where the hub is.")]


def hub_at(url: str) -> HubClient:
    """A client with the credential that the environment holds; flags would show it to everybody on this machine."""
    from pilothouse.client import HubClient

    token = os.environ.get(TOKEN)
    password = next((os.environ[name] for name in PASSWORDS if os.environ.get(name)), None)
    return HubClient(url, token=token or None, password=password)

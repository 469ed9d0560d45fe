"""`pilothouse hub login-link`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from pilothouse.cli.parts.hub_directory import database_of, settings_in
from pilothouse.cli.parts.hub_link import DEFAULT_URL
from pilothouse.kit.errors import BadConfiguration


def login_link(
    data: Annotated[Path | None, typer.Option(help="The hub's data directory. [default: ./pilothouse-data]")] = None,
    url: Annotated[
        str | None,
        typer.Option(
            help="Where the browser reaches the hub. [default: PILOTHOUSE_PUBLIC_URL or http://127.0.0.1:8000]"
        ),
    ] = None,
) -> None:
    """Print a link that signs one browser in as the operator, once and within 15 minutes.

    Whoever can write the data directory may do so; the hub may be running or not.
    """
    from pilothouse.hub.settings import HubSettings
    from pilothouse.hub.ui.login import link
    from pilothouse.kit.settings import load

    address = url or load(HubSettings).public_url or DEFAULT_URL
    if not address.startswith(("http://", "https://")):
        raise BadConfiguration(problem=f"--url is the address of the hub, such as {DEFAULT_URL}")
    print(link(address, asyncio.run(make_code(data))))


async def make_code(data: Path | None) -> str:
    """A code that signs one browser in as the operator of the hub in that directory."""
    from pilothouse.hub.identity.service import build_services
    from pilothouse.kit.clock import SystemClock

    settings = settings_in(data)
    async with database_of(settings) as database:
        return await build_services(settings, database, SystemClock()).sign_ins.code_at_start()

"""`pilothouse worker`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fastapi import FastAPI

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.callback(invoke_without_command=True)
def worker(
    data: Annotated[
        Path | None,
        typer.Option(
            help="Directory for checkouts; the hub's own where both are on one machine. [default: ./pilothouse-data]"
        ),
    ] = None,
    capacity: Annotated[
        int | None, typer.Option(min=1, help="So many debug sessions run at once. [default: 4]")
    ] = None,
    allow_unsandboxed: Annotated[
        bool | None,
        typer.Option(
            "--allow-unsandboxed",
            help="Run sessions although this machine cannot isolate them: only trusted ones, then.",
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with settings; flags and environment win.")] = None,
) -> None:
    """Run debug sessions and the other jobs of a hub, on this machine.

    It needs the hub's database and storage by the same settings, and listens on nothing. With PILOTHOUSE_REDIS_URL it
    hears at once of what is to be done; without, it looks every two seconds.

    When it is at work it prints `ready worker NAME`; SIGTERM or Ctrl-C ends its commands (SIGTERM, two seconds,
    SIGKILL), writes that down, and ends it within five seconds.

    \b
    Settings most people want (all are in docs/configuration.md):
      PILOTHOUSE_DATABASE_URL            the hub's PostgreSQL
      PILOTHOUSE_STORAGE_URL             the hub's bucket
      PILOTHOUSE_REDIS_URL               the hub's Redis or Valkey
      PILOTHOUSE_LAB_GIT_CREDENTIALS     who fetches repositories

    \b
    Exit codes: 0 ended by a signal, 2 something must be changed first, 1 anything else.
    """
    from pilothouse.kit.memory import loading
    from pilothouse.workspaces.overlay import keep_mounts_to_ourselves

    keep_mounts_to_ourselves()
    with loading():
        from pilothouse.hub.app import create_app
        from pilothouse.hub.settings import HubSettings
        from pilothouse.kit.settings import load
        from pilothouse.web import run_unserved

    async def begun(service: FastAPI) -> str:
        name: str = await service.state.lab.worker.at_work()
        return f"worker {name}"

    flags = {"data": data, "lab_capacity": capacity, "lab_allow_unsandboxed": allow_unsandboxed, "lab_worker": True}
    settings = load(HubSettings, file=config, overrides=flags)
    raise SystemExit(run_unserved(lambda: create_app(settings, serves=False), settings, begun))

"""`pilothouse hub`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pilothouse.cli.hub import backup, login


class Mode(StrEnum):
    SINGLE = "single"
    FLEET = "fleet"


app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.callback(invoke_without_command=True)
def hub(
    ctx: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(help="Directory that holds everything the hub keeps. [default: ./pilothouse-data]"),
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(help="`single` trusts the network unless a password is set; `fleet` needs one. [default: single]"),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 0.0.0.0]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes any free one. [default: 8000]")] = None,
    public_url: Annotated[
        str | None, typer.Option(help="Where people and robots reach it; links begin with this: https://hub.example")
    ] = None,
    allow_unsandboxed: Annotated[
        bool | None,
        typer.Option(
            "--allow-unsandboxed",
            help="Run debug sessions although this machine cannot isolate them: only trusted ones, then.",
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with settings; flags and environment win.")] = None,
) -> None:
    """Serve recordings and the fleet.

    DIR/sessions/*.mcap is watched, indexed and served, whoever puts files there; robots deliver theirs by themselves.
    DIR/hub.db keeps what is known about them. Moving DIR moves the installation.

    When it serves it prints `ready http://HOST:PORT`; SIGTERM or Ctrl-C ends it within five seconds. Where no
    credential is configured it prints a login link first, good once and for 15 minutes; `pilothouse hub login-link`
    makes another one.

    \b
    Settings most people want (all are in docs/configuration.md):
      MD_HUB_AUTH_PASSWORD     people sign in with it (HTTP Basic, any user name); fleet mode needs it
      MD_HUB_AUTH_TOKEN        robots send it as Bearer; the password when not set
      MD_MAX_DISK_MB           delete the oldest recordings beyond so many MiB; 0 keeps all
      PILOTHOUSE_DATABASE_URL  PostgreSQL instead of DIR/hub.db

    \b
    Exit codes: 0 ended by a signal, 2 something must be changed first (settings, a taken port), 1 anything else.
    """
    if ctx.invoked_subcommand is not None:
        return
    from pilothouse.kit.memory import loading
    from pilothouse.workspaces.overlay import keep_mounts_to_ourselves

    keep_mounts_to_ourselves()
    with loading():
        from pilothouse.hub.app import create_app
        from pilothouse.hub.settings import HubSettings
        from pilothouse.kit.settings import load
        from pilothouse.web import run_service

    flags = {
        "data": data,
        "mode": mode and mode.value,
        "host": host,
        "port": port,
        "public_url": public_url,
        "lab_allow_unsandboxed": allow_unsandboxed,
    }
    settings = load(HubSettings, file=config, overrides=flags)
    raise SystemExit(run_service(lambda: create_app(settings), settings))


app.command()(backup.backup)
app.command()(backup.restore)
app.command("login-link")(login.login_link)

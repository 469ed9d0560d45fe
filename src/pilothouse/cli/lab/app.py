"""pilothouse lab: debug sessions of a hub."""

from __future__ import annotations

import json
import sys

import typer

from pilothouse.cli.lab import artifacts, batch, debug, repo, run, sessions, shell
from pilothouse.cli.lab.link import CREDENTIALS, URL, Url, hub_for, keep
from pilothouse.cli.parts.hub_link import DEFAULT_URL, TOKEN
from pilothouse.cli.parts.options import AsJson
from pilothouse.kit.errors import Unauthenticated

app = typer.Typer(
    help=f"Reproduce failures at a pinned commit, in a sandbox, with their recordings. {CREDENTIALS}",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

app.add_typer(repo.app, name="repo")
app.add_typer(sessions.app, name="sessions")
app.add_typer(artifacts.app, name="artifacts")
for command in (run.run, run.logs, shell.shell, batch.batch, debug.debug):
    app.command()(command)


class NoToken(Unauthenticated):
    """There is no token to keep; `pilothouse token create NAME --scopes …` makes one."""


@app.command()
def login(as_json: AsJson = False, url: Url = None) -> None:
    """Keep the address of a hub and a token, in a file that only you can read.

    The token is asked for, or read from standard input; where nothing is said it is the one in PILOTHOUSE_TOKEN. It is
    tried before it is kept.
    """
    import os

    from pilothouse.client import HubClient

    place = url or os.environ.get(URL) or DEFAULT_URL
    known = os.environ.get(TOKEN, "")
    if sys.stdin.isatty():
        said: str = typer.prompt("Token", default=known, show_default=False, hide_input=True, err=True)
    else:
        said = sys.stdin.readline()
    token = said.strip() or known.strip()
    if not token:
        raise NoToken
    with HubClient(place, token=token) as hub:
        hub.lab.sessions(limit=1)
    file = keep(place, token)
    print(json.dumps({"url": place, "file": str(file)}) if as_json else file)


@app.command()
def sandbox(as_json: AsJson = False, url: Url = None) -> None:
    """Show the workers there are, and how far each keeps commands apart."""
    from pilothouse.cli.parts.tables import table

    with hub_for(url) as hub:
        found = hub.lab.sandboxes()
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    rows = [(one.worker, one.level, f"{one.running} of {one.capacity}", ",".join(one.networks), one.refuses or "-")
            for one in found.workers]  # fmt: skip
    print(table(("worker", "level", "running", "networks", "refuses"), rows))

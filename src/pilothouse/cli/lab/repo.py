"""pilothouse lab repo: repositories that sessions are made from."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Annotated

import typer

from pilothouse.cli.lab.asking import checked
from pilothouse.cli.lab.link import Url, hub_for
from pilothouse.cli.parts.options import AsJson
from pilothouse.cli.parts.tables import table
from pilothouse.kit.errors import BadConfiguration

app = typer.Typer(
    help="Repositories that sessions are made from.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

Flag = typer.Option
Name = Annotated[str, typer.Argument(help="Its name.")]


@app.command()
def add(
    name: Name,
    remote_url: Annotated[str, typer.Argument(help="Where it is fetched from; credentials are settings of the hub.")],
    branch: Annotated[str, Flag("--branch", help="The default branch.")] = "main",
    setup: Annotated[
        list[str] | None,
        Flag("--setup", help="How it is set up: auto, none, or a command; repeatable."),
    ] = None,
    max_parallel: Annotated[int | None, Flag(min=1, help="So many of its sessions run at once.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Make a repository known; again with the same name it says anew where the code comes from."""
    from pilothouse.wire.lab import NewLabRepository

    how = None if not setup else setup[0] if setup in (["auto"], ["none"]) else [shlex.split(one) for one in setup]
    asked = {"name": name, "remote_url": remote_url, "default_branch": branch, "setup": how}
    with hub_for(url) as hub:
        made = hub.lab.add_repository(checked(NewLabRepository, {**asked, "max_parallel": max_parallel}))
    print(made.model_dump_json(indent=2) if as_json else f"{made.name} is fetched from {made.remote_url}")


@app.command("list")
def list_repositories(as_json: AsJson = False, url: Url = None) -> None:
    """List the repositories."""
    with hub_for(url) as hub:
        found = hub.lab.repositories(limit=200)
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    rows = [(one.name, one.remote_url, one.default_branch, ",".join(one.secrets) or "-") for one in found.items]
    print(table(("repository", "fetched from", "branch", "secrets"), rows))
    if found.total > len(found.items):
        print(f"and {found.total - len(found.items)} more")


@app.command()
def secret(
    name: Name,
    variable: Annotated[str, typer.Argument(metavar="NAME", help="The variable it enters a command as.")],
    remove: Annotated[bool, Flag("--remove", help="Forget it.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Keep a secret for the sessions of a repository. Its value is asked for, or read from standard input."""
    with hub_for(url) as hub:
        if remove:
            hub.lab.delete_secret(name, variable)
        else:
            value = typer.prompt("Value", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read()
            if not value:
                raise BadConfiguration(problem="the value is empty")
            hub.lab.put_secret(name, variable, value.removesuffix("\n"))
    state = "forgotten" if remove else "kept"
    facts = {"repository": name, "secret": variable, "state": state}
    print(json.dumps(facts) if as_json else f"{variable} of {name} is {state}")

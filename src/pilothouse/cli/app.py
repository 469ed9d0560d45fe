"""The command tree. A group's module is imported only when one of its commands runs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

GROUPS = {
    "demo": "Record, guard, deliver and triage on this machine: a real flight and a simulated arm.",
    "hub": "Serve recordings and the fleet.",
    "worker": "Run debug sessions and the other jobs of a hub, on as many machines as wanted.",
    "recorder": "Keep the last minute on the robot, crash-safe, and seal it when a trigger fires.",
    "guard": "Stand between a policy and a robot: decide each cycle, fail closed.",
    "recordings": "Find, fetch, deliver, cut, export, pin and share the recordings of a hub.",
    "robot": "Let robots into a hub, and see how they are.",
    "token": "Credentials for programs: make, list and revoke API tokens of a hub.",
    "mcp": "Tools for an AI agent, over standard input and output.",
    "lab": "Reproduce failures at a pinned commit, in a sandbox, with their recordings.",
    "audit": "Prove that nothing was taken out of the log of who changed what.",
    "triggers": "Try the rules of a recorder on stored recordings.",
    "mcap": "Look into, verify and recover recordings.",
}


class LazyGroups(TyperGroup):
    """Lists every group, loads one."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(GROUPS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in GROUPS:
            return None
        return typer.main.get_command(import_module(f"pilothouse.cli.{cmd_name}").app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(GROUPS.items()))


app = typer.Typer(
    cls=LazyGroups,
    name="pilothouse",
    help="Mission control and flight recorder for robots and autonomous agents.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(show: bool) -> None:
    if show:
        from pilothouse import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Mission control and flight recorder for robots and autonomous agents."""

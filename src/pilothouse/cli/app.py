"""The command tree. A group's module is imported only when one of its commands runs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from pilothouse.kit.nearest import nearest

EXIT_CODES = """\b
Exit codes:
  0  done; a service ended by a signal
  1  the answer is no: a check failed, a file is damaged; or a fault of the program
  2  what was asked cannot be done like this: a flag, a setting, a missing extra, a taken port
  3  credentials are missing, wrong or not enough
  4  there is no such thing
  5  something else is there already, or the state does not allow it
  6  too large
  7  nobody answers, the disk is full, or too many requests: try again
  130  Ctrl-C
`lab run`, `lab shell` and `lab debug` end as their command did, or with 125 when it could not run."""

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
# The groups of more than one file: their app.py puts them together.
FOLDERS = {"demo", "guard", "hub", "lab", "recorder", "recordings", "robot"}


class LazyGroups(TyperGroup):
    """Lists every group, loads one."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(GROUPS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in GROUPS:
            return super().get_command(ctx, cmd_name)
        place = f"pilothouse.cli.{cmd_name}"
        return typer.main.get_command(import_module(f"{place}.app" if cmd_name in FOLDERS else place).app)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            close = nearest(args[0], GROUPS)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {close!r}?" if close else ""))
        return super().resolve_command(ctx, args)

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
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
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


@app.command("version", hidden=True)
def version_command() -> None:
    """Print the version."""
    _version(show=True)

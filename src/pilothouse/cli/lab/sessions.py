"""pilothouse lab sessions: what runs and what ran."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.lab.link import Url, hub_for
from pilothouse.cli.parts.options import AsJson
from pilothouse.cli.parts.tables import at, printable, table

if TYPE_CHECKING:
    from pilothouse.wire.lab import LabCommand, LabSession

app = typer.Typer(
    help="Debug sessions: what runs and what ran.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

Flag = typer.Option
Session = Annotated[str, typer.Argument(metavar="SESSION", help="The session's id.")]


@app.command("list")
def list_sessions(
    every: Annotated[bool, Flag("--all", help="Those that are over, too.")] = False,
    repo: Annotated[str | None, Flag("--repo", help="Of this repository.")] = None,
    incident: Annotated[str | None, Flag(help="Looking into this incident.")] = None,
    batch: Annotated[str | None, Flag(help="Of this batch.")] = None,
    label: Annotated[str | None, Flag(help="With this label.")] = None,
    limit: Annotated[int, Flag(min=1, max=200, help="How many at most.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List sessions, the newest first."""
    with hub_for(url) as hub:
        found = hub.lab.sessions(
            every=every, repository=repo, incident_id=incident, batch_id=batch, label=label, limit=limit
        )
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    rows = [(one.id, one.repository, _commit(one), one.state.value, str(one.command_count),
             at(one.created_at), ",".join(one.labels) or "-") for one in found.items]  # fmt: skip
    print(table(("session", "repository", "commit", "state", "commands", "made", "labels"), rows))
    if found.total > len(found.items):
        print(f"and {found.total - len(found.items)} more; narrow the list")


@app.command()
def show(session_id: Session, as_json: AsJson = False, url: Url = None) -> None:
    """Show a session and its commands."""
    with hub_for(url) as hub:
        session, commands = hub.lab.session(session_id), hub.lab.commands(session_id)
    if as_json:
        listed = [one.model_dump(mode="json") for one in commands.items]
        print(json.dumps({**session.model_dump(mode="json"), "commands": listed}, indent=2))
        return
    for name, value in _facts(session):
        if value:
            print(f"{name:<12} {printable(value)}")
    head = ("command", "what", "state", "ended by", "exit", "took", "memory")
    print(table(head, [_row(one) for one in commands.items]))
    if commands.total > len(commands.items):
        print(f"and {commands.total - len(commands.items)} more")


@app.command()
def cancel(session_id: Session, as_json: AsJson = False, url: Url = None) -> None:
    """End a session and everything that runs in it."""
    with hub_for(url) as hub:
        before = hub.lab.session(session_id).state
        hub.lab.cancel(session_id)
    state = before.value if before.is_over else "cancelled"
    said = f"{session_id} was over already: {state}" if before.is_over else f"{session_id} is cancelled"
    print(json.dumps({"id": session_id, "state": state}) if as_json else said)


def _commit(one: LabSession) -> str:
    patched = "+patch" if one.patch_hash else ""
    return (one.commit_sha or one.ref or "-")[:12] + patched


def _row(one: LabCommand) -> tuple[str, ...]:
    wall, memory = one.usage.wall_s, one.usage.peak_memory_bytes
    return (
        one.id, " ".join(one.argv)[:60], one.state.value, one.termination_reason or "-",
        "-" if one.exit_code is None else str(one.exit_code), "-" if wall is None else f"{wall:.2f} s",
        "-" if memory is None else f"{memory / 1e6:.0f} MB",
    )  # fmt: skip


def _facts(one: LabSession) -> list[tuple[str, str | None]]:
    tests = one.summary.tests
    return [
        ("session", one.id),
        ("repository", one.repository),
        ("commit", one.commit_sha or one.ref),
        ("patch", one.patch_hash),
        ("state", one.state.value),
        ("reason", one.reason),
        ("incident", one.incident_id),
        ("recordings", ", ".join(one.recordings)),
        ("labels", ", ".join(one.labels)),
        ("worker", one.worker and f"{one.worker}, {one.sandbox_level}"),
        ("prepared", ", ".join(_timing(name, found) for name, found in one.timings.items())),
        ("tests", None if tests is None else f"{tests.tests}, of which {tests.failures + tests.errors} failed"),
        *(("not kept", problem) for problem in one.summary.problems),
        ("until", at(one.expires_at)),
    ]


def _timing(name: str, found: object) -> str:
    """How long a step took, or what was found on the way."""
    if isinstance(found, float):
        return f"{name.removesuffix('_s')} {found:.3f} s"
    return f"{name} {str(found).lower()}"

"""pilothouse lab batch: the same command against many recordings or commits."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.lab import asking
from pilothouse.cli.lab.link import Url, hub_for
from pilothouse.cli.parts.options import AsJson
from pilothouse.cli.parts.progress import progress_of
from pilothouse.cli.parts.tables import table
from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from pilothouse.client.lab import Lab
    from pilothouse.wire.lab import LabBatch

LOOK_S = 0.5

Flag = typer.Option


@asking.describes_a_session
def batch(
    words: asking.Words,
    wanted: asking.Wanted,
    commit: Annotated[list[str] | None, Flag("--commit", help="A commit; one session for each of several.")] = None,
    recording: Annotated[list[str] | None, Flag("--recording", help="One session for each; repeatable.")] = None,
    name: Annotated[str | None, Flag(help="What it is for; shown in lists.")] = None,
    detach: Annotated[bool, Flag("--detach", help="Do not wait; print the batch's id.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Run a command once for each recording, or each commit, and show how each came out.

    The exit code is 0 when every command ended with 0, 1 otherwise.

    Example: pilothouse lab batch --repo demo --patch fix.patch --recording a --recording b -- python3 check.py
    """
    from pilothouse.wire.lab import NewLabBatch, NewLabCommand

    commits, recordings = commit or [], recording or []
    if not recordings and len(commits) < 2:
        raise BadConfiguration(problem="a batch needs several: --recording ID or --commit SHA, more than once")
    only = commits[0] if len(commits) == 1 else None
    wanted = replace(wanted, commit=only)
    with hub_for(url) as hub:
        session = wanted.session(hub.lab, commands=[asking.checked(NewLabCommand, {"argv": words})], end_when_done=True)
        each = {"recordings": recordings, "commits": commits if only is None else [], "name": name}
        made = hub.lab.create_batch(asking.checked(NewLabBatch, {"session": session, **each}))
        if detach:
            print(made.model_dump_json(indent=2) if as_json else made.id)
            return
        done = _finished(hub.lab, made)
    print(done.model_dump_json(indent=2) if as_json else _matrix(done))
    raise SystemExit(0 if done.succeeded == done.total else 1)


def _finished(lab: Lab, made: LabBatch) -> LabBatch:
    with progress_of(made.id, of="sessions") as progress:
        progress(made.completed, made.total)
        while made.completed < made.total:
            time.sleep(LOOK_S)
            made = lab.batch(made.id)
            progress(made.completed, made.total)
        return lab.batch(made.id)


def _matrix(done: LabBatch) -> str:
    rows = [
        (one.session_id, one.recording or "-", (one.commit_sha or "-")[:12], one.state.value,
         ",".join("-" if code is None else str(code) for code in one.exit_codes) or "-", one.reason or "")
        for one in done.matrix
    ]  # fmt: skip
    head = ("session", "recording", "commit", "state", "exit", "reason")
    return f"{table(head, rows)}\n{done.succeeded} of {done.total} succeeded"

"""pilothouse lab run, logs: commands, and what they write."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.lab import asking
from pilothouse.cli.lab.artifacts import fetch_all
from pilothouse.cli.lab.link import Url, hub_for
from pilothouse.cli.parts.options import AsJson
from pilothouse.cli.parts.tables import printable

if TYPE_CHECKING:
    from pilothouse.client.lab import CommandEnded, Lab, Output
    from pilothouse.wire.lab import LabCommand, MadeLabSession

# As docker and timeout say it: the command itself never ran to an end.
DID_NOT_RUN = 125
INTERRUPTED = 130

Flag = typer.Option


@asking.describes_a_session
def run(
    words: asking.Words,
    wanted: asking.Wanted,
    output: Annotated[Path | None, Flag("--output", "-o", help="Fetch the artifacts into this directory.")] = None,
    detach: Annotated[bool, Flag("--detach", help="Do not wait; print the session's id.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Run a command at a commit, in a sandbox, and show what it writes.

    The exit code is the command's; 125 when it did not run to an end. Ctrl-C ends the session.

    Example: pilothouse lab run --repo demo --recording rover_20260512T084230Z -- pytest -x
    """
    from pilothouse.wire.lab import NewLabCommand

    with hub_for(url) as hub:
        lab = hub.lab
        new = wanted.session(lab, commands=[asking.checked(NewLabCommand, {"argv": words})], end_when_done=True)
        made = lab.create(new)
        if detach:
            print(made.model_dump_json(indent=2) if as_json else made.id)
            return
        code = _watched(lab, made, as_json=as_json)
        if output is not None:
            fetch_all(lab, made.id, output)
    raise SystemExit(code)


def logs(
    session_id: Annotated[str, typer.Argument(metavar="SESSION", help="The session's id.")],
    command: Annotated[str | None, Flag("--command", help="Only of this command, by its id.")] = None,
    follow: Annotated[bool, Flag("--follow", "-f", help="Go on until the session, or the command, is over.")] = False,
    stream: Annotated[str | None, Flag(help="stdout or stderr; both in the order they came.")] = None,
    tail: Annotated[int | None, Flag(min=1, help="Only so many lines of each command.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show what commands wrote, as they wrote it."""
    with hub_for(url) as hub:
        if follow:
            _show(hub.lab.follow(session_id, command_id=command), stream=stream, as_json=as_json)
            return
        commands = [hub.lab.command(session_id, command)] if command else hub.lab.commands(session_id).items
        for one in commands:
            content = hub.lab.output(session_id, one.id, tail=tail, stream=stream)
            if as_json:
                print(json.dumps({"command_id": one.id, "argv": one.argv, **as_text(content)}))
            else:
                write_bytes(sys.stdout, content)


def _watched(lab: Lab, made: MadeLabSession, *, as_json: bool) -> int:
    """Show the output until the session is over; the exit code."""
    try:
        with _waiting(made.id) as begun:
            _show(_telling(lab.follow(made.id), begun), as_json=as_json)
    except KeyboardInterrupt:
        lab.cancel(made.id)
        print(f"pilothouse: {made.id} is cancelled", file=sys.stderr)
        return INTERRUPTED
    command = lab.command(made.id, made.commands[0].id)
    if as_json:
        print(json.dumps({"session_id": made.id, "command": command.model_dump(mode="json")}))
    code = exit_code_of(lab, command)
    if sys.stderr.isatty():
        print(f"{made.id}: exit code {code}; pilothouse lab sessions show {made.id}", file=sys.stderr)
    return code


def exit_code_of(lab: Lab, command: LabCommand) -> int:
    """The command's own, or 125 and the reason on standard error."""
    ended_by_itself = command.termination_reason is not None and command.termination_reason.value in ("exit", "signal")
    if ended_by_itself and command.exit_code is not None:
        if command.reason:
            print(f"pilothouse: {command.session_id}: {printable(command.reason)}", file=sys.stderr)
        return command.exit_code
    if command.termination_reason is not None:
        reason = ": ".join(filter(None, (f"the command was ended ({command.termination_reason})", command.reason)))
    else:
        session = lab.session(command.session_id)
        reason = session.reason or f"it is {session.state}"
    print(f"pilothouse: {command.session_id}: {printable(reason)}", file=sys.stderr)
    return DID_NOT_RUN


def _show(seen: Iterator[Output | CommandEnded], *, stream: str | None = None, as_json: bool = False) -> None:
    from pilothouse.client.lab import Output

    for one in seen:
        if not isinstance(one, Output):
            if as_json:
                ended = {"command_id": one.command_id, "exit_code": one.exit_code}
                print(json.dumps({**ended, "termination_reason": one.termination_reason}), flush=True)
        elif stream in (None, one.stream):
            if as_json:
                frame = {"command_id": one.command_id, "offset": one.offset, "stream": one.stream}
                print(json.dumps(frame | as_text(one.content)), flush=True)
            else:
                write_bytes(sys.stderr if one.stream == "stderr" else sys.stdout, one.content)


def as_text(content: bytes, text: str = "text", otherwise: str = "base64") -> dict[str, str]:
    """Text where it is UTF-8, as the hub says it; base64 where it is not, so that no byte is lost."""
    try:
        return {text: content.decode()}
    except UnicodeDecodeError:
        return {otherwise: base64.b64encode(content).decode()}


def write_bytes(stream: object, content: bytes) -> None:
    # Bytes as they are: what a program writes is not always text.
    buffer = getattr(stream, "buffer", None)
    if buffer is not None:
        buffer.write(content)
        buffer.flush()


def _telling(seen: Iterator[Output | CommandEnded], begun: Callable[[], None]) -> Iterator[Output | CommandEnded]:
    for one in seen:
        begun()
        yield one


@contextmanager
def _waiting(session_id: str) -> Iterator[Callable[[], None]]:
    """Something that moves, for whoever watches, until what is yielded is called at the first word of the command."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console

    status = Console(stderr=True).status(f"{session_id} is being prepared")
    status.start()
    try:
        yield status.stop
    finally:
        status.stop()

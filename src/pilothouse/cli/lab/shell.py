"""pilothouse lab shell: a terminal in a session."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilothouse.cli.lab import asking
from pilothouse.cli.lab.link import Url, hub_for
from pilothouse.cli.lab.run import DID_NOT_RUN, as_text, exit_code_of
from pilothouse.client.problems import HubAnswered, HubUnreachable

if TYPE_CHECKING:
    from pilothouse.client.lab import Lab
    from pilothouse.wire.lab import LabCommand

_CHUNK = 65_536

Flag = typer.Option


@asking.describes_a_session
def shell(
    wanted: asking.Wanted,
    words: Annotated[list[str] | None, typer.Argument(metavar="-- COMMAND", help="/bin/sh when absent.")] = None,
    session: Annotated[str | None, Flag("--session", help="In this session; a new one when absent.")] = None,
    as_json: Annotated[bool, Flag("--json", help="Run each line of standard input, and answer it as JSON.")] = False,
    url: Url = None,
) -> None:
    """Work in a session by hand, at a terminal; a session made for it ends with it.

    Without a terminal here, standard input is passed on as it is. The exit code is the shell's.

    With --json each line of standard input is a command of its own, after COMMAND (/bin/sh -c when absent): the files
    of the session stay from one to the next, directory and variables do not. When it is over it is answered in a line,
    {"session_id", "command", "stdout", "stderr"}; the last line is {"session_id", "session"}. The exit code is that of
    the last command.

    Example: printf 'make\\npytest -q\\n' | pilothouse lab shell --json --repo demo
    """
    if as_json:
        with hub_for(url) as hub:
            with asking.place_of(hub.lab, session, wanted) as place:
                code = _answered(hub.lab, place, words or ["/bin/sh", "-c"])
            _say(session_id=place, session=hub.lab.session(place).model_dump(mode="json"))
        raise SystemExit(code)
    from pilothouse.wire.lab import LabTerminal, NewLabCommand

    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    terminal: LabTerminal | None = None
    if at_terminal:
        size = shutil.get_terminal_size()
        terminal = LabTerminal(rows=size.lines, columns=size.columns)
    argv = words or ["/bin/sh", *(["-i"] if at_terminal else [])]
    new = asking.checked(NewLabCommand, {"argv": argv, "interactive": True, "terminal": terminal})
    with hub_for(url) as hub, asking.place_of(hub.lab, session, wanted) as place:
        code = _joined(hub.lab, hub.lab.run(place, new), at_terminal=at_terminal)
    raise SystemExit(code)


def _answered(lab: Lab, session_id: str, words: list[str]) -> int:
    """Run what standard input says, line by line, and say how each came out; the last exit code."""
    from pilothouse.client.lab import Output
    from pilothouse.wire.lab import NewLabCommand

    code = 0
    for line in filter(str.strip, iter(sys.stdin.readline, "")):
        made = lab.run(session_id, asking.checked(NewLabCommand, {"argv": [*words, line.rstrip("\n")]}))
        wrote = {"stdout": b"", "stderr": b""}
        for one in lab.follow(session_id, command_id=made.id):
            if isinstance(one, Output):
                wrote[one.stream] += one.content
        done = lab.command(session_id, made.id)
        said = {key: one for name in wrote for key, one in as_text(wrote[name], name, f"{name}_base64").items()}
        _say(session_id=session_id, command=done.model_dump(mode="json"), **said)
        code = exit_code_of(lab, done)
    return code


def _say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def _joined(lab: Lab, command: LabCommand, *, at_terminal: bool) -> int:
    """Pass input on and show output until the command is over; its exit code."""
    from pilothouse.client.lab import Output

    over = threading.Event()
    typing = threading.Thread(target=_type, args=(lab, command, over, at_terminal), daemon=True)
    code: int | None = None
    with _raw() if at_terminal else contextlib.nullcontext(), _resizing(lab, command, at_terminal=at_terminal):
        typing.start()
        for one in lab.follow(command.session_id, command_id=command.id):
            if isinstance(one, Output):
                os.write(2 if one.stream == "stderr" else 1, one.content)
            else:
                code = one.exit_code
        over.set()
    return DID_NOT_RUN if code is None else code


def _type(lab: Lab, command: LabCommand, over: threading.Event, at_terminal: bool) -> None:
    """What is typed before the command runs waits for it."""
    with contextlib.suppress(HubAnswered, HubUnreachable):
        while not over.is_set():
            found = lab.command(command.session_id, command.id)
            if found.state.is_over:
                return
            if found.state.value == "running":
                break
            over.wait(0.05)
        while not over.is_set():
            content = os.read(0, _CHUNK)
            lab.write_stdin(command.session_id, command.id, content, close=not content and not at_terminal)
            if not content:
                return


@contextmanager
def _raw() -> Iterator[None]:
    """Every key goes through, Ctrl-C too."""
    import termios
    import tty

    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


@contextmanager
def _resizing(lab: Lab, command: LabCommand, *, at_terminal: bool) -> Iterator[None]:
    if not at_terminal:
        yield
        return

    def resize(_number: int, _frame: FrameType | None) -> None:
        size = shutil.get_terminal_size()
        with contextlib.suppress(HubAnswered, HubUnreachable):
            lab.resize(command.session_id, command.id, rows=size.lines, columns=size.columns)

    before: Any = signal.signal(signal.SIGWINCH, resize)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)

"""pilothouse lab debug: a port for an editor, and a Python program in a session behind it."""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilothouse.cli.lab import asking
from pilothouse.cli.lab.link import Url, hub_for
from pilothouse.cli.lab.run import DID_NOT_RUN, write_bytes
from pilothouse.kit.errors import Problem

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

    from pilothouse.client.lab import Lab

REMOTE_ROOT = "/workspace"
_CHUNK = 65_536
_LONGEST_HEADER = 4_096
_CONTENT_LENGTH = re.compile(rb"^Content-Length: *(\d{1,9}) *\r?$", re.IGNORECASE | re.MULTILINE)

Flag = typer.Option


@asking.describes_a_session
def debug(
    words: asking.Words,
    wanted: asking.Wanted,
    session: Annotated[str | None, Flag("--session", help="In this session; a new one when absent.")] = None,
    port: Annotated[int, Flag(help="The local port for the editor; 0 takes any free one.")] = 5678,
    root: Annotated[Path, Flag(help="Where the same files are here, for the editor.")] = Path(),
    as_json: Annotated[bool, Flag("--json", help="Say as JSON where it listens.")] = False,
    url: Url = None,
) -> None:
    """Run a Python program under a debugger, and let an editor attach to a local port.

    The program begins when an editor has attached. Breakpoints are set in the files that are here: an editor that says
    nothing of paths has ROOT taken for the checkout. The exit code is the program's.

    Example: pilothouse lab debug --dirty -- -m pytest tests/test_drive.py
    """
    from pilothouse.wire.lab import LabDebugRequest

    with hub_for(url) as hub, socket.create_server(("127.0.0.1", port)) as listener:
        lab, taken = hub.lab, int(listener.getsockname()[1])
        with asking.place_of(lab, session, wanted) as place:
            started = lab.debug(place, asking.checked(LabDebugRequest, {"argv": words}))
            facts = {"session_id": place, "command_id": started.command_id, "host": "127.0.0.1", "port": taken}
            said = json.dumps(facts) if as_json else f"listening on 127.0.0.1:{taken}"
            print(said, file=sys.stderr, flush=True)
            door = _Door(lab, place, started.command_id, str(root.resolve()))
            threading.Thread(target=door.serve, args=(listener,), daemon=True).start()
            code = _shown(lab, place, started.command_id)
    raise SystemExit(code)


def _shown(lab: Lab, session_id: str, command_id: str) -> int:
    from pilothouse.client.lab import Output

    code: int | None = None
    for one in lab.follow(session_id, command_id=command_id):
        if isinstance(one, Output):
            write_bytes(sys.stderr if one.stream == "stderr" else sys.stdout, one.content)
        else:
            code = one.exit_code
    return DID_NOT_RUN if code is None else code


class _Door:
    """Joins editors, one after another, with the debugger in the session."""

    def __init__(self, lab: Lab, session_id: str, command_id: str, root: str) -> None:
        self._lab = lab
        self._session_id = session_id
        self._command_id = command_id
        self._root = root

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                editor, _ = listener.accept()
            except OSError:
                return
            with editor:
                self._join(editor)

    def _join(self, editor: socket.socket) -> None:
        try:
            with self._lab.debug_line(self._session_id, self._command_id) as line:
                back = threading.Thread(target=_outwards, args=(line, editor), daemon=True)
                back.start()
                mapping = PathMapping(self._root)
                while content := editor.recv(_CHUNK):
                    line.send(mapping.feed(content))
        except Problem as problem:
            print(f"pilothouse: {problem.sentence}", file=sys.stderr)
        except OSError:
            return


def _outwards(line: ClientConnection, editor: socket.socket) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        for content in line:
            editor.sendall(content if isinstance(content, bytes) else content.encode())
        editor.shutdown(socket.SHUT_RDWR)
    except (OSError, ConnectionClosed):
        return


class PathMapping:
    """Lets what an editor says through, and tells the debugger where the files are when the editor does not."""

    def __init__(self, local_root: str) -> None:
        self._mapping = {"localRoot": local_root, "remoteRoot": REMOTE_ROOT}
        self._waiting = b""
        self._is_through = False

    def feed(self, content: bytes) -> bytes:
        """What is to be passed on, now that this has come."""
        self._waiting += content
        passed = b"".join(iter(self._next, None))
        if self._is_through:
            passed, self._waiting = passed + self._waiting, b""
        return passed

    def _next(self) -> bytes | None:
        if self._is_through:
            return None
        head, separator, rest = self._waiting.partition(b"\r\n\r\n")
        if not separator and len(head) <= _LONGEST_HEADER:
            return None
        length = _length(head)
        if length is None or not separator:
            self._is_through = True  # that is no such protocol: it is for the debugger to say so
            return b""
        if len(rest) < length:
            return None
        body, self._waiting = rest[:length], rest[length:]
        return self._mapped(body)

    def _mapped(self, body: bytes) -> bytes:
        try:
            message: Any = json.loads(body)
        except ValueError:
            message = None
        if isinstance(message, dict) and message.get("command") in ("attach", "launch"):
            self._is_through = True
            arguments = message.setdefault("arguments", {})
            if isinstance(arguments, dict) and not arguments.get("pathMappings"):
                arguments["pathMappings"] = [self._mapping]
                body = json.dumps(message).encode()
        return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _length(head: bytes) -> int | None:
    found = _CONTENT_LENGTH.search(head)
    return None if found is None else int(found[1])

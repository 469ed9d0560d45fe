"""Debug sessions: make them, run commands in them, watch and fetch what they leave."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import BaseModel

from pilothouse.client.connection import AnyModel, Connection
from pilothouse.client.pace import Progress
from pilothouse.client.problems import HubUnreachable, answered
from pilothouse.kit.addresses import part_of
from pilothouse.wire.lab import (
    LabArtifact,
    LabArtifactCollection,
    LabArtifactList,
    LabBatch,
    LabBatchList,
    LabCommand,
    LabCommandList,
    LabDebug,
    LabDebugRequest,
    LabInput,
    LabRepository,
    LabRepositoryList,
    LabSandboxes,
    LabSecret,
    LabSession,
    LabSessionChange,
    LabSessionList,
    LabSignal,
    LabTerminal,
    LabWrittenFile,
    MadeLabSession,
    NewLabBatch,
    NewLabCommand,
    NewLabRepository,
    NewLabSession,
)

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

# A hub that restarts is back within seconds; a line of output is worth waiting for.
_COME_BACK_TRIES = 6
_COME_BACK_S = 0.5
_SAVE_S = 300.0


@dataclass(frozen=True, slots=True)
class Output:
    """Some output of a command, where it begins in the stream of its session (or command), and when it was written."""

    command_id: str
    offset: int
    stream: str
    content: bytes
    timestamp: str


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """A command is over; ``exit_code`` is None when nobody could tell."""

    command_id: str
    offset: int
    exit_code: int | None
    termination_reason: str | None
    reason: str | None


class Lab:
    """The debug sessions of a hub."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # Repositories

    def add_repository(self, new: NewLabRepository) -> LabRepository:
        """Make a repository known; again with the same name it says anew where the code comes from."""
        return self._send(LabRepository, "POST", "/repository/init", new)

    def repositories(self, *, limit: int = 50, offset: int = 0) -> LabRepositoryList:
        """A page of the repositories, by name."""
        return self._get(LabRepositoryList, "/repository", {"limit": limit, "offset": offset})

    def repository(self, name: str) -> LabRepository:
        """One repository."""
        return self._get(LabRepository, f"/repository/{part_of(name)}")

    def put_secret(self, repository: str, name: str, value: str) -> None:
        """Keep a secret for the sessions of a repository; it is never answered."""
        path = f"/repository/{part_of(repository)}/secrets/{part_of(name)}"
        self._connection.request("PUT", path, message=LabSecret(value=value))

    def delete_secret(self, repository: str, name: str) -> None:
        """Forget a secret."""
        self._connection.request("DELETE", f"/repository/{part_of(repository)}/secrets/{part_of(name)}")

    # Sessions

    def create(self, new: NewLabSession, *, idempotency_key: str | None = None) -> MadeLabSession:
        """Make a session; the answer alone holds its own token."""
        return self._send(MadeLabSession, "POST", "/sessions", new, idempotency_key=idempotency_key)

    def sessions(
        self, *, states: Iterable[str] = (), every: bool = False, repository: str | None = None,
        incident_id: str | None = None, batch_id: str | None = None, label: str | None = None,
        limit: int = 50, offset: int = 0,
    ) -> LabSessionList:  # fmt: skip
        """A page of sessions, newest first: those that live, unless ``every`` or ``states`` say otherwise."""
        asked: dict[str, Any] = {
            "state": list(states) or None, "all": "true" if every else None, "repository": repository,
            "incident_id": incident_id, "batch_id": batch_id, "label": label, "limit": limit, "offset": offset,
        }  # fmt: skip
        return self._get(LabSessionList, "/sessions", asked)

    def session(self, session_id: str) -> LabSession:
        """One session."""
        return self._get(LabSession, _session(session_id))

    def change(self, session_id: str, change: LabSessionChange) -> LabSession:
        """Let a session live longer, or label it."""
        return self._send(LabSession, "PATCH", _session(session_id), change)

    def cancel(self, session_id: str) -> None:
        """End a session and everything that runs in it."""
        self._connection.request("DELETE", _session(session_id))

    # Commands

    def run(self, session_id: str, new: NewLabCommand, *, idempotency_key: str | None = None) -> LabCommand:
        """Queue a command."""
        path = f"{_session(session_id)}/commands"
        return self._send(LabCommand, "POST", path, new, idempotency_key=idempotency_key)

    def commands(self, session_id: str, *, limit: int = 200, offset: int = 0) -> LabCommandList:
        """A page of the commands of a session, in their order."""
        return self._get(LabCommandList, f"{_session(session_id)}/commands", {"limit": limit, "offset": offset})

    def command(self, session_id: str, command_id: str) -> LabCommand:
        """One command."""
        return self._get(LabCommand, _command(session_id, command_id))

    def cancel_command(self, session_id: str, command_id: str) -> None:
        """End a command and everything it has started."""
        self._connection.request("DELETE", _command(session_id, command_id))

    def write_stdin(self, session_id: str, command_id: str, content: bytes = b"", *, close: bool = False) -> None:
        """Write to the standard input of an interactive command."""
        new = LabInput(base64=base64.b64encode(content).decode() if content else None, close=close)
        self._connection.request("POST", f"{_command(session_id, command_id)}/stdin", message=new)

    def resize(self, session_id: str, command_id: str, *, rows: int, columns: int) -> None:
        """Tell a command that its terminal has another size."""
        new = LabInput(resize=LabTerminal(rows=rows, columns=columns))
        self._connection.request("POST", f"{_command(session_id, command_id)}/stdin", message=new)

    def signal(self, session_id: str, command_id: str, signal: int | str) -> None:
        """Send a signal to a running command."""
        path = f"{_command(session_id, command_id)}/signal"
        self._connection.request("POST", path, message=LabSignal(signal=signal))

    def output(
        self, session_id: str, command_id: str, *, start: int = 0, head: int | None = None, tail: int | None = None,
        grep: str | None = None, stream: str | None = None,
    ) -> bytes:  # fmt: skip
        """What a command has written up to now, or lines of it."""
        asked = {"from": start or None, "head": head, "tail": tail, "grep": grep, "stream": stream}
        response = self._connection.request("GET", f"{_command(session_id, command_id)}/output", params=asked)
        return response.content

    def follow(
        self, session_id: str, *, command_id: str | None = None, start: int = 0
    ) -> Iterator[Output | CommandEnded]:
        """What the commands of a session wrote and write, until the session is over; with ``command_id`` that one's,
        until it is over. A connection that is lost is taken up where it was."""
        place, tries = start, 0
        while True:
            asked = {"from": place, **({"command_id": command_id} if command_id is not None else {})}
            try:
                with self._socket(f"{_session(session_id)}/logs", asked) as socket:
                    for text in socket:
                        frame = json.loads(text)
                        if "offset" not in frame:
                            continue
                        seen = _seen(frame)
                        tries = 0
                        place = seen.offset + (len(seen.content) if isinstance(seen, Output) else 0)
                        yield seen
                    if socket.close_code in (1000, 1008):
                        return
            except HubUnreachable:
                if tries >= _COME_BACK_TRIES:
                    raise
            tries += 1
            if tries > _COME_BACK_TRIES:
                raise HubUnreachable(url=self._connection.url, reason="the stream of output ends again and again")
            time.sleep(_COME_BACK_S * tries)

    # Files and artifacts

    def read_file(self, session_id: str, path: str) -> bytes:
        """A file of the checkout, as it is now."""
        return self._connection.request("GET", f"{_session(session_id)}/files/{_path(path)}").content

    def write_file(self, session_id: str, path: str, content: bytes) -> LabWrittenFile:
        """Write a file into the checkout."""
        return self._put(LabWrittenFile, f"{_session(session_id)}/files/{_path(path)}", content)

    def artifacts(self, session_id: str, *, limit: int = 200, offset: int = 0) -> LabArtifactList:
        """A page of what a session has left."""
        return self._get(LabArtifactList, f"{_session(session_id)}/artifacts", {"limit": limit, "offset": offset})

    def collect(self, session_id: str, globs: Sequence[str]) -> LabArtifactList:
        """Keep files of the checkout as they are now."""
        return self._send(
            LabArtifactList, "POST", f"{_session(session_id)}/artifacts", LabArtifactCollection(globs=list(globs))
        )

    def add_artifact(self, session_id: str, path: str, content: bytes) -> LabArtifact:
        """Add a file from here to the artifacts of a session."""
        return self._put(LabArtifact, f"{_session(session_id)}/artifacts", content, {"path": path})

    def download(self, artifact: LabArtifact, file: Path, *, progress: Progress | None = None) -> None:
        """Write an artifact to a file, which appears only when it is complete."""
        path = f"{_session(artifact.session_id)}/artifacts/{part_of(artifact.id)}"
        self._connection.fetch(path, file, progress=progress)

    # Debugging

    def debug(self, session_id: str, request: LabDebugRequest) -> LabDebug:
        """Queue a Python program that waits for an editor."""
        return self._send(LabDebug, "POST", f"{_session(session_id)}/debug", request)

    @contextmanager
    def debug_line(self, session_id: str, command_id: str) -> Iterator[ClientConnection]:
        """The WebSocket that carries the Debug Adapter Protocol, as bytes."""
        with self._socket(f"{_session(session_id)}/debug", {"command_id": command_id}) as socket:
            yield socket

    # Batches

    def create_batch(self, new: NewLabBatch, *, idempotency_key: str | None = None) -> LabBatch:
        """The same session for each recording, or each commit."""
        return self._send(LabBatch, "POST", "/batches", new, idempotency_key=idempotency_key)

    def batch(self, batch_id: str) -> LabBatch:
        """A batch with its matrix."""
        return self._get(LabBatch, f"/batches/{part_of(batch_id)}")

    def batches(self, *, limit: int = 50, offset: int = 0) -> LabBatchList:
        """A page of batches, newest first, without their matrices."""
        return self._get(LabBatchList, "/batches", {"limit": limit, "offset": offset})

    def sandboxes(self) -> LabSandboxes:
        """The workers there are, and how far each keeps commands apart."""
        return self._get(LabSandboxes, "/sandbox")

    def _get(self, model: type[AnyModel], path: str, params: Mapping[str, Any] | None = None) -> AnyModel:
        return self._connection.read(model, self._connection.request("GET", path, params=params))

    def _send(
        self, model: type[AnyModel], method: str, path: str, message: BaseModel, *, idempotency_key: str | None = None
    ) -> AnyModel:
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        response = self._connection.request(method, path, message=message, headers=headers)
        return self._connection.read(model, response)

    def _put(
        self, model: type[AnyModel], path: str, content: bytes, params: Mapping[str, Any] | None = None
    ) -> AnyModel:
        response = self._connection.request(
            "PUT", path, params=params, content=content, headers={"Content-Type": "application/octet-stream"},
            timeout_s=_SAVE_S,
        )  # fmt: skip
        return self._connection.read(model, response)

    @contextmanager
    def _socket(self, path: str, params: Mapping[str, Any]) -> Iterator[ClientConnection]:
        from websockets.exceptions import ConnectionClosedError, InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        url, headers = self._connection.websocket(f"{path}?{urlencode(params)}")
        try:
            with connect(url, additional_headers=headers, max_size=None, compression=None) as socket:
                yield socket
        except InvalidStatus as refused:
            raise _refusal(refused.response.status_code, bytes(refused.response.body or b"")) from None
        except ConnectionClosedError as closed:
            reason = closed.rcvd.reason if closed.rcvd is not None and closed.rcvd.reason else "the connection was lost"
            raise HubUnreachable(url=self._connection.url, reason=reason) from None
        except (OSError, WebSocketException) as error:
            raise HubUnreachable(url=self._connection.url, reason=str(error) or type(error).__name__) from error


def _refusal(status: int, body: bytes) -> Exception:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    return answered(status, document, request_id="")


def _seen(frame: dict[str, Any]) -> Output | CommandEnded:
    command_id, offset = frame.get("command_id", ""), int(frame["offset"])
    if "exit_code" in frame:
        return CommandEnded(
            command_id, offset, frame["exit_code"], frame.get("termination_reason"), frame.get("reason")
        )
    content = frame["text"].encode() if "text" in frame else base64.b64decode(frame["base64"])
    return Output(command_id, offset, frame["stream"], content, frame.get("timestamp", ""))


def _path(file: str) -> str:
    """A path within a checkout; what leads out of it is for the hub to refuse."""
    return "/".join(map(part_of, file.split("/")))


def _session(session_id: str) -> str:
    return f"/sessions/{part_of(session_id)}"


def _command(session_id: str, command_id: str) -> str:
    return f"{_session(session_id)}/commands/{part_of(command_id)}"

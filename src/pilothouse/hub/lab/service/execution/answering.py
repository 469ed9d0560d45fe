"""What hubs ask of a worker about sessions it holds: input, signals, files, ends."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Awaitable, Collection
from pathlib import Path
from typing import Any

from pilothouse.hub.lab.domain.asking import inside
from pilothouse.hub.lab.domain.problems import (
    CommandNotRunning,
    NotInteractive,
    SessionNotReady,
    UnknownSessionFile,
)
from pilothouse.hub.lab.domain.states import ControlKind, ControlState
from pilothouse.hub.lab.models import ControlRow
from pilothouse.hub.lab.service.execution.collecting import Collecting
from pilothouse.hub.lab.service.execution.holdings import Holding
from pilothouse.hub.lab.service.execution.lines import FarLines
from pilothouse.hub.storage import Storage
from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.sandbox.beneath import read_beneath, write_beneath
from pilothouse.sandbox.log.redaction import redacted
from pilothouse.sandbox.problems import OutsideWorkspace
from pilothouse.sandbox.sandbox import Running

log = get_logger(__name__)

MAX_FILE_BYTES = 64 << 20
STARTS_WITHIN_S = 10.0


class Answering:
    """Answers one question at a time for each session; problems are answers too."""

    def __init__(self, storage: Storage, collecting: Collecting) -> None:
        self._storage = storage
        self._collecting = collecting
        self._lines = FarLines()

    async def answer(self, holding: Holding | None, control: ControlRow) -> dict[str, Any]:
        """Raises what is to be told to whoever asked."""
        if holding is None:
            raise SessionNotReady(state="pending")
        request = control.request
        match control.kind:
            case ControlKind.CANCEL:
                return await self._cancel(holding, control.command_id or "")
            case ControlKind.STDIN:
                return await self._input(await _running(holding, control.command_id), request)
            case ControlKind.SIGNAL:
                await (await _running(holding, control.command_id)).signal(int(request["number"]))
            case ControlKind.READ:
                return await self._read(holding, request["path"], request["key"])
            case ControlKind.WRITE:
                return await self._write(_root(holding), request["path"], request["key"])
            case ControlKind.COLLECT:
                return await self._collect(holding, control.command_id, request["globs"])
            case ControlKind.DEBUG:
                return await self._lines.answer(holding, control.command_id or "", request)
        return {}

    async def _cancel(self, holding: Holding, command_id: str) -> dict[str, Any]:
        holding.cancelled.add(command_id)
        if holding.command_id == command_id and holding.running is not None:
            await holding.running.cancel()
        return {}

    async def _input(self, running: Running, request: dict[str, Any]) -> dict[str, Any]:
        if not request["interactive"]:
            raise NotInteractive
        if size := request.get("resize"):
            await running.resize(size["rows"], size["columns"])
        if content := base64.b64decode(request["content"]):
            await running.send(content)
        if request["close"]:
            await running.close_stdin()
        return {}

    async def _read(self, holding: Holding, path: str, key: str) -> dict[str, Any]:
        content = await asyncio.to_thread(_read, _root(holding), inside(path), holding.hidden)
        await self._storage.put(key, content)
        return {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    async def _write(self, root: Path, path: str, key: str) -> dict[str, Any]:
        content = await self._storage.read(key)
        await asyncio.to_thread(_write, root, inside(path), content)
        return {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    async def _collect(self, holding: Holding, command_id: str | None, globs: list[str]) -> dict[str, Any]:
        kept = await self._collecting.collect(holding.session_id, command_id, _root(holding), globs, holding.hidden)
        return {"items": [one.model_dump(mode="json") for one in kept]}


async def settled(kind: ControlKind, work: Awaitable[dict[str, Any]]) -> tuple[ControlState, dict[str, Any]]:
    """What is to be written down when a question was dealt with; what went wrong is an answer, too."""
    try:
        return ControlState.DONE, await work
    except Problem as problem:
        facts = {name: one if isinstance(one, (str, int, float)) else str(one) for name, one in problem.facts.items()}
        return ControlState.FAILED, {"code": problem.code, "facts": facts}
    except Exception as error:
        log.exception("a question about a session could not be answered", kind=kind)
        return ControlState.FAILED, {"code": "worker_failed", "facts": {"reason": type(error).__name__}}


def _root(holding: Holding) -> Path:
    if holding.workspace is None:
        raise SessionNotReady(state="preparing")
    return holding.workspace.path


async def _running(holding: Holding, command_id: str | None) -> Running:
    """A command that is said to be running may be about to start: what is typed waits for it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STARTS_WITHIN_S):
            while holding.is_busy:
                if holding.command_id == command_id and holding.running is not None:
                    return holding.running
                holding.changed.clear()
                await holding.changed.wait()
    raise CommandNotRunning(state="not running")


def _read(root: Path, path: str, hidden: Collection[str]) -> bytes:
    try:
        return redacted(hidden, read_beneath(root, path, MAX_FILE_BYTES))
    except OutsideWorkspace:
        raise UnknownSessionFile(path=repr(path[:300])) from None


def _write(root: Path, path: str, content: bytes) -> None:
    try:
        write_beneath(root, path, content)
    except (OSError, OutsideWorkspace):
        raise UnknownSessionFile(path=repr(path[:300])) from None

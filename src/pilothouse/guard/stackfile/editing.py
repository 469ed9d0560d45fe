"""Boundaries changed while the guard runs. The Stackfile stays as its author wrote it; changes lie in the data.

``DATA/boundaries.json`` holds what differs from the Stackfile, with a version that counts every change, and is laid
over the Stackfile at each start. ``DATA/boundaries.log.jsonl`` has one line per change, for ever: when, who, what it
was before and after.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pilothouse.guard.boundaries import catalog
from pilothouse.guard.boundaries.task_settings import CallbackConfig
from pilothouse.guard.model import Layer
from pilothouse.guard.problems import BadStackfile, EditsUnreadable, Fault, UnknownBoundary
from pilothouse.guard.stackfile.document import read_mapping
from pilothouse.guard.stackfile.faults import did_you_mean
from pilothouse.guard.stackfile.loading import checked
from pilothouse.guard.stackfile.stack import Stackfile
from pilothouse.kit.clock import Clock, at

OVERLAY, LOG = "boundaries.json", "boundaries.log.jsonl"


def with_boundary(stack: Stackfile, name: str, config: Mapping[str, Any]) -> Stackfile:
    """The Stackfile with a boundary added or replaced, all of it checked anew; raises BadStackfile.

    A new boundary holds in every task, and in the guard of its layer: one that held nowhere would protect nobody.
    """
    written = _written(stack)
    is_new = name not in stack.boundaries
    written["boundaries"][name] = dict(config)
    if is_new:
        for task in written["tasks"].values():
            if task.get("boundaries") is not None:
                task["boundaries"].append(name)
        _join_a_guard(written, stack, name, config)
    return _checked(written, stack)


def without_boundary(stack: Stackfile, name: str) -> Stackfile:
    """The Stackfile without a boundary; raises UnknownBoundary, or BadStackfile when a task would be left with none."""
    if name not in stack.boundaries:
        raise UnknownBoundary(name=name, hint=did_you_mean(name, stack.boundaries))
    written = _written(stack)
    del written["boundaries"][name]
    for section in (written["tasks"], written.get("guards", {})):
        for one in section.values():
            if one.get("boundaries") is not None:
                one["boundaries"] = [other for other in one["boundaries"] if other != name]
    return _checked(written, stack)


def boundary_config(stack: Stackfile, name: str) -> dict[str, Any]:
    """One boundary as it was written, defaults left out; raises UnknownBoundary."""
    if name not in stack.boundaries:
        raise UnknownBoundary(name=name, hint=did_you_mean(name, stack.boundaries))
    config = stack.boundaries[name]
    return {"type": config.type, **config.model_dump(mode="json", exclude_unset=True)}


def _written(stack: Stackfile) -> dict[str, Any]:
    return stack.model_dump(mode="json", exclude_unset=True)


def _join_a_guard(written: dict[str, Any], stack: Stackfile, name: str, config: Mapping[str, Any]) -> None:
    layers: dict[str, Layer] = {one.type: one.layer for one in catalog()}
    own = [one for one, guard in stack.guards.items() if guard.layer is layers.get(str(config.get("type")))]
    if own and all(stack.guards[one].boundaries is not None for one in own):
        written["guards"][own[-1]]["boundaries"].append(name)


def _checked(written: Mapping[str, Any], stack: Stackfile) -> Stackfile:
    return checked(read_mapping(written, directory=stack.directory))


class BoundaryEdits:
    """What was changed at run time, kept in a directory. For one thread at a time."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._file = directory / OVERLAY
        self._log = directory / LOG
        self._clock = clock
        self.version, self._changes = _read(self._file)
        self._written_functions: frozenset[str] = frozenset()

    def applied(self, stack: Stackfile) -> Stackfile:
        """The Stackfile with all changes laid over it; raises BadStackfile when it has become another since."""
        self._written_functions = frozenset(
            one.function for one in stack.boundaries.values() if isinstance(one, CallbackConfig)
        )
        for name, config in self._changes.items():
            if config is not None:
                stack = self._said(lambda stack=stack, name=name, config=config: with_boundary(stack, name, config))
            elif name in stack.boundaries:
                stack = self._said(lambda stack=stack, name=name: without_boundary(stack, name))
        return stack

    def is_strange(self, config: Mapping[str, Any]) -> bool:
        """Whether a boundary would run a function that the Stackfile itself runs in none of its callbacks."""
        if config.get("type") != CallbackConfig.model_fields["type"].default:
            return False
        function = config.get("function")
        return not isinstance(function, str) or function.strip() not in self._written_functions

    def _said(self, change: Any) -> Stackfile:
        try:
            changed: Stackfile = change()
        except BadStackfile as problem:
            hint = f"; it holds changes made while the guard ran: remove or correct {self._file}"
            faults = [Fault(one.path, one.reason + hint) for one in problem.faults]
            raise BadStackfile(OVERLAY, faults) from None
        return changed

    def record(self, name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *, by: str) -> int:
        """Keep a change, durably, and return the new version. ``after`` None: the boundary was removed."""
        changes = {**self._changes, name: None if after is None else dict(after)}
        version = self.version + 1
        line = {
            "version": version,
            "at": at(self._clock.now_ns()).isoformat().replace("+00:00", "Z"),
            "by": by,
            "boundary": name,
            "before": before,
            "after": after,
        }
        content = json.dumps({"version": version, "boundaries": changes}, indent=2, ensure_ascii=False)
        fresh = _written_beside(self._file, content)
        _append(self._log, json.dumps(line, ensure_ascii=False))
        _put_in_place(fresh, self._file)
        self.version, self._changes = version, changes
        return version


def _read(file: Path) -> tuple[int, dict[str, Any]]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        version, changes = found["version"], found["boundaries"]
    except FileNotFoundError:
        return 0, {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise EditsUnreadable(file=file, reason=f"{type(error).__name__}: {error}") from None
    if not isinstance(version, int) or not isinstance(changes, dict):
        raise EditsUnreadable(file=file, reason="it holds something else")
    return version, changes


def _append(file: Path, line: str) -> None:
    """All of it or nothing: half a line would spoil the next one."""
    content = f"{line}\n".encode()
    with file.open("ab", buffering=0) as log:
        before = log.tell()
        try:
            if log.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(log.fileno())
        except OSError:
            log.truncate(before)
            raise


def _written_beside(file: Path, text: str) -> Path:
    """What needs room on the disk, done before anything says that it is so."""
    fresh = file.with_name(f".{file.name}.new")
    with fresh.open("w", encoding="utf-8") as opened:
        opened.write(text + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    return fresh


def _put_in_place(fresh: Path, file: Path) -> None:
    """All or nothing, and still there after a power cut."""
    fresh.replace(file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

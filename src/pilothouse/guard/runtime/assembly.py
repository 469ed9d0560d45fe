"""Puts a runtime together from its settings."""

from __future__ import annotations

import fcntl
import os
from dataclasses import replace
from pathlib import Path

from pilothouse.guard.runtime.problems import GuardDataInUse, GuardDataUnusable, NoStackfile
from pilothouse.guard.runtime.records import open_records
from pilothouse.guard.runtime.runtime import Runtime
from pilothouse.guard.settings import GuardSettings
from pilothouse.guard.stackfile import BoundaryEdits, Stackfile, load
from pilothouse.kit.clock import Clock


def assemble(settings: GuardSettings, *, clock: Clock, written: Stackfile | None = None) -> Runtime:
    """Read, check, connect; nothing moves yet. ``written`` is the Stackfile when somebody has read it already."""
    from pilothouse.guard.adapters import open_adapters

    if settings.stackfile is None:
        raise NoStackfile
    written = written or load(settings.stackfile)
    held = _take(settings.data)
    edits = BoundaryEdits(settings.data, clock)
    stack = edits.applied(written)
    records = replace(open_records(settings, stack, clock), held=held)
    return Runtime(settings, stack, open_adapters(stack, clock), edits=edits, records=records, clock=clock)


def _take(directory: Path) -> int:
    """Hold the data directory alone, until its records end; on a disk that is full or read-only too."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        held = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise GuardDataUnusable(directory=directory, reason=error.strerror or error) from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise GuardDataInUse(directory=directory) from None
    return held

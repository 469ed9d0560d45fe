"""Puts a runtime together from its settings."""

from __future__ import annotations

from pathlib import Path

from pilothouse.guard.runtime.problems import GuardDataUnusable, NoStackfile
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
    _make(settings.data)
    edits = BoundaryEdits(settings.data, clock)
    stack = edits.applied(written)
    records = open_records(settings, stack, clock)
    return Runtime(settings, stack, open_adapters(stack, clock), edits=edits, records=records, clock=clock)


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GuardDataUnusable(directory=directory, reason=error.strerror or error) from None

"""Adapters of installed packages, by the entry points they declare."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

GROUPS = {kind: f"pilothouse.guard.{kind}" for kind in ("sources", "policies", "sinks")}


@cache
def installed(kind: str) -> dict[str, EntryPoint]:
    """The entry points of ``sources``, ``policies`` or ``sinks``, by name; nothing of any other kind."""
    return {one.name: one for one in entry_points(group=GROUPS[kind])} if kind in GROUPS else {}

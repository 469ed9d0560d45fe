"""Changes, who made them, and which of them somebody asks for. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Longer descriptions of a change are cut, text by text: whoever follows a board gets what fits into one event.
MOST_CHARACTERS = 64_000
CUT_TO = 2_000


@dataclass(frozen=True, slots=True)
class Doer:
    """Who made a change: ``id`` stays the same whatever they are called."""

    kind: str
    id: str
    name: str


THE_HUB = Doer("system", "hub", "the hub itself")
"""Who does what nobody asked for: leases that end, deliveries that are carried out."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which changes are meant; None and empty mean any. Of ``boards`` those that somebody may see, None is all;
    what concerns no board is seen by those who see ``organization_wide``."""

    organization_id: str
    boards: Collection[str] | None = None
    organization_wide: bool = True
    board_id: str | None = None
    kinds: tuple[str, ...] = ()
    subject_kind: str | None = None
    subject_id: str | None = None
    actor_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_sequence: int | None = None


def stream_of(organization_id: str) -> str:
    """The one stream of an organization: its numbers are those of its changes."""
    return f"organization:{organization_id}"


def is_of_kind(kind: str, wanted: Collection[str]) -> bool:
    """Whether ``task.updated`` is among ``task.updated`` or ``task``; nothing wanted is everything."""
    return not wanted or kind in wanted or kind.partition(".")[0] in wanted


def bounded(facts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The same facts, with long texts cut when there would be too much of them."""
    if facts is None:
        return None
    if len(json.dumps(facts, default=str)) <= MOST_CHARACTERS:
        return dict(facts)
    cut = {name: _cut(value) for name, value in facts.items()}
    if len(json.dumps(cut, default=str)) <= MOST_CHARACTERS:
        return cut
    return {name: value for name, value in cut.items() if value is None or isinstance(value, bool | int | float)}


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > CUT_TO:
        return f"{value[:CUT_TO]}… ({len(value)} characters)"
    return value

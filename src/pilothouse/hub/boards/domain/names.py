"""Slugs and roles of agents on a board."""

from __future__ import annotations

import re
import unicodedata

from pilothouse.hub.boards.domain.problems import BoardFull, LeadTaken

LONGEST_SLUG = 100
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


def slug_of(name: str) -> str:
    """Lower-case letters, digits and hyphens; empty when nothing of a name can be kept."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_A_SLUG.sub("-", plain).strip("-")[:LONGEST_SLUG].rstrip("-")


def check_room(max_agents: int | None, present: int) -> None:
    """Raise BoardFull when a board takes no more agents."""
    if max_agents is not None and present >= max_agents:
        raise BoardFull(most=max_agents)


def check_lead(lead: str | None) -> None:
    """Raise LeadTaken when a board has a lead, whose name this is."""
    if lead is not None:
        raise LeadTaken(lead=lead)

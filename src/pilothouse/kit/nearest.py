"""What somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to a misspelt one, or None when nothing is close."""
    matches = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return matches[0] if matches else None

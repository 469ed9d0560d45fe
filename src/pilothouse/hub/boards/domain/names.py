"""Slugs: names as they stand in addresses."""

from __future__ import annotations

import re
import unicodedata

LONGEST_SLUG = 100
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


def slug_of(name: str) -> str:
    """Lower-case letters, digits and hyphens; empty when nothing of a name can be kept."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_A_SLUG.sub("-", plain).strip("-")[:LONGEST_SLUG].rstrip("-")

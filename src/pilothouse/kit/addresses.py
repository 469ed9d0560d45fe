"""Names in addresses."""

from __future__ import annotations

from urllib.parse import quote


def part_of(name: str) -> str:
    """A name as one part of a path, whatever somebody put into it: `..` leads nowhere else either."""
    if name in (".", ".."):
        return name.replace(".", "%2E")
    return quote(name, safe="")

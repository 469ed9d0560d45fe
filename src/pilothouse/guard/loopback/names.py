"""Names: ``sess_…`` is a session, ``session_….mcap`` and then ``session_…_001.mcap`` are its files."""

from __future__ import annotations

import re

_ID = re.compile(r"sess_(\d{8}_\d{6}_[0-9a-f]{6})")
_FILE = re.compile(r"session_(\d{8}_\d{6}_[0-9a-f]{6})(?:_(\d{3,6}))?\.mcap")
ACTIVE_SUFFIX = ".active"


def is_session_id(text: str) -> bool:
    """True for the form of a session's id, and for nothing that could be a path."""
    return _ID.fullmatch(text) is not None


def file_name(session_id: str, part: int) -> str:
    """The name of a session's file; ``part`` counts rotations from 0."""
    stem = "session_" + session_id.removeprefix("sess_")
    return f"{stem}_{part:03d}.mcap" if part else f"{stem}.mcap"


def parsed(name: str) -> tuple[str, int] | None:
    """Session and part of a file's name, ``.active`` or not; None for other names."""
    found = _FILE.fullmatch(name.removesuffix(ACTIVE_SUFFIX))
    return None if found is None else (f"sess_{found[1]}", int(found[2] or 0))

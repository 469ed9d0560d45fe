"""Answers of the hub that no other program needs to know."""

from __future__ import annotations

from pilothouse.wire.base import Message, Moment


class DiskUse(Message):
    """What recordings take, and what they may take; ``cap_mb`` 0 is no cap."""

    used_bytes: int
    used_mb: float
    cap_mb: int
    cap_enabled: bool
    session_count: int


class Rescanned(Message):
    """What a look at the hub's sessions directory changed."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    damaged: int = 0
    waiting: int = 0
    session_count: int = 0


class Swept(Message):
    """What a retention sweep deleted."""

    deleted_ids: list[str]
    bytes_freed: int
    bytes_after: int
    cap_bytes: int


class OpenLinks(Message):
    """Addresses that start a viewer on a recording, at the moment of its trigger."""

    lichtblick: str
    foxglove: str


class SignedLink(Message):
    """An address that needs no credential until it expires."""

    url: str
    expires_at: Moment
    open: OpenLinks

"""Who may make, see and use webhooks of a board."""

from __future__ import annotations

from pilothouse.hub.boards.auth import BoardRead, BoardWrite
from pilothouse.hub.memory.auth import caller_of, place_of

__all__ = ["BoardRead", "BoardWrite", "caller_of", "place_of"]

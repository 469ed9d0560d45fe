"""What a board, or a group of boards, remembers and talks about: searchable, and fenced where it came from outside."""

from pilothouse.hub.memory.domain import Place, fenced
from pilothouse.hub.memory.service import Memory

__all__ = ["Memory", "Place", "fenced"]

"""How a list is ordered, and where its next page begins. Pure."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from enum import StrEnum

from pilothouse.kit.errors import Invalid

_BOUND = 2**63


class BadCursor(Invalid):
    """This cursor does not belong to this list; take next_cursor of a page with the same sort and order."""


class SortKey(StrEnum):
    RECORDED = "recorded"
    SIZE = "size"
    DURATION = "duration"


class Direction(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


@dataclass(frozen=True, slots=True)
class Ordering:
    """By what, and which end comes first; the id breaks ties."""

    key: SortKey = SortKey.RECORDED
    direction: Direction = Direction.DESCENDING

    @property
    def is_descending(self) -> bool:
        return self.direction == Direction.DESCENDING

    def cursor(self, value: int, row_id: int) -> str:
        """The place after a row, opaque to whoever gets it."""
        place = json.dumps([self.key, self.direction, value, row_id], separators=(",", ":"))
        return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    def place(self, cursor: str) -> tuple[int, int]:
        """The value and the id after which a page begins; raises BadCursor."""
        try:
            key, direction, value, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except (ValueError, TypeError, RecursionError):
            raise BadCursor from None
        fits = all(type(one) is int and -_BOUND <= one < _BOUND for one in (value, row_id))
        if (key, direction) != (self.key, self.direction) or not fits:
            raise BadCursor
        return value, row_id

"""Which recordings wait for the hub, in the order it must have them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pilothouse.recorder.delivery.urgency import URGENCY_SQL, Urgency
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState, Outbox

_ORDER = f"ORDER BY {URGENCY_SQL}, requested_at_ns, session_id LIMIT ?"
_SEALED = (CaptureState.SEALED, CaptureState.DELIVERING)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits."""

    recordings: dict[Urgency, int]
    size_bytes: int

    @property
    def count(self) -> int:
        return sum(self.recordings.values())


@dataclass(frozen=True, slots=True)
class DeliveryQueue:
    """Reads the outbox: incidents first, then manual saves, sessions of the guard, and what was recovered."""

    outbox: Outbox

    def next(self, excluded: Collection[str] = ()) -> CaptureRow | None:
        """The recording to deliver next."""
        marks = ", ".join("?" * len(excluded))
        query = f"SELECT session_id FROM captures WHERE state IN (?, ?) AND session_id NOT IN ({marks}) {_ORDER}"  # noqa: S608 - no input in it
        return next(iter(self._found(query, (*_SEALED, *excluded, 1))), None)

    def unannounced(self, limit: int) -> list[CaptureRow]:
        """Recordings for which no announcement was made yet, the most urgent first."""
        query = (
            "SELECT session_id FROM captures WHERE state IN (?, ?)"  # noqa: S608 - no input in it
            f" AND session_id NOT IN (SELECT session_id FROM announcements) {_ORDER}"
        )
        return self._found(query, (*_SEALED, limit))

    def backlog(self) -> Backlog:
        query = (
            f"SELECT {URGENCY_SQL}, count(*), coalesce(sum(size_bytes), 0) FROM captures"  # noqa: S608 - no input in it
            " WHERE state IN (?, ?) GROUP BY 1"
        )
        rows = self.outbox.database.rows(query, _SEALED)
        counts = {Urgency(urgency): count for urgency, count, _ in rows}
        return Backlog({urgency: counts.get(urgency, 0) for urgency in Urgency}, sum(size for *_, size in rows))

    def _found(self, query: str, values: tuple[object, ...]) -> list[CaptureRow]:
        rows = [self.outbox.find(session_id) for (session_id,) in self.outbox.database.rows(query, values)]
        return [row for row in rows if row is not None]

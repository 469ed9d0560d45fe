"""How many recordings share a robot, a label, a rule, a topic …"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.recordings.models import RecordingRow
from pilothouse.hub.recordings.repository.searching import TOPICS, Sought

# Of each: what somebody may choose from.
MOST_VALUES = 100

_COLUMNS = {
    "robots": RecordingRow.robot_id,
    "labels": RecordingRow.label,
    "triggers": RecordingRow.rule,
    "reasons": RecordingRow.reason,
    "states": RecordingRow.state,
}


class FacetRows:
    """Counts within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._dialect = session.get_bind().dialect.name

    async def counts(self, sought: Sought) -> dict[str, list[tuple[str, int]]]:
        """The commonest first."""
        conditions = sought.conditions(self._dialect)
        found: dict[str, list[tuple[str, int]]] = {}
        for name, column in _COLUMNS.items():
            query = select(column, func.count()).where(*conditions, column.is_not(None)).group_by(column)
            found[name] = await self._commonest(query.order_by(func.count().desc(), column))
        found["topics"] = await self._commonest(self._topics(conditions, narrowed=bool(conditions)))
        return found

    async def _commonest(self, query: Select[Any, int]) -> list[tuple[str, int]]:
        rows = await self._session.execute(query.limit(MOST_VALUES))
        return [(str(value), count) for value, count in rows if value != ""]

    def _topics(self, conditions: list[ColumnElement[bool]], *, narrowed: bool) -> Select[Any, int]:
        if self._dialect == "postgresql":
            topic = func.jsonb_array_elements_text(RecordingRow.topics).label("topic")
            each = select(topic).where(*conditions).subquery()
            column: ColumnElement[str] = each.c.topic
            query = select(column, func.count())
        else:
            column = TOPICS.c.topic
            query = select(column, func.count())
            if narrowed:
                query = query.where(TOPICS.c.recording_id.in_(select(RecordingRow.id).where(*conditions)))
        return query.group_by(column).order_by(literal_column("2").desc(), column)

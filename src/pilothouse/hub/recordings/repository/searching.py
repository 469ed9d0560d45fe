"""Which recordings a list is about, as SQL. What the two databases do differently is in this file alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, column, exists, func, literal, literal_column, or_, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute

from pilothouse.hub.recordings.domain.words import words
from pilothouse.hub.recordings.models import AnnotationRow, RecordingRow
from pilothouse.kit.clock import to_ns
from pilothouse.wire import RecordingState

# SQLite keeps these by triggers of the migration; PostgreSQL has indexes on columns instead.
TOPICS = table("recording_topics", column("topic"), column("recording_id"))
_SEARCH = table("recording_search", column("rowid"))
_ANNOTATION_SEARCH = table("annotation_search", column("rowid"))


@dataclass(frozen=True, slots=True)
class Sought:
    """Which recordings are meant; None does not narrow. Times are those of their ends."""

    robot_id: str | None = None
    robots: Collection[str] | None = None
    """Any of these; none of them is nothing."""
    label: str | None = None
    rule: str | None = None
    topic: str | None = None
    state: RecordingState | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    annotated: bool | None = None
    pinned: bool | None = None
    incident_id: str | None = None
    linked: Collection[str] = ()
    """Recordings that belong to the incident although they do not say so themselves."""
    text: str | None = None

    def conditions(self, dialect: str) -> list[ColumnElement[bool]]:
        row = RecordingRow
        equal: dict[InstrumentedAttribute[Any], object] = {
            row.robot_id: self.robot_id,
            row.label: self.label,
            row.rule: self.rule,
            row.state: self.state,
            row.reason: self.reason,
        }
        wanted: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
        if self.robots is not None:
            wanted.append(row.robot_id.in_(sorted(self.robots)))
        if self.since is not None:
            wanted.append(row.recorded_ns >= bounded_ns(self.since))
        if self.until is not None:
            wanted.append(row.recorded_ns < bounded_ns(self.until))
        if self.annotated is not None:
            has = exists().where(AnnotationRow.session_id == row.session_id)
            wanted.append(has if self.annotated else ~has)
        if self.pinned is not None:
            wanted.append(row.pinned_at.is_not(None) if self.pinned else row.pinned_at.is_(None))
        if self.incident_id is not None:
            wanted.append(_of_incident(self.incident_id, self.linked))
        if self.topic is not None:
            wanted.append(_has_topic(dialect, self.topic))
        wanted += [_has_word(dialect, word) for word in words(self.text or "")]
        return wanted


def bounded_ns(moment: datetime) -> int:
    """A time as the column holds it: what lies beyond it is before or after every recording."""
    return max(-(2**63), min(to_ns(moment), 2**63 - 1))


def _of_incident(incident_id: str, linked: Collection[str]) -> ColumnElement[bool]:
    named = RecordingRow.incident_id == incident_id
    return or_(named, RecordingRow.session_id.in_(sorted(linked))) if linked else named


def _has_topic(dialect: str, topic: str) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return RecordingRow.topics.op("@>", is_comparison=True)(literal([topic], JSONB))
    return RecordingRow.id.in_(select(TOPICS.c.recording_id).where(TOPICS.c.topic == topic))


def _has_word(dialect: str, word: str) -> ColumnElement[bool]:
    """A word that begins so, in what a recording says of itself or in what people wrote about it."""
    annotated = select(RecordingRow.id).join(AnnotationRow, AnnotationRow.session_id == RecordingRow.session_id)
    if dialect == "postgresql":
        asked = func.to_tsquery("simple", f"'{word}':*")
        named = select(RecordingRow.id).where(literal_column("recordings.words").op("@@", is_comparison=True)(asked))
        said = annotated.where(literal_column("annotations.words").op("@@", is_comparison=True)(asked))
    else:
        prefix = f'"{word}" *'
        named = select(_SEARCH.c.rowid).where(literal_column("recording_search").op("MATCH")(prefix))
        found = select(_ANNOTATION_SEARCH.c.rowid).where(literal_column("annotation_search").op("MATCH")(prefix))
        said = annotated.where(AnnotationRow.id.in_(found))
    return RecordingRow.id.in_(named.union(said).scalar_subquery())

"""Which recordings a list is about, as SQL. What the two databases do differently is in this file alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, column, exists, func, literal, literal_column, or_, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, aliased

from pilothouse.hub.recordings.domain.words import words
from pilothouse.hub.recordings.models import AnnotationRow, RecordingRow
from pilothouse.kit.clock import to_ns
from pilothouse.wire import RecordingState

# SQLite keeps these by triggers of the migration; PostgreSQL has indexes on columns instead.
TOPICS = table("recording_topics", column("topic"), column("recording_id"))
_SEARCH = table("recording_search", column("rowid"))
_ANNOTATION_SEARCH = table("annotation_search", column("rowid"))
_REMARK = "remark"
_Join = Callable[[Iterable[str]], str]


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
        if sought := words(self.text or ""):
            wanted.append(_has_words(dialect, sought))
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


def _has_words(dialect: str, sought: Sequence[str]) -> ColumnElement[bool]:
    """Words that begin so, each in what a recording says of itself or in what people wrote about it.

    Nearly all that have every word say them all themselves, which one look into the index finds. Beyond those only
    recordings with a remark that holds one of the words can have them all; these few are looked at singly.
    """
    itself = select(RecordingRow.id).where(_says(dialect, " & ".join, sought))
    remarked = select(RecordingRow.id).join(AnnotationRow, AnnotationRow.session_id == RecordingRow.session_id)
    remarked = remarked.where(_remarks(dialect, AnnotationRow, " | ".join, sought))
    if len(sought) > 1:
        remarked = remarked.where(*(_has_somewhere(dialect, word) for word in sought))
    return RecordingRow.id.in_(itself.union(remarked).scalar_subquery())


def _has_somewhere(dialect: str, word: str) -> ColumnElement[bool]:
    remark = aliased(AnnotationRow, name=_REMARK)
    in_remark = exists().where(remark.session_id == RecordingRow.session_id, _remarks(dialect, remark, "".join, [word]))
    return or_(_says(dialect, "".join, [word]), in_remark)


def _says(dialect: str, joined: _Join, sought: Sequence[str]) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return literal_column("recordings.words").op("@@", is_comparison=True)(_asked(joined, sought))
    return RecordingRow.id.in_(select(_SEARCH.c.rowid).where(_matches("recording_search", joined, sought)))


def _remarks(dialect: str, remark: Any, joined: _Join, sought: Sequence[str]) -> ColumnElement[bool]:
    if dialect == "postgresql":
        named = AnnotationRow.__tablename__ if remark is AnnotationRow else _REMARK
        return literal_column(f"{named}.words").op("@@", is_comparison=True)(_asked(joined, sought))
    found = select(_ANNOTATION_SEARCH.c.rowid).where(_matches("annotation_search", joined, sought))
    return cast("ColumnElement[bool]", remark.id.in_(found))


def _asked(joined: _Join, sought: Sequence[str]) -> ColumnElement[Any]:
    return func.to_tsquery("simple", joined([f"'{word}':*" for word in sought]))


def _matches(index: str, joined: _Join, sought: Sequence[str]) -> ColumnElement[bool]:
    spoken = {" & ": " AND ", " | ": " OR "}
    pattern = joined([f'"{word}" *' for word in sought])
    for sign, said in spoken.items():
        pattern = pattern.replace(sign, said)
    return literal_column(index).op("MATCH", is_comparison=True)(pattern)

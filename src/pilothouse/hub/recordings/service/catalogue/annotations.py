"""What people write at times of a recording."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.recordings.domain.naming import is_safe_id
from pilothouse.hub.recordings.domain.problems import (
    AnnotationChanged,
    SpanBackwards,
    UnknownAnnotation,
    UnknownRecording,
)
from pilothouse.hub.recordings.models import AnnotationRow
from pilothouse.hub.recordings.repository import AnnotationRows, RecordingRows
from pilothouse.kit.clock import Clock, at, to_ns
from pilothouse.wire import Annotation, AnnotationList, AnnotationUpdate, NewAnnotation


class Annotations:
    """Remarks on recordings that are here; ``only_robot`` narrows them to one robot's."""

    def __init__(self, events: Events, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    async def page(
        self, session: AsyncSession, session_id: str, *, only_robot: str | None, limit: int, offset: int
    ) -> AnnotationList:
        await _visible(session, session_id, only_robot)
        rows = AnnotationRows(session)
        page = await rows.page(session_id, limit=limit, offset=offset)
        total = await rows.count(session_id)
        return AnnotationList(annotations=[_shown(row) for row in page], total=total, limit=limit, offset=offset)

    async def create(
        self, session: AsyncSession, session_id: str, new: NewAnnotation, *, only_robot: str | None, author: str = ""
    ) -> Annotation:
        await _visible(session, session_id, only_robot)
        now = at(self._clock.now_ns())
        row = AnnotationRow(
            session_id=session_id, time_ns=new.time_ns, end_time_ns=new.end_time_ns, body=new.body, author=author,
            tags=_unique(new.tags), created_at=now, updated_at=now,
        )  # fmt: skip
        annotation = _shown(await AnnotationRows(session).add(row))
        self._tell(session, "annotation.created", annotation, after=annotation)
        return annotation

    async def update(
        self,
        session: AsyncSession,
        annotation_id: int,
        change: AnnotationUpdate,
        *,
        only_robot: str | None,
        if_match: str | None,
    ) -> Annotation:
        """``if_match`` holds the versions the caller may have read; another raises AnnotationChanged. Raises
        SpanBackwards."""
        row = await self._found(session, annotation_id, only_robot, if_match)
        before = _shown(row)
        # Strictly later, so that no two versions of a remark carry the same tag.
        row.updated_at = max(at(self._clock.now_ns()), row.updated_at + timedelta(microseconds=1))
        row.body = change.body
        if change.time_ns is not None:
            row.time_ns = change.time_ns
        if "end_time_ns" in change.model_fields_set:
            row.end_time_ns = change.end_time_ns
        if change.tags is not None:
            row.tags = _unique(change.tags)
        if row.end_time_ns is not None and row.end_time_ns < row.time_ns:
            raise SpanBackwards
        annotation = _shown(row)
        self._tell(session, "annotation.updated", annotation, before=before, after=annotation)
        return annotation

    async def delete(
        self, session: AsyncSession, annotation_id: int, *, only_robot: str | None, if_match: str | None
    ) -> None:
        row = await self._found(session, annotation_id, only_robot, if_match)
        annotation = _shown(row)
        await AnnotationRows(session).delete(row)
        self._tell(session, "annotation.deleted", annotation, before=annotation)

    async def _found(
        self, session: AsyncSession, annotation_id: int, only_robot: str | None, if_match: str | None
    ) -> AnnotationRow:
        found = await AnnotationRows(session).get(annotation_id, lock=True)
        if found is None or only_robot not in (None, found[1]):
            raise UnknownAnnotation
        if if_match is not None and not _matches(if_match, _shown(found[0])):
            raise AnnotationChanged
        return found[0]

    def _tell(
        self, session: AsyncSession, kind: str, annotation: Annotation, *,
        before: Annotation | None = None, after: Annotation | None = None,
    ) -> None:  # fmt: skip
        self._events.append(session, HUB_STREAM, kind, annotation.session_id, annotation.model_dump(mode="json"))
        states = [None if one is None else one.model_dump(mode="json") for one in (before, after)]
        record(session, kind, f"annotation {annotation.id}", before=states[0], after=states[1])


def version_tag(annotation: Annotation) -> str:
    """The entity tag of one version of a remark."""
    return f'"{annotation.id}-{to_ns(annotation.updated_at) // 1000:x}"'


def _matches(if_match: str, annotation: Annotation) -> bool:
    tags = {tag.strip() for tag in if_match.split(",")}
    return "*" in tags or version_tag(annotation) in tags


async def _visible(session: AsyncSession, session_id: str, only_robot: str | None) -> None:
    located = await RecordingRows(session).locate(session_id) if is_safe_id(session_id) else None
    if located is None or only_robot not in (None, located.robot_id):
        raise UnknownRecording


def _unique(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


def _shown(row: AnnotationRow) -> Annotation:
    return Annotation(
        id=row.id,
        session_id=row.session_id,
        time_ns=row.time_ns,
        end_time_ns=row.end_time_ns,
        body=row.body,
        author=row.author,
        tags=row.tags,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )

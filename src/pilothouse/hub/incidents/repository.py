"""The SQL of incidents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Cursor, insert_into, seconds_between
from pilothouse.hub.incidents.domain.states import LIVE, IncidentState, Severity
from pilothouse.hub.incidents.domain.statistics import Course, Flow
from pilothouse.hub.incidents.models import IncidentAliasRow, IncidentCursorRow, IncidentEntryRow, IncidentRow

# More than any team opens in a year; beyond it statistics would have to be made in SQL.
MOST_COURSES = 100_000


@dataclass(frozen=True, slots=True)
class Sought:
    """Which incidents are meant; None and empty mean any."""

    states: Sequence[IncidentState] = ()
    min_severity: Severity | None = None
    robot_id: str | None = None
    only_robot: str | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    severities: Sequence[Severity] = ()
    by_urgency: bool = False


def cursor(session: AsyncSession) -> Cursor:
    """How far the hub's events have been followed. Whoever holds it is the only one who groups anything."""
    return Cursor(session, IncidentCursorRow)


class IncidentRows:
    """Queries on incidents within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, incident_id: str, *, lock: bool = False) -> IncidentRow | None:
        """By its own id or by one that was grouped with it."""
        query = select(IncidentRow).where(IncidentRow.id == incident_id)
        found = await self._session.scalar(query.with_for_update() if lock else query)
        if found is not None:
            return found
        alias = select(IncidentAliasRow.incident_id).where(IncidentAliasRow.alias == incident_id)
        query = select(IncidentRow).where(IncidentRow.id == alias.scalar_subquery())
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def like(
        self, robot_id: str | None, rule: str, occurred_at: datetime, window: timedelta
    ) -> IncidentRow | None:
        """The latest on this robot by this rule that is not closed and went on at a time, give or take a window; it is
        locked. Not all that is later than its last: a robot delivers what it kept in any order, by its own clock."""
        entry = IncidentEntryRow
        has_begun = exists().where(entry.incident_id == IncidentRow.id, entry.occurred_at <= occurred_at + window)
        query = (
            select(IncidentRow)
            .where(
                IncidentRow.robot_id == robot_id if robot_id is not None else IncidentRow.robot_id.is_(None),
                IncidentRow.rule == rule,
                IncidentRow.state.in_(LIVE),
                IncidentRow.last_occurred_at >= occurred_at - window,
                has_begun,
            )
            .order_by(IncidentRow.last_occurred_at.desc(), IncidentRow.id.desc())
            .limit(1)
        )
        return await self._session.scalar(query.with_for_update())

    async def add(self, **values: Any) -> IncidentRow:
        row = IncidentRow(**values)
        self._session.add(row)
        await self._session.flush()
        return row

    async def add_alias(self, alias: str, incident_id: str) -> None:
        values = {"alias": alias, "incident_id": incident_id}
        await self._session.execute(
            insert_into(self._session, IncidentAliasRow).values(**values).on_conflict_do_nothing()
        )

    async def drop_alias(self, alias: str) -> None:
        await self._session.execute(delete(IncidentAliasRow).where(IncidentAliasRow.alias == alias))

    async def add_entry(self, **values: Any) -> bool:
        """False when this subject is an entry already."""
        statement = insert_into(self._session, IncidentEntryRow).values(**values).on_conflict_do_nothing()
        return await self._session.scalar(statement.returning(IncidentEntryRow.id)) is not None

    async def incident_of(self, kind: str, subject: str) -> str | None:
        """The incident that something is an entry of."""
        query = select(IncidentEntryRow.incident_id).where(
            IncidentEntryRow.kind == kind, IncidentEntryRow.subject == subject
        )
        return await self._session.scalar(query.order_by(IncidentEntryRow.id).limit(1))

    async def all_of(self, kind: str, subject: str) -> frozenset[str]:
        """Every incident that something is an entry of."""
        entry = IncidentEntryRow
        query = select(entry.incident_id).where(entry.kind == kind, entry.subject == subject)
        return frozenset(await self._session.scalars(query))

    async def subjects(self, incident_id: str, kind: str, limit: int) -> Sequence[str]:
        """What of one kind belongs to an incident, the latest first."""
        query = select(IncidentEntryRow.subject).where(
            IncidentEntryRow.incident_id == incident_id,
            IncidentEntryRow.kind == kind,
            IncidentEntryRow.subject.is_not(None),
        )
        latest = (IncidentEntryRow.occurred_at.desc(), IncidentEntryRow.id.desc())
        return [one for one in await self._session.scalars(query.order_by(*latest).limit(limit)) if one is not None]

    async def incidents_of(self, kind: str, subjects: Collection[str]) -> dict[str, str]:
        """Of each subject of one kind, the incident it belongs to; the latest if it belongs to several."""
        entry = IncidentEntryRow
        query = select(entry.subject, entry.incident_id).where(entry.kind == kind, entry.subject.in_(subjects))
        return {one: found for one, found in await self._session.execute(query.order_by(entry.id)) if one is not None}

    async def latest_subjects(self, incident_ids: Collection[str], kind: str, of_each: int) -> dict[str, list[str]]:
        """What of one kind belongs to each of these incidents, the latest of each."""
        entry = IncidentEntryRow
        place = func.row_number().over(partition_by=entry.incident_id, order_by=(entry.occurred_at.desc(), entry.id))
        ranked = select(entry.incident_id, entry.subject, place.label("place")).where(
            entry.incident_id.in_(incident_ids), entry.kind == kind, entry.subject.is_not(None)
        )
        chosen = ranked.subquery()
        query = select(chosen.c.incident_id, chosen.c.subject).where(chosen.c.place <= of_each)
        found: dict[str, list[str]] = {}
        for incident_id, subject in await self._session.execute(query):
            found.setdefault(incident_id, []).append(subject)
        return found

    async def namesakes(self, rule: str, label: str, limit: int) -> Sequence[IncidentRow]:
        """The latest of the same rule and the latest of the same label, so many of each."""
        latest = (IncidentRow.last_occurred_at.desc(), IncidentRow.id)
        same = [IncidentRow.rule == rule] + ([IncidentRow.label == label] if label else [])
        found: dict[str, IncidentRow] = {}
        for condition in same:
            query = select(IncidentRow).where(condition).order_by(*latest).limit(limit)
            found.update((row.id, row) for row in await self._session.scalars(query))
        return list(found.values())

    async def named(self, incident_ids: Collection[str]) -> Sequence[IncidentRow]:
        return (await self._session.scalars(select(IncidentRow).where(IncidentRow.id.in_(incident_ids)))).all()

    async def unresolved(self, kind: str) -> Sequence[str]:
        """What of one kind belongs to incidents that are not closed."""
        entry = IncidentEntryRow
        query = select(entry.subject).join(IncidentRow, IncidentRow.id == entry.incident_id)
        query = query.where(entry.kind == kind, IncidentRow.state.in_(LIVE), entry.subject.is_not(None))
        return [one for one in await self._session.scalars(query.distinct()) if one is not None]

    async def timeline(self, incident_id: str, limit: int, offset: int) -> tuple[Sequence[IncidentEntryRow], int]:
        """In order of time, and how many there are."""
        own = IncidentEntryRow.incident_id == incident_id
        total = await self._session.scalar(select(func.count()).select_from(IncidentEntryRow).where(own)) or 0
        order = (IncidentEntryRow.occurred_at, IncidentEntryRow.id)
        query = select(IncidentEntryRow).where(own).order_by(*order).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def page(self, sought: Sought, limit: int, offset: int) -> tuple[Sequence[IncidentRow], int]:
        """The latest first, or the worst that has waited longest, and how many there are."""
        wanted = _conditions(sought)
        total = await self._session.scalar(select(func.count()).select_from(IncidentRow).where(*wanted)) or 0
        latest = (IncidentRow.opened_at.desc(), IncidentRow.id.desc())
        urgent = (IncidentRow.severity_rank.desc(), IncidentRow.opened_at, IncidentRow.id)
        order = urgent if sought.by_urgency else latest
        query = select(IncidentRow).where(*wanted).order_by(*order).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def courses(self, since: datetime, only_robot: str | None) -> list[Course]:
        """What statistics need of every incident opened since."""
        row = IncidentRow
        columns = (
            row.robot_id, row.label, row.rule, row.state, row.opened_at, row.acknowledged_at, row.resolved_at,
            row.recording_count,
        )  # fmt: skip
        query = select(*columns).where(*_conditions(Sought(since=since, only_robot=only_robot)))
        rows = await self._session.execute(query.order_by(row.opened_at.desc()).limit(MOST_COURSES))
        return [Course(*one) for one in rows]

    async def flow(self, since: datetime, until: datetime) -> Flow:
        """What came and went within a time."""
        row = IncidentRow
        live = select(row.severity, func.count()).where(row.state.in_(LIVE)).group_by(row.severity)
        by_severity = {severity.value: count for severity, count in await self._session.execute(live)}
        opened, resolved = row.opened_at.between(since, until), row.resolved_at.between(since, until)
        took = seconds_between(self._session, row.opened_at, row.resolved_at)
        query = select(
            func.count().filter(opened), func.count().filter(resolved), func.avg(took).filter(resolved)
        ).where(or_(opened, resolved))
        came, went, mean = (await self._session.execute(query)).one()
        return Flow(by_severity, came, went, None if mean is None else float(mean))


def _conditions(sought: Sought) -> Collection[ColumnElement[bool]]:
    row = IncidentRow
    conditions: list[ColumnElement[bool]] = []
    if sought.states:
        conditions.append(row.state.in_(sought.states))
    if sought.severities:
        conditions.append(row.severity.in_(sought.severities))
    if sought.min_severity is not None:
        conditions.append(row.severity_rank >= sought.min_severity.rank)
    conditions += [row.robot_id == one for one in (sought.robot_id, sought.only_robot) if one is not None]
    if sought.rule is not None:
        conditions.append(row.rule == sought.rule)
    if sought.since is not None:
        conditions.append(row.opened_at >= sought.since)
    if sought.until is not None:
        conditions.append(row.opened_at < sought.until)
    if sought.text:
        conditions.append(row.title.icontains(sought.text, autoescape=True))
    return conditions

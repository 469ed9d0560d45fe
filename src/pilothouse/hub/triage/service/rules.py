"""Which incidents become tasks of a board, as people set it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.db import change_row
from pilothouse.hub.identity import Caller
from pilothouse.hub.memory import Place
from pilothouse.hub.triage.domain import MOST_RULES, NothingToChange, RuleChanged, TooManyRules, UnknownRule
from pilothouse.hub.triage.models import IncidentRuleRow
from pilothouse.hub.triage.repository import RuleRows
from pilothouse.hub.triage.schemas import NewRule, Rule, RuleChange, RuleList
from pilothouse.hub.triage.service.places import board_at_home, board_of
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id


class Rules:
    """Which incidents become tasks of a board."""

    def __init__(self, activity: Activity, clock: Clock) -> None:
        self._activity = activity
        self._clock = clock

    async def create(self, session: AsyncSession, caller: Caller, place: Place, new: NewRule) -> Rule:
        """For incidents that come from now on; raises NoFleetHere, TooManyRules."""
        board_id = board_at_home(place)
        rows, now = RuleRows(session), self._now()
        if await rows.count(board_id) >= MOST_RULES:
            raise TooManyRules(limit=MOST_RULES)
        row = await rows.add(
            id=new_id("rule"), organization_id=place.organization_id, board_id=board_id, created_at=now,
            created_by=caller.title, changed_at=now, version=1, **new.model_dump(),
        )  # fmt: skip
        self._note(session, caller, row, "board.incident_rule_created", None, _told(row))
        return Rule.model_validate(row)

    async def page(self, session: AsyncSession, place: Place, limit: int, offset: int) -> RuleList:
        """The oldest first."""
        rows, total = await RuleRows(session).page(board_of(place), limit, offset)
        items = [Rule.model_validate(row) for row in rows]
        return RuleList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, place: Place, rule_id: str) -> Rule:
        """One of them; raises UnknownRule."""
        return Rule.model_validate(await _found(session, place, rule_id))

    async def change(
        self, session: AsyncSession, caller: Caller, place: Place, rule_id: str, change: RuleChange
    ) -> Rule:
        """For incidents that come, or become worse, from now on."""
        row = await _found(session, place, rule_id, lock=True)
        if change.version is not None and change.version != row.version:
            raise RuleChanged(version=row.version)
        may_be_null = {"min_severity", "priority"}
        given = change.model_dump(exclude_unset=True, exclude={"version"})
        values = {name: value for name, value in given.items() if value is not None or name in may_be_null}
        if not values:
            raise NothingToChange
        before = _told(row)
        change_row(row, values, self._now())
        self._note(session, caller, row, "board.incident_rule_updated", before, _told(row))
        await session.flush()
        return Rule.model_validate(row)

    async def remove(self, session: AsyncSession, caller: Caller, place: Place, rule_id: str) -> None:
        """The tasks it made stay."""
        row = await _found(session, place, rule_id, lock=True)
        self._note(session, caller, row, "board.incident_rule_deleted", _told(row), None)
        await RuleRows(session).remove(row)

    def _note(
        self, session: AsyncSession, caller: Caller, row: IncidentRuleRow, kind: str, before: dict[str, Any] | None,
        after: dict[str, Any] | None,
    ) -> None:  # fmt: skip
        self._activity.note(
            session, caller, organization_id=row.organization_id, board_id=row.board_id, kind=kind,
            subject=("incident_rule", row.id), before=before, after=after,
        )  # fmt: skip

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


async def _found(session: AsyncSession, place: Place, rule_id: str, *, lock: bool = False) -> IncidentRuleRow:
    row = await RuleRows(session).get(board_of(place), rule_id, lock=lock)
    if row is None:
        raise UnknownRule
    return row


def _told(row: IncidentRuleRow) -> dict[str, Any]:
    document = Rule.model_validate(row).model_dump(mode="json")
    return {name: value for name, value in document.items() if name not in ("created_at", "created_by", "changed_at")}

"""Incidents become tasks, once for each board; evidence is shown to those who work on it, and to nobody else."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import THE_HUB, Doer
from pilothouse.hub.activity.service import doer_of
from pilothouse.hub.boards.schemas.tasks import NewTask
from pilothouse.hub.boards.service import BoardServices
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.domain import HOME
from pilothouse.hub.incidents.domain.states import LIVE, UnknownIncident
from pilothouse.hub.incidents.schemas import Incident
from pilothouse.hub.incidents.service import Incidents
from pilothouse.hub.memory import Place
from pilothouse.hub.triage.domain import PRIORITIES, Facts, Rule
from pilothouse.hub.triage.models import BoardIncidentRow, IncidentRuleRow
from pilothouse.hub.triage.repository import BoardIncidentRows, RuleRows, cursor
from pilothouse.hub.triage.schemas import BoardIncident, BoardIncidentList
from pilothouse.hub.triage.service.places import board_at_home, board_of
from pilothouse.hub.triage.service.wording import worded
from pilothouse.kit.clock import Clock, at


class BoardIncidents:
    """Which incident is on which board, and what follows from it."""

    def __init__(self, incidents: Incidents, boards: BoardServices, clock: Clock) -> None:
        self._incidents = incidents
        self._boards = boards
        self._clock = clock

    async def take(self, session: AsyncSession, incident_id: str) -> None:
        """A task on each board that has a rule for it and does not work on it yet. Callers hold the cursor."""
        incident = await self._incidents.known(session, incident_id)
        if incident is None or incident.state not in LIVE:
            return
        facts = Facts(incident.severity, incident.robot_id, incident.label, incident.rule)
        taken = set(await BoardIncidentRows(session).boards_of(incident.id))
        for row in await RuleRows(session).enabled(HOME):
            if row.board_id not in taken and _rule(row).wants(facts):
                taken.add(row.board_id)
                await self._bring(session, THE_HUB, incident, row.board_id, row)

    async def bring(self, session: AsyncSession, caller: Caller, place: Place, incident_id: str) -> BoardIncident:
        """A person wants the board to work on an incident; once it does, the same answer. Raises NoFleetHere,
        UnknownIncident."""
        board_id = board_at_home(place)
        incident = await self._incidents.known(session, incident_id)
        if incident is None:
            raise UnknownIncident
        await cursor(session).read(lock=True)
        rows = BoardIncidentRows(session)
        if await rows.get(board_id, incident.id) is None:
            await self._bring(session, doer_of(caller), incident, board_id, None)
        row = await rows.get(board_id, incident.id)
        assert row is not None
        return _shown(row, incident)

    async def page(self, session: AsyncSession, place: Place, limit: int, offset: int) -> BoardIncidentList:
        """What the board works on, the latest first."""
        found, total = await BoardIncidentRows(session).page(board_of(place), limit, offset)
        named = await self._incidents.named(session, [row.incident_id for row in found])
        incidents = {incident.id: incident for incident in named}
        items = [_shown(row, incidents[row.incident_id]) for row in found]
        return BoardIncidentList(items=items, total=total, limit=limit, offset=offset)

    async def shows_incident(self, session: AsyncSession, caller: Caller, incident_id: str) -> bool:
        """Whether an agent's board has a task for it."""
        if caller.board_id is None:
            return False
        incident = await self._incidents.known(session, incident_id)
        return incident is not None and await BoardIncidentRows(session).works_on([caller.board_id], [incident.id])

    async def shows_recording(self, session: AsyncSession, caller: Caller, session_id: str) -> bool:
        """Whether an agent's board has a task for an incident that the recording belongs to."""
        if caller.board_id is None:
            return False
        incident_ids = await self._incidents.incidents_of_recording(session, session_id)
        return bool(incident_ids) and await BoardIncidentRows(session).works_on([caller.board_id], incident_ids)

    async def works_on(self, session: AsyncSession, board_id: str, incident_id: str) -> bool:
        """Whether a board has a task for an incident."""
        return await BoardIncidentRows(session).works_on([board_id], [incident_id])

    async def take_up(
        self, session: AsyncSession, caller: Caller, *, board_id: str, task_id: str, incident_id: str
    ) -> None:
        """A task is about an incident, because somebody who may bring it there said so."""
        # Whoever holds the cursor is the only one who makes tasks of incidents: none is made beside this one.
        await cursor(session).read(lock=True)
        rows, actor = BoardIncidentRows(session), doer_of(caller).name[:200]
        is_new = await rows.add(
            board_id=board_id, incident_id=incident_id, task_id=task_id, rule_id=None,
            linked_at=at(self._clock.now_ns()), linked_by=actor,
        )  # fmt: skip
        if not is_new:
            await rows.set_task(board_id, incident_id, present=None, task_id=task_id)
        await self._incidents.put_on_board(session, incident_id, task_id=task_id, board_id=board_id, actor=actor)

    async def let_go(
        self, session: AsyncSession, *, board_id: str, task_id: str, incident_id: str, instead: str | None
    ) -> None:
        """A task is about an incident no more; when it was what the board had for it, another is, or nothing."""
        await BoardIncidentRows(session).set_task(board_id, incident_id, present=task_id, task_id=instead)

    async def _bring(
        self, session: AsyncSession, doer: Doer, incident: Incident, board_id: str, rule: IncidentRuleRow | None
    ) -> None:
        on = await self._boards.boards.open_as_hub(session, board_id)
        if on is None:
            return
        title, description = worded(incident)
        new = NewTask(
            title=title, description=description, incident_id=incident.id,
            priority=(rule.priority if rule else None) or PRIORITIES[incident.severity],
        )  # fmt: skip
        task = await self._boards.tasks.create(session, on, new)
        await BoardIncidentRows(session).add(
            board_id=board_id, incident_id=incident.id, task_id=task.id, rule_id=rule.id if rule else None,
            linked_at=at(self._clock.now_ns()), linked_by=doer.name[:200],
        )  # fmt: skip
        await self._incidents.put_on_board(
            session, incident.id, task_id=task.id, board_id=board_id, actor=doer.name[:200]
        )


def _rule(row: IncidentRuleRow) -> Rule:
    return Rule(row.min_severity, frozenset(row.robot_ids), frozenset(row.labels), frozenset(row.incident_rules))


def _shown(row: BoardIncidentRow, incident: Incident) -> BoardIncident:
    names = ("incident_id", "board_id", "task_id", "rule_id", "linked_at", "linked_by")
    facts = {name: getattr(incident, name) for name in ("title", "state", "severity", "robot_id", "untrusted")}
    return BoardIncident(**{name: getattr(row, name) for name in names}, **facts)

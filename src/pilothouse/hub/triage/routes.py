"""Which incidents become tasks of a board, and which are on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.triage.auth import BoardRead, PersonOfFleet, caller_of, place_of
from pilothouse.hub.triage.schemas import (
    BoardIncident,
    BoardIncidentList,
    NewBoardIncident,
    NewRule,
    Rule,
    RuleChange,
    RuleList,
)
from pilothouse.hub.triage.service import TriageServices
from pilothouse.kit.clock import at
from pilothouse.web import Paging
from pilothouse.web.kept import kept

router = APIRouter(prefix="/api/v1/boards/{board_id}", tags=["incidents"])

RuleId = Annotated[str, Path(max_length=100)]


Services = Annotated[TriageServices, Depends(kept("triage", TriageServices))]


@router.get("/incident-rules", summary="List which incidents become tasks")
async def list_incident_rules(board: BoardRead, services: Services, session: Reading, page: Paging) -> RuleList:
    return await services.rules.page(session, place_of(board), page.limit, page.offset)


@router.post("/incident-rules", status_code=201, summary="Have incidents become tasks")
async def create_incident_rule(
    board: PersonOfFleet, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewRule
) -> Rule:
    """An incident becomes one task of the board, however many rules want it. Agents of the board read the incident and
    what was recorded of it."""
    return await answer_once(
        session, once, at(hub.clock.now_ns()), Rule,
        lambda: services.rules.create(session, caller_of(board), place_of(board), new),
    )  # fmt: skip


@router.get("/incident-rules/{rule_id}", summary="Get a rule")
async def get_incident_rule(board: BoardRead, services: Services, session: Reading, rule_id: RuleId) -> Rule:
    return await services.rules.get(session, place_of(board), rule_id)


@router.patch("/incident-rules/{rule_id}", summary="Change a rule")
async def change_incident_rule(
    board: PersonOfFleet, services: Services, session: Writing, rule_id: RuleId, change: RuleChange
) -> Rule:
    return await services.rules.change(session, caller_of(board), place_of(board), rule_id, change)


@router.delete("/incident-rules/{rule_id}", status_code=204, summary="Delete a rule")
async def delete_incident_rule(board: PersonOfFleet, services: Services, session: Writing, rule_id: RuleId) -> None:
    """The tasks it made stay."""
    await services.rules.remove(session, caller_of(board), place_of(board), rule_id)


@router.get("/incidents", summary="List the incidents that a board works on, the latest first")
async def list_board_incidents(
    board: BoardRead, services: Services, session: Reading, page: Paging
) -> BoardIncidentList:
    return await services.board_incidents.page(session, place_of(board), page.limit, page.offset)


@router.post("/incidents", status_code=201, summary="Have a board work on an incident")
async def bring_incident(
    board: PersonOfFleet, services: Services, session: Writing, new: NewBoardIncident
) -> BoardIncident:
    """A task is made for it, once. Agents of the board read the incident and what was recorded of it."""
    return await services.board_incidents.bring(session, caller_of(board), place_of(board), new.incident_id)

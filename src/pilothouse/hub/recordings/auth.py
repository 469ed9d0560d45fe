"""Whose recordings a caller may see and deliver."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pilothouse.hub.composition import Hub
from pilothouse.hub.identity.auth import AgentToken, Allowed, AnyCaller
from pilothouse.hub.identity.domain import FLEET_READ, Caller, CallerKind, NotVisible


async def only_robot(caller: AnyCaller) -> str | None:
    """The robot a credential is bound to; the route itself says what callers may do at all."""
    return caller.robot_id


OnlyRobot = Annotated[str | None, Depends(only_robot)]
"""The one robot whose own credential the caller holds; None for callers who may see and deliver for all."""

_of_the_fleet = Allowed(FLEET_READ, lambda caller: caller.may_read)


class Evidence(Protocol):
    """Knows what agents work on: they see the incidents that are on their boards and the recordings of those, nothing
    else of the fleet. Given by the slice that brings incidents to boards."""

    async def shows_incident(self, session: AsyncSession, caller: Caller, incident_id: str) -> bool: ...

    async def shows_recording(self, session: AsyncSession, caller: Caller, session_id: str) -> bool: ...


class _Witness:
    """Lets in whoever may look at the fleet, and agents to their evidence; to them all else is not there."""

    def __init__(self, thing: Literal["incident", "recording"]) -> None:
        self._thing = thing
        self.openapi_extension = {"x-required-scope": FLEET_READ, "x-required-actor": "person, agent, robot or program"}

    async def __call__(self, connection: HTTPConnection, caller: AnyCaller, _by_agent: AgentToken) -> Caller:
        if caller.kind is not CallerKind.AGENT:
            return await _of_the_fleet(caller)
        parameter = "incident_id" if self._thing == "incident" else "session_id"
        await check_evidence(connection, caller, self._thing, connection.path_params[parameter])
        return caller


async def check_evidence(
    connection: HTTPConnection, caller: Caller, thing: Literal["incident", "recording"], thing_id: str
) -> None:
    """Raise NotVisible to an agent that asks for what is not its evidence; everybody else was asked elsewhere."""
    if caller.kind is not CallerKind.AGENT:
        return
    evidence: Evidence | None = getattr(connection.app.state, "evidence", None)
    hub: Hub = connection.app.state.hub
    if evidence is None or not caller.is_at_home:
        raise NotVisible
    shows = evidence.shows_incident if thing == "incident" else evidence.shows_recording
    async with hub.database.reading() as session:
        if not await shows(session, caller, thing_id):
            raise NotVisible


RecordingWitness = Annotated[Caller, Depends(_Witness("recording"))]
"""May look at the recording of the path: as `Reader`, and an agent whose board works on an incident it belongs to."""
IncidentWitness = Annotated[Caller, Depends(_Witness("incident"))]
"""May look at the incident of the path: as `Reader`, and an agent whose board works on it."""

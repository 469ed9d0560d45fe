"""Incidents: what happened, what is like it, what was found out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from pilothouse.mcp_server.answers import IncidentDetail, Incidents, SimilarIncidents
from pilothouse.mcp_server.hub import Reach
from pilothouse.mcp_server.kinds import ADDS, CHANGES, READS

State = Literal["open", "investigating", "mitigated", "resolved", "duplicate", "wont_fix"]
Count = Annotated[int, Field(ge=1, le=100)]
IncidentId = Annotated[str, Field(max_length=100, description="As list_incidents names it")]


def add_to(server: MCPServer[Any], reach: Reach) -> None:
    """The tools about incidents."""

    @server.tool(title="List incidents", annotations=READS)
    async def list_incidents(
        ctx: Context[Any, Any],
        state: State | None = None,
        robot_id: str | None = None,
        min_severity: Literal["low", "medium", "high", "critical"] | None = None,
        limit: Count = 10,
    ) -> Incidents:
        """Incidents, the latest first."""
        found = await reach(ctx).get(
            "/api/v1/incidents", state=state, robot_id=robot_id, min_severity=min_severity, limit=limit
        )
        return Incidents.model_validate(found)

    @server.tool(title="Look into an incident", annotations=READS)
    async def get_incident(ctx: Context[Any, Any], incident_id: IncidentId, entries: Count = 20) -> IncidentDetail:
        """One incident with its recordings and the latest of everything that touched it."""
        hub = reach(ctx)
        found = await hub.get(f"/api/v1/incidents/{incident_id}")
        path = f"/api/v1/incidents/{found['id']}/timeline"
        total = (await hub.get(path, limit=1))["total"]
        timeline = await hub.get(path, limit=entries, offset=max(0, total - entries))
        return IncidentDetail.model_validate({**found, "timeline": timeline["items"]})

    @server.tool(title="Find similar incidents", annotations=READS)
    async def similar_incidents(ctx: Context[Any, Any], incident_id: IncidentId, limit: Count = 5) -> SimilarIncidents:
        """Incidents on any robot that are like this one: by rule, by label, by what their signals did."""
        found = await reach(ctx).get(f"/api/v1/incidents/{incident_id}/similar", limit=min(limit, 50))
        return SimilarIncidents.model_validate(found)

    @server.tool(title="Note what you found out", annotations=ADDS)
    async def note_on_incident(
        ctx: Context[Any, Any], incident_id: IncidentId, text: Annotated[str, Field(min_length=1, max_length=10_000)]
    ) -> IncidentDetail:
        """Write a note into an incident's timeline, for the people and agents who come after you."""
        found = await reach(ctx).send("POST", f"/api/v1/incidents/{incident_id}/notes", {"body": text})
        return IncidentDetail.model_validate(found)

    @server.tool(title="Move or explain an incident", annotations=CHANGES)
    async def change_incident(
        ctx: Context[Any, Any],
        incident_id: IncidentId,
        state: State | None = None,
        reason: str | None = None,
        root_cause: str | None = None,
        version: int | None = None,
    ) -> IncidentDetail:
        """Change the state of an incident or say its root cause. Closing one needs a reason; a board may want an
        approval first."""
        wanted = {"state": state, "reason": reason, "root_cause": root_cause, "version": version}
        body = {name: value for name, value in wanted.items() if value is not None}
        found = await reach(ctx).send("PATCH", f"/api/v1/incidents/{incident_id}", body)
        return IncidentDetail.model_validate(found)

"""Incidents: what happened, what is like it, what was found out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from pilothouse.kit.addresses import part_of
from pilothouse.mcp_server.answers import IncidentDetail, Incidents, SimilarIncidents
from pilothouse.mcp_server.hub import Hub, Reach
from pilothouse.mcp_server.kinds import ADDS, CHANGES, READS

State = Literal["open", "investigating", "mitigated", "resolved", "duplicate", "wont_fix"]
Count = Annotated[int, Field(ge=1, le=100)]
IncidentId = Annotated[str, Field(max_length=100, description="As list_incidents names it")]
# Of a timeline: what was there first (the task, the recording), and enough of its end to have something to merge.
FIRST, LATEST = 20, 100
LAB_SESSIONS = 20
RISK_LEVELS = ("LOW", "MEDIUM", "HIGH", "CRITICAL")


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
        """One incident with its recordings, tasks and debug sessions, and the latest of everything that touched it."""
        return await _detail(reach(ctx), incident_id, entries)

    @server.tool(title="Find similar incidents", annotations=READS)
    async def similar_incidents(ctx: Context[Any, Any], incident_id: IncidentId, limit: Count = 5) -> SimilarIncidents:
        """Incidents on any robot that are like this one: by rule, by label, by what their signals did."""
        found = await reach(ctx).get(f"{_path(incident_id)}/similar", limit=min(limit, 50))
        return SimilarIncidents.model_validate(found)

    @server.tool(title="Note what you found out", annotations=ADDS)
    async def note_on_incident(
        ctx: Context[Any, Any], incident_id: IncidentId, text: Annotated[str, Field(min_length=1, max_length=10_000)]
    ) -> IncidentDetail:
        """Write a note into an incident's timeline, for the people and agents who come after you."""
        found = await reach(ctx).send("POST", f"{_path(incident_id)}/notes", {"body": text})
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
        found = await reach(ctx).send("PATCH", _path(incident_id), body)
        return IncidentDetail.model_validate(found)


async def _detail(hub: Hub, incident_id: str, entries: int) -> IncidentDetail:
    found = await hub.get(_path(incident_id))
    path = f"{_path(found['id'])}/timeline"
    first = await hub.get(path, limit=FIRST)
    past = max(FIRST, first["total"] - LATEST)
    latest = (await hub.get(path, limit=LATEST, offset=past))["items"] if first["total"] > FIRST else []
    known = [*first["items"], *latest]
    tasks = [{"id": one["subject"], "board_id": one["facts"]["board_id"]} for one in known if one["kind"] == "task"]
    linked = {"tasks": tasks, "lab_session_ids": await _lab_sessions(hub, found["id"])}
    shown = known if past == FIRST else latest
    return IncidentDetail.model_validate({**found, **linked, "timeline": _merged(shown)[-entries:]})


async def _lab_sessions(hub: Hub, incident_id: str) -> list[str] | None:
    """None for whoever may not look into the lab."""
    try:
        found = await hub.get("/sessions", incident_id=incident_id, all=True, limit=LAB_SESSIONS)
    except ToolError:
        return None
    return [one["id"] for one in found["items"]]


def _merged(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Risk events that follow each other as one entry, the latest with all of their counts: a guard that clamps each
    cycle writes the same a hundred times."""
    merged: list[dict[str, Any]] = []
    for entry in entries:
        before = merged[-1] if merged else None
        if before is None or not before["kind"] == entry["kind"] == "risk_event":
            merged.append(entry)
            continue
        old, new = before["facts"], entry["facts"]
        outcomes = Counter(old.get("outcomes", {})) + Counter(new.get("outcomes", {}))
        worst = max(old.get("worst_risk_level"), new.get("worst_risk_level"), key=_rank)
        since = old.get("since", before["occurred_at"])
        counts = {"count": old.get("count", 1) + new.get("count", 1), "outcomes": dict(outcomes)}
        merged[-1] = {**entry, "facts": {**new, **counts, "worst_risk_level": worst, "since": since}}
    return merged


def _rank(level: Any) -> int:
    return RISK_LEVELS.index(level) if level in RISK_LEVELS else -1


def _path(incident_id: str) -> str:
    return f"/api/v1/incidents/{part_of(incident_id)}"

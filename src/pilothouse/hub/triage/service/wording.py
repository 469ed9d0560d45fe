"""What a task says of its incident, to people and to agents.

Whoever can make a robot or a monitoring system speak must not be able to give agents orders: what comes from there is
fenced, and the title says nothing of it.
"""

from __future__ import annotations

from pilothouse.hub.incidents.schemas import Incident
from pilothouse.hub.memory.service import fence


def worded(incident: Incident) -> tuple[str, str]:
    """Title and description of the task."""
    about = f"Incident {incident.id}, {incident.severity.value}"
    evidence = (
        f"Evidence: /api/v1/incidents/{incident.id} and its timeline; its recordings: /api/sessions/{{session_id}}."
    )
    if not incident.untrusted:
        return incident.title, f"{about}, by {incident.opened_by}.\n{_facts(incident)}\n{evidence}"
    fenced = fence(f"Title: {incident.title}\n{_facts(incident)}", f"incident:{incident.id}")
    return about, f"{about}, by {incident.opened_by}.\n{fenced}\n{evidence}"


def _facts(incident: Incident) -> str:
    lines = (
        f"Rule: {incident.rule}",
        f"Robot: {incident.robot_id}" if incident.robot_id else "",
        f"Label: {incident.label}" if incident.label else "",
    )
    return "\n".join(line for line in lines if line)

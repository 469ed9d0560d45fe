"""What of a board's changes concerns an agent, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_REASON = "reason"


def mentions(text: str, name: str) -> bool:
    """Whether a text speaks to somebody by ``@name``, whatever the case; ``@Tessa2`` is not ``@Tessa``."""
    return re.search(rf"(?<![\w@])@{re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


def why(kind: str, told: Mapping[str, Any], *, agent_id: str, name: str) -> str | None:
    """The reason why a change concerns an agent; None for one that does not, and for what it did itself."""
    if told["actor"]["id"] == agent_id:
        return None
    before, after = told.get("before") or {}, told.get("after") or {}
    subject = told["subject_kind"]
    if subject == "task":
        return _of_task(kind, before, after, agent_id)
    if subject == "approval":
        return _of_approval(kind, before, after, agent_id)
    if subject == "comment" and _is_of(after, agent_id):
        return "comment"
    if subject == "webhook_payload" or kind == "webhook.received":
        return "webhook" if agent_id in (after.get("agent_id"), told.get("agent_id")) else None
    if subject == "agent" and told["subject_id"] == agent_id:
        return "removed" if kind == "agent.deleted" else None
    return "mentioned" if _speaks_to(after, name) else None


def task_of(told: Mapping[str, Any]) -> str | None:
    """The task that a change is about."""
    if told["subject_kind"] == "task":
        return str(told["subject_id"])
    facts = told.get("after") or told.get("before") or {}
    found = facts.get("task_id")
    return found if isinstance(found, str) else None


def _of_task(kind: str, before: Mapping[str, Any], after: Mapping[str, Any], agent_id: str) -> str | None:
    was, is_now = before.get("assigned_id") == agent_id, after.get("assigned_id") == agent_id
    if was and "assigned_id" in after and not is_now:
        return "lease_lost" if kind == "task.lease_lost" else "unassigned"
    if is_now and not was and "assigned_id" in after and before.get("assigned_id") != agent_id:
        return "assigned"
    return None


def _of_approval(kind: str, before: Mapping[str, Any], after: Mapping[str, Any], agent_id: str) -> str | None:
    return None


def _is_of(facts: Mapping[str, Any], agent_id: str) -> bool:
    return facts.get("assigned_id") == agent_id


def _speaks_to(facts: Mapping[str, Any], name: str) -> bool:
    return any(mentions(value, name) for key in ("body", "content", "text") if isinstance(value := facts.get(key), str))

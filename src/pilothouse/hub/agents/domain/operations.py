"""What each operation of mission control is for, in words that an agent chooses by. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ROOTS = (
    "/api/v1/auth/", "/api/v1/users", "/api/v1/organizations", "/api/v1/boards", "/api/v1/board-groups", "/api/v1/tags",
    "/api/v1/custom-fields", "/api/v1/agents", "/api/v1/agent/", "/api/v1/activity", "/api/v1/metrics",
)  # fmt: skip
"""Where the paths of mission control begin."""
ROBOTS_HEARTBEAT = "/api/v1/agents/heartbeat"
AGENT_ROOT = "/api/v1/agent/"
_COMMON = ("credentials_missing", "credentials_wrong")
_BY_PARAMETER = {
    "board_id": ("unknown_board",),
    "task_id": ("unknown_task",),
    "comment_id": ("unknown_comment",),
    "approval_id": ("unknown_approval",),
    "agent_id": ("unknown_agent",),
    "memory_id": ("unknown_memory",),
    "tag_id": ("unknown_tag",),
    "group_id": ("unknown_board_group",),
    "webhook_id": ("unknown_webhook",),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for. ``codes`` are the problems that are its own, beside what all have."""

    call: str
    intent: str
    when: str
    effects: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


def is_of_mission_control(path: str) -> bool:
    return path != ROBOTS_HEARTBEAT and path.startswith(ROOTS)


def common_codes(path: str, *, actor: str, has_input: bool, is_writing: bool) -> list[str]:
    """What can go wrong with any operation like this one."""
    codes = list(_COMMON)
    if actor == "agent":
        codes.append("agents_only")
    elif actor == "person":
        codes.append("people_only")
    else:
        codes.append("scope_missing")
    if "agent" in actor:
        codes += ["rate_limited", "request_budget_spent"]
        codes += ["cost_budget_spent"] if is_writing else []
    for parameter, own in _BY_PARAMETER.items():
        if f"{{{parameter}}}" in path:
            codes += own
    if is_writing and "{board_id}" in path:
        codes.append("board_not_writable")
    if has_input:
        codes.append("invalid")
    return list(dict.fromkeys(codes))


def by_call(operations: Iterable[Operation]) -> Mapping[str, Operation]:
    """By method and path; each is described once."""
    found: dict[str, Operation] = {}
    for operation in operations:
        assert operation.call not in found, f"{operation.call} is described twice"
        found[operation.call] = operation
    return found

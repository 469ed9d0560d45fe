"""What happened, what is remembered, what comes from outside."""

from __future__ import annotations

from pilothouse.hub.agents.domain.operations import Operation

OPERATIONS = (
    Operation(
        "GET /api/v1/activity", "list_changes",
        "You want to know who changed what, and what it was before; also of what is deleted by now.",
        codes=("unknown_board",),
    ),
    Operation(
        "GET /api/v1/activity/stream", "follow_changes",
        "You want to hear of every change you may see instead of asking again.",
        codes=("unknown_board", "not_an_event_id"),
    ),
)  # fmt: skip

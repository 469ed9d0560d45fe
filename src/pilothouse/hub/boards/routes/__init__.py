"""Boards over HTTP."""

from pilothouse.hub.boards.routes import approvals, boards, comments, fields, groups, tags, tasks

ROUTERS = (
    boards.router,
    groups.router,
    tags.router,
    fields.router,
    tasks.router,
    comments.router,
    approvals.router,
)

__all__ = ["ROUTERS"]

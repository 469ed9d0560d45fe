"""Boards over HTTP."""

from pilothouse.hub.boards.routes import approvals, boards, comments, fields, groups, overview, tags, tasks

# What spans boards comes before what is named by a board's id.
ROUTERS = (
    overview.router,
    boards.router,
    groups.router,
    tags.router,
    fields.router,
    tasks.router,
    comments.router,
    approvals.router,
)

__all__ = ["ROUTERS"]

"""What people and agents share, under the one root that agents know. The functions behind it are the same."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from pilothouse.hub.agents.auth import only_agents
from pilothouse.hub.boards.routes import ROUTERS as BOARDS
from pilothouse.hub.incidents import routes as incidents
from pilothouse.hub.memory import routes as memory
from pilothouse.hub.webhooks.routes import ROUTERS as WEBHOOKS

ROOT = "/api/v1/"
AGENT_ROOT = "/api/v1/agent/"
_BOARD = "boards/{board_id}"
_TASK = f"{_BOARD}/tasks/{{task_id}}"
_COMMENT = f"{_TASK}/comments/{{comment_id}}"
_APPROVAL = f"{_BOARD}/approvals/{{approval_id}}"
_MEMORY = f"{_BOARD}/memory/{{memory_id}}"
_GROUP_MEMORY = "board-groups/{group_id}/memory"
_GROUP_ENTRY = f"{_GROUP_MEMORY}/{{memory_id}}"

SHARED: tuple[tuple[str, str], ...] = (
    ("GET", "boards"),
    ("GET", _BOARD),
    ("GET", f"{_BOARD}/snapshot"),
    ("GET", f"{_BOARD}/stream"),
    ("GET", f"{_BOARD}/tasks"),
    ("POST", f"{_BOARD}/tasks"),
    ("GET", f"{_BOARD}/tasks/stream"),
    ("GET", _TASK),
    ("PATCH", _TASK),
    ("DELETE", _TASK),
    ("POST", f"{_TASK}/claim"),
    ("POST", f"{_TASK}/release"),
    ("GET", f"{_TASK}/comments"),
    ("POST", f"{_TASK}/comments"),
    ("PATCH", _COMMENT),
    ("GET", f"{_BOARD}/approvals"),
    ("POST", f"{_BOARD}/approvals"),
    ("GET", f"{_BOARD}/approvals/stream"),
    ("GET", _APPROVAL),
    ("POST", f"{_APPROVAL}/withdraw"),
    ("GET", f"{_BOARD}/memory"),
    ("POST", f"{_BOARD}/memory"),
    ("GET", f"{_BOARD}/memory/stream"),
    ("GET", _MEMORY),
    ("PATCH", _MEMORY),
    ("DELETE", _MEMORY),
    ("GET", "board-groups/{group_id}"),
    ("GET", _GROUP_MEMORY),
    ("POST", _GROUP_MEMORY),
    ("GET", f"{_GROUP_MEMORY}/stream"),
    ("GET", _GROUP_ENTRY),
    ("PATCH", _GROUP_ENTRY),
    ("DELETE", _GROUP_ENTRY),
    ("GET", f"{_BOARD}/subscriptions"),
    ("POST", f"{_BOARD}/subscriptions"),
    ("DELETE", f"{_BOARD}/subscriptions/{{subscription_id}}"),
    ("GET", "incidents/{incident_id}"),
    ("GET", "incidents/{incident_id}/timeline"),
)
"""Deciding approvals, and the rules of boards, are for people and stay where people are."""


def mirrored(routers: Sequence[APIRouter], shared: Sequence[tuple[str, str]] = SHARED) -> APIRouter:
    """The same operations under the root of agents, for agents alone."""
    router = APIRouter(tags=["agent surface"], dependencies=[Depends(only_agents)])
    known = {(method, route.path): route for route in _routes(routers) for method in route.methods or ()}
    for method, path in shared:
        _add(router, known[method, f"{ROOT}{path}"], method, f"{AGENT_ROOT}{path}")
    return router


def _add(router: APIRouter, route: APIRoute, method: str, path: str) -> None:
    router.add_api_route(
        path,
        route.endpoint,
        methods=[method],
        response_model=route.response_model,
        status_code=route.status_code,
        summary=route.summary,
        description=route.description,
        responses=route.responses,
        response_class=route.response_class,
        max_body_size=route.max_body_size,
    )


def _routes(routers: Sequence[APIRouter]) -> list[APIRoute]:
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


router = mirrored((*BOARDS, memory.router, *WEBHOOKS, incidents.router))

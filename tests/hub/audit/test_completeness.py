"""Every route that changes something leaves an entry, or is named here as one that reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from pilothouse.hub.app import create_app
from pilothouse.hub.identity.auth.sessions import _deciding, _writing
from pilothouse.hub.settings import HubSettings

pytestmark = pytest.mark.anyio

# What robots and programs send by themselves, many times a minute; none of it is a decision.
TELEMETRY = {
    "POST /api/v1/agents/heartbeat",
    "POST /api/v1/agent/heartbeat",
    "POST /api/v1/risk-events",
    "POST /api/v1/recordings/announcements",
    "POST /api/uploads",
    "PATCH /api/uploads/{upload_id}",
    "DELETE /api/uploads/{upload_id}",
    "POST /api/uploads/{upload_id}",
    "POST /api/v1/recordings/direct",
    "POST /api/v1/recordings/direct/{upload_id}/complete",
    "POST /api/v1/boards/{board_id}/webhooks/{webhook_id}",
}
# Carried out in a transaction of its own, in words of its own: shown below.
IN_ITS_OWN_WORDS = {
    "POST /api/v1/robots/enroll",
    "POST /api/v1/organizations/invites/accept",
    "POST /api/v1/auth/session",
    "DELETE /api/v1/auth/session",
}


def changing_routes(app: FastAPI) -> Iterator[tuple[str, Dependant]]:
    for context in iter_route_contexts(app.router.routes):
        if isinstance(context.original_route, APIRoute):
            dependant = getattr(context, "dependant", None) or context.original_route.dependant
            for method in set(context.methods or ()) - {"GET", "HEAD", "OPTIONS"}:
                yield f"{method} {context.path_format}", dependant


def calls(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    for one in dependant.dependencies:
        yield one.call
        yield from calls(one)


def test_every_route_that_changes_something_is_logged_or_only_reports(tmp_path: Path) -> None:
    routes = dict(changing_routes(create_app(HubSettings(data=tmp_path))))
    logged = {route for route, dependant in routes.items() if {_writing, _deciding} & set(calls(dependant))}

    assert len(logged) > 20
    assert routes.keys() - logged == TELEMETRY | IN_ITS_OWN_WORDS


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/api/admin/rescan", "POST /api/admin/rescan"),
        ("/api/admin/sweep", "POST /api/admin/sweep"),
        ("/api/v1/incidents/alerts", "POST /api/v1/incidents/alerts"),
    ],
)
async def test_a_decision_names_who_made_it(eva: httpx2.AsyncClient, path: str, action: str) -> None:
    body = {"alerts": [{"labels": {"alertname": "hot"}}]} if "alerts" in path else None
    answer = await eva.post(path, json=body)
    assert answer.status_code == 200, answer.text

    logged = (await eva.get("/api/v1/audit", params={"action": action})).json()["items"]

    assert [(one["actor"], one["subject"]) for one in logged] == [("operator eva", path)]


async def test_a_robot_that_was_let_in_is_in_the_log_and_one_that_was_not_is_not(eva: httpx2.AsyncClient) -> None:
    made = (await eva.post("/api/v1/robots/enrolments", json={"robot_id": "ada"})).json()
    for code in ("wrong-code", made["code"], made["code"]):
        await eva.post("/api/v1/robots/enroll", json={"code": code, "robot_id": "ada"})

    logged = (await eva.get("/api/v1/audit", params={"action": "robot.enrolled"})).json()["items"]

    assert [(one["actor"], one["subject"]) for one in logged] == [("robot ada", "ada")]
    assert logged[0]["details"]["after"]["enrolment_id"] == made["enrolment_id"]
    assert made["code"] not in str(logged)
    assert (await eva.get("/api/v1/audit/verify")).json()["ok"] is True

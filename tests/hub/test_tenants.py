"""What belongs to one organization is not there for the members of another: every route is asked, with real ids.

A new path parameter needs a line in ``MADE`` that makes such a thing in the home organization, or one in ``NOT_MADE``.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from pilothouse.hub.settings import HubSettings
from tests.support.deliveries import metadata_of
from tests.support.examples import least_body
from tests.support.flights import write_flight
from tests.support.guarded import Guarded, guarded_hub
from tests.support.people import Somebody, organization, somebody

pytestmark = pytest.mark.anyio
PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
BOARD = "/api/v1/boards/{board_id}"


class Maker(NamedTuple):
    """What a thing is called in paths that begin so, and what makes one."""

    name: str
    path: str
    body: dict[str, Any]
    within: str = "/"
    field: str = "id"


MADE = (
    Maker("token_id", "/auth/tokens", {"name": "x"}, "/auth/tokens"),
    Maker("enrolment_id", "/api/v1/robots/enrolments", {}),
    Maker("incident_id", "/api/v1/incidents", {"title": "x", "recordings": ["arm_1"]}),
    Maker("backtest_id", "/api/v1/backtests", {"triggers": ["/n.v > 1"]}),
    Maker(
        "destination_id",
        "/api/v1/notifications/destinations",
        {"kind": "webhook", "name": "x", "url": "https://127.0.0.1.example/"},
    ),
    Maker("delivery_id", "/api/v1/notifications/destinations/{destination_id}/test", {}, "/api/v1/notifications"),
    Maker("invite_id", "/api/v1/organizations/home/invites", {}),
    Maker("group_id", "/api/v1/board-groups", {"name": "x"}),
    Maker("board_id", "/api/v1/boards", {"name": "x"}),
    Maker("tag_id", "/api/v1/tags", {"name": "x"}),
    Maker("field_id", "/api/v1/custom-fields", {"name": "x", "key": "x"}),
    Maker("task_id", f"{BOARD}/tasks", {"title": "x"}),
    Maker("comment_id", f"{BOARD}/tasks/{{task_id}}/comments", {"body": "x"}),
    Maker("approval_id", f"{BOARD}/approvals", {"action_type": "x", "reason": "x", "confidence": 50}),
    Maker("memory_id", f"{BOARD}/memory", {"content": "x"}, "/api/v1/boards"),
    Maker("memory_id", "/api/v1/board-groups/{group_id}/memory", {"content": "x"}, "/api/v1/board-groups"),
    Maker("webhook_id", f"{BOARD}/webhooks", {"name": "x"}),
    Maker("subscription_id", f"{BOARD}/subscriptions", {"url": "https://example.com/"}),
    Maker("rule_id", f"{BOARD}/incident-rules", {"name": "x"}),
    Maker("agent_id", "/api/v1/agents", {"name": "x", "board_id": "{board_id}"}),
)
# Debug sessions take minutes to make; of them, and of what only an agent or a robot has, any id will do: the caller is
# refused before anybody looks for it.
NOT_MADE = {
    "session_id", "command_id", "artifact_id", "batch_id", "name", "secret", "path", "upload_id", "payload_id",
}  # fmt: skip
# What is refused as a body before anybody looks whose the thing is, unless something is in it.
BODIES: dict[str, dict[str, Any]] = {"/api/v1/agents/{agent_id}": {"name": "y"}}
# There only once somebody asked for it.
NOT_ASKED_FOR = {"/api/v1/recordings/{session_id}/repair"}
# Whose own things the path speaks of, whoever asks; and what needs no credential or has one in the path.
NOT_OF_AN_ORGANIZATION = ("/api/v1/users/me", "/api/v1/auth/", "/api/links/", "/api/v1/agent/", "/api/v1/webhooks")


class World(NamedTuple):
    """A hub, a member of another organization, and what the home organization has."""

    guarded: Guarded
    stranger: Somebody
    known: list[tuple[str, str, str]]

    def fill(self, text: str, *, path: str | None = None) -> str:
        """A path, or something that is sent to one, with real ids as far as there are any."""
        path = path or text

        def value(found: re.Match[str]) -> str:
            fitting = [
                (within, one) for within, name, one in self.known if name == found[1] and path.startswith(within)
            ]
            return max(fitting, key=lambda pair: len(pair[0]), default=("", "none"))[1]

        return PARAMETER.sub(value, text)


@pytest.fixture
async def world(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[World]:
    sessions = hub_settings.data / "sessions"
    sessions.mkdir(parents=True)
    write_flight(sessions / "arm_1.mcap", seconds=1)
    async with guarded_hub(hub_settings, agent_auth_limit=0) as guarded:
        yield World(guarded, await organization(guarded), await _made(guarded))


async def _made(guarded: Guarded) -> list[tuple[str, str, str]]:
    mara = await somebody(guarded)
    (await guarded.operator.post("/api/admin/rescan")).raise_for_status()
    robot = await guarded.robot("arm")
    await guarded.beat("arm", robot)
    announced = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": metadata_of(b"x").to_header()}
    upload = (await guarded.operator.post("/api/uploads", headers=announced)).headers["location"].rpartition("/")[2]
    remark = await guarded.operator.post("/api/sessions/arm_1/annotations", json={"time_ns": 1, "body": "x"})
    known = [
        ("/", "organization_id", "home"), ("/", "user_id", mara.user_id), ("/", "robot_id", "arm"),
        ("/api/", "session_id", "arm_1"), ("/", "annotation_id", str(remark.json()["id"])),
        ("/api/uploads", "upload_id", upload),
    ]  # fmt: skip
    description = guarded.app.openapi()
    for maker in MADE:
        world = World(guarded, mara, known)
        least = least_body(
            description, description["paths"][maker.path.replace("/home/", "/{organization_id}/")]["post"]
        )
        said = {
            name: world.fill(value, path=maker.path) if isinstance(value, str) else value
            for name, value in maker.body.items()
        }
        body = {**(least or {}), **said}
        made = await guarded.operator.post(world.fill(maker.path), json=body)
        assert made.status_code in (201, 202), (maker, made.text)
        document = made.json()
        known.append((maker.within, maker.name, str(document.get(maker.field) or document[maker.name])))
    return known


async def test_every_route_with_an_id_answers_that_there_is_no_such_thing(world: World) -> None:
    wrong: dict[str, str] = {}
    description = world.guarded.app.openapi()
    for path, method, operation in _operations(description):
        if PARAMETER.search(path) and not path.startswith(NOT_OF_AN_ORGANIZATION) and operation.get("security"):
            answer = await _ask(world, description, path, method, operation)
            if answer.status_code != 404:
                wrong[f"{method} {world.fill(path)}"] = f"{answer.status_code} {answer.text[:200]}"

    assert wrong == {}


async def test_what_was_made_is_there_for_those_whose_it_is(world: World) -> None:
    missing = []
    for path, method, _ in _operations(world.guarded.app.openapi()):
        named = set(PARAMETER.findall(path))
        if method != "GET" or path.endswith("/stream") or path in NOT_ASKED_FOR:
            continue
        if named and "none" not in world.fill(path).split("/"):
            answer = await world.guarded.operator.get(world.fill(path))
            if answer.status_code == 404:
                missing.append(f"{world.fill(path)}: {answer.text[:200]}")

    assert missing == []


async def test_nothing_of_the_home_organization_is_in_any_list_of_another(world: World) -> None:
    shown: dict[str, list[str]] = {}
    ids = [one for _, name, one in world.known if name != "annotation_id" and one != "home"]
    for path, method, operation in _operations(world.guarded.app.openapi()):
        if method == "GET" and not PARAMETER.search(path) and operation.get("security") and "stream" not in path:
            answer = await world.stranger.call("GET", path)
            assert answer.status_code < 500
            told = [one for one in ids if f'"{one}"' in answer.text]
            if told:
                shown[path] = told

    assert shown == {}


async def test_the_fleet_is_not_there_for_another_organization_at_all(world: World) -> None:
    for path in (
        "/api/v1/robots", "/api/sessions", "/api/v1/incidents", "/api/v1/notifications/destinations", "/api/v1/events",
        "/auth/tokens", "/api/v1/audit", "/repository", "/sessions",
    ):  # fmt: skip
        assert await world.stranger.status("GET", path) == 404, path


def test_every_parameter_has_an_id_or_is_named_as_one_that_has_none(tmp_path: Path) -> None:
    from pilothouse.hub.app import create_app

    described = create_app(HubSettings(data=tmp_path)).openapi()
    named = {name for path in described["paths"] for name in PARAMETER.findall(path)}
    made = {maker.name for maker in MADE} | {"organization_id", "user_id", "robot_id", "annotation_id", "token"}

    assert named - made - NOT_MADE == set()


def _operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method.upper(), operation)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]


async def _ask(
    world: World, description: dict[str, Any], path: str, method: str, operation: dict[str, Any]
) -> httpx2.Response:
    body = BODIES.get(path) or least_body(description, operation)
    required = {
        one["name"]: "1" for one in operation.get("parameters", ()) if one["in"] == "query" and one.get("required")
    }
    more: dict[str, Any] = {} if body is None else {"json": body}
    return await world.stranger.call(method, world.fill(path), params=required, **more)

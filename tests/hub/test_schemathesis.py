"""Every documented route of the hub, asked in ways nobody would think of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import httpx2
import pytest
import schemathesis

from tests.support.asking import ask_everything
from tests.support.deliveries import metadata_of
from tests.support.flights import write_flight
from tests.support.processes import pilothouse

# A stream never ends; it has tests of its own.
STREAMS = "(/stream|^/api/v1/events)$"
ROBOT = {"Authorization": "Bearer hunter2"}

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


class Target(NamedTuple):
    """A hub and things in it, so that not every id is unknown."""

    url: str
    known: dict[str, object]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    directory = tmp_path_factory.mktemp("hub")
    (directory / "sessions").mkdir()
    write_flight(directory / "sessions" / "arm_1.mcap", seconds=1)
    command = ("hub", "--host", "127.0.0.1", "--port", "0", "--data", directory)
    env = {
        "MD_HUB_AUTH_PASSWORD": "hunter2", "PILOTHOUSE_LAB_WORKER": "false", "PILOTHOUSE_AGENT_AUTH_LIMIT": "0",
        "PILOTHOUSE_PASSWORD_ATTEMPTS": "0",
        "PILOTHOUSE_WEBHOOK_ATTEMPTS": "100000",
    }  # fmt: skip
    with pilothouse(*command, env=env) as hub:
        httpx2.post(f"{hub.url}/api/admin/rescan", headers=ROBOT).raise_for_status()
        remark = {"time_ns": 1, "body": "x"}
        httpx2.post(f"{hub.url}/api/sessions/arm_1/annotations", json=remark, headers=ROBOT).raise_for_status()
        announced = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": metadata_of(b"x").to_header()}
        upload = httpx2.post(f"{hub.url}/api/uploads", headers={**ROBOT, **announced}).headers["location"]
        upload_id = upload.rpartition("/")[2]
        known = {"session_id": "arm_1", "robot_id": "arm", "annotation_id": 1, "upload_id": upload_id, "token": "none"}
        yield Target(hub.url, {**known, **made(hub.url), **made_in_the_lab(hub.url), **made_at_a_board(hub.url)})


def made(url: str) -> dict[str, object]:
    """The ids of things that are made by asking for them."""
    bodies: dict[str, tuple[str, dict[str, object]]] = {
        "incident_id": ("/api/v1/incidents", {"title": "x"}),
        "backtest_id": ("/api/v1/backtests", {"triggers": ["/n.v > 1"]}),
        "token_id": ("/auth/tokens", {"name": "x"}),
        "enrolment_id": ("/api/v1/robots/enrolments", {}),
        "destination_id": (
            "/api/v1/notifications/destinations", {"kind": "webhook", "name": "x", "url": "https://127.0.0.1.example/"}
        ),
    }  # fmt: skip
    found: dict[str, object] = {}
    for name, (path, body) in bodies.items():
        answer = httpx2.post(f"{url}{path}", json=body, headers=ROBOT)
        assert answer.status_code == 201, answer.text
        document = answer.json()
        found[name] = document.get("id") or document[name]
    tried = httpx2.post(f"{url}/api/v1/notifications/destinations/{found['destination_id']}/test", headers=ROBOT)
    return {**found, "delivery_id": tried.json()["id"]}


def made_in_the_lab(url: str) -> dict[str, object]:
    """A repository, a session with a command and an artifact, a batch."""
    repository = {"name": "demo", "remote_url": "https://git.example/demo.git"}
    session = {"repository": "demo", "commands": [{"argv": ["true"]}]}
    with httpx2.Client(base_url=url, headers=ROBOT) as asking:
        asking.post("/repository/init", json=repository).raise_for_status()
        asking.put("/repository/demo/secrets/TOKEN", json={"value": "x"}).raise_for_status()
        kept = asking.post("/sessions", json=session).raise_for_status().json()
        artifact = asking.put(f"/sessions/{kept['id']}/artifacts?path=a.txt", content=b"a").raise_for_status().json()
        batch = {"session": session, "commits": ["abcd"]}
        return {
            "/repository:name": "demo", "secret": "TOKEN", "/sessions:session_id": kept["id"],
            "command_id": kept["commands"][0]["id"], "artifact_id": artifact["id"], "path": "a.txt",
            "batch_id": asking.post("/batches", json=batch).raise_for_status().json()["id"],
        }  # fmt: skip


def made_at_a_board(url: str) -> dict[str, object]:
    """A board with one of everything."""
    address = "https://127.0.0.1.example/"
    with httpx2.Client(base_url=f"{url}/api/v1", auth=("eva", "hunter2")) as asking:

        def create(path: str, **document: object) -> str:
            answer = asking.post(path, json=document)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        group_id = create("/board-groups", name="g")
        board_id = create("/boards", name="b", group_id=group_id)
        at_board = f"/boards/{board_id}"
        webhook_id = create(f"{at_board}/webhooks", name="w", signature="none")
        task_id = create(f"{at_board}/tasks", title="t")
        approval = {"action_type": "task.done", "confidence": 50, "reason": "x", "task_ids": [task_id]}
        return {
            "organization_id": "home", "user_id": "local", "group_id": group_id, "board_id": board_id,
            "webhook_id": webhook_id, "task_id": task_id, "tag_id": create("/tags", name="t"),
            "invite_id": create("/organizations/home/invites"),
            "field_id": create("/custom-fields", key="k", name="k", kind="text"),
            "agent_id": create("/agents", name="Tessa", board_id=board_id),
            "comment_id": create(f"{at_board}/tasks/{task_id}/comments", body="x"),
            "approval_id": create(f"{at_board}/approvals", **approval),
            "memory_id": create(f"{at_board}/memory", content="x"),
            "subscription_id": create(f"{at_board}/subscriptions", name="s", url=address),
            "rule_id": create(f"{at_board}/incident-rules", name="r"),
            "payload_id": asking.post(f"{at_board}/webhooks/{webhook_id}", content=b"x").json()["id"],
        }  # fmt: skip


# Thousands of requests, one after the other.
@pytest.mark.timeout(900)
def test_whatever_is_asked_the_answer_is_as_documented(target: Target) -> None:
    assert ask_everything(target.url, without=STREAMS, known=target.known, examples=20, headers=ROBOT) > 15

"""The surface of agents, asked in ways nobody would think of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis

from tests.support.asking import ask
from tests.support.missions import LOCAL_TOKEN, PERSON
from tests.support.processes import Program, pilothouse

EXAMPLES = 8


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Program]:
    environment = {
        "LOCAL_AUTH_TOKEN": LOCAL_TOKEN,
        "PILOTHOUSE_AGENT_AUTH_LIMIT": "0",
        "PILOTHOUSE_PASSWORD_ATTEMPTS": "0",
        "LOG_LEVEL": "warning",
        "MD_HUB_AUTH_PASSWORD": "hunter2",
    }
    command = ("hub", "--data", tmp_path / "hub", "--port", "0", "--host", "127.0.0.1")
    with pilothouse(*command, env=environment) as program:
        yield program


@pytest.fixture
def known(hub: Program) -> dict[str, Any]:
    """Ids of things on a board, and the token of its lead."""
    with httpx2.Client(base_url=f"{hub.url}/api/v1", headers=PERSON, timeout=30) as person:
        group = person.post("/board-groups", json={"name": "x"}).json()["id"]
        board = person.post("/boards", json={"name": "x", "group_id": group}).json()["id"]
        lead = person.post("/agents", json={"name": "x", "board_id": board, "role": "lead"}).json()
        task = person.post(f"/boards/{board}/tasks", json={"title": "x"}).json()["id"]
        comment = person.post(f"/boards/{board}/tasks/{task}/comments", json={"body": "x"}).json()["id"]
        memory = person.post(f"/boards/{board}/memory", json={"content": "x"}).json()["id"]
        approval = person.post(
            f"/boards/{board}/approvals", json={"action_type": "x", "reason": "x", "confidence": 1}
        ).json()["id"]
    return {
        "group_id": group, "board_id": board, "agent_id": lead["id"], "task_id": task, "comment_id": comment,
        "memory_id": memory, "approval_id": approval, "incident_id": "inc_x", "subscription_id": "sub_x",
        "token": lead["token"],
    }  # fmt: skip


@pytest.mark.timeout(600)
@pytest.mark.parametrize("whose", ["agent", "person"])
def test_whatever_is_asked_the_answer_is_as_documented(whose: str, hub: Program, known: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_url(f"{hub.url}/openapi.json")
    root = "^/api/v1/agent/" if whose == "agent" else "^/api/v1/agents"
    headers = {"X-Agent-Token": str(known["token"])} if whose == "agent" else PERSON
    asked = [found.ok() for found in schema.include(path_regex=root).exclude(path_regex="stream$").get_all_operations()]

    for operation in asked:
        ask(operation, known, EXAMPLES, headers)

    assert len(asked) > 5

"""Boards and agents of tests, made by asking for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

LOCAL_TOKEN = "the-person-at-the-desk"
PERSON = {"Authorization": f"Bearer {LOCAL_TOKEN}"}


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that was registered, and what it calls with."""

    id: str
    name: str
    board_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Agent-Token": self.token}


async def make_board(client: httpx2.AsyncClient, name: str = "Corridor", **settings: object) -> str:
    """The id of a new board."""
    answer = await client.post("/api/v1/boards", json={"name": name, **settings}, headers=PERSON)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def register(client: httpx2.AsyncClient, board_id: str, name: str = "Tessa", **facts: object) -> Agent:
    """A new agent of a board."""
    answer = await client.post("/api/v1/agents", json={"name": name, "board_id": board_id, **facts}, headers=PERSON)
    assert answer.status_code == 201, answer.text
    return agent_of(answer.json())


def agent_of(document: dict[str, Any]) -> Agent:
    """From the answer that holds its token."""
    return Agent(document["id"], document["name"], document["board_id"], document["token"])


async def beat(client: httpx2.AsyncClient, agent: Agent, **said: object) -> httpx2.Response:
    """An agent says that it lives."""
    body = {"name": agent.name, "board_id": agent.board_id, "status": "online", **said}
    return await client.post("/api/v1/agent/heartbeat", json=body, headers=agent.headers)


async def make_task(client: httpx2.AsyncClient, board_id: str, title: str = "Look at door 3", **facts: object) -> str:
    """The id of a task that a person made."""
    answer = await client.post(f"/api/v1/boards/{board_id}/tasks", json={"title": title, **facts}, headers=PERSON)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])

"""A hub with a board, a person at it, and agents that work there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx2
from fastapi import FastAPI

from pilothouse.hub.boards.service import BoardServices, OnBoard
from pilothouse.hub.identity import AgentRole, Caller, CallerKind
from tests.support.guarded import Guarded
from tests.support.missions import Agent, agent_of

Headers = dict[str, str]


@dataclass
class Office:
    """Ask as somebody: ``by`` is an agent, a token, or nobody, which is the person at the desk."""

    guarded: Guarded
    board: str = ""
    _clients: list[httpx2.AsyncClient] = field(default_factory=list)

    @property
    def app(self) -> FastAPI:
        return self.guarded.app

    @property
    def services(self) -> BoardServices:
        services = self.app.state.boards
        assert isinstance(services, BoardServices)
        return services

    async def ask(self, method: str, path: str, by: Agent | str | None = None, **more: Any) -> httpx2.Response:
        """Below `/api/v1`; ``{board}`` is the board."""
        address = f"/api/v1{path.replace('{board}', self.board)}"
        if by is None:
            return await self.guarded.operator.request(method, address, **more)
        headers = by.headers if isinstance(by, Agent) else {"Authorization": f"Bearer {by}"}
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.request(method, address, headers={**headers, **more.pop("headers", {})}, **more)

    async def made(self, path: str, by: Agent | str | None = None, **document: Any) -> dict[str, Any]:
        answer = await self.ask("POST", path, by, json=document)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def got(self, path: str, by: Agent | str | None = None, **more: Any) -> dict[str, Any]:
        answer = await self.ask("GET", path, by, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def changed(self, path: str, by: Agent | str | None = None, **document: Any) -> dict[str, Any]:
        answer = await self.ask("PATCH", path, by, json=document)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def refused(self, method: str, path: str, by: Agent | str | None = None, **more: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = await self.ask(method, path, by, **more)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, str(answer.json()["code"])

    async def open_board(self, name: str = "Corridor", **rules: Any) -> str:
        self.board = str((await self.made("/boards", name=name, **rules))["id"])
        return self.board

    async def agent(self, name: str = "Tessa", role: str = "worker", **facts: Any) -> Agent:
        document = await self.made("/agents", name=name, board_id=self.board, role=role, **facts)
        return agent_of(document)

    async def task(self, title: str = "Look at door 3", by: Agent | str | None = None, **facts: Any) -> str:
        return str((await self.made("/boards/{board}/tasks", by, title=title, **facts))["id"])

    async def move(self, task_id: str, *statuses: str, by: Agent | str | None = None, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for status in statuses:
            found = await self.changed(f"/boards/{{board}}/tasks/{task_id}", by, status=status, **more)
        return found

    async def claim(self, task_id: str, by: Agent | str | None = None) -> httpx2.Response:
        return await self.ask("POST", f"/boards/{{board}}/tasks/{task_id}/claim", by)

    async def told(self, *kinds: str) -> list[dict[str, Any]]:
        """What the activity log says of these kinds, the earliest first."""
        items = (await self.got("/activity", params={"limit": 200}))["items"]
        return [one for one in reversed(items) if not kinds or one["kind"] in kinds]


def as_agent(board_id: str, agent_id: str, role: AgentRole = AgentRole.WORKER) -> Caller:
    """An agent as services know it."""
    return Caller(
        CallerKind.AGENT, agent_id, organization_id="home", agent_id=agent_id, agent_role=role, board_id=board_id
    )


async def at_board(office: Office, session: Any, caller: Caller, board_id: str) -> OnBoard:
    return await office.services.boards.open(session, caller, board_id, writing=True)

"""The incident on a board: a rule makes a task of it, an agent takes the task, a person approves what it found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from pilothouse.cli.demo.chain import POLL_S, answer, require

AGENT = "Scout"
# A rule makes a task as soon as the incident is there.
BY_ITSELF_S = 5.0
# The agent's task stays its own, and its question open, while people look around.
LEASE_S = 86_400


class Desk:
    """People and an agent at the hub; ``operator`` shows what the hub keeps for whoever runs it."""

    def __init__(self, hub_url: str, data: Path) -> None:
        token = (data / "hub" / "local-auth-token").read_text(encoding="ascii").strip()
        self.operator = httpx2.Client(base_url=hub_url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
        # A board of its own for each run, for names are taken once.
        self._name = f"Flight line, {datetime.now().astimezone():%d %b %H:%M:%S}"
        board = {"name": self._name, "require_approval_for_done": True, "claim_lease_s": LEASE_S}
        self._board = self._made("task", "/api/v1/boards", board)["id"]
        rule = {"name": "every incident", "priority": "high"}
        self._made("task", f"/api/v1/boards/{self._board}/incident-rules", rule)
        agent = self._made("agent", "/api/v1/agents", {"name": AGENT, "board_id": self._board})
        self._agent_id = agent["id"]
        self._agent = httpx2.Client(base_url=hub_url, headers={"X-Agent-Token": agent["token"]}, timeout=10)

    def close(self) -> None:
        self.operator.close()
        self._agent.close()

    @property
    def path(self) -> str:
        """Where the board is."""
        return f"/api/v1/boards/{self._board}"

    def proofs(self, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Have the incident of a recording worked to its end, and say what was found; raises BrokenLink."""
        task = self._task(row["incident_id"])
        yield "task", f"{task['id']} on “{self._name}”, {task['priority']}: “{task['title']}”"
        yield "agent", f"{AGENT} claimed it and read the evidence: “{self._worked(row, task['id'])}”"
        yield "approval", self._approved(task["id"])

    def leave_for_a_person(self, row: dict[str, Any]) -> str:
        """Have the incident of a recording worked up to where a person decides; the incident's id."""
        task = self._task(row["incident_id"])
        self._worked(row, task["id"])
        self._approval(task["id"])
        return str(task["incident_id"])

    def stay(self) -> None:
        """Let the agent say that it is there; one that is silent for minutes loses its task."""
        # A hub that somebody has stopped is missed elsewhere.
        with suppress(httpx2.HTTPError):
            self._agent.post("/api/v1/agent/heartbeat", json={})

    def _worked(self, row: dict[str, Any], task_id: str) -> str:
        self._asked(self._agent, "agent", "POST", "/api/v1/agent/heartbeat", {})
        self._asked(self._agent, "agent", "POST", f"{self._agents}/tasks/{task_id}/claim")
        found = f"{row['trigger']['topic']} peaked at {self._peak(row):.2f} m/s; the drone was asked to."
        self._asked(self._agent, "agent", "POST", f"{self._agents}/tasks/{task_id}/comments", {"body": found})
        return found

    def _approval(self, task_id: str) -> dict[str, Any]:
        asked = {"action_type": "task.done", "reason": "Explained by the flight plan", "confidence": 90,
                 "task_ids": [task_id]}  # fmt: skip
        return self._asked(self._agent, "approval", "POST", f"{self._agents}/approvals", asked)

    @property
    def _agents(self) -> str:
        return f"/api/v1/agent/boards/{self._board}"

    def _task(self, incident_id: str) -> dict[str, Any]:
        # What the same rule saw a moment ago, in a run before this one, is the same incident; its rule was another
        # board's then.
        incident = answer(self.operator, "task", f"/api/v1/incidents/{incident_id}")["id"]
        deadline = time.monotonic() + BY_ITSELF_S
        while not (found := answer(self.operator, "task", f"{self.path}/tasks?incident_id={incident}")["items"]):
            if time.monotonic() > deadline:
                self._made("task", f"{self.path}/incidents", {"incident_id": incident})
                deadline += BY_ITSELF_S
            time.sleep(POLL_S)
        task: dict[str, Any] = found[0]
        return task

    def _peak(self, row: dict[str, Any]) -> float:
        trigger = row["trigger"]
        path = f"/api/sessions/{row['session_id']}/series?fields={trigger['topic']}.{trigger['field']}&points=100"
        series = answer(self._agent, "agent", path)["series"][0]
        return float(series["highest"])

    def _approved(self, task_id: str) -> str:
        approval = self._approval(task_id)
        decision = {"status": "approved", "note": "Agreed", "version": approval["version"]}
        own = self._agent.patch(f"{self.path}/approvals/{approval['id']}", json=decision)
        require("approval", own.status_code == 403, f"the agent approved itself: HTTP {own.status_code}")
        self._asked(self.operator, "approval", "PATCH", f"{self.path}/approvals/{approval['id']}", decision)
        for status in ("review", "done"):
            moved = {"status": status, "comment": "As approved"}
            self._asked(self._agent, "approval", "PATCH", f"{self._agents}/tasks/{task_id}", moved)
        done = answer(self.operator, "approval", f"{self.path}/tasks/{task_id}")
        require("approval", done["status"] == "done", f"the task is {done['status']}")
        return f"{AGENT} may not approve itself (403); a person did, and the task is done"

    def _made(self, link: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._asked(self.operator, link, "POST", path, body)

    def _asked(
        self, client: httpx2.Client, link: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            response = client.request(method, path, json=body)
        except httpx2.HTTPError as error:
            require(link, holds=False, reason=f"{client.base_url} does not answer: {error}")
            raise
        require(link, response.is_success, f"{method} {path} answered HTTP {response.status_code}: {response.text}")
        found: dict[str, Any] = response.json() if response.content else {}
        return found

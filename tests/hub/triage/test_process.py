"""A hub that is killed between an incident and its task: a real process."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2

from tests.support.processes import Program, eventually, pilothouse

TOKEN = "the-person-at-the-desk"
PERSON = {"Authorization": f"Bearer {TOKEN}"}
ENV = {"LOCAL_AUTH_TOKEN": TOKEN}
# So many tasks take longer than it takes to kill the hub once it has said that the incidents are there.
AT_ONCE = 60


def hub(data: Path) -> tuple[str, ...]:
    return ("hub", "--data", str(data), "--host", "127.0.0.1", "--port", "0")


def posted(program: Program, path: str, **document: object) -> dict[str, Any]:
    answer = httpx2.post(f"{program.url}/api/v1{path}", json=document, headers=PERSON, timeout=30)
    assert answer.is_success, answer.text
    return dict(answer.json())


def total(program: Program, path: str) -> int:
    answer = httpx2.get(f"{program.url}/api/v1{path}", headers=PERSON, params={"limit": 1}, timeout=30)
    return int(answer.json()["total"])


def without_task(data: Path) -> int:
    """How many incidents there are that no board works on."""
    with closing(sqlite3.connect(data / "hub.db", timeout=30)) as database:
        query = "SELECT count(*) FROM incidents WHERE id NOT IN (SELECT incident_id FROM board_incidents)"
        return int(database.execute(query).fetchone()[0])


def fired(round_number: int) -> list[dict[str, Any]]:
    return [
        {
            "status": "firing",
            "labels": {"alertname": f"alert {round_number} {number}", "robot": "arm"},
            "fingerprint": f"f{round_number}-{number}",
            "startsAt": "2026-01-01T00:00:00Z",
        }
        for number in range(AT_ONCE)
    ]


def test_a_hub_killed_between_incidents_and_their_tasks_makes_each_task_once(tmp_path: Path) -> None:
    with pilothouse(*hub(tmp_path), env=ENV) as program:
        board = posted(program, "/boards", name="Belt")["id"]
        posted(program, f"/boards/{board}/incident-rules", name="all")
        opened = posted(program, "/incidents/alerts", version="4", alerts=fired(0))["incident_ids"]
        program.kill()
    left = without_task(tmp_path)
    with pilothouse(*hub(tmp_path), env=ENV) as program:
        eventually(lambda: total(program, f"/boards/{board}/incidents") == AT_ONCE, what="a task for each")
        tasks = httpx2.get(
            f"{program.url}/api/v1/boards/{board}/tasks", headers=PERSON, params={"limit": 200}, timeout=30
        ).json()["items"]

    assert len(set(opened)) == AT_ONCE
    assert left in (0, AT_ONCE), "the tasks of what was read together are made together, or none of them"
    assert sorted(one["incident_id"] for one in tasks) == sorted(opened)

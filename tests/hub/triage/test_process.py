"""A hub that is killed between an incident and its task: a real process."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx2

from tests.support.processes import Program, eventually, pilothouse

TOKEN = "the-person-at-the-desk"
PERSON = {"Authorization": f"Bearer {TOKEN}"}
ENV = {"LOCAL_AUTH_TOKEN": TOKEN}
# So many tasks take a while to make, in which the hub can be killed.
AT_ONCE = 40


def hub(data: Path) -> tuple[str, ...]:
    return ("hub", "--data", str(data), "--host", "127.0.0.1", "--port", "0")


def posted(program: Program, path: str, **document: object) -> dict[str, Any]:
    answer = httpx2.post(f"{program.url}/api/v1{path}", json=document, headers=PERSON, timeout=30)
    assert answer.is_success, answer.text
    return dict(answer.json())


def total(program: Program, path: str) -> int:
    answer = httpx2.get(f"{program.url}/api/v1{path}", headers=PERSON, params={"limit": 1}, timeout=30)
    return int(answer.json()["total"])


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
    opened: list[str] = []
    with pilothouse(*hub(tmp_path), env=ENV) as program:
        board = posted(program, "/boards", name="Belt")["id"]
        posted(program, f"/boards/{board}/incident-rules", name="all")
    # At once, while the tasks are made, and about when they are there.
    for life, delay_s in enumerate((0.0, 0.1, 0.3)):
        with pilothouse(*hub(tmp_path), env=ENV) as program:
            opened += posted(program, "/incidents/alerts", version="4", alerts=fired(life))["incident_ids"]
            killing = threading.Timer(delay_s, program.process.kill)
            killing.start()
            killing.join()
            program.process.wait()
    with pilothouse(*hub(tmp_path), env=ENV) as program:
        eventually(lambda: total(program, f"/boards/{board}/incidents") == 3 * AT_ONCE, what="a task for each")
        tasks = httpx2.get(
            f"{program.url}/api/v1/boards/{board}/tasks", headers=PERSON, params={"limit": 200}, timeout=30
        ).json()["items"]

    assert len(set(opened)) == 3 * AT_ONCE
    assert sorted(one["incident_id"] for one in tasks) == sorted(opened)

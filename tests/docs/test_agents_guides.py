"""The guides to boards and agents, run as printed, and the agent in plain curl, against real hubs."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.missions import LOCAL_TOKEN, PERSON
from tests.support.processes import Program, eventually, pilothouse

DOCS = Path(__file__).parents[2] / "docs"
AGENT = DOCS / "examples" / "agent.sh"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Program]:
    environment = {"LOCAL_AUTH_TOKEN": LOCAL_TOKEN, "PILOTHOUSE_AGENT_AUTH_LIMIT": "0"}
    command = ("hub", "--data", tmp_path / "hub", "--port", "0", "--host", "127.0.0.1")
    with pilothouse(*command, env=environment) as program:
        yield program


def examples(guide: str) -> list[str]:
    return re.findall(r"```bash\n(.*?)```", (DOCS / "guides" / guide).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("guide", "said"),
    [
        ("agents.md", ['"next_heartbeat_s":30', '"reason":"assigned"', "Tessa", '"cost": 0.42', '"agent_id"']),
        ("boards.md", ['"status":"in_progress"', '"blocked": true', "Dust on the lens", '"approved"', '"done"']),
    ],
)
def test_the_examples_of_a_guide_work_as_printed_one_after_the_other(
    guide: str, said: list[str], hub: Program, tmp_path: Path
) -> None:
    environment = {"HUB": hub.url, "TOKEN": LOCAL_TOKEN, "PATH": os.environ["PATH"]}

    answer = subprocess.run(
        ["sh", "-euc", "\n".join(examples(guide))], env=environment, cwd=tmp_path, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip

    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    assert [one for one in said if one not in answer.stdout] == []


def test_an_agent_in_plain_curl_goes_from_registration_to_done(hub: Program, tmp_path: Path) -> None:
    with httpx2.Client(base_url=f"{hub.url}/api/v1", headers=PERSON, timeout=30) as person:
        rules = {"require_approval_for_done": True, "require_review_before_done": False,
                 "comment_required_for_review": True}  # fmt: skip
        board = person.post("/boards", json={"name": "Night shift", **rules}).json()["id"]
        agent = person.post("/agents", json={"name": "Rob", "board_id": board}).json()
        task = person.post(f"/boards/{board}/tasks", json={"title": "Look at door 3"}).json()["id"]
        environment = {
            "HUB": hub.url, "BOARD": board, "AGENT_NAME": "Rob", "AGENT_TOKEN": agent["token"], "PAUSE": "0.2",
            "TRIES": "300", "PATH": os.environ["PATH"],
        }  # fmt: skip
        running = subprocess.Popen(
            ["sh", str(AGENT)], env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            approval = eventually(lambda: pending(person, board), what="the agent to ask")
            assert person.get(f"/boards/{board}/tasks/{task}").json()["status"] == "review"
            decision = {"status": "approved", "note": "Seen it.", "digest": approval["digest"]}
            decided = person.patch(f"/boards/{board}/approvals/{approval['id']}", json=decision)
            assert decided.status_code == 200, decided.text
            output, errors = running.communicate(timeout=60)
        finally:
            running.kill()

        assert running.returncode == 0, f"{output}\n{errors}"
        assert output.splitlines()[-1] == "done"
        done = person.get(f"/boards/{board}/tasks/{task}").json()
        remembered = person.get(f"/boards/{board}/memory").json()["items"]
        shown = person.get(f"/agents/{agent['id']}").json()

    assert (done["status"], done["comment_count"]) == ("done", 1)
    assert [one["author"]["name"] for one in remembered] == ["Rob"]
    assert (shown["liveness"], shown["status"]) == ("online", "idle")


def test_plain_curl_goes_from_an_invite_to_done(hub: Program, tmp_path: Path) -> None:
    environment = {
        "HUB": hub.url, "TOKEN": LOCAL_TOKEN, "PAUSE": "0.2", "TRIES": "300", "PATH": os.environ["PATH"],
    }  # fmt: skip

    answer = subprocess.run(
        ["sh", str(AGENT.with_name("from-invite-to-done.sh"))], env=environment, cwd=tmp_path, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip

    said = answer.stdout.splitlines()
    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"
    assert said[:2] == ["Mara is in", "Rob is registered"]
    assert "Mara approved" in said
    assert said[-2:] == ["done", "done"]


def pending(person: httpx2.Client, board: str) -> dict[str, str] | None:
    found = person.get(f"/boards/{board}/approvals", params={"status": "pending"}).json()
    assert "items" in found, json.dumps(found)
    return found["items"][0] if found["items"] else None


def test_an_agent_in_plain_curl_says_why_it_could_not_go_on(hub: Program, tmp_path: Path) -> None:
    environment = {
        "HUB": hub.url,
        "BOARD": "x",
        "AGENT_NAME": "x",
        "AGENT_TOKEN": "agent_x",
        "PATH": os.environ["PATH"],
    }

    answer = subprocess.run(
        ["sh", str(AGENT)], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert answer.returncode != 0
    assert "POST heartbeat: 401" in answer.stderr

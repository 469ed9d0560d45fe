"""Who comes, goes and falls silent, live, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.support.missions import LOCAL_TOKEN, PERSON
from tests.support.processes import Program, pilothouse


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    environment = {"LOCAL_AUTH_TOKEN": LOCAL_TOKEN, "PILOTHOUSE_AGENT_AUTH_LIMIT": "0"}
    command = ("hub", "--data", tmp_path_factory.mktemp("hub"), "--host", "127.0.0.1", "--port", "0")
    with pilothouse(*command, env=environment) as program:
        yield program


def events(response: httpx2.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_agents_of_the_boards_one_sees_are_followed_and_a_removed_one_hears_no_more(hub: Program) -> None:
    with httpx2.Client(base_url=f"{hub.url}/api/v1", headers=PERSON, timeout=30) as person:
        boards = [person.post("/boards", json={"name": name}).json()["id"] for name in ("One", "Other")]
        tessa, uma = (
            person.post("/agents", json={"name": name, "board_id": board}).json()
            for name, board in zip(("Tessa", "Uma"), boards, strict=True)
        )
        headers = {"X-Agent-Token": tessa["token"]}
        with httpx2.stream("GET", f"{hub.url}/api/v1/agents/stream?since=0", headers=headers, timeout=60) as response:
            told = events(response)
            first = next(told)
            for agent in (uma, tessa):
                own = {"X-Agent-Token": agent["token"]}
                httpx2.post(f"{hub.url}/api/v1/agent/heartbeat", json={}, headers=own).raise_for_status()
            second = next(told)
            person.delete(f"/agents/{tessa['id']}").raise_for_status()
            # Its own end is the last it may hear; the stream ends by itself within seconds.
            rest = [one["kind"] for one in told]

    assert [(one["kind"], one["subject_id"]) for one in (first, second)] == [
        ("agent.created", tessa["id"]),
        ("agent.online", tessa["id"]),
    ]
    assert rest in (["agent.deleted"], [])


def test_agents_of_a_board_that_one_does_not_see_are_not_followed(hub: Program) -> None:
    answer = httpx2.get(f"{hub.url}/api/v1/agents/stream", params={"board_id": "brd_x"}, headers=PERSON, timeout=30)

    # Whoever sees all boards of the organization sees none of this id.
    assert answer.status_code == 404

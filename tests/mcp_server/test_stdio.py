"""Every tool over standard input and output: `pilothouse mcp` as the programs start it that bring an agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.mcp_server.conftest import INCIDENT, SESSION, World, ask, refused
from tests.support.labs import OPERATOR
from tests.support.processes import PILOTHOUSE

pytestmark = pytest.mark.anyio


class Caller:
    """Calls tools, and knows which ones."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.called: set[str] = set()

    async def __call__(self, tool: str, **arguments: Any) -> Any:
        self.called.add(tool)
        return await ask(self._client, tool, **arguments)

    async def refused(self, tool: str, **arguments: Any) -> str:
        self.called.add(tool)
        return await refused(self._client, tool, **arguments)


@asynccontextmanager
async def over_stdio(world: World, token: str) -> AsyncIterator[Client]:
    environment = {"PILOTHOUSE_URL": world.url, "PILOTHOUSE_TOKEN": token}
    async with Client(StdioServerParameters(command=str(PILOTHOUSE), args=["mcp"], env=environment)) as client:
        yield client


async def test_a_person_calls_every_tool_in_one_process(world: World) -> None:
    async with over_stdio(world, OPERATOR) as client:
        call = Caller(client)
        await incidents_and_recordings(call)
        await lab(call, world)
        await boards(call, world)
        there = {one.name for one in (await client.list_tools()).tools}

    assert call.called == there


async def test_an_agent_works_on_its_board_in_one_process(world: World) -> None:
    task = world.task("Polish the mast")
    async with over_stdio(world, world.agent_token) as client:
        call = Caller(client)
        inbox = await call("my_inbox")
        claimed = await call("claim_task", board_id=world.board_id, task_id=task)
        released = await call("release_task", board_id=world.board_id, task_id=task)
        lab_refused = await call.refused("list_lab_sessions")

    assert isinstance(inbox["items"], list)
    assert (claimed["assigned_name"], released["status"]) == ("Tessa", "inbox")
    assert "not_for_agents" in lab_refused


async def incidents_and_recordings(call: Caller) -> None:
    incidents = await call("list_incidents", limit=100)
    assert INCIDENT in [one["id"] for one in incidents["items"]]
    assert (await call("get_incident", incident_id=INCIDENT))["rule"] == "no progress"
    assert (await call("similar_incidents", incident_id=INCIDENT))["items"] == []
    assert await call("note_on_incident", incident_id=INCIDENT, text="seen over standard input")
    assert "original_needed" in await call.refused(
        "change_incident", incident_id=INCIDENT, state="duplicate", reason="same"
    )
    assert (await call("list_recordings"))["total"] == 1
    assert (await call("get_recording", session_id=SESSION))["robot_id"] == "ada"
    assert (await call("recording_fields", session_id=SESSION, topic="/odom"))["topics"]
    series = await call("recording_series", session_id=SESSION, fields=["/odom.v"], start=4, end=6)
    assert series["series"][0]["lowest"] == 0.0
    assert (await call("recording_messages", session_id=SESSION, topic="/odom", start=5, limit=1))["items"]
    await call("recording_frame", session_id=SESSION, topic="/camera", time=3.0)
    assert (await call("cut_recording", session_id=SESSION, topics=["/odom"], start=4, end=6))["url"]


async def lab(call: Caller, world: World) -> None:
    (known,) = (await call("list_lab_repositories"))["items"]
    session = await call("create_lab_session", repository=known["name"], commit_sha=world.sha, artifacts=["kept.txt"])
    where = {"session_id": session["id"]}
    ran = await call("run_in_lab", **where, argv=["sh", "-c", "echo said | tee kept.txt"], wait_s=120)
    assert (ran["exit_code"], ran["output"]) == (0, "said\n")
    command = {**where, "command_id": ran["id"]}
    assert (await call("lab_command", **command))["state"] == "succeeded"
    assert (await call("lab_output", **command, head=1))["text"] == "said\n"
    (kept,) = (await call("list_artifacts", **where))["items"]
    await call("read_artifact", **where, artifact_id=kept["id"])
    assert session["id"] in [one["id"] for one in (await call("list_lab_sessions", limit=100))["items"]]
    assert (await call("get_lab_session", **where))["commands"][0]["exit_code"] == 0
    debugger = await call("debug_in_lab", **where, argv=["hello.py"])
    await call("cancel_lab_command", **where, command_id=debugger["command_id"])
    await call("end_lab_session", **where)


async def boards(call: Caller, world: World) -> None:
    board = {"board_id": world.board_id}
    assert world.board_id in [one["id"] for one in (await call("list_boards"))["items"]]
    made = await call("create_task", **board, title="Over standard input")
    task = {**board, "task_id": made["id"]}
    assert made["id"] in [one["id"] for one in (await call("list_tasks", **board))["items"]]
    await call("comment_on_task", **task, text="a word")
    assert (await call("get_task", **task))["comments"][0]["body"] == "a word"
    assert await call("remember", **board, text="the mast is high")
    assert (await call("read_memory", **board))["total"] > 0
    assert (await call("claim_task", **task))["status"] == "in_progress"
    asked = {"action_type": "task.done", "reason": "seen", "confidence": 90, "task_ids": [made["id"]]}
    approval = await call("request_approval", **board, **asked)
    assert (await call("get_approval", **board, approval_id=approval["id"]))["status"] == "pending"
    assert "agents_only" in await call.refused("my_inbox")
    released = await call("release_task", **task)
    moved = await call("move_task", **task, status="in_progress", version=released["version"])
    assert moved["status"] == "in_progress"

"""A hub with something on it for every tool: a recording, its incident, a board with an agent, and a lab."""

from __future__ import annotations

import base64
import io
import json
import math
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import Channel, Schema
from pilothouse.wire import RECORDING_METADATA, CaptureFacts, TriggerFired
from tests.support.flights import START_NS, Said, json_channel, saying, write_messages
from tests.support.labs import OPERATOR, running_lab
from tests.support.processes import eventually

SESSION = "ada_20231114T221320Z"
INCIDENT = "inc_stall"
OUTPUT_MB = 1
CAMERA = Channel("/camera", "json", Schema("foxglove.CompressedImage", "jsonschema", b"{}"))


@dataclass(frozen=True)
class World:
    """Where the hub is, and who there is."""

    url: str
    sha: str
    board_id: str
    agent_token: str

    def person(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {OPERATOR}"}

    def agent(self) -> dict[str, str]:
        return {"X-Agent-Token": self.agent_token}

    def post(self, path: str, body: Any) -> Any:
        answer = httpx2.post(f"{self.url}{path}", json=body, headers=self.person(), timeout=60)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def task(self, title: str, **facts: Any) -> str:
        found: str = self.post(f"/api/v1/boards/{self.board_id}/tasks", {"title": title, **facts})["id"]
        return found


@pytest.fixture(scope="package")
def world() -> Iterator[World]:
    # Sandboxed commands run as another user, who must be able to enter.
    with tempfile.TemporaryDirectory(prefix="pilothouse-mcp-") as made:
        directory = Path(made)
        directory.chmod(0o755)
        settings = {"PILOTHOUSE_AGENT_AUTH_LIMIT": "0", "PILOTHOUSE_LAB_OUTPUT_MB": str(OUTPUT_MB)}
        with running_lab(directory, env=settings) as (hub, caller):
            write_recording(directory / "data" / "sessions" / f"{SESSION}.mcap")
            incident = f"{hub.url}/api/v1/incidents/{INCIDENT}"
            eventually(lambda: caller.http.get(incident).status_code == 200, what="the incident")
            world = World(hub.url, caller.sha, "", "")
            board = world.post("/api/v1/boards", {"name": "Corridor"})["id"]
            agent = world.post("/api/v1/agents", {"name": "Tessa", "board_id": board})
            yield World(hub.url, caller.sha, board, agent["token"])


def write_recording(path: Path) -> None:
    """Seven seconds in which a robot stands still from the fifth on, with a picture each second."""
    fired = TriggerFired(
        rule="no progress", kind="stall", topic="/odom", field="v", value=0.0, op="lt", threshold=0.1,
        fired_at_ns=START_NS + 5 * NS_PER_S,
    )  # fmt: skip
    facts = CaptureFacts(
        session_id=SESSION, robot_id="ada", incident_id=INCIDENT, label="stalled in corridor 3", trigger=fired
    )
    odometry = [{"v": 1.0 + 0.1 * math.sin(n) if n < 50 else 0.0, "commanded": 1.0} for n in range(70)]
    picture = {"format": "jpeg", "data": base64.b64encode(jpeg()).decode()}
    images = [Said("/camera", START_NS + n * NS_PER_S, json.dumps(picture).encode()) for n in range(7)]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".active")
    write_messages(
        unfinished,
        sorted([*saying("/odom", odometry), *images], key=lambda one: one.log_time_ns),
        channels={"/camera": CAMERA, "/odom": json_channel("/odom")},
        metadata={RECORDING_METADATA: facts.to_metadata()},
    )
    unfinished.rename(path)


def jpeg() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(made, "JPEG")
    return made.getvalue()


@asynccontextmanager
async def speaking(world: World, headers: dict[str, str]) -> AsyncIterator[Client]:
    """A client of the hub's own `/mcp`, as whoever shows these."""
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{world.url}/mcp", http_client=http)) as client,
    ):
        yield client


async def ask(client: Client, tool: str, **arguments: Any) -> Any:
    """What a tool answered, which must have gone well."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    return answer.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """Why a tool did not do it."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    (said,) = answer.content
    return str(getattr(said, "text", ""))

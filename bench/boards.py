"""Mission control under agents: 1, 100 and 1,000 of them on one hub process, on SQLite and on PostgreSQL.

A real hub process and plain sockets with keep-alive on the same machine; every request carries an agent's own token.
Beside it a bare FastAPI route in a process of its own that answers the very same bytes without asking anybody.
Run: python -m bench.boards [AGENTS ...]
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bench.report import Report, explain
from bench.sockets import Calls, post, request, take_events
from pilothouse.hub.db.engine import sqlite_url
from tests.support.postgres import running_postgres
from tests.support.processes import pilothouse, running

COUNTS = (1, 100, 1_000)
BOARD_SIZE = 100
CONNECTIONS = 16
LISTED = 50
SNAPSHOT_TASKS = 1_000
SECONDS = 2.0
EVENTS = 200
HEARTBEATS_PER_S = 1_500.0
LISTS_PER_S = 800.0
EVENT_P99_MS = 50.0
TOKEN = "benchmark"
ENVIRONMENT = {
    "LOCAL_AUTH_TOKEN": TOKEN,
    # All agents share one address here; in the field a limit per address is what keeps strangers out.
    "PILOTHOUSE_AGENT_AUTH_LIMIT": "0",
    "LOG_LEVEL": "warning",
}
PEER = """
import sys, json, uvicorn
from fastapi import FastAPI, Response
app = FastAPI()
answers = json.load(open(sys.argv[1]))
def add(path, body):
    @app.api_route(path, methods=["GET", "POST"])
    async def answer():
        return Response(body, media_type="application/json")
for number, answer in enumerate(answers):
    add(f"/{number}", answer.encode())
server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, access_log=False, log_level="warning"))
import asyncio
async def main():
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    print(f"ready http://127.0.0.1:{port}", flush=True)
    await task
asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Registered:
    """Agents and their boards, each agent with a token of its own."""

    names: list[str]
    tokens: list[str]
    boards: list[str]


def main(arguments: list[str]) -> int:
    counts = tuple(int(one) for one in arguments) or COUNTS
    missed: list[str] = []
    for engine, opened in (("SQLite", sqlite), ("PostgreSQL", postgres)):
        with tempfile.TemporaryDirectory() as directory, opened(Path(directory)) as address:
            report = Report(f"Mission control on {engine}, one process")
            measure(report, Path(directory), address, counts)
            report.print()
            missed += report.missed
    return 1 if missed else 0


@contextmanager
def sqlite(directory: Path) -> Iterator[str]:
    yield sqlite_url(directory / "hub.db")


@contextmanager
def postgres(_directory: Path) -> Iterator[str]:
    with running_postgres() as server:
        yield server.new(migrated=False)


def measure(report: Report, data: Path, address: str, counts: tuple[int, ...]) -> None:
    command = ("hub", "--data", data, "--host", "127.0.0.1", "--port", "0")
    with (
        pilothouse(*command, env={**ENVIRONMENT, "PILOTHOUSE_DATABASE_URL": address}) as hub,
        httpx2.Client(base_url=hub.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=120) as person,
    ):
        known = Registered([], [], [])
        peer = None
        for count in counts:
            register(person, known, count)
            peer = peer or peers_rates(hub.url, known, data)
            asyncio.run(measure_with(report, hub.url, known, peer))
        fill(person, known.boards[0])
        asyncio.run(measure_large(report, hub.url, known))


def register(person: httpx2.Client, known: Registered, count: int) -> None:
    """Until there are so many, on as many boards as they need."""
    while len(known.tokens) < count:
        number = len(known.tokens)
        if number % BOARD_SIZE == 0:
            made = person.post("/api/v1/boards", json={"name": f"Board {number // BOARD_SIZE}", "max_agents": None})
            made.raise_for_status()
            known.boards.append(made.json()["id"])
        agent = {"name": f"agent-{number}", "board_id": known.boards[number // BOARD_SIZE]}
        answer = person.post("/api/v1/agents", json=agent)
        answer.raise_for_status()
        known.names.append(agent["name"])
        known.tokens.append(answer.json()["token"])
    if person.get(f"/api/v1/boards/{known.boards[0]}/tasks").json()["total"] < LISTED:
        for number in range(LISTED):
            task = {"title": f"Look at corridor {number}"}
            person.post(f"/api/v1/boards/{known.boards[0]}/tasks", json=task).raise_for_status()


def heartbeats(known: Registered) -> list[bytes]:
    """One of each agent."""
    return [
        post(
            "/api/v1/agent/heartbeat",
            {"name": name, "board_id": known.boards[number // BOARD_SIZE], "status": "online"},
            token,
        )
        for number, (name, token) in enumerate(zip(known.names, known.tokens, strict=True))
    ]


def lists(known: Registered) -> list[bytes]:
    path = f"/api/v1/agent/boards/{known.boards[0]}/tasks?limit={LISTED}"
    return [request("GET", path, token) for token in known.tokens[:BOARD_SIZE]]


def writes(known: Registered, what: str, body: dict[str, object]) -> list[bytes]:
    path = f"/api/v1/agent/boards/{known.boards[0]}/{what}"
    return [post(path, body, token) for token in known.tokens[:BOARD_SIZE]]


def peers_rates(url: str, known: Registered, data: Path) -> tuple[float, float]:
    """How many of the same answers a bare route gives in a second: heartbeats, lists."""
    answers = [asyncio.run(Calls(url, 1).once(requests[0])) for requests in (heartbeats(known), lists(known))]
    (data / "answers.json").write_text(json.dumps([one.decode() for one in answers]))
    (data / "peer.py").write_text(PEER)
    with running([sys.executable, str(data / "peer.py"), str(data / "answers.json")]) as program:
        calls = Calls(program.url, CONNECTIONS)
        bare = post("/0", {"name": "agent-0", "board_id": known.boards[0], "status": "online"}, "none")
        rate, _ = asyncio.run(calls.rate([bare], SECONDS))
        listing, _ = asyncio.run(calls.rate([request("GET", "/1", "none")], SECONDS))
        return rate, listing


async def measure_with(report: Report, url: str, known: Registered, peer: tuple[float, float]) -> None:
    count, calls = len(known.tokens), Calls(url, CONNECTIONS)
    # Tokens shown for the first time are written down: that is measured by nobody twice.
    await calls.all(heartbeats(known))
    rate, p99 = await calls.rate(heartbeats(known), SECONDS)
    promise = f">= {HEARTBEATS_PER_S:g}/s"
    report.row(f"{count} agents: heartbeats", rate, peer[0], "1/s", promise, kept=rate >= HEARTBEATS_PER_S)
    report.row(f"{count} agents: heartbeat, p99", p99 * 1e3, unit="ms")
    rate, _ = await calls.rate(lists(known), SECONDS)
    promise = f">= {LISTS_PER_S:g}/s"
    report.row(f"{count} agents: lists of {LISTED} tasks", rate, peer[1], "1/s", promise, kept=rate >= LISTS_PER_S)
    rate, _ = await calls.rate(writes(known, "tasks", {"title": "A task"}), SECONDS)
    report.row(f"{count} agents: tasks created", rate, unit="1/s")
    rate, _ = await calls.rate(
        writes(known, "memory", {"content": "Door 3 sticks in the cold.", "tags": ["door"]}), SECONDS
    )
    report.row(f"{count} agents: memory posts", rate, unit="1/s")


def fill(person: httpx2.Client, board_id: str) -> None:
    """At least so many tasks on the board."""
    path = f"/api/v1/boards/{board_id}/tasks"
    while person.get(path, params={"limit": 1}).json()["total"] < SNAPSHOT_TASKS:
        person.post(path, json={"title": "One more"}).raise_for_status()


async def measure_large(report: Report, url: str, known: Registered) -> None:
    board = known.boards[0]
    calls = Calls(url, 1)
    rate, _ = await calls.rate([request("GET", f"/api/v1/agent/boards/{board}/snapshot", known.tokens[0])], SECONDS)
    report.row(f"snapshot of a board of {SNAPSHOT_TASKS}+ tasks", 1e3 / rate, unit="ms")
    delays = sorted(await event_delays(url, board, known.tokens[0]))
    p99 = delays[int(len(delays) * 0.99)] * 1e3
    promise = f"< {EVENT_P99_MS:g} ms"
    report.row("task sent to event received, p50", delays[len(delays) // 2] * 1e3, unit="ms")
    report.row("task sent to event received, p99", p99, None, "ms", promise, kept=p99 < EVENT_P99_MS)


async def event_delays(url: str, board: str, token: str) -> list[float]:
    """From the moment a request is sent to the moment its event arrives at somebody else."""
    arrived: dict[str, float] = {}
    sent: dict[str, float] = {}
    is_open = asyncio.Event()
    path = f"/api/v1/agent/boards/{board}/tasks/stream"
    reading = asyncio.create_task(take_events(url, request("GET", path, token), arrived, is_open, EVENTS))
    await asyncio.wait_for(is_open.wait(), 10)
    calls = Calls(url, 1)
    for number in itertools.count():
        if number == EVENTS:
            break
        title = f"measured {number}"
        sent[title] = time.perf_counter()
        await calls.once(post(f"/api/v1/agent/boards/{board}/tasks", {"title": title}, token))
    await asyncio.wait_for(reading, 30)
    return [arrived[title] - begun for title, begun in sent.items()]


if __name__ == "__main__":
    explain(__doc__)
    raise SystemExit(main(sys.argv[1:]))

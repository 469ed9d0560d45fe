"""The hub under a fleet: 1,000 robots with tokens of their own send heartbeats of 30 topics.

A real hub process, once on SQLite and once on PostgreSQL; each heartbeat is authenticated, on the disk when it is
answered, and counted in the robot's hour. Run: python -m bench.hub
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from bench.report import Report, explain
from pilothouse.hub.db import Database
from pilothouse.hub.db.engine import sqlite_url
from pilothouse.hub.identity import Tokens
from pilothouse.kit.clock import SystemClock
from tests.support.postgres import running_postgres
from tests.support.processes import pilothouse

ROBOTS = 1_000
ROUNDS = 3
CONNECTIONS = 32
# What 1,000 robots send at the recorder's own interval of 10 s.
NEEDED_PER_S = ROBOTS / 10
PASSWORD = "benchmark"
TOPICS = {f"/topic/{n}": {"message_count": 1_000, "rate_hz": 50.0, "last_age_s": 0.02, "dropped": 0} for n in range(30)}


def main() -> int:
    report = Report(f"{ROBOTS} robots' heartbeats, each with a token of its own")
    with tempfile.TemporaryDirectory() as directory:
        measure(report, "SQLite", Path(directory), sqlite_url(Path(directory) / "hub.db"))
    with tempfile.TemporaryDirectory() as directory, postgres() as address:
        measure(report, "PostgreSQL", Path(directory), address)
    return 1 if report.missed else 0


@contextmanager
def postgres() -> Iterator[str]:
    with running_postgres() as server:
        yield server.new(migrated=False)


def measure(report: Report, engine: str, data: Path, address: str) -> None:
    environment = {"MD_HUB_AUTH_PASSWORD": PASSWORD, "PILOTHOUSE_DATABASE_URL": address}
    command = ("hub", "--data", data, "--host", "127.0.0.1", "--port", "0")
    with pilothouse(*command, env=environment) as hub:
        tokens = asyncio.run(let_in(address))
        asyncio.run(beat_all(hub.url, tokens))
        rounds = [asyncio.run(beat_all(hub.url, tokens)) for _ in range(ROUNDS)]
    rate, p95_ms = max(rounds)
    report.row(f"{engine}: heartbeats", rate, None, "1/s", f">= {NEEDED_PER_S:g}/s", kept=rate >= NEEDED_PER_S)
    report.row(f"{engine}: p95 at {CONNECTIONS} at once", p95_ms, None, "ms")


async def let_in(address: str) -> list[str]:
    database = Database(address)
    tokens = Tokens(database, SystemClock())
    async with database.transaction() as session:
        made = [(await tokens.give_robot(session, _robot(number))).token for number in range(ROBOTS)]
    await database.close()
    return made


async def beat_all(url: str, tokens: list[str]) -> tuple[float, float]:
    """Every robot once; heartbeats per second, and the 95th percentile in milliseconds."""
    taken: list[float] = []
    turn = asyncio.Semaphore(CONNECTIONS)
    limits = httpx2.Limits(max_connections=CONNECTIONS)
    async with httpx2.AsyncClient(base_url=url, limits=limits, timeout=60) as client:

        async def beat(number: int) -> None:
            headers = {"Authorization": f"Bearer {tokens[number]}"}
            async with turn:
                began = time.perf_counter()
                answer = await client.post("/api/v1/agents/heartbeat", json=heartbeat(number), headers=headers)
                taken.append(time.perf_counter() - began)
                answer.raise_for_status()

        began = time.perf_counter()
        await asyncio.gather(*(beat(number) for number in range(ROBOTS)))
        return ROBOTS / (time.perf_counter() - began), sorted(taken)[int(len(taken) * 0.95)] * 1e3


def heartbeat(number: int) -> dict[str, Any]:
    return {"robot_id": _robot(number), "interval_s": 10, "outbox_depth": 1, "topics": TOPICS}


def _robot(number: int) -> str:
    return f"robot-{number:04d}"


if __name__ == "__main__":
    explain(__doc__)
    raise SystemExit(main())

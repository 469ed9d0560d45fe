"""Workers that are late and workers that are dead, and what a database that is away for a moment changes: nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db.problems import DatabaseUnavailable
from pilothouse.hub.lab.models import WorkerRow
from pilothouse.hub.lab.service.execution.lives import Suspects, process_of
from pilothouse.kit.clock import NS_PER_S, at
from pilothouse.sandbox.model import Ending, TerminationReason

pytestmark = pytest.mark.anyio

LEASE_S = 10.0
NOW_NS = 1_700_000_000 * NS_PER_S
HERE = "this-machine"


def worker(*, host: str = "elsewhere", process: str = "1:1:there", lease_until_s: float) -> WorkerRow:
    lease_until = at(NOW_NS) + timedelta(seconds=lease_until_s)
    return WorkerRow(id="wrk_1", host=host, process=process, lease_until=lease_until)


def dead(suspects: Suspects, one: WorkerRow, after_s: float) -> list[str]:
    now_ns = round(after_s * NS_PER_S)
    return suspects.dead([one], at(NOW_NS + now_ns), now_ns)


def test_a_worker_elsewhere_is_dead_when_it_is_silent_at_two_looks() -> None:
    suspects, silent = Suspects(HERE, LEASE_S), worker(lease_until_s=0)

    assert [dead(suspects, silent, after_s) for after_s in (-1, 1, 3, 7)] == [[], [], [], ["wrk_1"]]


def test_after_the_machine_stood_still_nobody_is_dead_who_goes_on() -> None:
    suspects = Suspects(HERE, LEASE_S)

    assert dead(suspects, worker(lease_until_s=0), 500) == []
    assert dead(suspects, worker(lease_until_s=505), 501) == []
    assert dead(suspects, worker(lease_until_s=505), 506) == []


def test_a_process_that_lives_here_is_late_before_it_is_dead() -> None:
    suspects, late = Suspects(HERE, LEASE_S), worker(host=HERE, process=process_of(os.getpid()), lease_until_s=0)

    assert [dead(suspects, late, after_s) for after_s in (1, 7, 20)] == [[], [], []]
    assert dead(suspects, late, 31) == ["wrk_1"]


def test_a_process_that_is_gone_here_is_dead_whatever_its_lease() -> None:
    process = subprocess.Popen(["sleep", "60"])
    gone = worker(host=HERE, process=process_of(process.pid), lease_until_s=9)
    assert dead(Suspects(HERE, LEASE_S), gone, 0) == []
    process.kill()
    process.wait()

    assert dead(Suspects(HERE, LEASE_S), gone, 0) == ["wrk_1"]
    # Another container of the same name: numbers of its processes mean nothing here.
    other = worker(host=HERE, process=f"{process.pid}:1:another-boot/7", lease_until_s=9)
    assert dead(Suspects(HERE, LEASE_S), other, 0) == []


class Shaky:
    """A database whose next transaction is carried out, and says that it was not."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.failures = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._database.transaction() as session:
            yield session
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailable


async def test_an_answer_of_the_database_that_is_lost_loses_no_command_and_runs_none_twice(
    lab: httpx2.AsyncClient, hub_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = hub_app.state.lab.books
    body = {"repository": "demo", "commands": [{"argv": ["true"]}, {"argv": ["false"]}]}
    made = (await lab.post("/sessions", json=body)).json()
    shaky = Shaky(hub_app.state.hub.database)
    monkeypatch.setattr(books, "_database", shaky)

    with pytest.raises(DatabaseUnavailable):
        await books.claim("wrk_1", "w", "isolated")
    claimed = await books.claim("wrk_1", "w", "isolated", but=[])
    shaky.failures = 1
    _, first = await books.next_command(made["id"], "wrk_1", {"commit_sha": "a" * 40, "timings": {}})
    shaky.failures = 1
    finished = await books.finish(made["id"], "wrk_1", first.id, Ending(TerminationReason.EXIT, exit_code=0), None)
    _, second = await books.next_command(made["id"], "wrk_1", None)

    assert claimed.session.id == made["id"]
    assert await books.claim("wrk_1", "w", "isolated", but=[made["id"]]) is None
    assert [one.id for one in (first, second)] == [one["id"] for one in made["commands"]]
    assert (first.attempts, finished) == (1, False)
    shown = (await lab.get(f"/sessions/{made['id']}/commands")).json()["items"]
    assert [one["state"] for one in shown] == ["succeeded", "running"]


async def test_a_command_that_ends_while_somebody_cancels_it_ends_once(
    lab: httpx2.AsyncClient, hub_app: FastAPI
) -> None:
    books = hub_app.state.lab.books
    answers = []
    for _ in range(20):
        body = {"repository": "demo", "commands": [{"argv": ["true"]}]}
        made = (await lab.post("/sessions", json=body)).json()
        await books.claim("wrk_1", "w", "isolated")
        _, command = await books.next_command(made["id"], "wrk_1", {"commit_sha": "a" * 40, "timings": {}})

        answer, written = await asyncio.gather(
            lab.delete(f"/sessions/{made['id']}/commands/{command.id}"),
            books.finish(made["id"], "wrk_1", command.id, Ending(TerminationReason.EXIT, exit_code=0), None),
        )
        answers.append((answer.status_code, written))

    assert answers == [(204, True)] * 20


async def test_what_is_asked_of_a_session_that_failed_says_why(lab: httpx2.AsyncClient, hub_app: FastAPI) -> None:
    books = hub_app.state.lab.books
    made = (await lab.post("/sessions", json={"repository": "demo"})).json()
    place = {"host": socket.gethostname(), "process": "1:1", "capacity": 1, "running": 0, "level": "x", "offer": {}}
    await books.register("wrk_1", name="w", **place)
    await books.claim("wrk_1", "w", "isolated")
    await books.fail(made["id"], "wrk_1", "the disk of the worker is full.", "worker_failed")

    asked = [
        await lab.post(f"/sessions/{made['id']}/commands", json={"argv": ["true"]}),
        await lab.get(f"/sessions/{made['id']}/files/x"),
        await lab.patch(f"/sessions/{made['id']}", json={"ttl_s": 60}),
        await lab.post(f"/sessions/{made['id']}/debug", json={"argv": ["x.py"]}),
    ]

    assert [one.status_code for one in asked] == [409] * 4
    assert {one.json()["detail"] for one in asked} == {
        "This session is failed: the disk of the worker is full. Make another one."
    }

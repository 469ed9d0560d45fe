"""Hubs and workers that end or die while commands run: nothing is left running, and nothing waits in silence."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis
from websockets.sync.client import connect

from pilothouse.hub.jobs.redis import STREAM
from tests.support.labs import ENVIRONMENT, FAST_LEASE, LabCaller, alive, debugged, running_lab
from tests.support.postgres import Postgres
from tests.support.processes import eventually, pilothouse
from tests.support.seaweed import S3


def stubborn(marker: str) -> list[str]:
    """A command that ignores SIGTERM, and a daemon of it that left its session."""
    forever = "trap '' TERM; while :; do sleep 1; done"
    script = f'setsid sh -c "{forever}" {marker} & echo up; {forever}'
    return ["sh", "-c", script, marker]


def stand_still(pid: int, for_s: float) -> None:
    """As on a machine that has something better to do."""
    os.kill(pid, signal.SIGSTOP)
    until = time.monotonic() + for_s
    eventually(lambda: time.monotonic() > until, what="a while")
    os.kill(pid, signal.SIGCONT)


@pytest.fixture
def marker() -> str:
    return f"marked-{uuid4().hex}"


def test_sigterm_to_the_hub_ends_its_commands_and_writes_that_down(tmp_path: Path, marker: str) -> None:
    with running_lab(tmp_path) as (hub, lab):
        made = lab.make(commands=[{"argv": stubborn(marker)}, {"argv": ["true"]}])
        lab.prints(made["commands"][0], b"up")
        assert alive(marker)

        code = hub.stop()

        assert code == 0
        assert alive(marker) == []
    with running_lab(tmp_path) as (_, lab):
        first, second = (lab.command(one) for one in made["commands"])
        assert (first["state"], first["termination_reason"]) == ("cancelled", "cancelled")
        assert second["state"] == "cancelled"
        assert lab.session(made["id"])["reason_code"] == "worker_stopped"


def test_after_kill_9_of_the_hub_nothing_runs_on_and_what_may_runs_again(tmp_path: Path, marker: str) -> None:
    with running_lab(tmp_path) as (hub, lab):
        made = lab.make(commands=[{"argv": stubborn(marker)}, {"argv": ["true"]}])
        waits = "echo up; until [ -e go ]; do sleep 0.1; done"
        again = lab.make(commands=[{"argv": ["sh", "-c", waits, marker], "idempotent": True}])
        lab.prints(made["commands"][0], b"up")
        lab.prints(again["commands"][0], b"up")

        os.kill(hub.pid, 9)
        hub.wait()

        eventually(lambda: not alive(marker), what="the end of everything it ran")
    with running_lab(tmp_path) as (_, lab):
        first, second = (lab.ended(one) for one in made["commands"])
        assert (first["state"], first["termination_reason"]) == ("lost", "lost")
        assert second["state"] == "lost"
        over = lab.over(made["id"])
        assert (over["state"], over["reason_code"]) == ("failed", "worker_lost")
        assert b"up" in lab.output(first)
        go = f"/sessions/{again['id']}/files/go"
        eventually(lambda: lab.http.put(go, content=b"").status_code == 200, what="another checkout")
        repeated = lab.ended(again["commands"][0])
        assert (repeated["state"], repeated["attempts"]) == ("succeeded", 2)
        assert lab.output(repeated) == b"up\n"


def takers_of_jobs(redis_url: str) -> int:
    """How many processes take jobs from the queue that taskiq keeps."""
    with Redis.from_url(redis_url) as redis:
        listed: Any = redis.xinfo_consumers(STREAM, "pilothouse")
        return len(listed)


def watched_while_it_runs(lab: LabCaller) -> str:
    """What somebody hears from a command that says the rest only when it was typed to."""
    script = "echo ready; read line; echo heard $line; head -c 100000 /dev/zero | tr '\\0' z"
    made = lab.make(commands=[{"argv": ["sh", "-c", script], "interactive": True}], end_when_done=True)
    command = made["commands"][0]
    heard = ""
    address = f"{lab.url.replace('http', 'ws', 1)}/sessions/{made['id']}/logs"
    authorization = {"Authorization": lab.http.headers["Authorization"]}
    with connect(address, additional_headers=authorization, open_timeout=30) as socket:
        for message in socket:
            heard += json.loads(message).get("text", "")
            if heard == "ready\n":
                typed = f"/sessions/{made['id']}/commands/{command['id']}/stdin"
                lab.http.post(typed, json={"text": "you\n"}).raise_for_status()
    return heard


def test_a_worker_elsewhere_runs_what_the_hub_queues_and_its_death_is_noticed(
    tmp_path: Path, marker: str, postgres: Postgres, redis_url: str, s3: S3
) -> None:
    address = postgres.new()
    env = {
        "PILOTHOUSE_DATABASE_URL": address, "PILOTHOUSE_REDIS_URL": redis_url, "PILOTHOUSE_LAB_WORKER": "false",
        "PILOTHOUSE_STORAGE_URL": s3.url(marker), **FAST_LEASE,
    }  # fmt: skip
    with running_lab(tmp_path, env=env) as (_, lab):
        waiting = lab.make(commands=[{"argv": ["echo", "hi"]}])
        assert lab.session(waiting["id"])["state"] == "pending"
        assert takers_of_jobs(redis_url) == 1
        command = ("worker", "--data", tmp_path / "elsewhere")
        with pilothouse(*command, env={**ENVIRONMENT, **env, "PILOTHOUSE_LAB_WORKER": "true"}) as worker:
            assert worker.url == "worker"
            assert lab.output(lab.ended(waiting["commands"][0])) == b"hi\n"
            eventually(lambda: takers_of_jobs(redis_url) == 2, what="the worker to take jobs, too")
            assert watched_while_it_runs(lab) == f"ready\nheard you\n{100_000 * 'z'}"
            assert not (tmp_path / "data" / "lab" / "workers").exists()
            stopped_in, debugged_end, printed = asyncio.run(debugged(lab))
            assert (stopped_in, debugged_end["exit_code"]) == ("add", 0)
            assert b"sum 42" in printed
            made = lab.make(commands=[{"argv": stubborn(marker)}])
            lab.prints(made["commands"][0], b"up")
            written = lab.http.put(f"/sessions/{made['id']}/files/x", content=b"there")
            assert written.status_code == 200
            assert lab.http.get(f"/sessions/{made['id']}/files/x").content == b"there"

            stand_still(worker.pid, 1.5 * float(FAST_LEASE["PILOTHOUSE_LAB_LEASE_S"]))
            assert lab.http.get(f"/sessions/{made['id']}/files/x").content == b"there"

            os.kill(worker.pid, 9)
            worker.wait()

            eventually(lambda: not alive(marker), what="the end of everything it ran")
            assert lab.ended(made["commands"][0])["state"] == "lost"
        with pilothouse(*command, env={**ENVIRONMENT, **env, "PILOTHOUSE_LAB_WORKER": "true"}) as worker:
            again = lab.make(commands=[{"argv": stubborn(marker)}])
            lab.prints(again["commands"][0], b"up")

            assert worker.stop() == 0

            assert alive(marker) == []
            assert lab.ended(again["commands"][0])["state"] == "cancelled"
    postgres.drop(address)

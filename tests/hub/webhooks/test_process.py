"""Hubs that are killed between accepting and delivering, hubs without Redis, streams over a restart: real processes."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.processes import Program, eventually, pilothouse
from tests.support.streaming import connect
from tests.support.valkey import started_valkey
from tests.support.webhooks import github

TOKEN = "the-person-at-the-desk"
PERSON = {"Authorization": f"Bearer {TOKEN}"}
ENV = {
    "LOCAL_AUTH_TOKEN": TOKEN, "PILOTHOUSE_WEBHOOK_ATTEMPTS": "100000", "PILOTHOUSE_LAB_WORKER": "false"
}  # fmt: skip
# Each hub that is started takes its time on a machine that is busy.
pytestmark = pytest.mark.timeout(400)


def hub(data: Path, port: int = 0) -> tuple[str, ...]:
    return ("hub", "--data", str(data), "--host", "127.0.0.1", "--port", str(port))


def made(program: Program, path: str, **document: object) -> dict[str, Any]:
    answer = httpx2.post(f"{program.url}/api/v1{path}", json=document, headers=PERSON, timeout=30)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def total(program: Program, path: str) -> int:
    answer = httpx2.get(f"{program.url}/api/v1{path}", headers=PERSON, params={"limit": 1}, timeout=30)
    return int(answer.json()["total"])


def send(program: Program, webhook: dict[str, Any], number: int) -> bool:
    """Whether it was accepted; a hub that is killed meanwhile says nothing."""
    body = f"delivery {number}".encode()
    try:
        headers = github(webhook["secret"], body, f"d{number}")
        answer = httpx2.post(program.url + webhook["path"], content=body, headers=headers, timeout=30)
    except httpx2.HTTPError:
        return False
    assert answer.status_code == 202, answer.text
    return True


def test_hubs_killed_between_accepting_and_delivering_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    chance = random.Random(3)
    accepted: set[int] = set()
    for life in range(2):
        numbers = range(life * 30, life * 30 + 30)
        with pilothouse(*hub(tmp_path), env=ENV) as program:
            if not life:
                board = made(program, "/boards", name="Belt")["id"]
                webhook = made(program, f"/boards/{board}/webhooks", name="Belt", action="both")
            killing = threading.Timer(chance.uniform(0.05, 0.4), program.process.kill)
            killing.start()
            with ThreadPoolExecutor(4) as senders:
                taken = list(senders.map(partial(send, program, webhook), numbers))
            killing.join()
        accepted |= {number for number, is_taken in zip(numbers, taken, strict=True) if is_taken}
    with pilothouse(*hub(tmp_path), env=ENV) as program:
        eventually(lambda: _nothing_waits(program, webhook), what="everything accepted to be delivered")
        delivered = _delivered(program, webhook)
        assert all(send(program, webhook, number) for number in range(60))
        eventually(lambda: _nothing_waits(program, webhook), what="the rest")
        memory, tasks = total(program, f"/boards/{board}/memory"), total(program, f"/boards/{board}/tasks")

    assert {f"d{number}" for number in accepted} <= delivered
    assert (memory, tasks) == (60, 60)


def _nothing_waits(program: Program, webhook: dict[str, Any]) -> bool:
    shown = httpx2.get(program.url + webhook["path"], headers=PERSON, timeout=30).json()
    return bool(shown["waiting"] == 0 and shown["dead"] == 0)


def _delivered(program: Program, webhook: dict[str, Any]) -> set[str]:
    answer = httpx2.get(f"{program.url}{webhook['path']}/payloads", headers=PERSON, params={"limit": 200}, timeout=30)
    return {one["delivery_id"] for one in answer.json()["items"] if one["state"] == "delivered"}


def test_without_redis_ingest_still_answers_and_everything_is_delivered_later(tmp_path: Path) -> None:
    valkey = started_valkey()
    port = int(valkey.connection_url.rpartition(":")[2])
    env = {**ENV, "PILOTHOUSE_REDIS_URL": f"{valkey.connection_url}/0"}
    try:
        with pilothouse(*hub(tmp_path), env=env) as program:
            board = made(program, "/boards", name="Belt")["id"]
            webhook = made(program, f"/boards/{board}/webhooks", name="Belt")
            valkey.stop()
            while_down = [send(program, webhook, number) for number in range(5)]
            before = total(program, f"/boards/{board}/memory")
            valkey = started_valkey(port)
            eventually(lambda: total(program, f"/boards/{board}/memory") == 5, what="five deliveries")
    finally:
        valkey.stop()

    assert while_down == [True] * 5
    assert before == 0


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_stream_goes_on_where_it_was_over_a_restart_of_the_hub(tmp_path: Path, port: int) -> None:
    async def follow(url: str, path: str, count: int, last: int | None) -> list[int]:
        headers = PERSON if last is None else {**PERSON, "Last-Event-ID": str(last)}
        client = await connect(url, path, headers)
        for _ in range(count):
            await client.next()
        client.cut()
        return client.seen

    with pilothouse(*hub(tmp_path, port), env=ENV) as program:
        board = made(program, "/boards", name="Belt")["id"]
        path = f"/api/v1/boards/{board}/memory/stream"
        for number in range(3):
            made(program, f"/boards/{board}/memory", content=f"entry {number}")
        seen = asyncio.run(follow(program.url, f"{path}?since=0", 2, None))
        program.kill()
    with pilothouse(*hub(tmp_path, port), env=ENV) as program:
        made(program, f"/boards/{board}/memory", content="entry 3")
        seen += asyncio.run(follow(program.url, path, 2, seen[-1]))

    assert len(set(seen)) == 4
    assert seen == sorted(seen)

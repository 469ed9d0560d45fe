"""``/api/risk-log`` answers as documented."""

from __future__ import annotations

import csv
import io
import json
import os
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pilothouse.guard.loopback.loopback import Loopback
from pilothouse.guard.loopback.sessions import Sessions
from pilothouse.guard.model import Decision, RiskLevel
from pilothouse.guard.risk.log import RiskLog
from pilothouse.guard.risk.store import EventWriter, NewEvent
from pilothouse.guard.routes import mcap_sessions, risk_log
from tests.support.cycles import SESSION, START_S, cycle
from tests.support.services import calling, service

DEADLINE_S = 30.0
pytestmark = pytest.mark.anyio
LEVELS = list(RiskLevel)


@asynccontextmanager
async def served(data: Path) -> AsyncIterator[httpx2.AsyncClient]:
    log = RiskLog(data / "risk.db", max_age_s=1e10)
    recorder = Loopback(data / "sessions")
    log.start()
    recorder.start()
    recorder.begin(SESSION)
    for number in range(12):
        decision = (Decision.CLAMP, Decision.REJECT, Decision.PASS)[number % 3]
        one = cycle(number, decision, risk_level=LEVELS[number % 4], period_s=1.0,
                    failure_type="policy_late" if number == 4 else None)  # fmt: skip
        log.offer(one)
        recorder.offer(one)
    log.flush(DEADLINE_S)
    recorder.flush(DEADLINE_S)
    app = service(risk_log.router, mcap_sessions.router)
    app.state.risk_log, app.state.sessions = log, Sessions(data / "sessions", recorder)
    async with calling(app) as client:
        yield client
    recorder.end()
    recorder.stop()
    log.stop()


async def ids(client: httpx2.AsyncClient, path: str = "/api/risk-log", **query: Any) -> list[int]:
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["count"] == len(document["events"])
    return [one["cycle_id"] for one in document["events"]]


async def test_every_filter_of_the_reference(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        assert await ids(client) == [10, 9, 7, 6, 4, 3, 1, 0]
        assert await ids(client, since=START_S + 3, until=START_S + 7) == [7, 6, 4, 3]
        assert await ids(client, min_risk_level="EMERGENCY") == [7, 3]
        assert await ids(client, min_risk_level="CRITICAL") == [10, 7, 6, 3]
        assert await ids(client, outcome="reject") == [10, 7, 4, 1]
        assert await ids(client, rejected_only=True) == [10, 7, 4, 1]
        assert await ids(client, clamped_only=True) == [9, 6, 3, 0]
        assert await ids(client, outcome="clamp", clamped_only=True, rejected_only=False) == [9, 6, 3, 0]
        assert await ids(client, outcome="pass") == []
        assert await ids(client, limit=3) == [10, 9, 7]
        assert await ids(client, failure_type="policy_late") == [4]


@pytest.mark.parametrize(
    "query",
    ["outcome=REJECT", "outcome=fault", "min_risk_level=normal", "min_risk_level=HIGH", "limit=0", "limit=5001",
     "since=nan", "until=inf", "since=yesterday", "rejected_only=maybe", "outcome=clamp&rejected_only=true",
     "rejected_only=true&clamped_only=true"],
)  # fmt: skip
async def test_unknown_values_are_refused(tmp_path: Path, query: str) -> None:
    async with served(tmp_path) as client:
        answer = await client.get(f"/api/risk-log?{query}")

    assert answer.status_code == 422


async def test_contradictory_filters_name_both(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        answer = await client.get("/api/risk-log?outcome=clamp&rejected_only=true")

    assert answer.json()["detail"] == "outcome and rejected_only contradict each other; send one of them."


async def test_statistics(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        found = (await client.get("/api/risk-log/stats")).json()

    assert found == {
        "total": 8, "rejected": 4, "clamped": 4, "avg_latency_ms": pytest.approx(0.84), "dropped": 0,
        "dropped_rejected": 0, "by_risk_level": {"NORMAL": 2, "ELEVATED": 2, "CRITICAL": 2, "EMERGENCY": 2},
    }  # fmt: skip


async def test_one_event_by_its_number(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        (newest,) = (await client.get("/api/risk-log?limit=1")).json()["events"]

        assert (await client.get(f"/api/risk-log/{newest['event_id']}")).json() == newest
        assert (await client.get("/api/risk-log/999999")).status_code == 404
        assert (await client.get("/api/risk-log/0")).status_code == 422
        assert (await client.get("/api/risk-log/first")).status_code == 422


async def test_exports_are_files_of_everything(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        as_json = await client.get("/api/risk-log/export/json")
        as_csv = await client.get("/api/risk-log/export/csv")

    assert as_json.headers["content-disposition"] == 'attachment; filename="risk_log.json"'
    assert as_json.headers["content-type"] == "application/json"
    assert [one["cycle_id"] for one in as_json.json()] == [0, 1, 3, 4, 6, 7, 9, 10]
    assert as_csv.headers["content-disposition"] == 'attachment; filename="risk_log.csv"'
    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert [row["cycle_id"] for row in rows] == ["0", "1", "3", "4", "6", "7", "9", "10"]
    assert rows[1]["outcome"] == "reject"
    assert rows[1]["reason"] == "joint 2 would be at 9 rad in cycle 1"
    assert float(rows[1]["total_latency_ms"]) == pytest.approx(0.84)


async def test_exports_of_an_empty_log(tmp_path: Path) -> None:
    app = service(risk_log.router)
    app.state.risk_log = RiskLog(tmp_path / "risk.db")
    async with calling(app) as client:
        assert (await client.get("/api/risk-log/export/json")).json() == []
        assert (await client.get("/api/risk-log/export/csv")).text.count("\n") == 1
        assert (await client.get("/api/risk-log")).json() == {"events": [], "count": 0}
        assert (await client.get("/api/risk-log/stats")).json()["total"] == 0


async def test_text_in_a_table_is_never_a_formula(tmp_path: Path) -> None:
    log = RiskLog(tmp_path / "risk.db", max_age_s=1e10)
    log.start()
    log.offer(cycle(0, Decision.REJECT, task="=HYPERLINK(1)"))
    log.flush(DEADLINE_S)
    app = service(risk_log.router)
    app.state.risk_log = log
    async with calling(app) as client:
        (row,) = csv.DictReader(io.StringIO((await client.get("/api/risk-log/export/csv")).text))
    log.stop()

    assert row["active_task"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_exports_of_100_000_events_need_no_memory_for_them(tmp_path: Path, kind: str) -> None:
    writer = EventWriter(tmp_path / "risk.db")
    event = json.dumps({"cycle_id": 1, "latency_ms": {"total": 1.0}, "reason": "r" * 300})
    for _ in range(100):
        writer.add([NewEvent(START_S, 0, "reject", None, 1.0, event)] * 1000)
    writer.close()
    pages = RiskLog(tmp_path / "risk.db").events.pages()
    blocks = risk_log._json_blocks(pages) if kind == "json" else risk_log._csv_blocks(pages)

    tracemalloc.start()
    try:
        size = sum(len(block) for block in blocks)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size > 30_000_000
    assert peak < 4_000_000


async def test_notable_cycles_of_a_recorded_session_come_in_the_same_form(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        name = "session_20231114_221320_abc123.mcap"
        path = f"/api/risk-log/mcap/{name}"

        assert await ids(client, path) == [10, 9, 7, 6, 4, 3, 1, 0]
        assert await ids(client, path, outcome="pass") == [11, 8, 5, 2]
        assert await ids(client, path, outcome="reject", min_risk_level="CRITICAL") == [10, 7]
        assert await ids(client, path, failure_type="policy_late") == [4]
        assert await ids(client, path, limit=2) == [10, 9]
        (stored,) = (await client.get("/api/risk-log?limit=1")).json()["events"]
        (recorded,) = (await client.get(path, params={"limit": 1})).json()["events"]
        assert recorded == {**stored, "event_id": None}
        assert (await client.get(path, params={"outcome": "FAULT"})).status_code == 422


@pytest.mark.parametrize(
    "name",
    ["session_20991231_000000_ffffff.mcap", "..%2f..%2frisk.db", "%2e%2e%2frisk.db", "risk.db", "a" * 300,
     "..%5c..%5cetc%5cpasswd", "session_20231114_221320_abc123.mcap.active"],
)  # fmt: skip
async def test_no_other_file_can_be_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "risk.db.mcap").write_bytes(os.urandom(10))
    async with served(tmp_path) as client:
        answer = await client.get(f"/api/risk-log/mcap/{name}")

    assert answer.status_code == 404
    assert isinstance(answer.json()["detail"], str)

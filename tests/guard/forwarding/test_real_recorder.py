"""With the recorder itself: an event, its capture and its session arrive together."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pilothouse.guard.forwarding.forwarder import Forwarder
from pilothouse.guard.forwarding.link import HttpRecorderLink, RecorderAway
from pilothouse.guard.loopback.loopback import Loopback
from pilothouse.guard.model import Decision, RiskLevel
from pilothouse.guard.risk.log import RiskLog
from tests.support.cycles import SESSION, cycle
from tests.support.processes import Program, eventually, pilothouse

DEADLINE_S = 30.0


def ask(program: Program, path: str, body: object = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(program.url + path, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(data / "outbox.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_one_incident_joins_event_capture_and_session(tmp_path: Path) -> None:
    sessions = tmp_path / "guard/sessions"
    config = tmp_path / "recorder.yaml"
    config.write_text(f"adopt: [{{directory: {sessions}}}]\n")
    sessions.mkdir(parents=True)
    log, recorder = RiskLog(tmp_path / "guard/risk.db"), Loopback(sessions)
    log.start()
    recorder.start()
    recorder.begin(SESSION)
    arguments = ("recorder", "run", "--config", config, "--port", "0", "--data", tmp_path / "data")
    with pilothouse(*arguments, env={"PILOTHOUSE_ROBOT_ID": "arm-7"}) as program:
        ask(program, "/messages", {"topic": "/joint", "data": {"position": 1.0}})
        forwarder = Forwarder(log.events, lambda: HttpRecorderLink(program.url), robot_id="arm-7", look_s=0.05)
        forwarder.start()
        for number in range(20):
            rejected = Decision.REJECT if number > 10 else Decision.PASS
            level = RiskLevel.CRITICAL if number > 15 else RiskLevel.NORMAL
            one = cycle(number, rejected, risk_level=level, timestamp=time.time())
            log.offer(one)
            recorder.offer(one)
        recorder.end()

        eventually(lambda: forwarder.position == 9, what="the events at the recorder")
        last = ask(program, "/sessions/last")
        sent = [json.loads(body) for (body,) in rows(tmp_path / "data", "SELECT body FROM risk_events ORDER BY number")]
        adopted = eventually(
            lambda: rows(
                tmp_path / "data",
                "SELECT file, captures.incident_id FROM adopted JOIN captures USING (session_id) WHERE done = 1",
            )
        )
        forwarder.stop()
    recorder.stop()
    log.stop()

    assert [one["cycle_id"] for one in sent] == list(range(11, 20))
    assert {one["incident_id"] for one in sent if one["risk_level"] == "CRITICAL"} == {last["incident_id"]}
    assert last["label"].startswith("guard: rejected by limits")
    assert "session_20231114_221320_abc123.mcap" in adopted[0][0]
    assert adopted[0][1] == last["incident_id"]


def test_a_recorder_of_another_robot_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    log = RiskLog(tmp_path / "risk.db", max_age_s=1e10)
    log.start()
    log.offer(cycle(1, Decision.REJECT))
    log.flush(DEADLINE_S)
    arguments = ("recorder", "run", "--port", "0", "--data", tmp_path / "data")
    with pilothouse(*arguments, env={"PILOTHOUSE_ROBOT_ID": "somebody-else"}) as program:
        forwarder = Forwarder(log.events, lambda: HttpRecorderLink(program.url), robot_id="arm-7", look_s=0.05)
        forwarder.start()
        said = eventually(lambda: forwarder.problem)
        forwarder.stop()
    log.stop()

    assert "arm-7" in said
    assert "somebody-else" in said
    assert forwarder.position == 0
    assert forwarder.refused == 0


def test_nobody_at_the_address_is_said(tmp_path: Path) -> None:
    link = HttpRecorderLink("http://127.0.0.1:9")
    with pytest.raises(RecorderAway, match="they wait in the risk log"):
        link.save("label", "key")
    link.close()

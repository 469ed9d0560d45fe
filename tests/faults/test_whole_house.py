"""The plug is pulled, of anything, at any moment: what was acknowledged is there, once, in the end.

`PLUG_ROUNDS=200 pytest tests/faults/test_whole_house.py` pulls it for longer.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pilothouse.guard.risk.events import is_notable_record
from pilothouse.mcap import sha256_of, verify
from tests.support.house import Callers, House, Journal, house_in
from tests.support.kills import rows
from tests.support.processes import PILOTHOUSE, eventually

ROUNDS = int(os.environ.get("PLUG_ROUNDS", "2"))
SEED = int(os.environ.get("PLUG_SEED", "20260512"))
SETTLED_WITHIN_S = 300.0
WAITING = ("waiting", "sealed", "delivering")
UNDER_WAY = (
    ("recordings", "('announced', 'indexing')"),
    ("webhook_payloads", "('waiting')"),
    ("lab_commands", "('queued', 'running')"),
)

pytestmark = pytest.mark.timeout(900 + 60 * ROUNDS)


def pull_the_plug(house: House, chance: random.Random) -> None:
    """Of one program, of some, or of the whole house; then all of it is on again."""
    threading.Event().wait(chance.uniform(0.3, 1.5))
    victims = house.names if chance.random() < 0.3 else chance.sample(house.names, chance.randint(1, 3))
    house.kill(*victims)
    threading.Event().wait(chance.uniform(0.0, 0.3))
    house.start(*chance.sample(victims, len(victims)))


def is_settled(house: House, journal: Journal) -> bool:
    """Whether nothing is under way any more; looked up in the files, so that many looks cost nobody anything."""
    threading.Event().wait(0.2)
    if any(row["state"] in WAITING for row in rows(house.place / "robot")):
        return False
    with closing(sqlite3.connect(house.place / "hub" / "hub.db")) as database:
        if any(
            database.execute(f"SELECT 1 FROM {table} WHERE state IN {states}").fetchone() for table, states in UNDER_WAY
        ):
            return False
        reported = {event_id for (event_id,) in database.execute("SELECT event_id FROM risk_events")}
    return reported >= {*reported_by_the_guard(house), *journal.acknowledged["report"]}


def commands(house: House) -> list[dict[str, Any]]:
    # Those that ended too: a worker that is killed takes its sessions along, and says so.
    sessions = house.every("/sessions", all=True)
    return [one for session in sessions for one in house.every(f"/sessions/{session['id']}/commands")]


def reported_by_the_guard(house: House) -> list[str]:
    """The ids under which the hub is to know what the guard has written down."""
    with closing(sqlite3.connect(house.place / "guard" / "risk.db")) as log:
        ((log_id,),) = log.execute("SELECT value FROM facts WHERE name = 'log_id'")
        events = log.execute("SELECT id, event FROM events").fetchall()
    return [f"{log_id}.{number}" for number, event in events if is_notable_record(msgspec.json.decode(event))]


def counted(house: House, callers: Callers) -> dict[str, Counter[str]]:
    """How often the hub has what was asked for, by kind and name."""
    board = f"/api/v1/boards/{callers.board}"
    recordings = house.every("/api/sessions", "sessions")
    events = Counter(one["event_id"] for one in house.every("/api/v1/risk-events"))
    payloads = house.every(f"{board}/webhooks/{callers.webhook['id']}/payloads")
    return {
        "incident": Counter(one["title"] for one in house.every("/api/v1/incidents")),
        "task": Counter(one["title"] for one in house.every(f"{board}/tasks")),
        "comment": Counter(one["body"] for one in house.every(f"{board}/tasks/{callers.task}/comments")),
        "approval": Counter(
            one["shown"]["reason"] for one in house.every(f"{board}/approvals") if one["status"] == "approved"
        ),
        "robot": Counter(one["robot_id"] for one in house.every("/api/v1/robots")),
        "risk": events,
        "report": events,
        "webhook": Counter(one["delivery_id"] for one in payloads),
        "upload": Counter(one["session_id"].partition("_")[0] for one in recordings),
        "save": Counter(one["label"] for one in recordings),
        "lab": Counter(one["argv"][1] for one in commands(house)),
    }  # fmt: skip


def test_whatever_is_killed_whatever_was_acknowledged_is_there_once(tmp_path: Path) -> None:
    chance, journal = random.Random(SEED), Journal()
    with house_in(tmp_path) as house:
        callers = Callers(house, journal)
        with callers.asking():
            for _ in range(ROUNDS):
                pull_the_plug(house, chance)
            threading.Event().wait(1.0)
        recorder_ended = house.quieten()
        eventually(lambda: is_settled(house, journal), deadline_s=SETTLED_WITHIN_S, what="everything to be done")
        found = counted(house, callers)
        recordings = {one["session_id"]: one for one in house.every("/api/sessions", "sessions")}
        guards = Counter(found["risk"][one] for one in reported_by_the_guard(house))
        memory = Counter(one["content"] for one in house.every(f"/api/v1/boards/{callers.board}/memory"))
        ended = {name: program.stop() for name, program in house.running.items()}

    captures = {row["session_id"]: row for row in rows(tmp_path / "robot")}
    acknowledged = journal.acknowledged
    assert journal.problems == []
    assert {kind for kind, names in acknowledged.items() if not names} == set()
    for kind, counts in found.items():
        assert {name: counts[name] for name in acknowledged[kind] if counts[name] != 1} == {}, kind
        assert {name: times for name, times in counts.items() if times > 1 and name.startswith(f"{kind}-")} == {}, kind
    assert set(guards) == {1}
    assert set(memory.values()) == {1}
    assert len(memory) == len(found["webhook"])
    assert {recordings[f"{one}_20260512T084230Z"]["sha256"] for one in acknowledged["upload"]} == set(
        acknowledged["upload"].values()
    )
    assert {one for one in acknowledged["save"].values() if one not in recordings} == set()
    assert {one for seen in acknowledged["firing"].values() for one in seen if one not in captures} == set()
    assert (recorder_ended, ended) == (0, dict.fromkeys(ended, 0))
    look_at_what_is_left(tmp_path, recordings, captures)


def look_at_what_is_left(
    place: Path, recordings: dict[str, dict[str, Any]], captures: dict[str, dict[str, Any]]
) -> None:
    """Each capture is a recording at both ends or says why not; each file can be read; the log is whole."""
    kept = {path.stem: path for path in (place / "robot" / "sessions").glob("*.mcap")}
    assert not list((place / "robot" / "sessions").glob("*.active"))
    for session_id, row in captures.items():
        if row["state"] == "delivered":
            assert recordings[session_id]["sha256"] == sha256_of(kept[session_id])
        else:
            assert row["why"] or row["merged_into"], row
    assert set(kept) <= set(captures)
    files = [
        *kept.values(),
        *(place / "hub" / "sessions").glob("*.mcap"),
        *(place / "guard" / "sessions").glob("*.mcap*"),
    ]
    assert {path.name: verify(path).problems for path in files if not verify(path).ok} == {}
    with closing(sqlite3.connect(place / "hub" / "hub.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    audit = subprocess.run([PILOTHOUSE, "audit", "verify", "--data", place / "hub"], capture_output=True, text=True)
    assert audit.returncode == 0, audit.stdout + audit.stderr

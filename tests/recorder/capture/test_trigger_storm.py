"""A thousand triggers in a minute, through the real program; and its death in the middle of them."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pilothouse.mcap import verify
from pilothouse.recorder.outbox.outbox import CaptureState, Outbox
from tests.support.processes import Program, eventually, pilothouse, resident_bytes

CONFIGURATION = """
robot_id: robot
port: 0
max_bytes: 32MiB
spool_max_bytes: 16MiB
pre_s: 10
post_s: 1
during_post_roll: {policy}
max_post_s: 15
triggers:
  - {{name: stuck, kind: threshold, topic: /speed, field: data, op: gt, value: 9}}
"""
TRIGGERS = 1_000


def storm(begin_ns: int, first: int = 0) -> bytes:
    """A minute in which the rule fires a thousand times, as JSON lines."""
    step_ns = 60 * 10**9 // (2 * TRIGGERS)
    lines = (
        {"topic": "/speed", "data": {"data": 10 * (number % 2)}, "log_time_ns": begin_ns + number * step_ns}
        for number in range(2 * first, 2 * TRIGGERS)
    )
    return b"\n".join(json.dumps(line).encode() for line in lines)


def push(program: Program, lines: bytes) -> Any:
    request = urllib.request.Request(f"{program.url}/messages", lines, {"Content-Type": "application/x-ndjson"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def triggers(program: Program) -> Any:
    with urllib.request.urlopen(f"{program.url}/triggers", timeout=30) as answer:
        return json.load(answer)


def told_of(captures: list[Any]) -> int:
    """How many triggers these rows speak for."""
    return sum(1 + one["more"] for one in captures)


@pytest.mark.parametrize(("policy", "rows", "files"), [("add", 21, 20), ("extend", 10, 5)])
def test_a_thousand_triggers_in_a_minute_are_few_rows_and_files(
    tmp_path: Path, policy: str, rows: int, files: int
) -> None:
    (tmp_path / "recorder.yaml").write_text(CONFIGURATION.format(policy=policy))
    with pilothouse("recorder", "run", "--config", tmp_path / "recorder.yaml", "--data", tmp_path / "data") as program:
        before = resident_bytes(program.pid)
        assert push(program, storm(time.time_ns() - 50 * 10**9))["accepted"] == 2 * TRIGGERS
        eventually(lambda: told_of(triggers(program)["recent"]) == TRIGGERS, what="every trigger")
        eventually(lambda: not triggers(program)["pending"], what="the captures")
        found = triggers(program)
        grown = resident_bytes(program.pid) - before
        assert program.stop() == 0

    assert found["rules"][0]["fired"] == TRIGGERS
    assert len(found["recent"]) == rows
    paths = list((tmp_path / "data" / "sessions").glob("*.mcap"))
    assert len(paths) == files
    assert all(verify(path).ok for path in paths)
    assert grown < 16 << 20


def test_killed_in_the_storm_every_row_says_what_became_of_it(tmp_path: Path) -> None:
    (tmp_path / "recorder.yaml").write_text(CONFIGURATION.format(policy="extend"))
    command = ("recorder", "run", "--config", tmp_path / "recorder.yaml", "--data", tmp_path / "data")
    with pilothouse(*command) as program:
        push(program, storm(time.time_ns() - 50 * 10**9, first=TRIGGERS // 2 + 100))
        eventually(lambda: triggers(program)["rules"][0]["fired"] > 300, what="triggers")
        program.kill()
    with pilothouse(*command) as program:
        eventually(lambda: not triggers(program)["pending"], what="the recovery")
        eventually(lambda: not list((tmp_path / "data" / "sessions").glob("*.active")), what="whole files")
        assert program.stop() == 0
    outbox = Outbox(tmp_path / "data" / "outbox.db", "robot")
    rows = {row.session_id: row for row in outbox.in_state(*CaptureState)}
    outbox.close()

    assert CaptureState.WAITING not in {row.state for row in rows.values()}
    for row in rows.values():
        if row.state is CaptureState.MERGED:
            assert rows[row.merged_into or ""].state in (CaptureState.SEALED, CaptureState.DELIVERED)
        elif row.state is CaptureState.SEALED:
            assert verify(tmp_path / "data" / "sessions" / f"{row.session_id}.mcap").ok
        else:
            assert row.why

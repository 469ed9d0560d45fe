"""The risk log keeps what is notable, loses no reject, and survives restarts and full disks."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pilothouse.guard.cycle_queue import CycleQueue
from pilothouse.guard.model import Decision, Enforcement, GuardStatus, Layer, RiskLevel
from pilothouse.guard.risk.filters import Filter, Outcome
from pilothouse.guard.risk.log import RiskLog
from pilothouse.guard.risk.problems import NoSuchEvent
from pilothouse.guard.risk.store import EventWriter, NewEvent
from pilothouse.kit.clock import ManualClock
from tests.support.cycles import START_S, cycle
from tests.support.processes import eventually

DEADLINE_S = 30.0
CLOCK = ManualClock(round(START_S * 1e9))


@contextmanager
def risk_log(path: Path, **options: Any) -> Iterator[RiskLog]:
    log = RiskLog(path, clock=CLOCK, **options)
    log.start()
    try:
        yield log
    finally:
        log.stop()


def logged(log: RiskLog, wanted: Filter | None = None, limit: int = 5000) -> list[dict[str, Any]]:
    assert log.flush(DEADLINE_S)
    return [json.loads(one.document) for one in log.events.newest(wanted or Filter(), limit)]


def test_every_cycle_that_is_not_plainly_a_pass_is_kept(tmp_path: Path) -> None:
    monitored = GuardStatus("TaskGuard", Layer.L2, Decision.REJECT, mode=Enforcement.MONITOR)
    noted = cycle(6)
    with risk_log(tmp_path / "risk.db") as log:
        log.offer(cycle(0))
        log.offer(cycle(1, risk_level=RiskLevel.CRITICAL))
        log.offer(cycle(2, Decision.CLAMP))
        log.offer(cycle(3, Decision.REJECT, risk_level=RiskLevel.ELEVATED))
        log.offer(cycle(4, Decision.FAULT, failure_type="solver", risk_level=RiskLevel.EMERGENCY))
        log.offer(cycle(5, fallback_triggered="hold"))
        verdict = type(noted.verdict)(Decision.PASS, None, None, guard_statuses=(monitored,))
        log.offer(cycle(6, verdict=verdict))

        events = logged(log)

    assert [(one["cycle_id"], one["outcome"], one["decision"]) for one in events] == [
        (6, "pass", "PASS"),
        (5, "pass", "PASS"),
        (4, "reject", "FAULT"),
        (3, "reject", "REJECT"),
        (2, "clamp", "CLAMP"),
    ]


def test_an_event_says_who_decided_why_and_what_was_asked_and_sent(tmp_path: Path) -> None:
    with risk_log(tmp_path / "risk.db") as log:
        log.offer(cycle(3, Decision.REJECT, failure_type="policy_late", risk_level=RiskLevel.CRITICAL))
        (event,) = logged(log)

    assert event["event_id"] == 1
    assert event["type"] == "cycle"
    assert event["was_rejected"] is True
    assert event["boundary"] == "limits"
    assert event["layer"] == "L1"
    assert event["reason"] == "joint 2 would be at 9 rad in cycle 3"
    assert event["failure_type"] == "policy_late"
    assert len(event["requested"]) == 6
    assert event["requested_gripper"] == 0.04
    assert event["executed"] is None
    assert event["config_hash"] == "c0ffee"
    assert event["guard_statuses"][1]["decision"] == "REJECT"


def test_log_all_keeps_every_cycle(tmp_path: Path) -> None:
    with risk_log(tmp_path / "risk.db", log_all=True) as log:
        for number in range(100):
            log.offer(cycle(number))

        assert len(logged(log)) == 100


def test_filters_are_combined_and_include_their_ends(tmp_path: Path) -> None:
    with risk_log(tmp_path / "risk.db") as log:
        for number in range(10):
            decision = (Decision.CLAMP, Decision.REJECT)[number % 2]
            level = (RiskLevel.NORMAL, RiskLevel.ELEVATED, RiskLevel.CRITICAL, RiskLevel.EMERGENCY)[number % 4]
            log.offer(cycle(number, decision, risk_level=level, failure_type="x" if number == 7 else None, period_s=1))

        def found(**wanted: Any) -> list[int]:
            return [one["cycle_id"] for one in logged(log, Filter(**wanted))]

        assert found(since=START_S + 3, until=START_S + 5) == [5, 4, 3]
        assert found(outcome=Outcome.CLAMP) == [8, 6, 4, 2, 0]
        assert found(min_risk_level=RiskLevel.CRITICAL) == [7, 6, 3, 2]
        assert found(min_risk_level=RiskLevel.EMERGENCY, failure_type="x") == [7]
        assert found(min_risk_level=RiskLevel.NORMAL) == list(range(9, -1, -1))
        assert [one["cycle_id"] for one in logged(log, limit=2)] == [9, 8]


def test_statistics_count_everything(tmp_path: Path) -> None:
    with risk_log(tmp_path / "risk.db") as log:
        assert log.events.statistics() == (0, 0, 0, dict.fromkeys(RiskLevel, 0), None)
        log.offer(cycle(0, Decision.CLAMP))
        log.offer(cycle(1, Decision.REJECT, risk_level=RiskLevel.CRITICAL))
        log.offer(cycle(2, Decision.FAULT, risk_level=RiskLevel.EMERGENCY))
        log.flush(DEADLINE_S)

        found = log.events.statistics()

    assert found[:3] == (3, 2, 1)
    assert found.by_risk_level == {"NORMAL": 1, "ELEVATED": 0, "CRITICAL": 1, "EMERGENCY": 1}
    assert found.avg_latency_ms == pytest.approx(0.84)


def test_the_log_outlives_the_process(tmp_path: Path) -> None:
    with risk_log(tmp_path / "risk.db") as log:
        log.offer(cycle(1, Decision.REJECT))
    with risk_log(tmp_path / "risk.db") as log:
        log.offer(cycle(2, Decision.REJECT))

        assert [(one["event_id"], one["cycle_id"]) for one in logged(log)] == [(2, 2), (1, 1)]


WRITER = """
import sys
from pathlib import Path
from pilothouse.guard.model import Decision
from pilothouse.guard.risk.log import RiskLog
from tests.support.cycles import cycle
log = RiskLog(Path(sys.argv[1]), max_age_s=1e9)
log.start()
for number in range(500):
    log.offer(cycle(number, Decision.REJECT))
assert log.flush(60)
print("stored", flush=True)
sys.stdin.read()
"""


def test_what_is_stored_outlives_kill_9(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path / "risk.db"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"stored\n"
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()

    with risk_log(tmp_path / "risk.db") as log:
        assert len(logged(log)) == 500


def test_too_many_rows_cost_passes_and_clamps_before_rejects(tmp_path: Path) -> None:
    with risk_log(tmp_path / "risk.db", log_all=True, max_rows=10) as log:
        for number in range(30):
            log.offer(cycle(number, Decision.REJECT if number % 3 == 0 else Decision.CLAMP))
        log.flush(DEADLINE_S)
    with risk_log(tmp_path / "risk.db", log_all=True, max_rows=10) as log:
        log.offer(cycle(30, Decision.REJECT))
        log.flush(DEADLINE_S)
        kept = eventually(lambda: [one["cycle_id"] for one in logged(log) if len(logged(log)) == 10])

    assert kept == list(range(30, 0, -3))


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    with risk_log(tmp_path / "risk.db", max_age_s=100.0) as log:
        log.offer(cycle(0, Decision.REJECT, timestamp=START_S - 101))
        log.offer(cycle(1, Decision.REJECT, timestamp=START_S - 99))

        assert eventually(lambda: [one["cycle_id"] for one in logged(log)] == [1])


def test_a_full_queue_costs_passes_and_clamps_never_rejects() -> None:
    queue = CycleQueue(most=10, most_rejected=1000)
    for number in range(500):
        queue.offer(cycle(number, Decision.REJECT if number % 2 else Decision.CLAMP))

    taken = queue.take(10_000)

    assert [one.cycle_id for one in taken if one.verdict.decision is Decision.REJECT] == list(range(1, 500, 2))
    assert len(taken) == 250 + 5
    assert queue.dropped == 245
    assert queue.dropped_rejected == 0


def test_only_a_bound_far_beyond_costs_rejects_and_it_is_counted() -> None:
    queue = CycleQueue(most=2, most_rejected=10)
    for number in range(30):
        queue.offer(cycle(number, Decision.REJECT))

    assert len(queue) == 10
    assert queue.dropped_rejected == 20


def test_frames_are_left_out_before_cycles() -> None:
    queue = CycleQueue()
    for number in range(100):
        queue.offer(cycle(number, images={"top": bytes(10_000)}))

    taken = queue.take()

    assert [len(one.observation.images["top"]) for one in taken if one.observation] == [10_000] * 64 + [0] * 36
    assert queue.dropped_frames == 36


def test_a_disk_that_cannot_be_written_is_said_once_and_costs_no_reject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    real = EventWriter.add

    def add(writer: EventWriter, events: list[NewEvent]) -> None:
        if full:
            raise sqlite3.OperationalError("database or disk is full")
        real(writer, events)

    monkeypatch.setattr(EventWriter, "add", add)
    with risk_log(tmp_path / "risk.db") as log:
        for number in range(5000):
            log.offer(cycle(number, Decision.REJECT if number % 5 == 0 else Decision.CLAMP))
        said = eventually(lambda: log.problem)
        assert not log.flush(0.01)
        full = False

        events = logged(log)

    assert "disk is full" in said
    assert "free some space" in said
    assert log.problem is None
    assert len([one for one in events if one["outcome"] == "reject"]) == 1000
    assert len(events) + log.dropped == 5000


def test_a_really_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(8 * (1 << 20) - 100_000))
        with risk_log(disk / "risk.db") as log:
            for number in range(1000):
                log.offer(cycle(number, Decision.REJECT))
            eventually(lambda: log.problem)
            ballast.unlink()

            assert len(logged(log)) > 0
            assert log.flush(DEADLINE_S)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_damaged_log_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "risk.db").write_bytes(b"this was a database once" * 100)
    with risk_log(tmp_path / "risk.db") as log:
        log.offer(cycle(1, Decision.REJECT))

        assert len(logged(log)) == 1
    (aside,) = tmp_path.glob("risk.db.damaged-*")
    assert aside.read_bytes().startswith(b"this was a database once")


def test_a_log_that_breaks_while_it_is_written_is_put_aside_and_no_reject_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, breaks = EventWriter.add, True

    def add(writer: EventWriter, events: list[NewEvent]) -> None:
        nonlocal breaks
        if breaks and events[0].outcome == "clamp":
            breaks = False
            raise sqlite3.DatabaseError("database disk image is malformed")
        real(writer, events)

    monkeypatch.setattr(EventWriter, "add", add)
    with risk_log(tmp_path / "risk.db") as log:
        log.offer(cycle(1, Decision.REJECT))
        assert len(logged(log)) == 1
        log.offer(cycle(2, Decision.CLAMP))
        log.offer(cycle(3, Decision.REJECT))
        eventually(lambda: not breaks, deadline_s=DEADLINE_S)

        assert eventually(lambda: [one["cycle_id"] for one in logged(log)] == [3, 2], deadline_s=DEADLINE_S)
        assert log.problem is None
    (aside,) = tmp_path.glob("risk.db.damaged-????????")
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (1,)


def test_an_odd_cycle_costs_only_itself(tmp_path: Path) -> None:
    with risk_log(tmp_path / "risk.db") as log:
        log.offer(cycle(1, Decision.REJECT, config_hash=object()))
        log.offer(cycle(2, Decision.REJECT))

        assert [one["cycle_id"] for one in logged(log)] == [2]


def test_an_unknown_event_is_said_to_be_unknown(tmp_path: Path) -> None:
    with risk_log(tmp_path / "risk.db") as log, pytest.raises(NoSuchEvent, match="no event 7"):
        log.events.get(7)

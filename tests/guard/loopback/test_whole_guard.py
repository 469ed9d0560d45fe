"""Through the whole application: what the loop did stands in the risk log and in its session."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pilothouse.guard.model import Action, Observation
from tests.support.processes import eventually
from tests.support.readers import read_by_index, rerun_check
from tests.support.served_guards import JPEG, Guard, guarding, stack_of

RECORDED = stack_of(loopback={"backend": "mcap"})


def unsafe_every_fifth(observation: Observation) -> Action:
    unsafe_every_fifth.count += 1  # type: ignore[attr-defined]
    return Action((math.nan, 0.0) if unsafe_every_fifth.count % 5 == 0 else (0.001, 0.0))  # type: ignore[attr-defined]


def finished(guard: Guard) -> dict[str, object]:
    """The only session, once its file is closed."""

    def closed() -> dict[str, object] | None:
        answer = guard.http.get("/mcap/sessions")
        if answer.status_code == 404:
            return None
        (session,) = answer.json()["sessions"]
        return session if session["rotated_at"] else None

    return eventually(closed, deadline_s=20)


def test_a_session_of_the_loop_is_logged_and_recorded(tmp_path: Path) -> None:
    unsafe_every_fifth.count = 0  # type: ignore[attr-defined]
    with guarding(tmp_path, stack=RECORDED) as guard:
        guard.policy.say = unsafe_every_fifth
        guard.arm.images = {"top": JPEG}
        assert guard.http.get("/mcap/sessions").status_code == 404
        guard.run(50)
        session = finished(guard)
        rejected = [one["cycle_id"] for one in guard.events() if one["outcome"] == "reject"]
        assert guard.runtime.records.risk_log.flush(20)
        events = guard.http.get("/api/risk-log?outcome=reject").json()["events"]
        recorded = guard.http.get(f"/api/risk-log/mcap/{session['filename']}?outcome=reject").json()["events"]
        detail = guard.http.get(f"/mcap/sessions/{session['session_id']}").json()
        download = guard.http.get(
            f"/mcap/sessions/{session['session_id']}/download?start_cycle=10&end_cycle=19&topics=/dam/cycle"
        )

    assert session["total_cycles"] == 50
    assert session["violation_cycles"] == len(rejected) > 0
    assert [one["cycle_id"] for one in reversed(events)] == rejected
    assert [one["cycle_id"] for one in reversed(recorded)] == rejected
    assert session["session_id"] == events[0]["session_id"]
    assert detail["has_images"] is True
    assert "/dam/images/top" in detail["channels"]
    path = tmp_path / "cut.mcap"
    path.write_bytes(download.content)
    assert len(read_by_index(path)) == 10
    rerun_check(path)


def test_an_emergency_stop_is_in_the_log_even_when_nothing_ran(tmp_path: Path) -> None:
    with guarding(tmp_path, stack=RECORDED) as guard:
        guard.post("estop")
        (event,) = eventually(lambda: guard.http.get("/api/risk-log?min_risk_level=EMERGENCY").json()["events"])
        sessions = guard.http.get("/mcap/sessions")

    assert event["failure_type"] == "estop"
    assert event["outcome"] == "reject"
    assert sessions.status_code == 404


def test_an_emergency_stop_is_the_last_cycle_of_its_session(tmp_path: Path) -> None:
    with guarding(tmp_path, stack=RECORDED) as guard:
        guard.post("start")
        eventually(lambda: len(guard.events()) > 5)
        guard.post("estop")
        session = finished(guard)
        (event,) = guard.http.get(f"/api/risk-log/mcap/{session['filename']}?min_risk_level=EMERGENCY&limit=1").json()[
            "events"
        ]

    assert event["failure_type"] == "estop"
    assert event["cycle_id"] == session["total_cycles"] - 1


def test_without_recording_the_log_stays(tmp_path: Path) -> None:
    with guarding(tmp_path, stack=stack_of(loopback={"backend": "none"})) as guard:
        guard.policy.say = lambda observation: Action((math.nan, 0.0))
        guard.run(3)
        eventually(lambda: guard.http.get("/api/risk-log/stats").json()["rejected"] == 3)
        answer = guard.http.get("/mcap/sessions")

    assert answer.status_code == 404
    assert "loopback.backend" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/risk-log", "/api/risk-log/stats", "/mcap/sessions"])
def test_elsewhere_than_on_loopback_the_token_is_asked_for(tmp_path: Path, path: str) -> None:
    with guarding(tmp_path, guard_token="secret") as guard:
        assert guard.http.get(path).status_code == 401

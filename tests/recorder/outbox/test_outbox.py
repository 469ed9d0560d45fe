import sqlite3
from pathlib import Path

import pytest

from pilothouse.mcap import Captured
from pilothouse.recorder.outbox.outbox import CaptureState, Outbox, OutboxUnwritable
from pilothouse.recorder.outbox.post_rolls import CaptureRequest
from pilothouse.wire import TriggerFired

FIRED = TriggerFired(rule="r", kind="threshold", topic="/a", field="b", value=1.5, op="gt", threshold=1, fired_at_ns=5)
SECOND_NS = 10**9


def asked(
    outbox: Outbox, *, now_s: int = 100, alerts: tuple[str, ...] = (), trigger: TriggerFired | None = None
) -> str:
    return outbox.ask(
        lambda session_id: CaptureRequest(
            session_id=session_id, reason="trigger", label="l", fired_at_ns=5, pre_s=1.5, post_s=0.5,
            requested_at_ns=now_s * SECOND_NS, trigger=trigger,
        ),
        now_ns=now_s * SECOND_NS, taken=lambda _: False, alerts=alerts,
    ).session_id  # fmt: skip


def captured(path: Path) -> Captured:
    return Captured(
        path=path, size_bytes=9, message_count=3, start_ns=1, end_ns=5, topics=("/a", "/b"), sha256="0" * 64
    )


def test_a_capture_is_on_disk_the_moment_it_is_asked_for(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", "r")
    session_id = asked(outbox, trigger=FIRED)

    (row,) = Outbox(tmp_path / "o.db", "r").in_state(CaptureState.WAITING)

    assert (row.session_id, row.trigger, row.pre_s, row.label) == (session_id, FIRED, 1.5, "l")


def test_a_row_follows_its_recording_to_the_hub(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", "r")
    session_id = asked(outbox)

    outbox.seal(session_id, captured(tmp_path), why="short")
    row = outbox.find(session_id)
    outbox.set_state(session_id, CaptureState.DELIVERED)

    assert row is not None
    assert (row.state, row.size_bytes, row.topics, row.why) == (CaptureState.SEALED, 9, ("/a", "/b"), "short")
    assert outbox.counts()[CaptureState.DELIVERED] == 1
    assert outbox.counts()[CaptureState.SEALED] == 0


def test_the_last_recording_is_the_newest_that_has_a_file(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", "r")
    assert outbox.last_recording() is None
    first, _ = asked(outbox, now_s=100), asked(outbox, now_s=200)

    outbox.seal(first, captured(tmp_path))

    row = outbox.last_recording()
    assert row is not None
    assert row.session_id == first


def test_alerts_find_their_last_capture(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", "r")
    first = asked(outbox, alerts=("k1", "k2"))

    assert outbox.alerted(["k1", "k3"]) == {"k1": first}
    second = asked(outbox, alerts=("k1",))
    assert outbox.alerted(["k1", "k2"]) == {"k1": second, "k2": first}


def test_an_outbox_that_cannot_be_written_says_so_and_stays_usable(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", "r")
    first = asked(outbox)
    holder = sqlite3.connect(tmp_path / "o.db", isolation_level=None)
    outbox.database.connection.execute("PRAGMA busy_timeout = 0")
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(OutboxUnwritable, match="locked"):
        asked(outbox)
    assert outbox.find(first) is not None
    holder.execute("ROLLBACK")
    holder.close()

    assert asked(outbox) != first


def test_captures_of_one_second_are_listed_in_a_stable_order(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.db", "r")
    ids = [asked(outbox) for _ in range(5)]

    assert [row.session_id for row in outbox.in_state(CaptureState.WAITING)] == ids
    assert [row.session_id for row in outbox.recent(3)] == ids[:1:-1]

"""``outbox.db``: one row per capture asked for, from the moment it is asked for until the hub has it.

A row is written before any byte of the recording, so that a crash in between leaves a trace: what was asked for
is recovered from the spool, or its row says why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from pilothouse.mcap import Captured
from pilothouse.recorder.outbox.database import OutboxDatabase, OutboxUnwritable
from pilothouse.recorder.outbox.post_rolls import CaptureRequest
from pilothouse.recorder.session_ids import SessionIds
from pilothouse.wire import TriggerFired

__all__ = ["CaptureRow", "CaptureState", "Outbox", "OutboxUnwritable", "SaveKey", "Standing", "captured_row"]


class CaptureState(StrEnum):
    WAITING = "waiting"
    """Asked for; its post-roll runs, it is being written, or the disk is full (then ``why`` says so)."""
    SEALED = "sealed"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    MERGED = "merged"
    """Contained in the recording ``merged_into``."""
    REFUSED = "refused"
    """There is no recording; ``why`` says why not."""
    REMOVED = "removed"
    """There was a recording; ``why`` says why it is gone."""


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """One capture, wherever it stands."""

    session_id: str
    state: CaptureState
    reason: str
    label: str
    fired_at_ns: int
    pre_s: float
    post_s: float
    requested_at_ns: int
    trigger: TriggerFired | None
    incident_id: str
    why: str | None
    merged_into: str | None
    leftover: str | None
    size_bytes: int | None
    message_count: int | None
    start_ns: int | None
    end_ns: int | None
    sha256: str | None
    topics: tuple[str, ...]
    more: int = 0
    last_fired_at_ns: int | None = None
    pinned: bool = False
    steady_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a capture stands when its row is written."""

    state: CaptureState = CaptureState.WAITING
    why: str | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class SaveKey:
    """What a caller calls its save, and what it asks for."""

    key: str
    body_sha256: str


_COLUMNS = ", ".join(CaptureRow.__dataclass_fields__)
_ASKED = Standing()


class Outbox:
    """Thread-safe; every method is one transaction that is on disk when it returns."""

    def __init__(self, path: Path, robot_id: str) -> None:
        self._ids = SessionIds(robot_id)
        self.database = OutboxDatabase(path)
        self._transaction = self.database.transaction
        self._rows = self.database.rows

    def close(self) -> None:
        self.database.close()

    def ask(
        self, request: Callable[[str], CaptureRequest], *, now_ns: int, taken: Callable[[str], bool],
        alerts: Iterable[str] = (), leftover: str | None = None, key: SaveKey | None = None,
        standing: Standing = _ASKED,
    ) -> CaptureRequest:  # fmt: skip
        """Give a capture its id and write its row; ``taken`` adds ids that other places know of."""
        with self._transaction() as run:
            asked = request(self.free_id(now_ns, taken))
            self._insert(run, asked, leftover, standing)
            for alert in alerts:
                run("INSERT OR REPLACE INTO alerts (key, session_id) VALUES (?, ?)", (alert, asked.session_id))
            if key is not None:
                self._remember(run, key, asked.session_id)
        return asked

    def remember(self, key: SaveKey, session_id: str) -> None:
        """The save under this key is answered with this capture."""
        with self._transaction() as run:
            self._remember(run, key, session_id)

    def _remember(self, run: Callable[..., Any], key: SaveKey, session_id: str) -> None:
        run("INSERT OR REPLACE INTO save_keys VALUES (?, ?, ?)", (key.key, key.body_sha256, session_id))

    def saved_under(self, key: str) -> tuple[str, str] | None:
        """The body's SHA-256 and the capture of the save under this key."""
        rows = self._rows("SELECT body_sha256, session_id FROM save_keys WHERE key = ?", (key,))
        return rows[0] if rows else None

    def free_id(self, now_ns: int, taken: Callable[[str], bool]) -> str:
        """An id no capture has; not reserved, for when nothing can be written."""
        with self.database.lock:
            return self._ids.next_free(now_ns, lambda one: taken(one) or self._known(one))

    def add(self, request: CaptureRequest, standing: Standing = _ASKED) -> None:
        """Write the row of a capture that already has its id, unless it is there."""
        with self._transaction() as run:
            self._insert(run, request, None, standing)

    def _insert(
        self, run: Callable[..., Any], request: CaptureRequest, leftover: str | None, standing: Standing
    ) -> None:
        trigger = request.trigger.model_dump_json() if request.trigger else None
        run(
            "INSERT OR IGNORE INTO captures (session_id, state, why, merged_into, reason, label, fired_at_ns, pre_s,"
            " post_s, requested_at_ns, trigger, incident_id, leftover, steady_ns)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                request.session_id, standing.state, standing.why, standing.merged_into, request.reason, request.label,
                request.fired_at_ns, request.pre_s, request.post_s, request.requested_at_ns, trigger,
                request.incident_id, leftover, request.steady_ns,
            ),
        )  # fmt: skip

    def count(self, session_id: str, more: int, last_fired_at_ns: int) -> None:
        """So many triggers are told by this row beside its own, the last of them then."""
        with self._transaction() as run:
            run(
                "UPDATE captures SET more = ?, last_fired_at_ns = ? WHERE session_id = ?",
                (more, last_fired_at_ns, session_id),
            )

    def widen(self, session_id: str, *, pre_s: float, post_s: float) -> None:
        """The capture holds more than was asked for at first."""
        with self._transaction() as run:
            run("UPDATE captures SET pre_s = ?, post_s = ? WHERE session_id = ?", (pre_s, post_s, session_id))

    def seal(self, session_id: str, captured: Captured, *, why: str | None = None, reason: str | None = None) -> None:
        """The file stands under its final name; ``why`` says what is unusual about it."""
        topics = msgspec.json.encode(captured.topics).decode()
        with self._transaction() as run:
            run(
                "UPDATE captures SET state = ?, size_bytes = ?, message_count = ?, start_ns = ?, end_ns = ?,"
                " topics = ?, sha256 = ?, why = ?, reason = coalesce(?, reason) WHERE session_id = ?",
                (
                    CaptureState.SEALED, captured.size_bytes, captured.message_count, captured.start_ns,
                    captured.end_ns, topics, captured.sha256, why, reason, session_id,
                ),
            )  # fmt: skip

    def set_state(self, session_id: str, state: CaptureState, *, why: str | None = None) -> None:
        """What is removed stays so, whoever was still busy with it."""
        with self._transaction() as run:
            run(
                "UPDATE captures SET state = ?, why = ? WHERE session_id = ? AND state != ?",
                (state, why, session_id, CaptureState.REMOVED),
            )

    def refuse(self, session_id: str, why: str) -> None:
        """There will be no recording, so none of what was merged into it either."""
        with self._transaction() as run:
            run(
                "UPDATE captures SET state = ?, why = ? WHERE session_id = ? OR (merged_into = ? AND state = ?)",
                (CaptureState.REFUSED, why, session_id, session_id, CaptureState.MERGED),
            )

    def claim(self, session_id: str, leftover: str) -> None:
        """The capture is to be recovered from this leftover of the spool."""
        with self._transaction() as run:
            run("UPDATE captures SET leftover = ? WHERE session_id = ?", (leftover, session_id))

    def withdraw(self, session_id: str) -> None:
        """Nobody asked for this capture, and there was nothing to recover."""
        with self._transaction() as run:
            run("DELETE FROM captures WHERE session_id = ?", (session_id,))

    def merge(self, session_id: str, into: str) -> None:
        """The capture is contained in another's recording."""
        with self._transaction() as run:
            run(
                "UPDATE captures SET state = ?, merged_into = ?, why = ?,"
                " incident_id = (SELECT incident_id FROM captures WHERE session_id = ?) WHERE session_id = ?",
                (CaptureState.MERGED, into, f"recovered together with {into}", into, session_id),
            )
            run("UPDATE captures SET merged_into = ? WHERE merged_into = ?", (into, session_id))

    def merged_into(self, session_id: str) -> list[CaptureRow]:
        """Those that are contained in this one, oldest first."""
        return self._captures("WHERE merged_into = ? ORDER BY rowid", (session_id,))

    def spent(self, since_ns: int) -> list[CaptureRow]:
        """What counts against budgets since then (steady time), oldest first."""
        return self._captures(
            "WHERE steady_ns > ? AND reason IN ('trigger', 'alert') AND (state NOT IN (?, ?)) ORDER BY rowid",
            (since_ns, CaptureState.REFUSED, CaptureState.MERGED),
        )

    def alerted(self, keys: Iterable[str]) -> dict[str, str]:
        """Which of these alerts have a capture already, and which."""
        found = {key: self._rows("SELECT session_id FROM alerts WHERE key = ?", (key,)) for key in keys}
        return {key: rows[0][0] for key, rows in found.items() if rows}

    def find(self, session_id: str) -> CaptureRow | None:
        rows = self._captures("WHERE session_id = ?", (session_id,))
        return rows[0] if rows else None

    def recording(self, session_id: str) -> CaptureRow | None:
        """The capture if it has a file, or the one whose file contains it."""
        row = self.find(session_id)
        if row is not None and row.state is CaptureState.MERGED and row.merged_into:
            row = self.find(row.merged_into)
        return row if row is not None and row.size_bytes is not None else None

    def in_state(self, *states: CaptureState) -> list[CaptureRow]:
        """Oldest first."""
        marks = ", ".join("?" * len(states))
        return self._captures(f"WHERE state IN ({marks}) ORDER BY requested_at_ns, session_id", states)

    def recent(self, limit: int) -> list[CaptureRow]:
        """Newest first."""
        return self._captures("ORDER BY requested_at_ns DESC, session_id DESC LIMIT ?", (limit,))

    def last_recording(self) -> CaptureRow | None:
        """The newest capture that has a file."""
        rows = self._captures(
            "WHERE size_bytes IS NOT NULL AND state != ? ORDER BY requested_at_ns DESC, session_id DESC LIMIT 1",
            (CaptureState.REMOVED,),
        )
        return rows[0] if rows else None

    def recovering(self, leftover: str) -> CaptureRow | None:
        """The capture that an earlier start began to recover from this leftover."""
        rows = self._captures("WHERE leftover = ? AND size_bytes IS NULL", (leftover,))
        return rows[0] if rows else None

    def recovered_from(self, leftover: str) -> bool:
        """Whether this leftover has become a recording already."""
        return bool(self._rows("SELECT 1 FROM captures WHERE leftover = ? AND size_bytes IS NOT NULL", (leftover,)))

    def counts(self) -> dict[CaptureState, int]:
        found = dict(self._rows("SELECT state, count(*) FROM captures GROUP BY state", ()))
        return {state: found.get(state.value, 0) for state in CaptureState}

    def _known(self, session_id: str) -> bool:
        query = "SELECT 1 FROM captures WHERE session_id = ?1 UNION SELECT 1 FROM adopted WHERE session_id = ?1"
        return bool(self._rows(query, (session_id,)))

    def _captures(self, ending: str, values: Sequence[object]) -> list[CaptureRow]:
        return [_row(one) for one in self._rows(f"SELECT {_COLUMNS} FROM captures {ending}", values)]  # noqa: S608 - no input in it


def captured_row(request: CaptureRequest, captured: Captured) -> CaptureRow:
    """The row of a capture whose file stands, as it is or will be noted."""
    return CaptureRow(
        session_id=request.session_id, state=CaptureState.SEALED, reason=request.reason, label=request.label,
        fired_at_ns=request.fired_at_ns, pre_s=request.pre_s, post_s=request.post_s,
        requested_at_ns=request.requested_at_ns, trigger=request.trigger, incident_id=request.incident_id, why=None,
        merged_into=None, leftover=None, size_bytes=captured.size_bytes, message_count=captured.message_count,
        start_ns=captured.start_ns, end_ns=captured.end_ns, sha256=captured.sha256, topics=captured.topics,
    )  # fmt: skip


def _row(values: Sequence[Any]) -> CaptureRow:
    facts = dict(zip(CaptureRow.__dataclass_fields__, values, strict=True))
    trigger = facts["trigger"]
    facts["state"] = CaptureState(facts["state"])
    facts["trigger"] = TriggerFired.model_validate_json(trigger) if trigger else None
    facts["topics"] = tuple(msgspec.json.decode(facts["topics"]))
    facts["pinned"] = bool(facts["pinned"])
    return CaptureRow(**facts)

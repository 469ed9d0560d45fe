"""What the guard on this robot reports, kept until the hub has it: in order, each once, durable before the answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pilothouse.kit.clock import NS_PER_S, to_ns
from pilothouse.kit.errors import Invalid, Unavailable
from pilothouse.recorder.outbox.database import OutboxDatabase, Run
from pilothouse.wire import RiskEvent, RiskEventsAccepted, RiskLevel

# Half a million events of the usual size: weeks of a guard that clamps once in a second.
MAX_WAITING_BYTES = 256 << 20
# Dropping one for one that comes would make every arrival look for the oldest.
DROPPED_AT_ONCE_BYTES = 1 << 20
# An event that is posted again after it was delivered counts once, among so many of the latest; so many incidents too.
REMEMBERED = 50_000
BATCH_BYTES = 256 << 10
NEVER_DROPPED = 2

WAITING, SENT, REFUSED = "waiting", "sent", "refused"


class OtherRobotsEvents(Invalid):
    """These events are of robot {other}, and this recorder belongs to {robot_id}; give the guard the same robot_id."""


class RiskEventsFull(Unavailable):
    """{count} risk events wait for the hub and none may be dropped; keep this one and send it again later."""


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event with its place in the order."""

    number: int
    event: RiskEvent


class RiskEvents:
    """The guard's part of ``outbox.db``. Thread-safe."""

    def __init__(
        self, database: OutboxDatabase, robot_id: str, *, max_bytes: int = MAX_WAITING_BYTES, has_hub: bool = True
    ) -> None:
        self._database = database
        self._robot_id = robot_id
        self._max_bytes = max_bytes
        # Without a hub nothing is ever taken away, and the newest are worth more than the oldest.
        self._kept_weight = NEVER_DROPPED if has_hub else NEVER_DROPPED + 1
        ((self.waiting, self._held_bytes),) = database.rows(
            "SELECT count(*), coalesce(sum(bytes), 0) FROM risk_events WHERE state = ?", (WAITING,)
        )

    def take(self, events: Sequence[RiskEvent]) -> RiskEventsAccepted:
        """Note them on disk; raises OtherRobotsEvents, RiskEventsFull, OutboxUnwritable, and then has noted none."""
        other = next((one.robot_id for one in events if one.robot_id != self._robot_id), None)
        if other is not None:
            raise OtherRobotsEvents(other=other, robot_id=self._robot_id)
        with self._database.lock:
            with self._database.transaction() as run:
                taken_bytes = [size for one in events if (size := _insert(run, one))]
                _note_incidents(run, events)
                held_bytes, count = self._held_bytes + sum(taken_bytes), self.waiting + len(taken_bytes)
                if held_bytes > self._max_bytes:
                    dropped, freed_bytes = self._drop(run, held_bytes - self._max_bytes)
                    held_bytes, count = held_bytes - freed_bytes, count - dropped
            self._held_bytes, self.waiting = held_bytes, count
        return RiskEventsAccepted(accepted=len(taken_bytes), duplicates=len(events) - len(taken_bytes))

    def _drop(self, run: Run, excess_bytes: int) -> tuple[int, int]:
        """Drop what matters least, oldest first: how many, how large; raises RiskEventsFull when it is not enough."""
        dropped: list[int] = []
        freed_bytes = 0
        query = "SELECT number, bytes FROM risk_events WHERE state = ? AND weight < ? ORDER BY weight, number"
        wanted_bytes = excess_bytes + min(DROPPED_AT_ONCE_BYTES, self._max_bytes // 16)
        for number, size in run(query, (WAITING, self._kept_weight)):
            if freed_bytes >= wanted_bytes:
                break
            dropped.append(number)
            freed_bytes += size
        if freed_bytes < excess_bytes:
            raise RiskEventsFull(count=self.waiting)
        for number in dropped:
            run("DELETE FROM risk_events WHERE number = ?", (number,))
        _count(run, "risk_events_dropped", len(dropped))
        return len(dropped), freed_bytes

    def next_batch(self, limit: int = 500) -> list[WaitingEvent]:
        """The oldest that wait, as many as fit into one request; an event gets the incident of a capture around it."""
        query = "SELECT number, bytes, body FROM risk_events WHERE state = ? ORDER BY number LIMIT ?"
        found: list[WaitingEvent] = []
        unreadable: list[int] = []
        room = BATCH_BYTES
        for number, size, body in self._database.rows(query, (WAITING, limit)):
            room -= size
            if found and room < 0:
                break
            try:
                found.append(WaitingEvent(number, RiskEvent.model_validate_json(body)))
            except ValueError:
                unreadable.append(number)  # another version's; it must not hold up the others
        if unreadable:
            self.settle(unreadable, refused=True)
            return self.next_batch(limit)
        return self._with_incidents(found)

    def _with_incidents(self, found: list[WaitingEvent]) -> list[WaitingEvent]:
        if all(one.event.incident_id for one in found):
            return found
        captures = self._database.rows(
            "SELECT fired_at_ns - pre_s * ?, fired_at_ns + post_s * ?, incident_id FROM captures"
            " WHERE trigger IS NOT NULL ORDER BY fired_at_ns",
            (NS_PER_S, NS_PER_S),
        )
        told = [WaitingEvent(one.number, _with_incident(one.event, captures)) for one in found]
        with self._database.transaction() as run:
            _note_incidents(run, [one.event for one in told])
        return told

    def incident_of(self, guard_session_id: str, first_ns: int, last_ns: int) -> str | None:
        """What happened last in this part of a guard's session, if anything did."""
        rows = self._database.rows(
            "SELECT incident_id FROM guard_incidents WHERE guard_session_id = ? AND at_ns BETWEEN ? AND ?"
            " ORDER BY at_ns DESC LIMIT 1",
            (guard_session_id, first_ns, last_ns),
        )
        return str(rows[0][0]) if rows else None

    def settle(self, numbers: Iterable[int], *, refused: bool = False) -> None:
        """The hub has them, or will never have them."""
        state = REFUSED if refused else SENT
        with self._database.lock:
            with self._database.transaction() as run:
                settled = [size for number in numbers if (size := self._settle(run, number, state))]
                if refused:
                    _count(run, "risk_events_refused", len(settled))
                run(
                    "DELETE FROM risk_events WHERE state != ? AND number <= (SELECT max(number) FROM risk_events) - ?",
                    (WAITING, REMEMBERED),
                )
            self._held_bytes, self.waiting = self._held_bytes - sum(settled), self.waiting - len(settled)

    def _settle(self, run: Run, number: int, state: str) -> int:
        freed = run("SELECT bytes FROM risk_events WHERE number = ? AND state = ?", (number, WAITING)).fetchone()
        run("UPDATE risk_events SET state = ?, body = NULL WHERE number = ?", (state, number))
        return freed[0] if freed else 0

    @property
    def dropped(self) -> int:
        """Since the outbox was made."""
        return self._counted("risk_events_dropped")

    @property
    def refused(self) -> int:
        """Since the outbox was made."""
        return self._counted("risk_events_refused")

    def _counted(self, name: str) -> int:
        rows = self._database.rows("SELECT value FROM facts WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0


def weight_of(event: RiskEvent) -> int:
    """What is dropped first when there is no room: what was normal, then what was clamped; what was rejected never."""
    if event.outcome == "reject" or event.decision in ("REJECT", "FAULT"):
        return NEVER_DROPPED
    return 0 if event.risk_level is RiskLevel.NORMAL else 1


def _insert(run: Run, event: RiskEvent) -> int:
    """Its size; 0 when it is known already."""
    body = event.model_dump_json(exclude_none=True)
    inserted = run(
        "INSERT OR IGNORE INTO risk_events (event_id, state, weight, bytes, body) VALUES (?, ?, ?, ?, ?)",
        (event.event_id, WAITING, weight_of(event), len(body.encode()), body),
    ).rowcount
    return len(body.encode()) if inserted > 0 else 0


def _note_incidents(run: Run, events: Sequence[RiskEvent]) -> None:
    """The session of a guard is told of later than its events, and belongs to the same incident."""
    for event in events:
        if event.incident_id and event.guard_session_id:
            run(
                "INSERT OR IGNORE INTO guard_incidents VALUES (?, ?, ?)",
                (event.guard_session_id, to_ns(event.occurred_at), event.incident_id),
            )
            run(
                "DELETE FROM guard_incidents WHERE rowid <= (SELECT max(rowid) FROM guard_incidents) - ?",
                (REMEMBERED,),
            )


def _with_incident(event: RiskEvent, captures: Sequence[tuple[float, float, str]]) -> RiskEvent:
    at_ns = to_ns(event.occurred_at)
    around = next((incident for first, last, incident in captures if first <= at_ns <= last), None)
    return event if event.incident_id or around is None else event.model_copy(update={"incident_id": around})


def _count(run: Run, name: str, more: int) -> None:
    run("INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value", (name, more))

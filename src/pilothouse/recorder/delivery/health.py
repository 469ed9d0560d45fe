"""Whether delivery works: one alert when it begins to fail, one when it works again, across restarts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.kit.errors import Problem
from pilothouse.kit.ids import new_id
from pilothouse.kit.logs import get_logger
from pilothouse.recorder.outbox.database import OutboxDatabase, OutboxUnwritable
from pilothouse.wire import DeliveryAlert, DeliveryAlertKind

KEPT_ALERTS = 100

log = get_logger("pilothouse.recorder")


@dataclass(frozen=True, slots=True)
class Failure:
    """Since when (monotonic and wall) something cannot be delivered."""

    monotonic_ns: int
    wall_ns: int


class DeliveryHealth:
    """Told by everything that delivers, each under its own kind. Delivery works when no kind fails."""

    def __init__(
        self, database: OutboxDatabase, clock: Clock, *, hub: str, alert_after_s: float,
        on_return: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._hub = hub
        self.use(alert_after_s)
        self._on_return = on_return
        self._lock = threading.Lock()
        self._failing: dict[str, Failure] = {}
        self._outage_id = self._open_outage()
        self.problem: str | None = None

    def use(self, alert_after_s: float) -> None:
        """How long an outage may last before it is alerted."""
        self._alert_after_ns = round(alert_after_s * NS_PER_S)

    @property
    def failing_since_ns(self) -> int | None:
        """Wall time."""
        with self._lock:
            return min((one.wall_ns for one in self._failing.values()), default=None)

    def fails_for_s(self, kind: str) -> float:
        """How long this kind cannot be delivered; 0 when it can."""
        with self._lock:
            failure = self._failing.get(kind)
            return (self._clock.monotonic_ns() - failure.monotonic_ns) / NS_PER_S if failure else 0.0

    def failed(self, kind: str, problem: Problem) -> None:
        """One more attempt came to nothing."""
        with self._lock:
            was_fine = not self._failing
            now_ns = self._clock.monotonic_ns()
            self._failing.setdefault(kind, Failure(now_ns, self._clock.now_ns()))
            self.problem = problem.sentence
            if was_fine:
                log.warning(
                    "the hub cannot be reached or refuses; trying again until it takes what is sent",
                    hub=self._hub,
                    problem=problem.sentence,
                )
            first_ns = min(one.monotonic_ns for one in self._failing.values())
            if self._outage_id is None and now_ns - first_ns >= self._alert_after_ns:
                self._begin_outage(problem.sentence)

    def worked(self, kind: str) -> None:
        """The hub took something, or nothing of this kind is left to be sent."""
        with self._lock:
            failed = self._failing.pop(kind, None)
            if self._failing or (failed is None and self._outage_id is None):
                return
            self.problem = None
            if failed is not None:
                log.info("the hub answers again", hub=self._hub)
            if self._outage_id is not None:
                self._end_outage(self._outage_id)
        self._on_return()

    def alerts(self, limit: int = 10) -> list[DeliveryAlert]:
        """The latest, newest first."""
        return self._alerts("ORDER BY occurred_at_ns DESC, rowid DESC LIMIT ?", limit)

    def untold(self) -> list[DeliveryAlert]:
        """Those the hub has not heard of yet, oldest first."""
        return self._alerts("WHERE state = 'waiting' ORDER BY occurred_at_ns, rowid LIMIT ?", KEPT_ALERTS)

    def told(self, alerts: list[DeliveryAlert]) -> None:
        """The hub has heard of these."""
        if not alerts:
            return
        with self._database.transaction() as run:
            for one in alerts:
                run("UPDATE delivery_alerts SET state = 'sent' WHERE alert_id = ?", (one.alert_id,))
            run(
                "DELETE FROM delivery_alerts WHERE state = 'sent' AND rowid <="
                " (SELECT max(rowid) FROM delivery_alerts) - ?",
                (KEPT_ALERTS,),
            )

    def _alerts(self, ending: str, limit: int) -> list[DeliveryAlert]:
        query = f"SELECT alert_id, outage_id, kind, occurred_at_ns, reason FROM delivery_alerts {ending}"  # noqa: S608 - no input in it
        return [
            DeliveryAlert(
                alert_id=alert_id, outage_id=outage_id, kind=DeliveryAlertKind(kind), occurred_at=at(at_ns), reason=why
            )
            for alert_id, outage_id, kind, at_ns, why in self._database.rows(query, (limit,))
        ]

    def _open_outage(self) -> str | None:
        """The outage that an earlier run has alerted and whose end it has not seen."""
        rows = self._database.rows("SELECT outage_id, kind FROM delivery_alerts ORDER BY rowid DESC LIMIT 1")
        return str(rows[0][0]) if rows and rows[0][1] == DeliveryAlertKind.FAILING else None

    def _begin_outage(self, reason: str) -> None:
        outage_id = new_id("out")
        if self._note(DeliveryAlertKind.FAILING, outage_id, reason):
            self._outage_id = outage_id
            log.error("delivery is failing; recordings are kept here", hub=self._hub, problem=reason)

    def _end_outage(self, outage_id: str) -> None:
        if self._note(DeliveryAlertKind.RECOVERED, outage_id, ""):
            self._outage_id = None
            log.info("delivery has recovered", hub=self._hub)

    def _note(self, kind: DeliveryAlertKind, outage_id: str, reason: str) -> bool:
        values = (new_id("alert"), kind.value, self._clock.now_ns(), reason[:2_000], outage_id)
        try:
            with self._database.transaction() as run:
                run(
                    "INSERT INTO delivery_alerts (alert_id, kind, occurred_at_ns, reason, outage_id, state)"
                    " VALUES (?, ?, ?, ?, ?, 'waiting')",
                    values,
                )
        except OutboxUnwritable:
            return False  # the disk is full, which is said elsewhere; the next attempt notes it
        return True

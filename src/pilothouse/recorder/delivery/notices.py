"""What is small and urgent: announcements, then risk events, then the heartbeat. One thread, beside the bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Problem, Unauthenticated
from pilothouse.kit.logs import get_logger
from pilothouse.recorder.backoff import Backoff
from pilothouse.recorder.delivery.announcements import Announcements
from pilothouse.recorder.delivery.hub_credential import HubCredential
from pilothouse.recorder.delivery.hub_link import Hub, HubLink
from pilothouse.recorder.delivery.hub_refusals import is_refusal, is_unknown_route
from pilothouse.recorder.outbox.database import OutboxUnwritable
from pilothouse.recorder.outbox.risk_events import RiskEvents, WaitingEvent
from pilothouse.recorder.worker import Worker
from pilothouse.wire import Heartbeat, HeartbeatAccepted, RiskEventBatch

ANNOUNCEMENTS, RISK_EVENTS, HEARTBEATS = "announcements", "risk events", "heartbeats"
# Looking into this many recordings takes a second or so; then the hub hears of them.
MADE_AT_ONCE = 20
BATCH = 500
# A hub that does not know a route may be replaced by one that does.
UNKNOWN_ROUTE_S = 600.0
# Bytes wait for what goes first, but not longer than this when only that cannot be sent.
GOES_FIRST_S = 60.0

log = get_logger("pilothouse.recorder")


class Notices(Worker):
    """Empties what is kept for the hub beside recordings. A heartbeat that fails is not kept: the next one tells."""

    def __init__(
        self, *, link: HubLink, clock: Clock, announcements: Announcements, risk_events: RiskEvents,
        credential: HubCredential, compose: Callable[[], Heartbeat], interval_s: float, on_empty: Callable[[], None],
        on_watched: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__("notices")
        self._link = link
        self._clock = clock
        self._announcements = announcements
        self._risk_events = risk_events
        self._compose = compose
        self.interval_s = interval_s
        self._on_empty = on_empty
        self._on_watched = on_watched
        self._credential = credential
        self._hub: Hub
        self._backoff = Backoff()
        self._hint = threading.Event()
        self._risk_not_before_ns = 0
        self._next_beat_ns = clock.monotonic_ns()
        self._refusals: set[str] = set()

    def hint(self) -> None:
        """Something new may be waiting."""
        self._hint.set()

    def ask_to_stop(self) -> None:
        super().ask_to_stop()
        self._hint.set()

    @property
    def goes_first(self) -> bool:
        """Whether recordings are to wait because something more urgent is being sent."""
        health = self._link.health
        if max(health.fails_for_s(ANNOUNCEMENTS), health.fails_for_s(RISK_EVENTS)) > GOES_FIRST_S:
            return False
        piled_up = self._knows_risk_events and self._risk_events.waiting > BATCH
        return piled_up or bool(self._announcements.waiting or self._announcements.unmade)

    @property
    def _knows_risk_events(self) -> bool:
        """Whether the hub takes risk events, as far as is known."""
        return self._clock.monotonic_ns() >= self._risk_not_before_ns

    def _work(self) -> None:
        while not self._stop.is_set():
            self._hint.clear()
            try:
                works = self._pass()
            except OutboxUnwritable:
                works = False
            except Exception:
                # What is kept is on disk; whatever this is must not end all delivery.
                log.exception("what is kept for the hub cannot be sent")
                works = False
            if works:
                self._hint.wait(max(0.0, (self._next_beat_ns - self._clock.monotonic_ns()) / NS_PER_S))
            else:
                self._stop.wait(self._backoff.next_s())

    def _pass(self) -> bool:
        """Send what there is; False when something is left that could not be sent."""
        self._credential.renew_if_due(self._link)
        self._hub = self._link.hub
        told = self._send_announcements() and self._send_risk_events()
        # A hub that has trouble with one thing is still to know that the robot lives.
        works = self._beat() and told
        if works:
            self._backoff.reset()
            self._on_empty()
        return works

    def _send_announcements(self) -> bool:
        works = True
        while not self._stop.is_set():
            made = self._announcements.make(MADE_AT_ONCE)
            if not made and not (works and self._announcements.waiting):
                break
            works = works and self._announce_all()
        if not works:
            return False
        self._link.health.worked(ANNOUNCEMENTS)
        return True

    def _announce_all(self) -> bool:
        while not self._stop.is_set() and (announcement := self._announcements.next()) is not None:
            try:
                self._hub.announce(announcement)
            except Problem as problem:
                if not is_refusal(problem):
                    return self._failed(ANNOUNCEMENTS, problem)
                self._note_refusal("announcements", problem)
                self._announcements.settle(announcement.session_id, refused=problem.sentence)
            else:
                self._announcements.settle(announcement.session_id)
                self._credential.proven()
        return True

    def _send_risk_events(self) -> bool:
        while not self._stop.is_set() and self._knows_risk_events and (batch := self._risk_events.next_batch(BATCH)):
            try:
                self._report(batch)
            except Problem as problem:
                return self._failed(RISK_EVENTS, problem)
            # However much has piled up, a capture sealed meanwhile is announced, and the robot lives.
            if not (self._send_announcements() and self._beat()):
                return False
        self._link.health.worked(RISK_EVENTS)
        return True

    def _report(self, batch: Sequence[WaitingEvent]) -> None:
        """Send these in order; one the hub will not have is given up, so that it does not hold up the others."""
        try:
            self._hub.report_risk(RiskEventBatch(events=[one.event for one in batch]))
        except Problem as problem:
            if not is_refusal(problem):
                raise
            if is_unknown_route(problem):
                self._note_refusal("risk events", problem)
                self._risk_not_before_ns = self._clock.monotonic_ns() + round(UNKNOWN_ROUTE_S * NS_PER_S)
            elif len(batch) == 1:
                log.error("the hub refuses a risk event", risk_event=batch[0].event.event_id, problem=problem.sentence)
                self._risk_events.settle([batch[0].number], refused=True)
            else:
                middle = len(batch) // 2
                self._report(batch[:middle])
                self._report(batch[middle:])
        else:
            self._risk_events.settle([one.number for one in batch])

    def _beat(self) -> bool:
        if self._clock.monotonic_ns() < self._next_beat_ns or self._stop.is_set():
            return True
        heartbeat = self._compose()
        try:
            answer = self._hub.heartbeat(heartbeat)
        except Problem as problem:
            return self._failed(HEARTBEATS, problem)
        self._next_beat_ns = self._clock.monotonic_ns() + round(self.interval_s * NS_PER_S)
        self._link.health.worked(HEARTBEATS)
        self._credential.proven()
        self._link.health.told(list(heartbeat.alerts))
        if isinstance(answer, HeartbeatAccepted) and answer.is_watched:
            self._on_watched()
        return True

    def _failed(self, kind: str, problem: Problem) -> bool:
        if not self._stop.is_set():
            self._link.health.failed(kind, problem)
        if isinstance(problem, Unauthenticated):
            self._credential.rejected(self._link, self._hub)
        return False

    def _note_refusal(self, what: str, problem: Problem) -> None:
        if what not in self._refusals:
            self._refusals.add(what)
            log.warning("the hub refuses what it should take; more of its kind are not logged", what=what,
                        problem=problem.sentence)  # fmt: skip

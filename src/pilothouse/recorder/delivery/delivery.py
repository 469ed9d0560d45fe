"""Everything between the outbox and the hub, as one part of the recorder."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pilothouse.kit.clock import Clock, at
from pilothouse.recorder.delivery.announcements import Announcements
from pilothouse.recorder.delivery.deliveries import Deliveries
from pilothouse.recorder.delivery.health import DeliveryHealth
from pilothouse.recorder.delivery.hub_credential import HubCredential
from pilothouse.recorder.delivery.hub_link import Hub, HubLink
from pilothouse.recorder.delivery.notices import Notices
from pilothouse.recorder.delivery.queue import DeliveryQueue
from pilothouse.recorder.delivery.relay import Relay
from pilothouse.recorder.outbox.outbox import Outbox
from pilothouse.recorder.outbox.risk_events import RiskEvents
from pilothouse.recorder.schemas import DeliveryStatus, TokenStatus, Waiting
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.wire import Heartbeat


class Delivery:
    """Two threads: one for what is small and urgent, one for recordings; and a third while somebody watches."""

    def __init__(
        self, *, settings: RecorderSettings, hub_url: str, clock: Clock, outbox: Outbox, sessions: Path,
        risk_events: RiskEvents, connect: Callable[[HubCredential], Hub], compose: Callable[[], Heartbeat],
    ) -> None:  # fmt: skip
        self._clock = clock
        self._outbox = outbox
        self._risk_events = risk_events
        self.credential = HubCredential(settings, clock)
        self.health = DeliveryHealth(
            outbox.database, clock, hub=hub_url, alert_after_s=settings.delivery.alert_after_s,
            on_return=self._on_return,
        )  # fmt: skip
        self.link = HubLink(hub_url, lambda: connect(self.credential), self.health)
        self._announcements = Announcements(outbox, sessions, settings.robot_id)
        self.relay = Relay(settings, self.link, self.credential, compose)
        self.notices = Notices(
            link=self.link, clock=clock, announcements=self._announcements, risk_events=risk_events,
            credential=self.credential, compose=compose, interval_s=settings.heartbeat_s, on_empty=self._on_empty,
            on_watched=self.relay.watched,
        )  # fmt: skip
        self.recordings = Deliveries(
            outbox=outbox, sessions=sessions, robot_id=settings.robot_id, link=self.link, credential=self.credential,
            clock=clock, settings=settings.delivery, goes_first=lambda: self.notices.goes_first,
        )  # fmt: skip

    def start(self) -> None:
        self.relay.start()
        self.notices.start()
        self.recordings.start()

    def ask_to_stop(self) -> None:
        self.relay.ask_to_stop()
        self.notices.ask_to_stop()
        self.recordings.ask_to_stop()

    def join(self, deadline_s: float) -> None:
        """Wait for the end of both, at most so long."""
        until = time.monotonic() + deadline_s
        for one in (self.notices, self.recordings, self.relay):
            one.join(max(0.0, until - time.monotonic()))

    def hint(self) -> None:
        """A recording is sealed, or a risk event was reported."""
        self.notices.hint()
        self.recordings.hint()

    def use(self, settings: RecorderSettings) -> None:
        """Go on with another address, token, interval, cap and hours."""
        self.credential.use(settings)
        self.link.use(settings.hub_url or self.link.url)
        self.notices.interval_s = settings.heartbeat_s
        self.relay.use(settings)
        self.health.use(settings.delivery.alert_after_s)
        self.recordings.use(settings.delivery)

    def status(self) -> DeliveryStatus:
        """What waits, and whether it can go."""
        health, token = self.health, self.credential.own
        backlog, since_ns = DeliveryQueue(self._outbox).backlog(), self.health.failing_since_ns
        return DeliveryStatus(
            hub=self.link.url,
            problem=health.problem,
            failing_since=None if since_ns is None else at(since_ns),
            open=self.recordings.is_open,
            waiting=Waiting(
                announcements=self._announcements.waiting,
                risk_events=self._risk_events.waiting,
                recordings={one.name.lower(): count for one, count in backlog.recordings.items()},
                recording_bytes=backlog.size_bytes,
            ),
            risk_events_dropped=self._risk_events.dropped,
            risk_events_refused=self._risk_events.refused,
            alerts=health.alerts(),
            token=None if token is None else TokenStatus(
                token_id=token.token_id, created_at=token.created_at, expires_at=token.expires_at,
                age_s=max(0.0, (at(self._clock.now_ns()) - token.created_at).total_seconds()),
            ),
        )  # fmt: skip

    def _on_return(self) -> None:
        self.recordings.hub_is_back()

    def _on_empty(self) -> None:
        self.recordings.hint()

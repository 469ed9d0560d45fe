"""The recorder, put together from its parts: sources -> ring -> rules -> captures -> outbox -> hub."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Channel, Ring, Spool
from pilothouse.recorder.alert_saves import AlertSaves
from pilothouse.recorder.alerts import AlertNotice
from pilothouse.recorder.answers import Answers
from pilothouse.recorder.captures import Captures
from pilothouse.recorder.deliveries import Deliveries
from pilothouse.recorder.heartbeats import Heartbeats
from pilothouse.recorder.hub_link import Hub, HubLink
from pilothouse.recorder.keyed_saves import KeyedSaves
from pilothouse.recorder.outbox import CaptureRow, Outbox, SaveKey
from pilothouse.recorder.pipeline import Decode, Pipeline, WatchedRule
from pilothouse.recorder.problems import DataInUse, DataUnusable
from pilothouse.recorder.pushing import Pushing
from pilothouse.recorder.recovery import Recovery
from pilothouse.recorder.risk_events import RiskEvents
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources import SourceRunner, SourceState, open_source
from pilothouse.recorder.sources.gate import Thinning
from pilothouse.recorder.sources.selection import Selection
from pilothouse.recorder.stream import Stream
from pilothouse.recorder.topic_history import TopicHistory
from pilothouse.wire import RiskEvent, RiskEventsAccepted

SAMPLE_S = 1.0
# The process has two seconds for its end (web/process.py); what is not written by then is recovered at the next start.
STOP_S = 1.6

log = get_logger("pilothouse.recorder")


class _Ending(Protocol):
    """Something with a thread of its own."""

    def ask_to_stop(self) -> None: ...

    def join(self, deadline_s: float) -> None: ...


class Recorder:
    """Everything a running recorder owns: `open` takes the data directory, `start` begins, `stop` ends."""

    def __init__(self, settings: RecorderSettings, *, clock: Clock, connect: Callable[[], Hub], lock: int) -> None:
        self.settings = settings
        self._clock = clock
        self._lock = lock
        sessions, spool_directory = settings.data / "sessions", settings.data / "spool"
        sources = [open_source(config, clock) for config in settings.sources]
        topic_rules = settings.topic_rules
        self.outbox = Outbox(settings.data / "outbox.db", settings.robot_id)
        self.risk_events = RiskEvents(self.outbox.database, settings.robot_id)
        self._link = HubLink(settings.hub_url, connect) if settings.hub_url else None
        self._deliveries = (
            Deliveries(outbox=self.outbox, sessions=sessions, robot_id=settings.robot_id, link=self._link, clock=clock)
            if self._link
            else None
        )
        self._recovery = Recovery(
            outbox=self.outbox, sessions=sessions, spool=spool_directory, robot_id=settings.robot_id, clock=clock,
            window_s=settings.retention_s, on_sealed=self._on_sealed,
        )  # fmt: skip
        self._spool = Spool(spool_directory, max_bytes=settings.spool_max_bytes, fsync=settings.spool_fsync)
        self.ring = Ring(
            window_s=settings.retention_s, max_bytes=settings.max_bytes, compression=settings.compression,
            spool=self._spool, keep=topic_rules.keep,
        )  # fmt: skip
        self._history = TopicHistory(settings.retention_s)
        stream = Stream()
        self.captures = Captures(
            ring=self.ring, stream=stream, outbox=self.outbox, sessions=sessions, robot_id=settings.robot_id,
            clock=clock, max_backlog_bytes=settings.max_bytes, drops=self._drops, on_sealed=self._on_sealed,
        )  # fmt: skip
        self.pipeline = Pipeline(
            ring=self.ring, stream=stream, captures=self.captures, rules=WatchedRule.all_of(settings),
            make_decode=_make_decode,
        )  # fmt: skip
        self._pushed = Thinning(self.pipeline, Selection(), topic_rules)
        self.pushing = Pushing(self._pushed, clock, oldest_s=settings.retention_s)
        self.sources = [
            SourceRunner(source, self.pipeline, self._on_source_end, rules=topic_rules) for source in sources
        ]
        self.answers = Answers(
            settings=settings, clock=clock, ring=self.ring, stream=stream, outbox=self.outbox, captures=self.captures,
            pipeline=self.pipeline, sources=self.sources, pushed=self._pushed, history=self._history,
            sessions=sessions, link=self._link,
        )  # fmt: skip
        self._alerts = AlertSaves(self.outbox, self._save_alert)
        self._keyed = KeyedSaves(self.outbox)
        self._heartbeats = (
            Heartbeats(link=self._link, compose=self.answers.heartbeat, interval_s=settings.heartbeat_s)
            if self._link
            else None
        )
        self._stopping = threading.Event()
        self._sampling = threading.Thread(target=self._sample, name="sampling", daemon=True)

    @classmethod
    def open(
        cls, settings: RecorderSettings, *, clock: Clock | None = None, connect: Callable[[], Hub] | None = None
    ) -> Recorder:
        """Take the data directory; raises DataInUse, DataUnusable, SourceUnusable."""
        lock = _take(settings.data)
        try:
            return cls(
                settings, clock=clock or SystemClock(), connect=connect or (lambda: _connect(settings)), lock=lock
            )
        except BaseException:
            os.close(lock)
            raise

    def start(self) -> None:
        self.captures.start()
        for source in self.sources:
            source.start()
        self._recovery.start()
        self._sampling.start()
        if self._deliveries and self._heartbeats:
            self._deliveries.start()
            self._heartbeats.start()

    def stop(self) -> None:
        """Stop listening, seal what is pending, let go; the spool stays if not all is safely written. Idempotent."""
        if self._stopping.is_set():
            return
        until = time.monotonic() + STOP_S
        self._stopping.set()
        enders: list[_Ending] = [*self.sources, self._recovery]
        enders += [one for one in (self._deliveries, self._heartbeats) if one is not None]
        for one in enders:
            one.ask_to_stop()
        for source in self.sources:
            source.join(max(0.0, until - time.monotonic()))
        self.pushing.end()
        complete = self.captures.stop(max(0.0, until - time.monotonic()))
        self.ring.close()
        if complete:
            self._spool.discard()
        else:
            log.error("not everything could be written; it is recovered at the next start")
            self._spool.close()
        for one in enders:
            one.join(max(0.0, until - time.monotonic()))
        self.outbox.close()
        os.close(self._lock)

    def save(self, label: str, key: SaveKey | None = None) -> CaptureRow:
        """Capture the window now, because somebody asks; the first capture for a key that was sent before."""
        window_s = self.settings.window_s
        return self._keyed.save(key, lambda: self.captures.save(label=label, window_s=window_s, key=key))

    def save_alert(self, notice: AlertNotice, key: SaveKey | None = None) -> CaptureRow:
        """Capture the window now, because an alert fires; the first capture for one that has fired before."""
        return self._keyed.save(key, lambda: self._alerts.save(notice, key))

    def report_risk(self, events: Sequence[RiskEvent]) -> RiskEventsAccepted:
        """Keep what a guard reports until the hub has it."""
        return self.risk_events.take(events)

    def _save_alert(self, notice: AlertNotice, key: SaveKey | None) -> CaptureRow:
        return self.captures.save(
            label=notice.label, window_s=self.settings.window_s, reason="alert", alerts=notice.keys, key=key
        )

    def _drops(self, span_s: float) -> dict[str, int]:
        return self._history.drops(self._clock.monotonic_ns(), self.ring.topics(), span_s)

    def _on_sealed(self) -> None:
        if self._deliveries:
            self._deliveries.hint()

    def _on_source_end(self) -> None:
        if all(source.is_over for source in self.sources) and not self.pushing.is_used:
            self.captures.cut_short("no source is left to speak in the rest of the post-roll")

    def _sample(self) -> None:
        while not self._stopping.is_set():
            self._history.add(self._clock.monotonic_ns(), self.ring.topics())
            if not self._has_ended:
                self.pipeline.time_passes(self._clock.monotonic_ns())
            self._stopping.wait(SAMPLE_S)

    @property
    def _has_ended(self) -> bool:
        """Whether every source came to its end as it should: the silence after a replay is no dropout."""
        return not self.pushing.is_used and all(source.state is SourceState.ENDED for source in self.sources)


def _take(directory: Path) -> int:
    """Hold the data directory alone, until the process ends however it ends."""
    try:
        for part in (directory, directory / "sessions", directory / "spool"):
            part.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / "recorder.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise DataUnusable(directory=directory, reason=error.strerror) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DataInUse(directory=directory) from None
    return lock


def _make_decode() -> Decode:
    from pilothouse.mcap import Decoders  # decoding needs numpy and more; only watched topics pay for it

    decoders = Decoders()

    def decode(channel: Channel, content: bytes) -> object:
        return decoders.decode(channel, content)

    return decode


def _connect(settings: RecorderSettings) -> Hub:
    from pilothouse.client import HubClient  # an HTTP client is heavy, and a recorder without a hub needs none

    assert settings.hub_url is not None
    token = settings.hub_token.get_secret_value() if settings.hub_token else None
    return HubClient(settings.hub_url, token=token)

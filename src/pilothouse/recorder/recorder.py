"""The recorder, put together from its parts: sources -> ring -> rules -> captures -> outbox -> hub."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Ring, Spool
from pilothouse.mcap.ring.beside import NOTICED_BYTES
from pilothouse.recorder.answers import Answers
from pilothouse.recorder.asking.alert_saves import AlertSaves
from pilothouse.recorder.asking.drop_directory import DropDirectory
from pilothouse.recorder.asking.keyed_saves import KeyedSaves
from pilothouse.recorder.asking.requests import Requests
from pilothouse.recorder.asking.signals import Signals
from pilothouse.recorder.capture.asked import AskedCaptures
from pilothouse.recorder.capture.budgets import Budgets
from pilothouse.recorder.capture.captures import Captures
from pilothouse.recorder.capture.recovery import Recovery
from pilothouse.recorder.capture.writing import RobotFacts, Writing
from pilothouse.recorder.data_directory import take_alone
from pilothouse.recorder.delivery.adoption import Adoption
from pilothouse.recorder.delivery.delivery import Delivery
from pilothouse.recorder.delivery.hub_credential import HubCredential, with_enrolment
from pilothouse.recorder.delivery.hub_link import Hub
from pilothouse.recorder.keeping.disk_room import Space, space_of
from pilothouse.recorder.keeping.keeper import Keeper
from pilothouse.recorder.keeping.stored_recordings import StoredRecordings
from pilothouse.recorder.losses import Ledger
from pilothouse.recorder.outbox.outbox import CaptureRow, Outbox, OutboxUnwritable, SaveKey
from pilothouse.recorder.outbox.risk_events import RiskEvents
from pilothouse.recorder.pipeline import Decodes, Pipeline, WatchedRule
from pilothouse.recorder.problems import NothingToReload
from pilothouse.recorder.push.pushing import Pushing
from pilothouse.recorder.reloading import changed_settings
from pilothouse.recorder.schemas import Reloaded
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources import Source, SourceRunner, SourceState, open_source
from pilothouse.recorder.sources.gate import Thinning
from pilothouse.recorder.sources.running import RunningSources
from pilothouse.recorder.sources.selection import Selection
from pilothouse.recorder.steady_time import SteadyTime
from pilothouse.recorder.stream import Stream
from pilothouse.recorder.too_large import TooLarge
from pilothouse.recorder.topic_history import TopicHistory
from pilothouse.recorder.watchdog import Vitals
from pilothouse.wire import RiskEvent, RiskEventsAccepted
from pilothouse.wire.alertmanager import AlertNotice

SAMPLE_S = 1.0
# The process has two seconds for its end (web/process.py); what is not written by then is recovered at the next start.
STOP_S = 1.6

log = get_logger("pilothouse.recorder")
Read = Callable[[], RecorderSettings]


class _Ending(Protocol):
    """Something with a thread of its own."""

    def ask_to_stop(self) -> None: ...

    def join(self, deadline_s: float) -> None: ...


class Recorder:
    """Everything a running recorder owns: `open` takes the data directory, `start` begins, `stop` ends."""

    def __init__(
        self, settings: RecorderSettings, *, clock: Clock, connect: Callable[[], Hub] | None, lock: int,
        read: Read | None, signals: Signals | None, measure: Callable[[Path], Space] = space_of,
    ) -> None:  # fmt: skip
        self.settings = settings
        self._connect = (lambda _credential: connect()) if connect else self._connect_to_hub
        self._read = read
        self.clock = clock
        self._lock = lock
        sessions, spool_directory = settings.data / "sessions", settings.data / "spool"
        self._running = RunningSources(partial(open_source, clock=clock), self._runner)
        sources = self._running.prepare(settings.sources)
        directory = _drop_directory(settings)
        topic_rules = settings.topic_rules
        self.outbox = Outbox(settings.data / "outbox.db", settings.robot_id)
        self.risk_events = RiskEvents(self.outbox.database, settings.robot_id, has_hub=settings.hub_url is not None)
        self.delivery = self._made_delivery(settings.hub_url, sessions) if settings.hub_url else None
        stored = StoredRecordings(self.outbox.database)
        self._steady = SteadyTime(clock, stored.fact, stored.keep_facts)
        self.keeper = Keeper(stored=stored, sessions=sessions, steady=self._steady, settings=settings, measure=measure)
        self._recovery = Recovery(
            outbox=self.outbox, sessions=sessions, spool=spool_directory, about=RobotFacts.of(settings), clock=clock,
            steady=self._steady, window_s=settings.retention_s, on_sealed=self._on_sealed,
        )  # fmt: skip
        self._adoption = self._made_adoption(sessions)
        self._spool = Spool(spool_directory, max_bytes=settings.spool_max_bytes, fsync=settings.spool_fsync)
        self.ring = Ring(
            window_s=settings.retention_s, max_bytes=settings.ring_bytes, compression=settings.compression,
            spool=self._spool, keep=topic_rules.keep,
        )  # fmt: skip
        self._history = TopicHistory(settings.retention_s)
        self._ledger = Ledger(settings.retention_s, spool_directory)
        self._too_large = TooLarge(self._ledger.too_large, clock, max_bytes=int(settings.max_bytes))
        stream = Stream()
        self.captures = self._made_captures(stream, sessions)
        self.pipeline = Pipeline(
            ring=self.ring, stream=stream, captures=self.captures, rules=WatchedRule.all_of(settings),
            make_decoders=_make_decoders, clock=clock, rejected=self._ledger.rejected,
            most_bytes=lambda: self._too_large.most_bytes,
        )  # fmt: skip
        self._pushed = Thinning(self.pipeline, Selection(), topic_rules, self._ledger.thinned)
        self.pushing = Pushing(
            self._pushed, clock, oldest_s=settings.retention_s, too_large=self._too_large,
            rejected=self._ledger.rejected, present_ns=lambda: self.pipeline.present_ns,
            hold=self.ring.beside.share().hold,
        )  # fmt: skip
        self._running.switch(sources, topic_rules)
        self.sources = self._running.runners
        self.answers = Answers(
            settings=settings, clock=clock, ring=self.ring, spool=self._spool, stream=stream, outbox=self.outbox,
            captures=self.captures, pipeline=self.pipeline, sources=self.sources, ledger=self._ledger,
            pushing=self.pushing, keeper=self.keeper, history=self._history, sessions=sessions,
            delivery=self.delivery, too_large=self._too_large,
        )  # fmt: skip
        self._alerts = AlertSaves(self.outbox, self._save_alert)
        self._keyed = KeyedSaves(self.outbox)
        self._requests = Requests(
            signals=signals, directory=directory, outbox=self.outbox, save=self.save, reload=self.reload
        )
        self._reloading = threading.Lock()
        self._stopping = threading.Event()
        self._sampled_at_ns = clock.monotonic_ns()
        self._sampling = threading.Thread(target=self._sample, name="sampling", daemon=True)

    def _made_delivery(self, hub_url: str, sessions: Path) -> Delivery:
        return Delivery(
            settings=self.settings, hub_url=hub_url, clock=self.clock, outbox=self.outbox, sessions=sessions,
            risk_events=self.risk_events, connect=self._connect, compose=lambda: self.answers.heartbeat(),
        )  # fmt: skip

    def _made_adoption(self, sessions: Path) -> Adoption:
        return Adoption(
            outbox=self.outbox, sessions=sessions, directories=self.settings.adopt, clock=self.clock,
            steady_ns=self._steady.now_ns, on_sealed=self._on_sealed, incident_of=self.risk_events.incident_of,
        )  # fmt: skip

    def _made_captures(self, stream: Stream, sessions: Path) -> Captures:
        settings, outbox = self.settings, self.outbox
        budgets = Budgets.of(settings)
        asked = AskedCaptures(outbox=outbox, sessions=sessions, clock=self.clock, steady=self._steady, budgets=budgets)
        writing = Writing(sessions, RobotFacts.of(settings), ledger=self._ledger, make_room=self.keeper.make_room)
        return Captures(
            ring=self.ring, stream=stream, outbox=outbox, asked=asked, writing=writing, clock=self.clock,
            max_backlog_bytes=settings.max_bytes, max_post_s=settings.max_post_s, on_sealed=self._on_sealed,
        )  # fmt: skip

    @classmethod
    def open(
        cls, settings: RecorderSettings, *, clock: Clock | None = None, connect: Callable[[], Hub] | None = None,
        read: Read | None = None, signals: Signals | None = None, measure: Callable[[Path], Space] = space_of,
    ) -> Recorder:  # fmt: skip
        """Take the data directory; raises DataInUse, DataUnusable, SourceUnusable, DropDirectoryUnusable."""
        lock = take_alone(settings.data)
        try:
            settings = with_enrolment(settings)
            return cls(
                settings, clock=clock or SystemClock(), connect=connect, lock=lock, read=read, signals=signals,
                measure=measure,
            )  # fmt: skip
        except BaseException:
            os.close(lock)
            raise

    def start(self) -> None:
        self.captures.start()
        for source in self.sources:
            source.start()
        self._recovery.start()
        self.keeper.start()
        self._sampling.start()
        self._requests.start()
        self._adoption.start()
        if self.delivery:
            self.delivery.start()

    def stop(self) -> None:
        """Stop listening, seal what is pending, let go; the spool stays if not all is safely written. Idempotent."""
        if self._stopping.is_set():
            return
        until = time.monotonic() + STOP_S
        self._stopping.set()
        enders: list[_Ending] = [*self.sources, self._requests, self._recovery, self.keeper, self._adoption]
        enders += [self.delivery] if self.delivery else []
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
        with suppress(OutboxUnwritable):
            self._steady.keep()
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
        accepted = self.risk_events.take(events)
        if self.delivery and accepted.accepted:
            self.delivery.notices.hint()
        return accepted

    def reload(self) -> Reloaded:
        """Read the configuration again and apply it, all or nothing; the ring, the spool and what is under way stay.

        Raises BadConfiguration, SourceUnusable, DropDirectoryUnusable, NeedsRestart, NothingToReload.
        """
        if self._read is None:
            raise NothingToReload
        with self._reloading:
            settings = with_enrolment(self._read())
            changed = changed_settings(self.settings, settings)
            sources, directory = self._running.prepare(settings.sources), _drop_directory(settings)
            rules = WatchedRule.all_of(settings)
            # From here on nothing can fail.
            self._apply(settings)
            self.pipeline.watch_with(rules)
            self._requests.directory = directory
            new, old = self._running.switch(sources, settings.topic_rules)
            for one in new:
                if not self._stopping.is_set():
                    one.start()
        log.info("the configuration is applied", changed=changed)
        return Reloaded(changed=changed, started=[one.name for one in new], stopped=[one.name for one in old])

    def _apply(self, settings: RecorderSettings) -> None:
        topic_rules, kept_s = settings.topic_rules, settings.retention_s
        self.settings = self.answers.settings = settings
        self.ring.change(window_s=kept_s, max_bytes=settings.ring_bytes, keep=topic_rules.keep)
        self._history.keep(kept_s)
        self._ledger.keep(kept_s)
        self.captures.use(settings)
        self.keeper.use(settings)
        self._adoption.directories = settings.adopt
        self._too_large.use(int(settings.max_bytes))
        self.pushing.use(oldest_s=kept_s)
        self._pushed.use(topic_rules)
        if self.delivery:
            self.delivery.use(settings)

    def _connect_to_hub(self, credential: HubCredential) -> Hub:
        from pilothouse.client import HubClient  # an HTTP client is heavy, and a recorder without a hub needs none

        assert self.settings.hub_url is not None
        return HubClient(self.settings.hub_url, token=credential.token)

    def _runner(self, source: Source) -> SourceRunner:
        share = self.ring.beside.share()

        def hold(size: int) -> None:
            grows = size > max(share.bytes, NOTICED_BYTES)
            share.hold(size)
            if grows:
                # Before what comes is copied.
                self.ring.wait_for_room(size)

        return SourceRunner(
            source, self.pipeline, self._on_source_end, ledger=self._ledger, hold=hold, too_large=self._too_large,
        )  # fmt: skip

    def _save_alert(self, notice: AlertNotice, key: SaveKey | None) -> CaptureRow:
        return self.captures.save(
            label=notice.label, window_s=self.settings.window_s, reason="alert", alerts=notice.keys, key=key
        )

    def _on_sealed(self) -> None:
        self.keeper.hint()
        if self.delivery:
            self.delivery.hint()

    def _on_source_end(self) -> None:
        if all(source.is_over for source in self.sources) and not self.pushing.is_used:
            self.captures.cut_short("no source is left to speak in the rest of the post-roll")

    def vitals(self) -> Vitals:
        """What shows whether it works."""
        threads = (self._sampling.is_alive(), self.captures.lives, self.ring.seals)
        return Vitals(all(threads), self._sampled_at_ns, self.ring.oldest_unsealed)

    def _sample(self) -> None:
        while not self._stopping.is_set():
            self._sampled_at_ns = self.clock.monotonic_ns()
            self._history.add(self.clock.monotonic_ns(), self.ring.topics())
            if not self._has_ended:
                self.pipeline.time_passes(self.clock.monotonic_ns())
            self._stopping.wait(SAMPLE_S)

    @property
    def _has_ended(self) -> bool:
        """Whether every source came to its end as it should: the silence after a replay is no dropout."""
        return not self.pushing.is_used and all(source.state is SourceState.ENDED for source in self.sources)


def _drop_directory(settings: RecorderSettings) -> DropDirectory | None:
    return DropDirectory(settings.drop_directory) if settings.drop_directory else None


def _make_decoders() -> Decodes:
    from pilothouse.mcap import Decoders  # decoding needs numpy and more; only watched topics pay for it

    return Decoders()

"""Turns what the recorder knows into what it answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pilothouse import __version__
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.mcap import Ring, Spool, TopicCount
from pilothouse.recorder.capture.captures import Captures
from pilothouse.recorder.capture.without_recording import without_recording
from pilothouse.recorder.capture.writing import recording_path
from pilothouse.recorder.delivery.delivery import Delivery
from pilothouse.recorder.keeping.keeper import Keeper
from pilothouse.recorder.losses import NO_TOPIC, Ledger, Losses
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState, Outbox
from pilothouse.recorder.outbox.post_rolls import CaptureRequest
from pilothouse.recorder.pipeline import Pipeline, WatchedRule
from pilothouse.recorder.problems import NoRecordingYet
from pilothouse.recorder.push.pushing import Pushing
from pilothouse.recorder.schemas import (
    Capture,
    DiskStatus,
    LastRecording,
    RecorderHealth,
    RuleStatus,
    SourceStatus,
    TopicList,
    TopicStatus,
    TriggerStatus,
    duration_s,
)
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources import SourceRunner, SourceState
from pilothouse.recorder.stream import Stream
from pilothouse.recorder.too_large import TooLarge
from pilothouse.recorder.topic_history import TopicHistory
from pilothouse.wire import Heartbeat, SavedRecording, TopicHealth

RECENT = 50
DAY_NS = 86_400 * NS_PER_S
# As many topics as a heartbeat carries.
HEARTBEAT_TOPICS = 2_000


@dataclass(slots=True)
class Answers:
    """Reads every part of a recorder, changes none."""

    settings: RecorderSettings
    clock: Clock
    ring: Ring
    spool: Spool
    stream: Stream
    outbox: Outbox
    captures: Captures
    pipeline: Pipeline
    sources: Sequence[SourceRunner]
    ledger: Ledger
    pushing: Pushing
    keeper: Keeper
    history: TopicHistory
    sessions: Path
    delivery: Delivery | None
    too_large: TooLarge

    def health(self) -> RecorderHealth:
        problems = [*self.problems(), *self._silence(), *self.too_large.problems(self.settings.retention_s)]
        return RecorderHealth(
            ok=not problems,
            buffer_size=self.ring.message_count,
            robot_id=self.settings.robot_id,
            buffer_bytes=self.ring.resident_bytes,
            buffer_fill=round(self.ring.resident_bytes / self.settings.max_bytes, 4),
            sources=[_source(one) for one in self.sources],
            captures=self.outbox.counts(),
            disk=self.disk(),
            problems=problems,
            delivery=self.delivery.status() if self.delivery else None,
        )

    def problems(self) -> list[str]:
        """What keeps the recorder from doing its work; the hub's absence is none, deliveries wait for it."""
        away = (SourceState.FAILED, SourceState.RETRYING)
        dead = [f"source {one.name}: {one.error}" for one in self.sources if one.state in away]
        storage = self.captures.storage_problem or self.keeper.room_problem()
        return [*dead, *(one for one in (storage, self.spool.problem) if one)]

    def _silence(self) -> Iterator[str]:
        """What is wrong when nothing arrives: the recorder can work then, but a recording of it would be empty."""
        over = bool(self.sources) and all(one.state is SourceState.ENDED for one in self.sources)
        if over and not self.pushing.is_used:
            return
        if self.stream.last_ns is None:
            yield "no message has arrived yet"
            return
        quiet_s = self.history.quiet_s(self.clock.monotonic_ns(), self.ring.topics())
        if quiet_s > self.settings.silent_after_s:
            yield f"no message has arrived for {quiet_s:.0f} s"

    def losses(self) -> Losses:
        """What was lost of each topic since the start."""
        return Losses(
            dropped={topic: count.dropped for topic, count in self.ring.topics().items() if count.dropped},
            thinned=self.ledger.thinned.counts,
            rejected=self.ledger.rejected.counts,
            too_large=self.ledger.too_large.counts,
            missed=self.ledger.missed.counts,
        )

    def topics(self) -> TopicList:
        counts = self.ring.topics()
        rates = self.history.rates_hz(self.clock.monotonic_ns(), counts)
        undecodable, lost = self.pipeline.troubles.of("undecodable"), self.losses()
        # A topic of which everything was turned away is one too.
        away = lost.too_large.keys() | lost.rejected.keys() | lost.missed.keys()
        never = {topic: TopicCount(0, None, 0, 0) for topic in away if topic != NO_TOPIC}
        found = {
            topic: TopicStatus(
                message_count=count.message_count,
                rate_hz=rates.get(topic),
                last_age_s=self._age_s(count.last_log_time_ns),
                dropped=count.dropped,
                bytes=count.bytes,
                last_log_time_ns=count.last_log_time_ns,
                undecodable=undecodable.get(topic, 0),
                bad=lost.rejected.get(topic, 0),
                thinned=lost.thinned.get(topic, 0),
                too_large=lost.too_large.get(topic, 0),
                missed=lost.missed.get(topic, 0),
            )
            for topic, count in sorted((never | counts).items())
        }
        nameless = (lost.rejected.get(NO_TOPIC, 0), lost.too_large.get(NO_TOPIC, 0))
        return TopicList(topics=found, total=len(found), unreadable=nameless[0], too_large=nameless[1])

    def triggers(self) -> TriggerStatus:
        return TriggerStatus(
            rules=self.rules(),
            pending=self._pending(),
            recent=[self._recent(row) for row in self.outbox.recent(RECENT)],
        )

    def rules(self) -> list[RuleStatus]:
        return [_rule(one) for one in self.pipeline.rules]

    def disk(self) -> DiskStatus:
        """How much room there is for recordings."""
        space = self.keeper.room.space()
        return DiskStatus(
            free_bytes=space.free_bytes, total_bytes=space.total_bytes, reserved_bytes=self.keeper.room.floor(space),
            removed=self.keeper.removed,
        )  # fmt: skip

    def _recent(self, row: CaptureRow) -> Capture:
        sent = self.delivery.link.sent_bytes.get(row.session_id) if self.delivery else None
        return _capture(row).model_copy(update={"sent_bytes": sent})

    def _pending(self) -> list[Capture]:
        """What is not on disk yet; on a full disk the rows may not know why, or not be there."""
        found = {row.session_id: _capture(row) for row in self.outbox.in_state(CaptureState.WAITING)}
        found |= {one.session_id: _unrecorded(one) for one in self.captures.unrecorded}
        held_up, problem = self.captures.held_up, self.captures.storage_problem
        return [
            one.model_copy(update={"why": problem}) if session_id in held_up else one
            for session_id, one in found.items()
        ]

    def last_recording(self) -> LastRecording:
        row = self.outbox.last_recording()
        if row is None:
            raise NoRecordingYet
        return LastRecording(
            **self.saved(row).model_dump(),
            state=row.state,
            reason=row.reason,
            incident_id=row.incident_id,
            requested_at=at(row.requested_at_ns),
            trigger=row.trigger,
        )

    def saved(self, row: CaptureRow) -> SavedRecording:
        return SavedRecording(
            session_id=row.session_id,
            path=str(recording_path(self.sessions, row.session_id).absolute()),
            duration_s=duration_s(row) or 0.0,
            topics=sorted(row.topics),
            size_bytes=row.size_bytes or 0,
            label=row.label,
        )

    def heartbeat(self) -> Heartbeat:
        topics = list(self.topics().topics.items())[:HEARTBEAT_TOPICS]
        waiting = self.delivery.status().waiting if self.delivery else None
        return Heartbeat(
            robot_id=self.settings.robot_id,
            sent_at=at(self.clock.now_ns()),
            interval_s=self.settings.heartbeat_s,
            buffer_size=self.ring.message_count,
            buffer_bytes=self.ring.resident_bytes,
            topics={
                topic: TopicHealth(**one.model_dump(include=set(TopicHealth.model_fields))) for topic, one in topics
            },
            versions={"pilothouse": __version__},
            disk_free_bytes=shutil.disk_usage(self.sessions).free,
            outbox_depth=sum(waiting.recordings.values()) if waiting else None,
            outbox_bytes=waiting.recording_bytes if waiting else None,
            risk_events_waiting=waiting.risk_events if waiting else None,
            without_recording=without_recording(self.outbox.database, self.clock.now_ns() - DAY_NS),
            alerts=self.delivery.health.untold() if self.delivery else [],
        )

    def _age_s(self, last_log_time_ns: int | None) -> float | None:
        # Message time may run ahead of the wall clock, as in a replay faster than real time.
        if last_log_time_ns is None:
            return None
        return round(max(0.0, (self.clock.now_ns() - last_log_time_ns) / NS_PER_S), 3)


def _source(one: SourceRunner) -> SourceStatus:
    progress = one.progress
    return SourceStatus(
        name=one.name,
        state=one.state,
        messages=progress.messages,
        fraction=progress.fraction,
        error=one.error,
        restarts=one.restarts,
        refused=sorted(one.refused),
        uncounted=sorted(progress.uncounted),
    )


def _rule(one: WatchedRule) -> RuleStatus:
    return RuleStatus(
        name=one.rule.name,
        kind=one.config.kind,
        condition=one.config.condition,
        topics=sorted(one.rule.topics),
        pre_s=one.pre_s,
        post_s=one.post_s,
        label=one.label,
        fired=one.fired,
        merged=one.merged,
        over_budget=one.over_budget,
        unmeasured=one.rule.unmeasured,
        last=one.last,
    )


def _unrecorded(request: CaptureRequest) -> Capture:
    return Capture(
        session_id=request.session_id,
        incident_id=request.incident_id,
        state=CaptureState.WAITING,
        reason=request.reason,
        label=request.label,
        requested_at=at(request.requested_at_ns),
        pre_s=request.pre_s,
        post_s=request.post_s,
        trigger=request.trigger,
    )


def _capture(row: CaptureRow) -> Capture:
    return Capture(
        session_id=row.session_id,
        incident_id=row.incident_id,
        state=row.state,
        reason=row.reason,
        label=row.label,
        requested_at=at(row.requested_at_ns),
        pre_s=row.pre_s,
        post_s=row.post_s,
        trigger=row.trigger,
        why=row.why,
        merged_into=row.merged_into,
        more=row.more,
        last_fired_at_ns=row.last_fired_at_ns,
        pinned=row.pinned,
        size_bytes=row.size_bytes,
        duration_s=duration_s(row),
    )

"""What the hub hears of a recording before its bytes: made when it is sealed, kept until the hub has heard it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pilothouse.kit.clock import at
from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Summary, open_recording
from pilothouse.recorder.capture.writing import recording_path
from pilothouse.recorder.delivery.previews import preview_of
from pilothouse.recorder.delivery.queue import DeliveryQueue
from pilothouse.recorder.delivery.urgency import urgency_of
from pilothouse.recorder.outbox.outbox import CaptureRow, Outbox
from pilothouse.wire import RECORDING_METADATA, CaptureFacts, PreviewSeries, RecordingAnnouncement, TopicSummary

MAX_TOPICS = 2_000
WAITING, SENT, REFUSED = "waiting", "sent", "refused"

log = get_logger("pilothouse.recorder")


@dataclass(frozen=True, slots=True)
class Announcements:
    """Their part of ``outbox.db``."""

    outbox: Outbox
    sessions: Path
    robot_id: str

    def make(self, limit: int) -> int:
        """Announce recordings that are not announced yet, the most urgent first; how many that were."""
        rows = DeliveryQueue(self.outbox).unannounced(limit)
        for row in rows:
            announcement = self._composed(row)
            urgency = urgency_of(row.reason, has_trigger=row.trigger is not None)
            values = (row.session_id, urgency.value, row.requested_at_ns, WAITING, _encoded(announcement))
            with self.outbox.database.transaction() as run:
                run(
                    "INSERT OR IGNORE INTO announcements (session_id, urgency, requested_at_ns, state, body)"
                    " VALUES (?, ?, ?, ?, ?)",
                    values,
                )
        return len(rows)

    def _composed(self, row: CaptureRow) -> RecordingAnnouncement:
        try:
            return compose(row, recording_path(self.sessions, row.session_id), self.robot_id)
        except ValueError:
            # Something in the file is beyond all measure; that there is a recording is to be known all the same.
            log.warning("a recording cannot be described", recording=row.session_id)
            return RecordingAnnouncement(
                session_id=row.session_id, robot_id=self.robot_id, label=row.label[:500], reason=row.reason,
                incident_id=row.incident_id, size_bytes=row.size_bytes or 0,
            )  # fmt: skip

    def next(self) -> RecordingAnnouncement | None:
        """The most urgent one the hub has not heard."""
        rows = self.outbox.database.rows(
            "SELECT body FROM announcements WHERE state = ? ORDER BY urgency, requested_at_ns, session_id LIMIT 1",
            (WAITING,),
        )
        return RecordingAnnouncement.model_validate_json(rows[0][0]) if rows else None

    def settle(self, session_id: str, *, refused: str | None = None) -> None:
        """The hub has heard it, or will not hear it; the bytes tell it all the same."""
        state = SENT if refused is None else REFUSED
        with self.outbox.database.transaction() as run:
            run(
                "UPDATE announcements SET state = ?, why = ?, body = '' WHERE session_id = ?",
                (state, refused, session_id),
            )

    @property
    def unmade(self) -> bool:
        return bool(DeliveryQueue(self.outbox).unannounced(1))

    @property
    def waiting(self) -> int:
        ((count,),) = self.outbox.database.rows("SELECT count(*) FROM announcements WHERE state = ?", (WAITING,))
        return int(count)


def compose(row: CaptureRow, path: Path, robot_id: str) -> RecordingAnnouncement:
    """What there is to say of a recording; less of one whose file cannot be read."""
    summary, preview = _examined(row, path)
    return RecordingAnnouncement(
        session_id=row.session_id,
        robot_id=robot_id,
        label=row.label,
        reason=row.reason,
        incident_id=row.incident_id,
        trigger=row.trigger,
        started_at=None if row.start_ns is None else at(row.start_ns),
        ended_at=None if row.end_ns is None else at(row.end_ns),
        size_bytes=row.size_bytes or 0,
        message_count=row.message_count or 0,
        sha256=row.sha256,
        channels=_topics(summary, row),
        drops=_drops(summary),
        preview=preview,
    )


def _examined(row: CaptureRow, path: Path) -> tuple[Summary | None, list[PreviewSeries]]:
    try:
        with open_recording(path) as recording:
            summary = recording.summary()
            return summary, preview_of(recording, row.trigger) if row.trigger else []
    except (Problem, OSError) as problem:
        log.warning("a recording cannot be looked into", recording=row.session_id, problem=str(problem))
        return None, []


def _topics(summary: Summary | None, row: CaptureRow) -> list[TopicSummary]:
    if summary is None:
        return []
    seconds = 0.0 if row.start_ns is None or row.end_ns is None else (row.end_ns - row.start_ns) / 1e9
    spoken = [one for one in summary.channels if one.message_count][:MAX_TOPICS]
    return [
        TopicSummary(
            topic=one.topic,
            message_type=one.schema_name,
            encoding=one.message_encoding,
            message_count=one.message_count,
            rate_hz=round(one.message_count / seconds, 3) if seconds > 0 else None,
        )
        for one in spoken
    ]


def _drops(summary: Summary | None) -> dict[str, int]:
    record = summary.metadata.get(RECORDING_METADATA) if summary else None
    if record is None:
        return {}
    try:
        return dict(list(CaptureFacts.from_metadata(record).lost.items())[:MAX_TOPICS])
    except ValueError:
        return {}


def _encoded(announcement: RecordingAnnouncement) -> str:
    return announcement.model_dump_json(exclude_none=True)

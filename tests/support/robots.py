"""A recorder in this process, fed message by message."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pilothouse.client.problems import UploadStopped
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.errors import Problem, Unavailable
from pilothouse.kit.settings import load
from pilothouse.mcap import open_recording
from pilothouse.recorder.delivery.hub_link import StopSignal
from pilothouse.recorder.keeping.disk_room import Space, space_of
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState
from pilothouse.recorder.recorder import Recorder
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.wire import (
    RECORDING_METADATA,
    CaptureFacts,
    Heartbeat,
    RecordingAnnouncement,
    RiskEvent,
    RiskEventBatch,
    RobotToken,
    UploadMetadata,
)
from tests.support.flights import NS_PER_S, START_NS, json_channel
from tests.support.processes import eventually

FAST = {"topic": "/speed", "field": "data", "op": "gt", "value": 9, "kind": "threshold", "post_s": 1}


# So many captures that no budget holds any back.
PLENTY = {f"{whose}captures_per_{span}": 10_000 for whose in ("", "rule_") for span in ("hour", "day")}


class HubGone(Unavailable):
    """The hub does not answer."""


class FakeHub:
    """A hub in memory that can be away, and can refuse."""

    def __init__(self) -> None:
        self.recordings: dict[str, tuple[UploadMetadata, bytes]] = {}
        self.announcements: list[RecordingAnnouncement] = []
        self.risk_events: list[RiskEvent] = []
        self.heartbeats: list[Heartbeat] = []
        self.rotated: list[str] = []
        self.told: list[str] = []
        """What it was told, by kind and name, in the order of its coming."""
        self.calls = 0
        self.away = False
        self.refuses: dict[str, Problem] = {}
        """By session id, event id or kind."""
        self.takes_direct = False
        self.on_progress: Callable[[], None] = lambda: None

    def upload(
        self,
        path: Path,
        metadata: UploadMetadata,
        *,
        progress: Callable[[int, int], None] | None = None,
        chunk_bytes: int = 1 << 20,
        stop: StopSignal | None = None,
        throttle: Callable[[int], None] | None = None,
    ) -> None:
        self._answer("upload")
        content = path.read_bytes()
        for sent in range(0, len(content), chunk_bytes):
            if progress:
                progress(min(len(content), sent + 1), len(content))
                self.on_progress()
            if stop and stop.is_set():
                raise UploadStopped(offset=sent, length=len(content))
            if throttle:
                throttle(min(chunk_bytes, len(content) - sent))
        self._take(metadata, content)

    def upload_direct(
        self,
        path: Path,
        metadata: UploadMetadata,
        *,
        progress: Callable[[int, int], None] | None = None,
        stop: StopSignal | None = None,
        throttle: Callable[[int], None] | None = None,
    ) -> bool:
        self._answer("direct")
        if self.takes_direct:
            self.told.append("direct")
            self._take(metadata, path.read_bytes())
        return self.takes_direct

    def _take(self, metadata: UploadMetadata, content: bytes) -> None:
        if metadata.session_id in self.refuses:
            raise self.refuses[metadata.session_id]
        assert metadata.session_id not in self.recordings
        self.recordings[metadata.session_id] = metadata, content
        self.told.append(f"recording {metadata.session_id}")

    def announce(self, announcement: RecordingAnnouncement) -> None:
        self._answer("announcement")
        self.announcements.append(announcement)
        self.told.append(f"announcement {announcement.session_id}")

    def report_risk(self, batch: RiskEventBatch) -> None:
        self._answer("risk events")
        for event in batch.events:
            if event.event_id in self.refuses:
                raise self.refuses[event.event_id]
        self.risk_events += batch.events
        self.told += [f"risk {event.event_id}" for event in batch.events]

    def heartbeat(self, heartbeat: Heartbeat) -> None:
        self._answer("heartbeat")
        self.heartbeats.append(heartbeat)
        self.told.append("heartbeat")

    def rotate_token(self, robot_id: str) -> RobotToken:
        self._answer("rotation")
        self.rotated.append(robot_id)
        number = len(self.rotated) + 1
        return RobotToken(robot_id=robot_id, token=f"robot_{number}.x", token_id=f"t{number}", created_at=at(0))

    def _answer(self, kind: str) -> None:
        self.calls += 1
        if self.away:
            raise HubGone
        if kind in self.refuses:
            raise self.refuses[kind]


def recorder_settings(data: Path, **changes: object) -> RecorderSettings:
    """Settings of a small recorder that nothing in the environment can change."""
    small = {"data": data, "robot_id": "robot", "port": 0, "max_bytes": 32 << 20, "spool_max_bytes": 16 << 20}
    return load(RecorderSettings, overrides={**small, **changes}, environ={})


class Robot:
    """A recorder and what its sensors say."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def say(self, time_s: float, value: float = 0.0, *, topic: str = "/speed") -> None:
        """One message, `time_s` after the start of the flight."""
        content = json.dumps({"data": value}).encode()
        self.say_raw(time_s, content, topic=topic)

    def say_raw(self, time_s: float, content: bytes, *, topic: str = "/speed") -> None:
        sink = self.recorder.pipeline
        sink.message(sink.channel(json_channel(topic)), START_NS + round(time_s * NS_PER_S), content)

    def rows(self, *states: CaptureState) -> list[CaptureRow]:
        return self.recorder.outbox.in_state(*(states or CaptureState))

    def sealed(self, count: int = 1) -> list[CaptureRow]:
        """The finished captures, once there are as many."""
        done = (CaptureState.SEALED, CaptureState.DELIVERED)
        return (
            eventually(lambda: (rows := self.rows(*done)) and len(rows) >= count and rows, what=f"{count} captures")
            or []
        )

    def times_s(self, row: CaptureRow) -> list[float]:
        """When the messages of a recording were said."""
        return times_s(self.path(row))

    def facts(self, row: CaptureRow) -> CaptureFacts:
        return facts_of(self.path(row))

    def path(self, row: CaptureRow) -> Path:
        return self.recorder.settings.data / "sessions" / f"{row.session_id}.mcap"


def times_s(path: Path) -> list[float]:
    with open_recording(path) as recording:
        return [round((one.log_time_ns - START_NS) / NS_PER_S, 3) for one in recording.messages()]


def facts_of(path: Path) -> CaptureFacts:
    """What a recording says about itself."""
    with open_recording(path) as recording:
        return CaptureFacts.from_metadata(recording.summary().metadata[RECORDING_METADATA])


@contextmanager
def running_robot(
    data: Path, *, hub: FakeHub | None = None, clock: Clock | None = None,
    measure: Callable[[Path], Space] = space_of, **changes: object,
) -> Iterator[Robot]:  # fmt: skip
    """A started recorder; it is stopped cleanly at the end."""
    address = {"hub_url": "http://hub.test", "heartbeat_s": 0.05} if hub else {}
    settings = recorder_settings(data, **{**address, **changes})
    recorder = Recorder.open(settings, connect=lambda: hub or FakeHub(), clock=clock, measure=measure)
    recorder.start()
    try:
        yield Robot(recorder)
    finally:
        recorder.stop()

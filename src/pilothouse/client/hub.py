"""Everything the hub answers, as methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx2

from pilothouse.client.administration import Administration
from pilothouse.client.answers import DiskUse, Rescanned, Swept
from pilothouse.client.archive import Archive
from pilothouse.client.connection import AnyModel, Connection
from pilothouse.client.pace import Pace, Progress, Stop, Throttle
from pilothouse.client.upload import Upload
from pilothouse.kit.addresses import part_of
from pilothouse.wire import (
    Annotation,
    AnnotationList,
    AnnotationUpdate,
    EnrolRequest,
    Heartbeat,
    HeartbeatAccepted,
    NewAnnotation,
    Recording,
    RecordingAnnouncement,
    RecordingList,
    RiskEventBatch,
    RiskEventList,
    RiskEventsAccepted,
    RiskLevel,
    Robot,
    RobotList,
    RobotToken,
    UploadMetadata,
)
from pilothouse.wire.robot import Health, RobotHealth

if TYPE_CHECKING:
    from pilothouse.client.lab import Lab

CHUNK_BYTES = 4 << 20
_PAGE = 200


class HubClient:
    """A hub, spoken to synchronously; safe to use from several threads.

    ``base_url`` is ``http://HOST:PORT``, with a path when the hub lives under one. ``token`` is sent as Bearer;
    otherwise ``password`` as Basic. Every method raises problems of ``pilothouse.kit.errors`` kinds: the hub's own
    words with its code and request id, ``HubUnreachable`` when it does not answer.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        password: str | None = None,
        *,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._connection = Connection(base_url, token=token, password=password, transport=transport)
        self._paces: dict[int, Pace] = {}

    @property
    def url(self) -> str:
        return self._connection.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the client cannot be used after."""
        self._connection.close()

    # Recordings

    def recordings(self, *, robot_id: str | None = None, limit: int = 50, offset: int = 0) -> RecordingList:
        """A page of recordings, newest first, and every robot that has any."""
        asked = {"robot_id": robot_id, "limit": limit, "offset": offset}
        return self._get(RecordingList, "/api/sessions", asked)

    def every_recording(self, *, robot_id: str | None = None) -> Iterator[Recording]:
        """All recordings, newest first, page by page."""
        offset = 0
        while page := self.recordings(robot_id=robot_id, limit=_PAGE, offset=offset).sessions:
            yield from page
            offset += len(page)

    def recording(self, session_id: str) -> Recording:
        """One recording."""
        return self._get(Recording, _session(session_id))

    def read_bytes(self, session_id: str, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes ``start`` to ``stop`` (without it; None: to the end) of a recording's file."""
        if stop is not None and stop <= start:
            return b""
        until = "" if stop is None else str(stop - 1)
        headers = {"Range": f"bytes={start}-{until}"}
        response = self._connection.request("GET", f"{_session(session_id)}/mcap", headers=headers)
        return response.content if response.status_code == 206 else response.content[start:stop]

    def download(self, session_id: str, path: Path, *, progress: Progress | None = None) -> None:
        """Write a recording's file to ``path``, which appears only when it is complete."""
        self._connection.fetch(f"{_session(session_id)}/mcap", path, progress=progress)

    @property
    def archive(self) -> Archive:
        """Looking for recordings, keeping, sharing and cutting them."""
        return Archive(self._connection)

    def upload(
        self,
        path: Path,
        metadata: UploadMetadata,
        *,
        progress: Progress | None = None,
        chunk_bytes: int = CHUNK_BYTES,
        stop: Stop | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        """Deliver a file by tus 1.0; returns when the hub has all of it and has checked its SHA-256.

        Call it again after any problem that is ``Unavailable``: it goes on where the hub stands. ``progress`` is
        called with the bytes the hub has and the length of the file. Setting ``stop`` raises ``UploadStopped``.
        ``throttle`` is called before each piece with its length, and may take its time.
        """
        pace = self._paces.setdefault(chunk_bytes, Pace(chunk_bytes))
        Upload(self._connection, path, metadata, pace=pace, progress=progress, stop=stop, throttle=throttle).run()

    def upload_direct(
        self,
        path: Path,
        metadata: UploadMetadata,
        *,
        progress: Progress | None = None,
        stop: Stop | None = None,
        throttle: Throttle | None = None,
    ) -> bool:
        """Put a file straight into the hub's object store, whole; ``metadata`` needs its ``robot_id``.

        False when the hub wants this file by :meth:`upload`. After any problem :meth:`upload` it instead.
        """
        from pilothouse.client.direct import DirectDelivery

        delivery = DirectDelivery(self._connection, path, metadata, progress=progress, stop=stop, throttle=throttle)
        return delivery.run()

    def announce(self, announcement: RecordingAnnouncement) -> None:
        """Say that a recording exists and what is in it, before its bytes come; twice is once."""
        self._connection.request("POST", "/api/v1/recordings/announcements", message=announcement)

    # Annotations

    def annotations(self, session_id: str, *, limit: int = 50, offset: int = 0) -> AnnotationList:
        """A page of the remarks on a recording, in the order of its time."""
        return self._get(AnnotationList, f"{_session(session_id)}/annotations", {"limit": limit, "offset": offset})

    def annotate(
        self, session_id: str, time_ns: int, body: str, *, end_time_ns: int | None = None, tags: Sequence[str] = ()
    ) -> Annotation:
        """Remark something ``time_ns`` nanoseconds after the start of a recording, or from then until an end."""
        new = NewAnnotation(time_ns=time_ns, end_time_ns=end_time_ns, body=body, tags=list(tags))
        response = self._connection.request("POST", f"{_session(session_id)}/annotations", message=new)
        return self._connection.read(Annotation, response)

    def update_annotation(self, annotation_id: int, body: str, *, time_ns: int | None = None) -> Annotation:
        """Change the words of a remark, and its time if given."""
        change = AnnotationUpdate(body=body, time_ns=time_ns)
        response = self._connection.request("PUT", f"/api/annotations/{annotation_id:d}", message=change)
        return self._connection.read(Annotation, response)

    def delete_annotation(self, annotation_id: int) -> None:
        """Remove a remark."""
        self._connection.request("DELETE", f"/api/annotations/{annotation_id:d}")

    # Fleet

    def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatAccepted:
        """Say that a robot lives."""
        response = self._connection.request("POST", "/api/v1/agents/heartbeat", message=heartbeat)
        return self._connection.read(HeartbeatAccepted, response)

    def report_risk(self, batch: RiskEventBatch) -> RiskEventsAccepted:
        """Hand over what a guard decided; an event that comes twice counts once."""
        response = self._connection.request("POST", "/api/v1/risk-events", message=batch)
        return self._connection.read(RiskEventsAccepted, response)

    def risk_events(
        self, *, robot_id: str | None = None, since: datetime | None = None, until: datetime | None = None,
        outcome: str | None = None, min_risk_level: RiskLevel | None = None, incident_id: str | None = None,
        limit: int = 50, offset: int = 0,
    ) -> RiskEventList:  # fmt: skip
        """A page of what guards reported, newest first; times need a zone."""
        asked = {
            "robot_id": robot_id, "since": since and since.isoformat(), "until": until and until.isoformat(),
            "outcome": outcome, "min_risk_level": min_risk_level and min_risk_level.value,
            "incident_id": incident_id, "limit": limit, "offset": offset,
        }  # fmt: skip
        return self._get(RiskEventList, "/api/v1/risk-events", asked)

    def enroll(self, request: EnrolRequest) -> RobotToken:
        """Use up a code; what comes back is this robot's own token, shown once."""
        response = self._connection.request("POST", "/api/v1/robots/enroll", message=request)
        return self._connection.read(RobotToken, response)

    def rotate_token(self, robot_id: str) -> RobotToken:
        """A new token for a robot; the one before stays good until this one is first used, or its time has passed."""
        response = self._connection.request("POST", f"{_robot(robot_id)}/token")
        return self._connection.read(RobotToken, response)

    def robots(
        self, *, site: str | None = None, tag: str | None = None, health: Health | None = None,
        text: str | None = None, retired: bool = False, limit: int = 50, offset: int = 0,
    ) -> RobotList:  # fmt: skip
        """A page of the robots known by enrolment, heartbeat or recording; ``retired`` asks for those instead."""
        asked = {
            "site": site, "tag": tag, "health": health and health.value, "text": text,
            "retired": "true" if retired else None, "limit": limit, "offset": offset,
        }  # fmt: skip
        return self._get(RobotList, "/api/v1/robots", asked)

    def robot_health(self, robot_id: str, *, changes: int = 50, hours: int = 24) -> RobotHealth:
        """How a robot is and was."""
        return self._get(RobotHealth, f"{_robot(robot_id)}/health", {"changes": changes, "hours": hours})

    def robot(self, robot_id: str) -> Robot:
        """One robot and its last heartbeat."""
        return self._get(Robot, _robot(robot_id))

    # Debug sessions

    @property
    def lab(self) -> Lab:
        """Making debug sessions and running commands in them."""
        from pilothouse.client.lab import Lab

        return Lab(self._connection)

    # Administration

    @property
    def administration(self) -> Administration:
        """What only an operator may ask."""
        return Administration(self._connection)

    def disk(self) -> DiskUse:
        """What recordings take, and what they may take."""
        return self._get(DiskUse, "/api/admin/disk")

    def rescan(self) -> Rescanned:
        """Have the hub look at its sessions directory now."""
        return self._connection.read(Rescanned, self._connection.request("POST", "/api/admin/rescan"))

    def sweep(self) -> Swept:
        """Have the hub delete the oldest recordings above its cap now."""
        return self._connection.read(Swept, self._connection.request("POST", "/api/admin/sweep"))

    def _get(self, model: type[AnyModel], path: str, params: Mapping[str, Any] | None = None) -> AnyModel:
        return self._connection.read(model, self._connection.request("GET", path, params=params))


def _robot(robot_id: str) -> str:
    return f"/api/v1/robots/{part_of(robot_id)}"


def _session(session_id: str) -> str:
    return f"/api/sessions/{part_of(session_id)}"

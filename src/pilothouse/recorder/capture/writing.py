"""From a snapshot to a sealed file that says what it is."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pilothouse import __version__
from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import Captured, Snapshot, StorageFull, write_capture
from pilothouse.recorder.attachment_config import AttachmentConfig
from pilothouse.recorder.capture.attachments import collect
from pilothouse.recorder.losses import Ledger, Losses
from pilothouse.recorder.outbox.post_rolls import CaptureRequest
from pilothouse.recorder.problems import CannotWrite
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.wire import RECORDING_METADATA, CaptureFacts

RECORDING_SUFFIX = ".mcap"
SECRETS = {"hub_token", "recorder_token"}

MakeRoom = Callable[[int], None]


def recording_path(sessions: Path, session_id: str) -> Path:
    return sessions / f"{session_id}{RECORDING_SUFFIX}"


@dataclass(frozen=True, slots=True)
class RobotFacts:
    """What every recording says of the robot it comes from, and carries of it."""

    robot_id: str
    robot: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    software: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({"pilothouse": __version__}))
    attachments: tuple[AttachmentConfig, ...] = ()

    @classmethod
    def of(cls, settings: RecorderSettings) -> RobotFacts:
        told = settings.model_dump_json(exclude=SECRETS)
        software = {
            "pilothouse": __version__,
            "python": platform.python_version(),
            "config_sha256": hashlib.sha256(told.encode()).hexdigest(),
        }
        return cls(settings.robot_id, settings.robot, software, settings.attachments)


def metadata_of(
    request: CaptureRequest, about: RobotFacts, *, reason: str | None = None, post_s: float | None = None,
    losses: Losses | None = None, missing_attachments: Mapping[str, str] | None = None,
) -> dict[str, dict[str, str]]:  # fmt: skip
    """The metadata records of a capture: our own, and the one by which Foxglove sites know the device."""
    lost = losses or Losses()
    facts = CaptureFacts(
        session_id=request.session_id,
        robot_id=about.robot_id,
        incident_id=request.incident_id,
        label=request.label,
        reason=reason or request.reason,
        trigger=request.trigger,
        pre_s=request.pre_s,
        post_s=request.post_s if post_s is None else post_s,
        merged=list(request.merged),
        drops=lost.dropped,
        thinned=lost.thinned,
        rejected=lost.rejected,
        too_large=lost.too_large,
        missed=lost.missed,
        software=dict(about.software),
        robot=dict(about.robot),
        missing_attachments=dict(missing_attachments or {}),
    )
    return {RECORDING_METADATA: facts.to_metadata(), "foxglove": {"deviceName": about.robot_id}}


class Writing:
    """Makes the files of captures, each with everything there is to say about it."""

    def __init__(self, sessions: Path, about: RobotFacts, *, ledger: Ledger, make_room: MakeRoom) -> None:
        self.sessions = sessions
        self.about = about
        self._ledger = ledger
        self._make_room = make_room

    def losses(self, snapshot: Snapshot, *, until_ns: int = 0) -> Losses:
        """What is missing from a window, and from what followed its last message until then."""
        return self._ledger.losses(snapshot, until_ns)

    def write(self, request: CaptureRequest, snapshot: Snapshot, losses: Losses, *, cut: str | None = None) -> Captured:
        """Seal the file; raises NoRoom, StorageFull or CannotWrite, and then has left nothing behind."""
        about = self.about
        self._make_room(sum(chunk.size_bytes for chunk in snapshot.chunks))
        post_s = request.post_s
        if cut is not None and (span := snapshot.span_ns) is not None:
            post_s = min(post_s, max(0.0, (span[1] - request.fired_at_ns) / NS_PER_S))
        attachments, missing = collect(about.attachments, request.fired_at_ns)
        metadata = metadata_of(request, about, post_s=post_s, losses=losses, missing_attachments=missing)
        path = recording_path(self.sessions, request.session_id)
        try:
            return write_capture(snapshot, path, metadata=metadata, attachments=attachments)
        except StorageFull:
            raise
        except OSError as error:
            raise CannotWrite(reason=error.strerror or error) from error

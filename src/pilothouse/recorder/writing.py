"""From a snapshot to a sealed file that says what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pilothouse import __version__
from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import Captured, Snapshot, StorageFull, write_capture
from pilothouse.recorder.post_rolls import CaptureRequest
from pilothouse.recorder.problems import CannotWrite
from pilothouse.wire import RECORDING_METADATA, CaptureFacts

DropsSince = Callable[[float], Mapping[str, int]]


def recording_path(sessions: Path, session_id: str) -> Path:
    return sessions / f"{session_id}.mcap"


def metadata_of(
    request: CaptureRequest, robot_id: str, *, reason: str | None = None, post_s: float | None = None,
    drops: Mapping[str, int] | None = None,
) -> dict[str, dict[str, str]]:  # fmt: skip
    """The metadata records of a capture: our own, and the one by which Foxglove sites know the device."""
    facts = CaptureFacts(
        session_id=request.session_id,
        robot_id=robot_id,
        incident_id=request.incident_id,
        label=request.label,
        reason=reason or request.reason,
        trigger=request.trigger,
        pre_s=request.pre_s,
        post_s=request.post_s if post_s is None else post_s,
        drops=dict(drops or {}),
        software={"pilothouse": __version__},
    )
    return {RECORDING_METADATA: facts.to_metadata(), "foxglove": {"deviceName": robot_id}}


def write(
    request: CaptureRequest, snapshot: Snapshot, sessions: Path, robot_id: str, *, cut: str | None, drops: DropsSince
) -> Captured:
    """Seal the file; raises StorageFull or CannotWrite, and then has left nothing behind."""
    post_s = request.post_s
    if cut is not None and (span := snapshot.span_ns) is not None:
        post_s = min(post_s, max(0.0, (span[1] - request.fired_at_ns) / NS_PER_S))
    metadata = metadata_of(request, robot_id, post_s=post_s, drops=drops(request.pre_s + request.post_s))
    try:
        return write_capture(snapshot, recording_path(sessions, request.session_id), metadata=metadata)
    except StorageFull:
        raise
    except OSError as error:
        raise CannotWrite(reason=error.strerror or error) from error

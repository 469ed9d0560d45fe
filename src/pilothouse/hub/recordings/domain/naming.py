"""How a file gets an id, and whose robot it names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from pilothouse.kit.clock import to_ns
from pilothouse.wire import RECORDING_METADATA

SUFFIX = ".mcap"
UNKNOWN_ROBOT = "unknown"

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_UNSAFE_RUN = re.compile(r"[^A-Za-z0-9._-]+")
_STAMP = re.compile(r"_(\d{8}T\d{6})Z")
_LONGEST_ROBOT_ID = 100
# Leaves room for the digest within the 200 characters of an id.
_LONGEST_STEM = 180


def is_safe_id(session_id: str) -> bool:
    """Whether an id can be a file name, a path segment and a log word as it is."""
    return _SAFE_ID.fullmatch(session_id) is not None


def is_recording_name(file_name: str) -> bool:
    """Whether a file in the watched directory is meant to be a recording: not hidden, not still ``.active``."""
    return not file_name.startswith(".") and file_name.lower().endswith(SUFFIX) and len(file_name) > len(SUFFIX)


def session_id_of(file_name: str) -> str:
    """The id of a file: its name without ``.mcap``, or a safe form of it made unique by a digest of the name."""
    stem = file_name[: -len(SUFFIX)]
    if file_name.endswith(SUFFIX) and is_safe_id(stem):
        return stem
    slug = _slug(stem)[:_LONGEST_STEM] or "recording"
    return f"{slug}-{hashlib.sha256(file_name.encode('utf-8', 'surrogateescape')).hexdigest()[:10]}"


def robot_id_of(session_id: str, metadata: Mapping[str, Mapping[str, str]], announced: str | None = None) -> str:
    """The robot a file names: in its ``pilothouse`` record, else as Foxglove's device, else before the last ``_``.

    ``announced`` is what its sender said beside the file; it stands behind what the file says and before its name.
    """
    claims = (
        metadata.get(RECORDING_METADATA, {}).get("robot_id"),
        metadata.get("foxglove", {}).get("deviceName"),
        announced,
        robot_in(session_id),
    )
    slugs = (_slug(claim)[:_LONGEST_ROBOT_ID] for claim in claims if claim)
    return next(filter(None, slugs), UNKNOWN_ROBOT)


def robot_in(session_id: str) -> str:
    """What stands before the last ``_`` of an id such as ``drone_20260512T084230Z``."""
    return session_id.rpartition("_")[0]


def stamped_ns(session_id: str) -> int | None:
    """The time in an id such as ``drone_20260512T084230Z``, or None."""
    found = _STAMP.findall(session_id)
    if not found:
        return None
    try:
        return to_ns(datetime.strptime(found[-1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC))
    except ValueError:
        return None


def _slug(text: str) -> str:
    return _UNSAFE_RUN.sub("-", text).lstrip("._-").rstrip("-")

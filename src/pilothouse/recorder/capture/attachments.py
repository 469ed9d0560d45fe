"""Reads the files a recording carries. What cannot be read is named, and stops nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from stat import S_ISREG

from mcap.records import Attachment

from pilothouse.recorder.attachment_config import AttachmentConfig

MEDIA_TYPES = {
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".json": "application/json",
    ".xml": "application/xml",
    ".urdf": "application/xml",
    ".log": "text/plain",
    ".txt": "text/plain",
}


class _LeftOut(Exception):
    """Why a file is no attachment."""


def collect(configs: Iterable[AttachmentConfig], log_time_ns: int) -> tuple[list[Attachment], dict[str, str]]:
    """The attachments there are, and why each of the others is missing."""
    found: list[Attachment] = []
    missing: dict[str, str] = {}
    for config in configs:
        try:
            content, changed_ns = _read(config)
        except _LeftOut as reason:
            missing[config.called] = str(reason)
        except (OSError, ValueError) as error:
            missing[config.called] = (error.strerror if isinstance(error, OSError) else None) or str(error)
        else:
            media_type = "text/plain" if config.log else MEDIA_TYPES.get(config.path.suffix, "application/octet-stream")
            found.append(
                Attachment(
                    create_time=max(0, changed_ns), log_time=max(0, log_time_ns), name=config.called,
                    media_type=media_type, data=content,
                )
            )  # fmt: skip
    return found, missing


def _read(config: AttachmentConfig) -> tuple[bytes, int]:
    # Without O_NONBLOCK a pipe nobody writes to would hold every capture up.
    file = os.open(config.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(file)
        if not S_ISREG(status.st_mode):
            raise _LeftOut("it is no file")
        if config.log is not None:
            return _last_lines(file, status.st_size, config), status.st_mtime_ns
        content = _up_to(file, config.max_bytes + 1)
        if len(content) > config.max_bytes:
            raise _LeftOut(f"it has more than {int(config.max_bytes)} bytes (max_bytes)")
        return content, status.st_mtime_ns
    finally:
        os.close(file)


def _last_lines(file: int, size: int, config: AttachmentConfig) -> bytes:
    begin = max(0, size - config.max_bytes)
    os.lseek(file, begin, os.SEEK_SET)
    lines = _up_to(file, config.max_bytes).splitlines(keepends=True)
    # Where reading began in the middle of the log, the first line is only the end of one.
    whole = lines[1:] if begin and len(lines) > 1 else lines
    return b"".join(whole[-config.lines :])


def _up_to(file: int, limit: int) -> bytes:
    parts: list[bytes] = []
    while limit > 0 and (part := os.read(file, limit)):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)

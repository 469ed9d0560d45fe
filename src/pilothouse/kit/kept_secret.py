"""A secret that a program makes for itself and keeps in its data directory."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def kept_secret(file: Path, make: Callable[[], str]) -> str:
    """What the file holds, which its owner alone may read; made when there is none. Of two who make it, the first wins.

    It is on the disk when this returns. A file that is empty holds none: an empty secret would be everybody's.
    Raises OSError.
    """
    known = _read(file)
    if known:
        return known
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        _write(unfinished, make())
        if known is None:
            with suppress(FileExistsError):
                os.link(unfinished, file)
        else:
            unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    _sync(file.parent)
    return _read(file) or ""


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def _write(file: Path, secret: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
        writing.write(f"{secret}\n")
        writing.flush()
        os.fsync(writing.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

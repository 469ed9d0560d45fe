"""A file written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pilothouse.kit.errors import Conflict


class FileThere(Conflict):
    """{path} is there already; give another name, or --force to write it anew."""


def refuse_to_replace(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise FileThere(path=path)


def write_new(path: Path, text: str, *, force: bool) -> None:
    """Never over a file that has appeared meanwhile, and nothing is left of it when the disk is full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        if force:
            Path(name).replace(path)
        else:
            path.hardlink_to(name)
    except FileExistsError:
        raise FileThere(path=path) from None
    finally:
        Path(name).unlink(missing_ok=True)

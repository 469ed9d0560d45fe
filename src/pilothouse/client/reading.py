"""A file on its way to the hub."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pilothouse.client.problems import FileUnreadable


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The file, and how many bytes it has now; raises FileUnreadable."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror or type(error).__name__) from None
    with file:
        yield file, os.fstat(file.fileno()).st_size

"""A file to read from, whatever it is; reads are clamped to its end, so that a false length costs nothing."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

# Without it the thousand tiny reads of a record parser become system calls, or requests to a remote store.
BUFFER_BYTES = 256 << 10


class Source:
    """Bytes at offsets of a path or of an open, seekable binary file (which stays open)."""

    def __init__(self, origin: Path | str | BinaryIO) -> None:
        self._owned = isinstance(origin, str | Path)
        if isinstance(origin, str | Path):
            self.name = Path(origin).name
            self._file: BinaryIO = Path(origin).open("rb", buffering=BUFFER_BYTES)  # noqa: SIM115 - closed in close
        else:
            self.name = Path(str(getattr(origin, "name", "") or "the recording")).name
            self._file = origin
        self._wrapper = io.BufferedReader(self._file, BUFFER_BYTES) if isinstance(self._file, io.RawIOBase) else None
        self._reading = self._wrapper or self._file
        self.size = self._reading.seek(0, io.SEEK_END)

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes at an offset; fewer than asked for at the end of the file."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        self._reading.seek(offset)
        return bytes(self._reading.read(length))

    def close(self) -> None:
        """Close the file if it was opened here."""
        if self._wrapper is not None:
            # Dropping the wrapper would close the caller's file.
            self._wrapper.detach()
            self._wrapper = None
        if self._owned:
            self._file.close()

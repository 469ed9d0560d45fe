"""Chunks that a window still needs and memory does not hold: they are read again from the spool."""

from __future__ import annotations

import errno
import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from pilothouse.mcap.writing.chunks import SealedChunk


class Pin:
    """Keeps a segment of the spool from being deleted for as long as anybody holds this, and its file open."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if (file := getattr(self, "_file", -1)) >= 0:
            os.close(file)

    def read(self, offset: int, size: int) -> bytes:
        """Raises OSError when the file has been made shorter."""
        found = os.pread(self._file, size, offset)
        if len(found) != size:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return found


@dataclass(frozen=True, slots=True)
class SpooledChunk:
    """A sealed chunk by its place in the spool; as long as the ring has it too, nothing is read."""

    number: int
    oldest_ns: int
    newest_ns: int
    counts: Mapping[int, int]
    size_bytes: int
    _shell: SealedChunk = field(repr=False)
    _body_bytes: int = field(repr=False)
    _living: weakref.ref[SealedChunk] = field(repr=False)
    _pin: Pin = field(repr=False)
    _offset: int = field(repr=False)

    @classmethod
    def of(cls, chunk: SealedChunk, pin: Pin, offset: int) -> Self:
        """The chunk that begins there."""
        return cls(
            chunk.number, chunk.oldest_ns, chunk.newest_ns, chunk.counts, chunk.size_bytes,
            replace(chunk, body=b"", indexes=b""), len(chunk.body), weakref.ref(chunk), pin, offset,
        )  # fmt: skip

    def at_hand(self) -> SealedChunk:
        """The chunk itself; raises OSError when it cannot be read."""
        living = self._living()
        if living is not None:
            return living
        head, position = self._shell.head, self._offset
        if self._pin.read(position, len(head)) != head:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        position += len(head)
        body = self._pin.read(position, self._body_bytes)
        indexes = self._pin.read(position + self._body_bytes, self.size_bytes - len(head) - self._body_bytes)
        return replace(self._shell, body=body, indexes=indexes)


@dataclass(slots=True)
class Stretch:
    """A segment, what of it is where, and who needs it."""

    path: Path
    size_bytes: int = 0  # once it is finished
    offsets: dict[int, int] = field(default_factory=dict)  # number of a chunk -> where it begins
    pin: weakref.ref[Pin] | None = None

    @property
    def is_pinned(self) -> bool:
        return self.pin is not None and self.pin() is not None

    def pinned(self) -> Pin:
        pin = self.pin() if self.pin is not None else None
        if pin is None:
            pin = Pin(self.path)
            self.pin = weakref.ref(pin)
        return pin

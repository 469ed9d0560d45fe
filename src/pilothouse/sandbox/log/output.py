"""Write and read the output of one command."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from pilothouse.kit.clock import Clock
from pilothouse.sandbox.log.model import Frame, Lines, LogCaps, LogStatus, Stream
from pilothouse.sandbox.model import Ending


class OutputLog:
    """One directory per command. One writer; any number of readers in any process (``OutputLog.open``)."""

    @classmethod
    def create(
        cls, directory: Path, clock: Clock, *, caps: LogCaps | None = None, secrets: Iterable[str] = ()
    ) -> OutputLog:
        """A new, empty log to write."""
        raise NotImplementedError

    @classmethod
    def open(cls, directory: Path) -> OutputLog:
        """An existing log to read; it may still grow."""
        raise NotImplementedError

    def hide(self, secrets: Iterable[str]) -> None:
        """Values never to be written from now on."""
        raise NotImplementedError

    def append(self, stream: Stream, content: bytes) -> None:
        """Add what was just read from the command."""
        raise NotImplementedError

    def close(self, ending: Ending) -> None:
        """Nothing more will come."""
        raise NotImplementedError

    def status(self) -> LogStatus:
        """How much there is, and whether more may come."""
        raise NotImplementedError

    def read(self, start: int = 0, limit: int = 1 << 20, stream: Stream | None = None) -> list[Frame]:
        """Frames from an offset on, at most `limit` bytes of content. A dropped range is skipped: compare offsets."""
        raise NotImplementedError

    def head(self, count: int, stream: Stream | None = None) -> Lines:
        """The first lines."""
        raise NotImplementedError

    def tail(self, count: int, stream: Stream | None = None) -> Lines:
        """The last lines."""
        raise NotImplementedError

    def grep(self, needle: bytes, *, start: int = 0, limit: int = 100, stream: Stream | None = None) -> Lines:
        """Lines that contain the needle, from an offset on."""
        raise NotImplementedError

    def follow(self, start: int = 0, stream: Stream | None = None) -> AsyncIterator[Frame]:
        """Frames as they come, until the log is closed."""
        raise NotImplementedError

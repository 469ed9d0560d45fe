"""The standard streams of a command, as seen from the service."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import termios
from dataclasses import dataclass, field

from pilothouse.sandbox.log import Stream

# As much as an unprivileged process may ask for: fewer wake-ups when a command writes fast.
_PIPE_BYTES = 1 << 20
END_OF_INPUT = b"\x04"


@dataclass
class Channels:
    """Descriptors on both sides; `theirs` go to the command, in the order of their numbers."""

    theirs: list[int]
    readers: dict[int, Stream]
    stdin: int | None
    terminal: bool = False
    _open: set[int] = field(default_factory=set)

    @classmethod
    def open(cls, *, terminal: tuple[int, int] | None, stdin: bool) -> Channels:
        return cls._of_terminal(*terminal) if terminal is not None else cls._of_pipes(stdin=stdin)

    @classmethod
    def _of_pipes(cls, *, stdin: bool) -> Channels:
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        in_read, in_write = os.pipe() if stdin else (os.open(os.devnull, os.O_RDONLY), None)
        for reader in (out_read, err_read):
            with contextlib.suppress(OSError):
                fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        ours = {out_read, err_read, *(() if in_write is None else (in_write,))}
        for one in ours:
            os.set_blocking(one, False)
        readers = {out_read: Stream.STDOUT, err_read: Stream.STDERR}
        return cls([in_read, out_write, err_write], readers, in_write, _open=ours)

    @classmethod
    def _of_terminal(cls, rows: int, columns: int) -> Channels:
        master, slave = pty.openpty()
        os.set_blocking(master, False)
        made = cls([slave, slave, slave], {master: Stream.STDOUT}, master, terminal=True, _open={master})
        made.resize(rows, columns)
        return made

    def resize(self, rows: int, columns: int) -> None:
        if self.terminal and self.stdin in self._open:
            assert self.stdin is not None
            fcntl.ioctl(self.stdin, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def foreground_group(self) -> int | None:
        """The process group a terminal's keyboard would reach."""
        if not self.terminal or self.stdin not in self._open:
            return None
        assert self.stdin is not None
        with contextlib.suppress(OSError):
            return os.tcgetpgrp(self.stdin) or None
        return None

    def is_open(self, descriptor: int | None) -> bool:
        return descriptor in self._open

    def close_theirs(self) -> None:
        for one in set(self.theirs):
            os.close(one)
        self.theirs = []

    def close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.remove(descriptor)
            os.close(descriptor)

    def close_all(self) -> None:
        for one in tuple(self._open):
            self.close(one)

"""A directory in which every file that appears asks for a save: for scripts and programs that know nothing else."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import signal
import stat
from dataclasses import dataclass
from pathlib import Path

from pilothouse.kit.logs import get_logger
from pilothouse.recorder.outbox.outbox import SaveKey
from pilothouse.recorder.problems import DropDirectoryUnusable

# A label is a line, not a file.
READ_BYTES = 4096
MOST_LABEL = 500
# By these names programs call what they have not finished.
UNFINISHED = (".tmp", ".part", ".partial", ".swp", "~")
# Where nobody can say whether a file is still being written, it has to be unchanged for so many looks.
LOOKS_WITHOUT_LEASE = 4

log = get_logger("pilothouse.recorder")


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A complete file; the key is the same for as long as the file is the same."""

    path: Path
    label: str
    key: SaveKey


class DropDirectory:
    """Looked at again and again; a file that is still being written is left for the next look."""

    def __init__(self, path: Path) -> None:
        """Raises DropDirectoryUnusable."""
        self.path = path
        self._seen: dict[str, tuple[tuple[int, int, int], int]] = {}
        self._done: set[str] = set()
        self._is_away = False
        try:
            path.mkdir(parents=True, exist_ok=True)
            next(path.iterdir(), None)
        except OSError as error:
            raise DropDirectoryUnusable(directory=path, reason=error.strerror) from None

    def look(self) -> list[DroppedFile]:
        """The files that are complete, oldest first."""
        try:
            names = sorted(one.name for one in self.path.iterdir())
        except OSError as error:
            self._say_away(error)
            return []
        self._is_away = False
        self._seen = {name: one for name, one in self._seen.items() if name in names}
        found = [self._complete(name) for name in names if not name.startswith(".") and not name.endswith(UNFINISHED)]
        ready = [one for one in found if one is not None and one[1].key.key not in self._done]
        return [one for _, one in sorted(ready, key=lambda pair: (pair[0], pair[1].path.name))]

    def consume(self, file: DroppedFile) -> None:
        """Its save is done. A file that cannot be deleted is remembered, and never asks again."""
        try:
            file.path.unlink(missing_ok=True)
        except OSError as error:
            self._done.add(file.key.key)
            log.warning("a dropped file cannot be deleted", file=str(file.path), reason=error.strerror)

    def refuse(self, file: DroppedFile, reason: str) -> None:
        """It will never become a save: it stays, under a name that is not looked at."""
        self._done.add(file.key.key)
        log.error("a dropped file makes no recording", file=str(file.path), reason=reason)
        with contextlib.suppress(OSError):
            file.path.rename(file.path.with_name(f".{file.path.name}.refused"))

    def _complete(self, name: str) -> tuple[int, DroppedFile] | None:
        path = self.path / name
        try:
            opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            found = os.fstat(opened)
            if not stat.S_ISREG(found.st_mode):
                return None
            same = (found.st_ino, found.st_size, found.st_mtime_ns)
            before, looks = self._seen.get(name, (None, 0))
            looks = looks + 1 if before == same else 0
            self._seen[name] = (same, looks)
            writing = _is_written_to(opened)
            if writing or looks < (LOOKS_WITHOUT_LEASE if writing is None else 1):
                return None
            label = _label(os.read(opened, READ_BYTES), path)
        except OSError:
            return None
        finally:
            os.close(opened)
        # A name is bytes; what is no text of it would be refused by whatever keeps the key.
        called = name.encode("utf-8", "backslashreplace").decode()
        key = SaveKey(f"file:{called}:{same[0]}:{same[2]}", hashlib.sha256(label.encode()).hexdigest())
        return found.st_mtime_ns, DroppedFile(path, label, key)

    def _say_away(self, error: OSError) -> None:
        if not self._is_away:
            log.error("cannot look for dropped files", directory=str(self.path), reason=error.strerror)
        self._is_away = True


def _label(content: bytes, path: Path) -> str:
    """The first line, or the file's name where it says nothing."""
    lines = content.decode("utf-8-sig", errors="replace").strip().splitlines()
    text = lines[0] if lines else path.stem
    plain = re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()[:MOST_LABEL] or path.name
    return plain.encode("utf-8", "replace").decode()


def _is_written_to(opened: int) -> bool | None:
    """Whether any process has it open for writing; None where the system does not tell."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return None
    try:
        # Whoever opens it for writing while we hold the lease makes the kernel signal us: with one that does nothing.
        fcntl.fcntl(opened, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False

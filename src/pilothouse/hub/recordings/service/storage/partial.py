"""What has arrived of deliveries under way, on disk."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from pilothouse.hub.recordings.domain.problems import ContentDiffers, UploadLocked
from pilothouse.hub.recordings.service.storage.digests import Digests
from pilothouse.hub.recordings.service.storage.files import SessionFiles

_OWNER_WRITES_GROUP_READS = 0o640


class Partials:
    """``DIR/uploads``: what has arrived of deliveries under way."""

    def __init__(self, directory: Path, digests: Digests | None = None) -> None:
        self.directory = directory
        self._digests = digests or Digests()

    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)

    def path(self, upload_id: str) -> Path:
        return self.directory / f"{upload_id}.part"

    def size(self, upload_id: str) -> int:
        """Bytes on disk; 0 when there is no file."""
        try:
            return self.path(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def open(self, upload_id: str) -> Partial:
        """Open for one writer; raises UploadLocked when there is another, in this process or any."""
        return Partial(self.path(upload_id), self._digests)

    def upload_ids(self) -> list[str]:
        """Every upload with a file."""
        return [path.stem for path in self.directory.glob("*.part")]

    def place(self, partial: Partial, sha256: str, files: SessionFiles, name: str) -> None:
        """Give the content its final name, durably, never over another file; ContentDiffers if one is there."""
        target = files.path(name)
        try:
            os.link(partial.path, target)
        except FileExistsError:
            if files.sha256(name) != sha256:
                raise ContentDiffers from None
        except OSError:
            # Another file system, or one without links: copy under a name nobody watches, then rename.
            _copy(partial.path, target)
        files.sync()
        partial.path.unlink(missing_ok=True)


class Partial:
    """One upload's file, locked while it is open. A killed process leaves no lock behind."""

    def __init__(self, path: Path, digests: Digests | None = None) -> None:
        self.path = path
        self._digests = digests or Digests()
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _OWNER_WRITES_GROUP_READS)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held the lock until now may have moved the file away: these bytes must not reach the moved one.
            moved = not path.exists() or not os.path.samestat(path.stat(), os.fstat(self._fd))
        except BlockingIOError:
            moved = True
        if moved:
            os.close(self._fd)
            raise UploadLocked

    def __enter__(self) -> Partial:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    @property
    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def write(self, offset: int, content: bytes | bytearray) -> None:
        """Put bytes at an offset; whatever stood there was never acknowledged."""
        view = memoryview(content)
        while view:
            written = os.pwrite(self._fd, view, offset)
            view, offset = view[written:], offset + written

    def sync(self) -> None:
        os.fsync(self._fd)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def sha256(self) -> str:
        with os.fdopen(os.dup(self._fd), "rb") as file:
            file.seek(0)
            return self._digests.of(file)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    passing = target.with_name(f".{target.name}.active")
    try:
        with source.open("rb") as readable, passing.open("wb") as writable:
            while piece := readable.read(1 << 20):
                writable.write(piece)
            writable.flush()
            os.fsync(writable.fileno())
        passing.rename(target)
    finally:
        passing.unlink(missing_ok=True)

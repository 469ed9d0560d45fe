"""The file a backup is: a tar, so that anybody can look into it, whose last part says what the others are."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from pydantic import ValidationError

from pilothouse.hub.backups.manifest import FORMAT, MANIFEST, BackupUnreadable, FileShrank, Manifest

_BLOCK = 1 << 20


class Writer:
    """Adds parts to a backup and remembers their digests."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.sha256: dict[str, str] = {}

    def add(self, name: str, file: BinaryIO, size: int) -> None:
        """``size`` bytes from where the file stands; raises FileShrank when it has fewer."""
        counted = _Counted(file)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        try:
            self._tar.addfile(entry, counted)
        except OSError as error:
            if error.errno is not None:
                raise
            raise FileShrank(name=name) from error
        self.sha256[name] = counted.digest.hexdigest()

    def add_lines(self, name: str, lines: Iterable[bytes]) -> int:
        """Compressed lines; answers how many."""
        import zstandard

        count = 0
        with tempfile.TemporaryFile() as kept:
            with zstandard.ZstdCompressor().stream_writer(kept, closefd=False) as compressing:
                for line in lines:
                    compressing.write(line)
                    count += 1
            size = kept.tell()
            kept.seek(0)
            self.add(name, kept, size)
        return count

    def finish(self, manifest: Manifest) -> None:
        manifest.sha256 = self.sha256
        content = manifest.model_dump_json(indent=1).encode()
        self.add(MANIFEST, io.BytesIO(content), len(content))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A backup that appears under its name when it is whole and on the disk; it holds credentials, so it is its
    owner's alone."""
    unfinished = path.with_name(f"{path.name}.active")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        unfinished.unlink(missing_ok=True)


class Reader:
    """A backup whose every byte was checked."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._path = path
        self.manifest = manifest

    def parts(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Names and contents, in the order they were written."""
        with tarfile.open(self._path, "r|") as tar:
            for entry in tar:
                content = tar.extractfile(entry)
                assert content is not None
                yield entry.name, content


def check(path: Path) -> Reader:
    """Read all of a backup; raises BackupUnreadable at the first thing that is wrong with it."""
    found: dict[str, str] = {}
    manifest = b""
    try:
        with tarfile.open(path, "r|") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() else None
                if content is None or not _is_safe(entry.name) or entry.name in found:
                    raise BackupUnreadable(path=path, reason=f"{entry.name!r} does not belong there")
                digest = hashlib.sha256()
                while block := content.read(_BLOCK):
                    digest.update(block)
                    manifest = manifest + block if entry.name == MANIFEST else b""
                found[entry.name] = digest.hexdigest()
        read = Manifest.model_validate_json(manifest)
    except (tarfile.TarError, EOFError) as error:
        raise BackupUnreadable(path=path, reason=str(error) or "it was cut off") from None
    except OSError as error:
        raise BackupUnreadable(path=path, reason=str(error.strerror or error)) from None
    except ValidationError:
        raise BackupUnreadable(path=path, reason="it was cut off, or it is something else") from None
    found.pop(MANIFEST)
    if read.format > FORMAT:
        raise BackupUnreadable(path=path, reason=f"it was written by a newer version, {read.software}")
    differing = [name for name in {**found, **read.sha256} if found.get(name) != read.sha256.get(name)]
    if differing:
        raise BackupUnreadable(path=path, reason=f"{differing[0]} is not what was written")
    return Reader(path, read)


def _is_safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts


class _Counted(io.RawIOBase):
    """Digests what is read through it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block

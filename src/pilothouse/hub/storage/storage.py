"""One class over obstore; whoever uses it does not know where the bytes are."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import obstore
from obstore import exceptions
from obstore.store import LocalStore, MemoryStore, S3Store

from pilothouse.kit.errors import Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore import ObjectMeta
    from obstore.store import ObjectStore

MAX_KEY_BYTES = 1_000
_PROBE = "probe"


class Missing(NotFound):
    """Nothing is stored under {key}."""


class BadKey(Invalid):
    """{key} is not a name something can be stored under."""


class StorageUnavailable(Unavailable):
    """The storage cannot be used at the moment: {reason}."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known about stored bytes without reading them; ``etag`` is without quotes."""

    key: str
    size_bytes: int
    last_modified: datetime
    etag: str


def checked(key: str) -> str:
    """The key, if it names something inside the storage and nothing else."""
    parts = key.split("/")
    strange = any(part in ("", ".", "..") or part.startswith(".") for part in parts)
    if strange or "\\" in key or not key.isprintable() or len(key.encode("utf-8", "replace")) > MAX_KEY_BYTES:
        raise BadKey(key=repr(key))
    return key


class Storage:
    """Stored bytes by key, such as ``sessions/drone_20260512T084230Z.mcap``."""

    def __init__(self, store: ObjectStore, *, root: Path | None = None) -> None:
        self._store = store
        self._root = root.resolve() if root else None

    @classmethod
    def local(cls, root: Path) -> Storage:
        """A directory, which is made if need be."""
        root.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(str(root.resolve())), root=root)

    @classmethod
    def memory(cls) -> Storage:
        """Nothing outlives the process."""
        return cls(MemoryStore())

    @classmethod
    def s3(cls, bucket: str, *, prefix: str | None = None, **config: Any) -> Storage:
        """A bucket; credentials and region come from ``config`` or the usual ``AWS_*`` variables."""
        return cls(S3Store(bucket, prefix=prefix, **config))

    def local_path(self, key: str) -> Path | None:
        """The file behind a key, for whoever serves it faster than we copy; None when it is not a local file.

        A link is followed only to a place inside the storage.
        """
        if self._root is None:
            return None
        path = Path(os.path.realpath(self._root / checked(key)))
        if not path.is_relative_to(self._root):
            raise Missing(key=key)
        return path

    async def stat(self, key: str) -> Stat:
        self.local_path(checked(key))
        with _in_our_words(key):
            return _stat(await obstore.head_async(self._store, key))

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from ``start`` up to but not including ``end``, clamped to what there is."""
        size = (await self.stat(key)).size_bytes
        end = size if end is None else min(end, size)
        if start >= end:
            return b""
        with _in_our_words(key):
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    async def put(self, key: str, content: bytes) -> None:
        """Store bytes; readers see all of them or none."""
        self.local_path(checked(key))
        with _in_our_words(key):
            await obstore.put_async(self._store, key, content)

    async def put_file(self, key: str, source: Path) -> None:
        """Move a finished file in: by a rename into a directory, in parts to S3; ``source`` is gone then."""
        target = self.local_path(checked(key))
        with _in_our_words(key):
            if target is not None:
                await anyio.to_thread.run_sync(_move, source, target)
                return
            await obstore.put_async(self._store, key, source)
        await anyio.Path(source).unlink()

    async def delete(self, key: str) -> bool:
        """Forget the bytes; False when there were none."""
        self.local_path(checked(key))
        try:
            await self.stat(key)
            with _in_our_words(key):
                await obstore.delete_async(self._store, key)
        except Missing:
            return False
        return True

    async def list(self, prefix: str = "") -> AsyncIterator[Stat]:
        """Everything stored under a prefix such as ``sessions``."""
        with _in_our_words(prefix):
            async for batch in obstore.list(self._store, prefix or None):
                for meta in batch:
                    yield _stat(meta)

    async def check_writable(self) -> None:
        """Prove that something can be stored; raises StorageUnavailable."""
        with _in_our_words(_PROBE):
            if self._root is not None:
                await anyio.to_thread.run_sync(_write_and_forget, self._root)
                return
            await obstore.put_async(self._store, _PROBE, b"")
            await obstore.delete_async(self._store, _PROBE)


def _stat(meta: ObjectMeta | Mapping[str, Any]) -> Stat:
    return Stat(
        key=str(meta["path"]),
        size_bytes=int(meta["size"]),
        last_modified=meta["last_modified"],
        etag=str(meta.get("e_tag") or "").strip('"'),
    )


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path) -> None:
    """Across disks; readers see all of it or nothing."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as copy:
        try:
            with source.open("rb") as original:
                shutil.copyfileobj(original, copy, 1 << 20)
            copy.flush()
            os.fsync(copy.fileno())
            Path(copy.name).replace(target)
        except BaseException:
            Path(copy.name).unlink(missing_ok=True)
            raise
    source.unlink()


def _write_and_forget(directory: Path) -> None:
    with tempfile.TemporaryFile(dir=directory) as probe:
        probe.write(b"1")


@contextmanager
def _in_our_words(key: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, exceptions.NotFoundError):
        raise Missing(key=key) from None
    except exceptions.InvalidPathError:
        raise BadKey(key=repr(key)) from None
    except (exceptions.BaseError, OSError) as error:
        raise StorageUnavailable(reason=_reason(error)) from error


def _reason(error: Exception) -> str:
    """The first line: what follows in obstore's messages are addresses and debugging."""
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return (said.strip().splitlines() or [type(error).__name__])[0][:200]

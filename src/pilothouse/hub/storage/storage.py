"""One class over obstore; whoever uses it does not know where the bytes are."""

from __future__ import annotations

import errno
import io
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import anyio
import anyio.to_thread
import obstore
from obstore import exceptions
from obstore.store import LocalStore, MemoryStore, S3Store

from pilothouse.kit.errors import Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore import GetOptions, ObjectMeta
    from obstore.store import ObjectStore

MAX_KEY_BYTES = 1_000
CONNECT_WITHIN = timedelta(seconds=5)
RETRIES = 3
GIVE_UP_AFTER = timedelta(seconds=15)
_PROBE = "probe"
SMALLEST_PART_BYTES = 5 << 20
MOST_PARTS = 9_000


class Missing(NotFound):
    """Nothing is stored under {key}."""


# Where a machine of AWS has credentials: asked last, when nobody gave any.
_OF_THE_MACHINE = "169.254.169.254"


class BadKey(Invalid):
    """{key} is not a name something can be stored under."""


class BadAddress(Invalid):
    """The address of a bucket is s3://BUCKET/PREFIX, with ?endpoint=URL and &region=NAME where they are needed."""


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

    @classmethod
    def at(cls, url: str) -> Storage:
        """A bucket by its address, ``s3://[KEY:SECRET@]BUCKET[/PREFIX][?endpoint=URL&region=NAME]``; what the address
        leaves out comes from the usual ``AWS_*`` variables. Raises BadAddress."""
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.hostname:
            raise BadAddress
        said = dict(parse_qsl(parts.query, keep_blank_values=True))
        config: dict[str, Any] = {key: said.pop(key) for key in ("endpoint", "region") if key in said}
        if said:
            raise BadAddress
        if parts.username and parts.password:
            config["access_key_id"], config["secret_access_key"] = unquote(parts.username), unquote(parts.password)
        config["client_options"] = {
            "allow_http": str(config.get("endpoint", "")).startswith("http://"),
            "connect_timeout": CONNECT_WITHIN,
        }
        # Its own patience is three minutes: a reader and `/readyz` want to know sooner.
        config["retry_config"] = {"max_retries": RETRIES, "retry_timeout": GIVE_UP_AFTER}
        try:
            return cls.s3(parts.hostname, prefix=parts.path.strip("/") or None, **config)
        except exceptions.BaseError as error:
            raise StorageUnavailable(reason=_reason(error)) from None

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

    async def read_at(self, key: str, start: int, length: int, *, etag: str = "") -> bytes:
        """Bytes that are known to be there; one request, without a look at the size first. With a tag only of that very
        content: an answer must not be half of this and half of what replaced it. Raises StorageUnavailable then."""
        if length <= 0:
            return b""
        with _in_our_words(key):
            if not etag:
                return bytes(await obstore.get_range_async(self._store, checked(key), start=start, length=length))
            options: GetOptions = {"range": (start, start + length), "if_match": f'"{etag}"'}
            return bytes(await (await obstore.get_async(self._store, checked(key), options=options)).bytes_async())

    def open(self, key: str) -> BinaryIO:
        """The bytes to read and seek in, for a thread that may wait; raises Missing."""
        return cast("BinaryIO", _Reading(self._store, checked(key)))

    async def put(self, key: str, content: bytes) -> None:
        """Store bytes; readers see all of them or none."""
        self.local_path(checked(key))
        with _in_our_words(key):
            await obstore.put_async(self._store, key, content)

    async def put_file(self, key: str, source: Path) -> None:
        """Move a finished file in, durably: by a rename into a directory, in parts to S3; ``source`` is gone then."""
        target = self.local_path(checked(key))
        with _in_our_words(key):
            if target is not None:
                await anyio.to_thread.run_sync(_move, source, target)
                return
            await obstore.put_async(self._store, key, source, chunk_size=_part_bytes(source))
        await anyio.Path(source).unlink()

    async def copy_file(self, key: str, source: Path) -> None:
        """Store the content of a finished file, in parts where that is the way; the file stays."""
        self.local_path(checked(key))
        with _in_our_words(key):
            await obstore.put_async(self._store, key, source, chunk_size=_part_bytes(source))

    async def copy(self, key: str, target: str) -> None:
        """Store the same bytes under another key, without reading them here."""
        self.local_path(checked(key))
        self.local_path(checked(target))
        with _in_our_words(key):
            await obstore.copy_async(self._store, key, target)

    async def sign(self, method: Literal["GET", "PUT"], key: str, lifetime: timedelta) -> str | None:
        """An address that lets whoever has it read or write these bytes for a while; None where there is none."""
        if not isinstance(self._store, S3Store):
            return None
        with _in_our_words(key):
            return await obstore.sign_async(self._store, method, checked(key), lifetime)

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


class _Reading(io.RawIOBase):
    """Stored bytes as a file: every read is a request, so read in large pieces or through a buffer."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._key = key
        self._position = 0
        self.name = key.rsplit("/", 1)[-1]
        with _in_our_words(key):
            self._size = int(obstore.head(store, key)["size"])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._size - self._position)
        if length <= 0:
            return 0
        with _in_our_words(self._key):
            content = obstore.get_range(self._store, self._key, start=self._position, length=length)
        buffer[: len(content)] = memoryview(content)
        self._position += len(content)
        return len(content)


def _stat(meta: ObjectMeta | Mapping[str, Any]) -> Stat:
    return Stat(
        key=str(meta["path"]),
        size_bytes=int(meta["size"]),
        last_modified=meta["last_modified"],
        etag=str(meta.get("e_tag") or "").strip('"'),
    )


def _part_bytes(source: Path) -> int:
    """S3 takes ten thousand parts of a file, each of five megabytes at least."""
    return max(SMALLEST_PART_BYTES, -(-source.stat().st_size // MOST_PARTS))


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name that outlives a power cut must not name nothing.
    _sync(source)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
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
    if _OF_THE_MACHINE in said:
        return "there are no credentials for the bucket; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    return (said.strip().splitlines() or [type(error).__name__])[0][:200]

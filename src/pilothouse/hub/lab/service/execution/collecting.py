"""Files of a checkout that are to be kept, taken out of the reach of whoever wrote them."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pilothouse.hub.lab.domain.globs import matcher
from pilothouse.hub.lab.service.artifacts import Artifacts, Found
from pilothouse.hub.lab.service.patience import patiently
from pilothouse.kit.errors import Problem
from pilothouse.kit.ids import new_id
from pilothouse.sandbox.beneath import open_beneath, walk_beneath
from pilothouse.sandbox.log.redaction import redact, redacted
from pilothouse.sandbox.problems import OutsideWorkspace
from pilothouse.wire.lab import LabArtifact

MOST_FILES = 2_000
# A checkout can be made to have more files than anybody wants to look at.
MOST_LOOKED_AT = 200_000
# A transaction for each file would take longer than the files; copies that wait to be stored take up a disk twice.
FILES_TOGETHER, BYTES_TOGETHER = 200, 64 << 20
OTHER_TYPE = "application/octet-stream"


class _Counting:
    """Writes to a file, and knows size and digest of what was written; stops at a limit."""

    def __init__(self, path: Path, limit: int) -> None:
        self._file = path.open("wb")
        self._limit = limit
        self.size_bytes = 0
        self.digest = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.size_bytes += len(content)
        if self.size_bytes > self._limit:
            raise OverflowError
        self.digest.update(content)
        return self._file.write(content)

    def close(self) -> None:
        self._file.close()


class Collecting:
    """Takes artifacts from a checkout."""

    def __init__(self, artifacts: Artifacts, directory: Callable[[], Path]) -> None:
        self._artifacts = artifacts
        self._directory = directory

    async def collect(
        self, session_id: str, command_id: str | None, root: Path, globs: Sequence[str], secrets: Collection[str]
    ) -> list[LabArtifact]:
        """Keep what is meant; what could not be kept is said in the session's summary."""
        if not globs:
            return []
        paths, missing = await asyncio.to_thread(_matching, root, globs)
        taking = _Taking(root, self._directory(), secrets, [] if missing is None else [missing])
        taking.room = self._artifacts.quota_bytes - await patiently(lambda: self._artifacts.used_bytes(session_id))
        kept: list[LabArtifact] = []
        waiting = deque(paths)
        while waiting:
            found = await asyncio.to_thread(taking.some_of, waiting)
            try:
                kept += await self._artifacts.keep(session_id, command_id, found)
                is_kept = {one.path for one in kept}
                taking.problems += [_too_much(one.path) for one in found if one.path not in is_kept]
            except Problem as problem:
                taking.problems += [f"{one.path[:200]}: {problem.sentence}" for one in found]
            finally:
                await asyncio.to_thread(taking.forget, found)
        await patiently(lambda: self._artifacts.note(session_id, taking.problems))
        return kept


@dataclass
class _Taking:
    """Copies files out of a checkout, as many at a time as are to be kept together."""

    root: Path
    directory: Path
    secrets: Collection[str]
    problems: list[str]
    room: int = 0

    def some_of(self, waiting: deque[str]) -> list[Found]:
        """The next ones; what could not be copied is among the problems."""
        self.directory.mkdir(parents=True, exist_ok=True)
        found: list[Found] = []
        size_bytes = 0
        while waiting and len(found) < FILES_TOGETHER and size_bytes < BYTES_TOGETHER:
            path = waiting.popleft()
            try:
                found.append(self._copied(path))
                size_bytes += found[-1].size_bytes
                self.room -= found[-1].size_bytes
            except OutsideWorkspace:
                self.problems.append(f"{self._said(path)[:200]}: it is a link, or no file at all")
            except OverflowError:
                self.problems.append(_too_much(self._said(path)))
            except OSError as error:
                self.problems.append(f"{self._said(path)[:200]}: {error.strerror}")
        return found

    def forget(self, found: Sequence[Found]) -> None:
        for one in found:
            one.copy.unlink(missing_ok=True)

    def _said(self, path: str) -> str:
        """A secret may be in the name."""
        return redacted(self.secrets, path.encode()).decode(errors="replace")

    def _copied(self, path: str) -> Found:
        copy = self.directory / new_id("art")
        sink = _Counting(copy, self.room)
        try:
            with open_beneath(self.root, path) as source:
                redact(self.secrets, source, sink)  # type: ignore[arg-type]
            sink.close()
        except BaseException:
            sink.close()
            copy.unlink(missing_ok=True)
            raise
        kind = mimetypes.guess_type(path)[0] or OTHER_TYPE
        return Found(self._said(path), copy, sink.size_bytes, sink.digest.hexdigest(), kind)


def _too_much(path: str) -> str:
    return f"{path[:200]}: it would take more than the artifacts may"


def _matching(root: Path, globs: Sequence[str]) -> tuple[list[str], str | None]:
    """Relative paths that are meant, in their order, and what is to be said when these are not all. Links are not
    followed here: whoever opens them finds out."""
    is_meant = matcher(globs)
    found: list[str] = []
    unprintable = 0
    for looked_at, (path, _) in enumerate(walk_beneath(root, but=(".git",))):
        if looked_at >= MOST_LOOKED_AT:
            return found, f"there are more than {MOST_LOOKED_AT} files; the others were not looked at"
        if is_meant(path):
            if not path.isprintable():
                unprintable += 1
                continue
            if len(found) >= MOST_FILES:
                return found, f"more than {MOST_FILES} files are meant; the others were not kept"
            found.append(path)
    return found, f"files with names that cannot be shown were not kept: {unprintable}" if unprintable else None

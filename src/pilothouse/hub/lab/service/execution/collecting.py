"""Files of a checkout that are to be kept, taken out of the reach of whoever wrote them."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pilothouse.hub.lab.domain.globs import matcher
from pilothouse.hub.lab.service.artifacts import Artifacts, Found
from pilothouse.hub.lab.service.patience import patiently
from pilothouse.kit.errors import Problem
from pilothouse.kit.ids import new_id
from pilothouse.sandbox.beneath import open_beneath
from pilothouse.sandbox.log.redaction import redact
from pilothouse.wire.lab import LabArtifact

MOST_FILES = 2_000
# A checkout can be made to have more files than anybody wants to look at.
MOST_LOOKED_AT = 200_000
OTHER_TYPE = "application/octet-stream"
_READ_BYTES = 1 << 20


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
        self, session_id: str, command_id: str | None, root: Path, globs: Sequence[str], secrets: Mapping[str, str]
    ) -> list[LabArtifact]:
        """Keep what is meant; what could not be kept is said in the session's summary."""
        if not globs:
            return []
        kept: list[LabArtifact] = []
        problems: list[str] = []
        room = self._artifacts.quota_bytes - await patiently(lambda: self._artifacts.used_bytes(session_id))
        for path in await asyncio.to_thread(lambda: list(_matching(root, globs))):
            try:
                found = await asyncio.to_thread(self._copy, root, path, secrets, room)
                kept.append(await self._artifacts.keep(session_id, command_id, found))
                room -= kept[-1].size_bytes
            except Problem as problem:
                problems.append(f"{path[:200]}: {problem.sentence}")
            except OverflowError:
                problems.append(f"{path[:200]}: it would take more than the artifacts may")
            except OSError as error:
                problems.append(f"{path[:200]}: {error.strerror}")
        await patiently(lambda: self._artifacts.note(session_id, problems))
        return kept

    def _copy(self, root: Path, path: str, secrets: Mapping[str, str], room: int) -> Found:
        directory = self._directory()
        directory.mkdir(parents=True, exist_ok=True)
        copy = directory / new_id("art")
        sink = _Counting(copy, room)
        try:
            with open_beneath(root, path) as source:
                redact(secrets.values(), source, sink)  # type: ignore[arg-type]
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
        finally:
            sink.close()
        kind = mimetypes.guess_type(path)[0] or OTHER_TYPE
        return Found(path, copy, sink.size_bytes, sink.digest.hexdigest(), kind)


def _matching(root: Path, globs: Sequence[str]) -> Iterator[str]:
    """Relative paths that are meant, in their order. Links are not followed here: whoever opens them finds out."""
    is_meant = matcher(globs)
    looked_at = found = 0
    for directory, names, files in os.walk(root):
        names.sort()
        if ".git" in names:
            names.remove(".git")
        below = os.path.relpath(directory, root)
        links = [name for name in names if os.path.islink(os.path.join(directory, name))]  # noqa: PTH114, PTH118
        for name in sorted([*files, *links]):
            looked_at += 1
            path = name if below == "." else f"{below}/{name}"
            if is_meant(path) and path.isprintable():
                found += 1
                yield path
            if looked_at >= MOST_LOOKED_AT or found >= MOST_FILES:
                return

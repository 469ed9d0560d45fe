"""Files of a checkout that are to be kept, taken out of the reach of whoever wrote them."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pilothouse.hub.lab.domain.globs import matcher
from pilothouse.hub.lab.service.artifacts import Artifacts, Found
from pilothouse.hub.lab.service.patience import patiently
from pilothouse.kit.errors import Problem
from pilothouse.kit.ids import new_id
from pilothouse.sandbox.beneath import open_beneath, walk_beneath
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
        paths, missing = await asyncio.to_thread(_matching, root, globs)
        problems = [] if missing is None else [missing]
        room = self._artifacts.quota_bytes - await patiently(lambda: self._artifacts.used_bytes(session_id))
        for path in paths:
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


def _matching(root: Path, globs: Sequence[str]) -> tuple[list[str], str | None]:
    """Relative paths that are meant, in their order, and what is to be said when these are not all. Links are not
    followed here: whoever opens them finds out."""
    is_meant = matcher(globs)
    found: list[str] = []
    for looked_at, (path, _) in enumerate(walk_beneath(root, but=(".git",))):
        if looked_at >= MOST_LOOKED_AT:
            return found, f"there are more than {MOST_LOOKED_AT} files; the others were not looked at"
        if is_meant(path) and path.isprintable():
            if len(found) >= MOST_FILES:
                return found, f"more than {MOST_FILES} files are meant; the others were not kept"
            found.append(path)
    return found, None

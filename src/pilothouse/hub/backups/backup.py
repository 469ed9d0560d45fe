"""Take a backup beside a running hub."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pilothouse import __version__
from pilothouse.hub.audit.service.anchors import FILE as ANCHOR
from pilothouse.hub.backups.archive import Writer, writing
from pilothouse.hub.backups.manifest import FILES, TABLES, Manifest, Table
from pilothouse.hub.db.base import Base
from pilothouse.hub.db.copying import last_number, lines_of, stored, tables_of
from pilothouse.hub.db.migrate import UnknownRevision, known_revisions
from pilothouse.hub.db.moments import one_moment, revision_of
from pilothouse.kit.clock import Clock, at

RECORDINGS = "sessions"
# What is under way, what is fetched again, and what the tables say already.
LEFT_OUT = frozenset({"uploads", "repairs", "lab/mirrors", "lab/workers", "lab/files", "lab/hubs"})
DATABASE = "hub.db"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written."""

    path: Path
    manifest: Manifest
    size_bytes: int

    @property
    def row_count(self) -> int:
        return sum(table.row_count for table in self.manifest.tables)

    @property
    def file_count(self) -> int:
        return sum(name.startswith(FILES) for name in self.manifest.sha256)


def back_up(
    path: Path, *, data: Path, address: str, clock: Clock, recordings: bool = True, tell: Progress = lambda _: None
) -> Backup:
    """Write everything that a hub keeps: its rows as they are at one moment, then its files, which do not change.

    What its bucket holds stays there. Raises NoDatabase, and UnknownRevision for rows of a newer version, of which this
    one would leave out what it does not know.
    """
    # The head of the audit log is read first: later than the rows, it would speak of entries they do not have.
    anchor = _read(data / ANCHOR)
    with one_moment(address) as connection, writing(path) as archive:
        made_at, revision = at(clock.now_ns()).isoformat(), revision_of(connection)
        if revision not in known_revisions():
            raise UnknownRevision(reason=f"it is at revision {revision}")
        manifest = Manifest(software=__version__, revision=revision, made_at=made_at, has_recordings=recordings)
        for table in tables_of(connection, Base.metadata.tables):
            tell(table.name)
            columns = [column.name for column in stored(table)]
            count = archive.add_lines(f"{TABLES}{table.name}.jsonl.zst", lines_of(connection, table))
            last = last_number(connection, table)
            manifest.tables.append(Table(name=table.name, columns=columns, row_count=count, last_number=last))
        if anchor is not None:
            archive.add(FILES + ANCHOR, io.BytesIO(anchor), len(anchor))
        for name in _files(data, recordings=recordings):
            tell(name)
            if not _add_file(archive, data, name):
                manifest.missing.append(name)
        archive.finish(manifest)
    return Backup(path, manifest, path.stat().st_size)


def _files(data: Path, *, recordings: bool) -> Iterator[str]:
    """Names below the data directory; links are nobody's evidence and are left out."""
    for directory, directories, names in os.walk(data):
        place = Path(directory).relative_to(data)
        is_top = place == Path()
        leaves = LEFT_OUT | (set() if recordings else {RECORDINGS})
        directories[:] = sorted(
            one for one in directories if not one.startswith(".") and (place / one).as_posix() not in leaves
        )
        for name in sorted(names):
            if name.startswith(".") or name.endswith(".active") or (place / name).as_posix() in LEFT_OUT:
                continue
            if is_top and (name.startswith(DATABASE) or name == ANCHOR):
                continue
            yield (Path(directory) / name).relative_to(data).as_posix()


def _add_file(archive: Writer, data: Path, name: str) -> bool:
    try:
        descriptor = os.open(data / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return False
        archive.add(FILES + name, file, status.st_size)
    return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None

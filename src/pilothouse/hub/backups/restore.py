"""Put a backup back, into an empty directory and an empty database of either kind."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from sqlalchemy import Connection

from pilothouse.hub.backups.archive import Reader, check
from pilothouse.hub.backups.backup import RECORDINGS
from pilothouse.hub.backups.manifest import FILES, TABLES, BackupNewer, BackupUnreadable, Manifest, NotEmpty
from pilothouse.hub.composition import UNFINISHED
from pilothouse.hub.db.copying import count_on, empty, fill, tables_of
from pilothouse.hub.db.engine import parse_url
from pilothouse.hub.db.migrate import Migrations, known_revisions
from pilothouse.hub.db.moments import all_or_nothing, is_empty, references_wait

_TABLE_END = ".jsonl.zst"

# As the hub keeps them: a proxy in its group serves recordings, and nobody else reads keys.
GROUP_READS, OWNER_ALONE = 0o640, 0o600


def restore(path: Path, *, data: Path, address: str, tell: Callable[[str], None] = lambda _: None) -> Manifest:
    """Check every byte of a backup, then put it back and bring the database to the newest revision.

    Raises BackupUnreadable, BackupNewer, NotEmpty, NoDatabase; then directory and database are as empty as they were.
    """
    backup = check(path)
    manifest = backup.manifest
    if manifest.revision not in known_revisions():
        raise BackupNewer(path=path, software=manifest.software, revision=manifest.revision)
    data.mkdir(parents=True, exist_ok=True)
    unfinished = data / UNFINISHED
    if any(data.iterdir()) and not unfinished.exists():
        raise NotEmpty(where=data)
    with unfinished.open("a") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotEmpty(where=data) from None  # somebody else's restore, under way
        try:
            _clear(data, but=unfinished)  # what one that was killed had written so far, and nothing else
            _make_private(address)
            if not is_empty(address):
                raise NotEmpty(where="the database")
            _put_back(backup, data, address, tell)
        except BaseException:
            _clear(data)
            raise
        unfinished.unlink()
    return manifest


def _put_back(backup: Reader, data: Path, address: str, tell: Callable[[str], None]) -> None:
    migrations = Migrations(parse_url(address))
    # One transaction with the tables in it: whatever ends it early, kill -9 too, the database is as empty as it was.
    with all_or_nothing(address) as connection:
        migrations.up_within(connection, backup.manifest.revision)
        with references_wait(connection):
            _fill(connection, backup, data, tell)
        migrations.up_within(connection)


def _fill(connection: Connection, backup: Reader, data: Path, tell: Callable[[str], None]) -> None:
    known = {table.name: table for table in backup.manifest.tables}
    tables = {table.name: table for table in tables_of(connection, known)}
    empty(connection, list(tables.values()))
    for name, content in backup.parts():
        tell(name)
        if name.startswith(FILES):
            is_recording = name.startswith(f"{FILES}{RECORDINGS}/")
            _write(data / name.removeprefix(FILES), content, GROUP_READS if is_recording else OWNER_ALONE)
        elif name.startswith(TABLES) and name.endswith(_TABLE_END):
            described = known[name.removeprefix(TABLES).removesuffix(_TABLE_END)]
            count = fill(connection, tables[described.name], described.columns, _lines(content))
            if count != described.row_count:
                raise BackupUnreadable(path=name, reason=f"{count} rows of {described.row_count}")
    for table_name, table in tables.items():
        count_on(connection, table, known[table_name].last_number)


def _make_private(address: str) -> None:
    """SQLite would make the file for everybody to read, and secrets are among the rows."""
    url = parse_url(address)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(url.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ALONE))


def _clear(data: Path, *, but: Path | None = None) -> None:
    for entry in data.iterdir():
        if entry == but:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _lines(content: IO[bytes]) -> Iterator[bytes]:
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(content) as readable:
        yield from io.BufferedReader(readable, 1 << 20)


def _write(path: Path, content: IO[bytes], mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        shutil.copyfileobj(content, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())

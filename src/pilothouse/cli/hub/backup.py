"""`pilothouse hub backup` and `pilothouse hub restore`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pilothouse.cli.parts.hub_directory import settings_in

Data = Annotated[Path, typer.Option(help="Directory of the hub.")]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the backup, such as hub-2026-05-12.tar.")],
    data: Data = Path("pilothouse-data"),
    *,
    recordings: Annotated[
        bool, typer.Option(help="With the recordings in DIR/sessions; those in a bucket stay there.")
    ] = True,
) -> None:
    """Write everything a hub keeps to one file, beside the running hub or without it.

    Rows are as they were at one moment, whoever writes meanwhile; the database is that of PILOTHOUSE_DATABASE_URL, or
    the one in DIR. The file is a tar with a checksum of every part, and appears under its name when it is whole. It
    holds credentials: keep it as you keep those.
    """
    from pilothouse.hub.backups import back_up
    from pilothouse.kit.clock import SystemClock
    from pilothouse.kit.errors import BadConfiguration

    settings = settings_in(data)
    if not file.parent.is_dir():
        raise BadConfiguration(problem=f"there is no directory {file.parent}; make it, or name another file")
    _load_models()
    with _telling("backing up") as tell:
        made = back_up(
            file, data=data, address=settings.database_address, clock=SystemClock(), recordings=recordings, tell=tell
        )
    print(f"{made.path}: {made.row_count} rows, {made.file_count} files, {made.size_bytes / (1 << 20):.1f} MiB")
    for name in made.manifest.missing:
        typer.echo(f"pilothouse: {name} went while it was being copied; it is not in the backup", err=True)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
    data: Data = Path("pilothouse-data"),
) -> None:
    """Put a backup back, into an empty directory and an empty database.

    Every byte is checked before anything is written. A backup of SQLite may be restored into PostgreSQL and the other
    way round: set PILOTHOUSE_DATABASE_URL, or leave it out. An older backup is brought to this version.
    """
    from pilothouse.hub.backups import restore as put_back
    from pilothouse.hub.settings import HubSettings
    from pilothouse.kit.settings import load

    settings = load(HubSettings, overrides={"data": data})
    with _telling("restoring") as tell:
        manifest = put_back(file, data=data, address=settings.database_address, tell=tell)
    rows = sum(table.row_count for table in manifest.tables)
    print(f"restored {rows} rows as they were at {manifest.made_at}; start it with: pilothouse hub --data {data}")


def _load_models() -> None:
    """A table is known once the slice that keeps it is imported."""
    from importlib import import_module

    import_module("pilothouse.hub.app")


@contextmanager
def _telling(what: str) -> Iterator[Callable[[str], None]]:
    import sys

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(what) as status:
        yield lambda name: status.update(f"{what}: {name}")

"""pilothouse audit: prove that nothing was taken out of the log of who changed what."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.parts.hub_directory import database_of, settings_in
from pilothouse.cli.parts.options import AsJson

if TYPE_CHECKING:
    from pilothouse.hub.audit.schemas import AuditVerification

app = typer.Typer(
    help="Prove that nothing was taken out of the log of who changed what.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def _group() -> None:
    """Keeps `verify` a command of its own while it is the only one."""


@app.command()
def verify(
    data: Annotated[Path, typer.Option(help="Directory of the hub.")] = Path("pilothouse-data"),
    as_json: AsJson = False,
) -> None:
    """Walk the audit log of a hub from its beginning, beside a running hub or without one.

    Every entry carries the hash of the one before it, and the head is kept in a file outside the database: edited,
    deleted and cut-off entries are found and named. The database is that of PILOTHOUSE_DATABASE_URL, or the one in DIR.
    Exit code 0 when the log is whole, 1 when it is not.
    """
    found = asyncio.run(_verify(data))
    if as_json:
        print(found.model_dump_json(indent=2))
    if not found.ok:
        typer.echo(f"pilothouse: {found.problem}; compare with your backups", err=True)
        raise typer.Exit(1)
    if not as_json:
        print(f"the audit log is whole: {found.entries} {'entry' if found.entries == 1 else 'entries'}")


async def _verify(data: Path) -> AuditVerification:
    from pilothouse.hub.audit import AnchorFile, Audit
    from pilothouse.kit.clock import SystemClock

    settings = settings_in(data)
    async with database_of(settings) as database:
        return await Audit(database, SystemClock(), AnchorFile(settings.data)).verify()

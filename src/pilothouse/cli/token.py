"""pilothouse token: credentials for programs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pilothouse.cli.parts.hub_directory import database_of, settings_in
from pilothouse.cli.parts.hub_link import CREDENTIALS, hub_at
from pilothouse.cli.parts.options import AsJson
from pilothouse.cli.parts.tables import at, table
from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncSession

    from pilothouse.hub.identity import Tokens
    from pilothouse.wire.token import MadeToken, TokenList

app = typer.Typer(
    help="Credentials for programs: make, list and revoke API tokens of a hub.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

Found = TypeVar("Found")
Data = Annotated[
    Path | None,
    typer.Option(help="The hub's data directory: works without asking the hub, running or not."),
]
Url = Annotated[str | None, typer.Option(help=f"A running hub, as http://HOST:PORT. {CREDENTIALS}")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the token is for; shown in lists.")],
    scopes: Annotated[str, typer.Option(help="What it grants, with commas; none grants nothing.")] = "",
    expires_in_days: Annotated[float | None, typer.Option(min=0, help="It ends after so many days.")] = None,
    repository: Annotated[str | None, typer.Option(help="Good for debug sessions of this repository only.")] = None,
    session: Annotated[str | None, typer.Option(help="Good for this debug session only.")] = None,
    data: Data = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Make a token and print it, once and alone on standard output.

    \b
    Scopes: admin (everything), fleet:read, fleet:write, boards:read, boards:write,
            sessions:read, sessions:write, commands:write, artifacts:read

    With --repository or --session it opens debug sessions alone: those of one repository, or one.

    Example: pilothouse token create ci --scopes fleet:read --data ./pilothouse-data
    """
    from pilothouse.wire.token import NewToken

    ends = None if expires_in_days is None else datetime.now(UTC) + timedelta(days=expires_in_days)
    wanted = [scope for scope in (part.strip() for part in scopes.split(",")) if scope]
    try:
        new = NewToken(name=name, scopes=wanted, expires_at=ends, repository=repository, session_id=session)
    except ValueError:
        raise BadConfiguration(problem="a token's name has 1 to 200 letters, a repository's up to 200") from None

    async def make(tokens: Tokens, session: AsyncSession) -> MadeToken:
        from pilothouse.hub.identity.domain import LOCAL

        return await tokens.create(session, new, LOCAL)

    made = hub_at(url).administration.make_token(new) if url else _in_directory(data, make)
    granted = ", ".join(made.scopes) or "nothing"
    typer.echo(f"{made.id} grants {granted}; it is shown this once:", err=True)
    print(made.model_dump_json(indent=2) if as_json else made.token)


@app.command("list")
def list_tokens(data: Data = None, as_json: AsJson = False, url: Url = None) -> None:
    """List the tokens of programs, newest first, those that ended included."""

    async def page(tokens: Tokens, session: AsyncSession) -> TokenList:
        return await tokens.page(session, limit=200, offset=0)

    found = hub_at(url).administration.tokens(limit=200) if url else _in_directory(data, page)
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    rows = [
        (one.id, one.name, ",".join(one.scopes) or "-", one.session_id or one.repository or "-",
         "active" if one.active else "ended", _day(one.last_used_at))
        for one in found.items
    ]  # fmt: skip
    print(table(("id", "name", "scopes", "only for", "state", "last used"), rows))
    if found.total > len(found.items):
        print(f"and {found.total - len(found.items)} older ones")


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(help="Its id, as listed.")],
    data: Data = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """End a token: it opens nothing from now on, at a running hub within a second."""

    async def end(tokens: Tokens, session: AsyncSession) -> None:
        await tokens.revoke(session, token_id)

    if url:
        hub_at(url).administration.revoke_token(token_id)
    else:
        _in_directory(data, end)
    print(json.dumps({"id": token_id, "active": False}) if as_json else f"{token_id} is revoked")


def _in_directory(data: Path | None, use: Callable[[Tokens, AsyncSession], Awaitable[Found]]) -> Found:
    async def run() -> Found:
        async with _tokens(data) as (tokens, session):
            return await use(tokens, session)

    return asyncio.run(run())


@asynccontextmanager
async def _tokens(data: Path | None) -> AsyncIterator[tuple[Tokens, AsyncSession]]:
    from pilothouse.hub.identity import Tokens
    from pilothouse.kit.clock import SystemClock

    settings = settings_in(data, otherwise="ask a hub that runs with --url")
    async with database_of(settings) as database, database.transaction() as session:
        yield Tokens(database, SystemClock()), session


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else at(moment)

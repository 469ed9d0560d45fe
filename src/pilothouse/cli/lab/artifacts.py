"""pilothouse lab artifacts: what sessions leave."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.lab.link import Url, hub_for
from pilothouse.cli.parts.options import AsJson
from pilothouse.cli.parts.progress import progress_of
from pilothouse.cli.parts.tables import printable, table
from pilothouse.kit.errors import NotFound

if TYPE_CHECKING:
    from pilothouse.client.lab import Lab
    from pilothouse.wire.lab import LabArtifact

app = typer.Typer(
    help="List, fetch and add what sessions leave.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

Session = Annotated[str, typer.Argument(metavar="SESSION", help="The session's id.")]


class NoSuchArtifact(NotFound):
    """Session {session} has left no artifact {name}."""


@app.command("list")
def list_artifacts(session_id: Session, as_json: AsJson = False, url: Url = None) -> None:
    """List what a session has left."""
    with hub_for(url) as hub:
        found = hub.lab.artifacts(session_id)
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    rows = [(one.id, one.path, _size(one.size_bytes), one.content_type, one.sha256[:12])
            for one in found.items]  # fmt: skip
    print(table(("artifact", "path", "size", "type", "sha256"), rows))
    if found.total > len(found.items):
        print(f"and {found.total - len(found.items)} more; artifacts get fetches all")


@app.command()
def get(
    session_id: Session,
    names: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="Paths or ids; all when absent.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The directory they are written to.")] = Path(),
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Fetch artifacts into a directory, under their paths."""
    with hub_for(url) as hub:
        files = [str(file) for file in fetch_all(hub.lab, session_id, output, names or ())]
    print(json.dumps({"files": files}) if as_json else "\n".join(map(printable, files)))


@app.command()
def add(
    session_id: Session,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file from here.")],
    path: Annotated[str | None, typer.Option(help="What it is to be called; its name when absent.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Add a file from here to the artifacts of a session."""
    with hub_for(url) as hub:
        added = hub.lab.add_artifact(session_id, path or file.name, file.read_bytes())
    print(added.model_dump_json(indent=2) if as_json else added.id)


def fetch_all(lab: Lab, session_id: str, directory: Path, names: list[str] | tuple[str, ...] = ()) -> list[Path]:
    """Fetch the artifacts of these paths or ids, all when none is named; the files."""
    there = _all(lab, session_id)
    wanted = [one for one in there if not names or one.path in names or one.id in names]
    known = {word for one in wanted for word in (one.path, one.id)}
    if missing := [name for name in names if name not in known]:
        raise NoSuchArtifact(session=session_id, name=missing[0])
    files = []
    for one in wanted:
        file = directory / _inside(one.path)
        file.parent.mkdir(parents=True, exist_ok=True)
        with progress_of(one.path) as progress:
            lab.download(one, file, progress=progress)
        files.append(file)
    return files


def _all(lab: Lab, session_id: str) -> list[LabArtifact]:
    found: list[LabArtifact] = []
    while page := lab.artifacts(session_id, offset=len(found)).items:
        found += page
    return found


def _inside(path: str) -> Path:
    """Whatever a session calls its files, they stay below the directory they are fetched into, and tell no git there
    what to run."""
    parts = (part for part in PurePosixPath(path).parts if part not in ("/", ".."))
    return Path(*(part.replace(".", "_") if part.lower() == ".git" else part for part in parts))


def _size(count: int) -> str:
    if count < 1_000:
        return f"{count} B"
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} kB"

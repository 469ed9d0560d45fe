"""pilothouse recordings: the recordings of a hub, from a terminal."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.parts.hub_link import CREDENTIALS, DEFAULT_URL, HubUrl, hub_at
from pilothouse.cli.parts.options import AsJson
from pilothouse.cli.parts.progress import progress_of
from pilothouse.cli.parts.tables import at, printable, table
from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from pilothouse.wire import Recording

app = typer.Typer(
    help=f"Find, fetch, deliver, cut, export, pin and share the recordings of a hub. {CREDENTIALS}",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

Flag = typer.Option
Name = Annotated[str, typer.Argument(help="The recording's id.", metavar="ID")]
Start = Annotated[float | None, Flag(help="Seconds from its start.")]
End = Annotated[float | None, Flag(help="Seconds from its start.")]


class Sort(StrEnum):
    RECORDED = "recorded"
    SIZE = "size"
    DURATION = "duration"


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


@app.command("list")
def list_recordings(
    text: Annotated[str | None, typer.Argument(help="Words in ids, labels, rules, topics, annotations.")] = None,
    robot: Annotated[str | None, Flag(help="Of this robot.")] = None,
    site: Annotated[str | None, Flag(help="Of robots at this site.")] = None,
    label: Annotated[str | None, Flag(help="With exactly this label.")] = None,
    trigger: Annotated[str | None, Flag(help="Made by this rule.")] = None,
    topic: Annotated[str | None, Flag(help="With messages of this topic.")] = None,
    incident: Annotated[str | None, Flag(help="Belonging to this incident.")] = None,
    since: Annotated[
        datetime | None, Flag(help="Recorded then or later: 2026-05-12T08:42Z; local time without a zone.")
    ] = None,
    until: Annotated[datetime | None, Flag(help="Recorded before; as --since.")] = None,
    annotated: Annotated[bool | None, Flag("--annotated/--not-annotated", help="With annotations, or without.")] = None,
    pinned: Annotated[bool | None, Flag("--pinned/--not-pinned", help="Pinned, or not.")] = None,
    sort: Annotated[Sort, Flag(help="What comes first: the newest, the largest, the longest.")] = Sort.RECORDED,
    limit: Annotated[int, Flag(min=1, max=200, help="How many at most.")] = 50,
    as_json: AsJson = False,
    url: HubUrl = DEFAULT_URL,
) -> None:
    """List recordings, the newest first."""
    found = hub_at(url).archive.search(
        text=text, robot_id=robot, site=site, label=label, trigger=trigger, topic=topic, incident=incident,
        since=since and since.astimezone(), until=until and until.astimezone(), annotated=annotated, pinned=pinned,
        sort=sort.value, limit=limit,
    )  # fmt: skip
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    head = ("recording", "robot", "recorded", "length", "size", "state", "label")
    print(table(head, [_row(one) for one in found.sessions]))
    if found.total > len(found.sessions):
        print(f"and {found.total - len(found.sessions)} more; narrow the list")


@app.command()
def show(session_id: Name, as_json: AsJson = False, url: HubUrl = DEFAULT_URL) -> None:
    """Show one recording and its topics."""
    recording = hub_at(url).recording(session_id)
    if as_json:
        print(recording.model_dump_json(indent=2))
        return
    for name, value in _facts(recording):
        if value:
            print(f"{name:<12} {printable(value)}")
    rows = [(one.topic, one.message_type, str(one.message_count), f"{one.rate_hz or 0:.1f} Hz")
            for one in recording.channels]  # fmt: skip
    print(table(("topic", "type", "messages", "rate"), rows))


@app.command()
def upload(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="MCAP files.")],
    session_id: Annotated[
        str | None, Flag("--id", help="The recording's id, of one file; the file's name when absent.")
    ] = None,
    robot: Annotated[str | None, Flag(help="Whose recording it is; as the file says when absent.")] = None,
    url: HubUrl = DEFAULT_URL,
) -> None:
    """Deliver files. Called again after a cut it goes on where the hub stands."""
    if session_id is not None and len(files) > 1:
        raise BadConfiguration(problem="--id names one recording; give one file with it, or leave it out")
    for file in files:
        _deliver(file, session_id or file.stem, robot, url)


def _deliver(file: Path, session_id: str, robot: str | None, url: str) -> None:
    from pydantic import ValidationError

    from pilothouse.kit.settings import explain
    from pilothouse.mcap import sha256_of
    from pilothouse.wire import UploadMetadata

    try:
        metadata = UploadMetadata(session_id=session_id, sha256=sha256_of(file), robot_id=robot)
    except ValidationError as error:
        raise BadConfiguration(problem=explain(error, UploadMetadata)) from None
    with progress_of(file.name) as progress:
        hub_at(url).upload(file, metadata, progress=progress)
    print(session_id)


@app.command()
def download(
    session_id: Name,
    output: Annotated[Path | None, Flag("--output", "-o", help="The file; ID.mcap when absent.")] = None,
    url: HubUrl = DEFAULT_URL,
) -> None:
    """Fetch the whole file."""
    file = output or Path(f"{session_id}.mcap")
    with progress_of(file.name) as progress:
        hub_at(url).download(session_id, file, progress=progress)
    print(file)


@app.command()
def cut(
    session_id: Name,
    topic: Annotated[list[str] | None, Flag(help="A topic to keep, all when absent; repeatable.")] = None,
    start: Start = None,
    end: End = None,
    output: Annotated[Path | None, Flag("--output", "-o", help="The file; ID-cut.mcap when absent.")] = None,
    url: HubUrl = DEFAULT_URL,
) -> None:
    """Fetch a part as a recording of its own; nothing else crosses the network."""
    file = output or Path(f"{session_id}-cut.mcap")
    with progress_of(file.name) as progress:
        hub_at(url).archive.cut(session_id, file, topics=topic or (), start_s=start, end_s=end, progress=progress)
    print(file)


@app.command()
def export(
    session_id: Name,
    fields: Annotated[str, Flag(help="Comma-separated: /odom.twist.linear.x,/battery.charge")],
    format_: Annotated[Format, Flag("--format", help="Parquet needs the extra 'parquet'.")] = Format.CSV,
    start: Start = None,
    end: End = None,
    output: Annotated[Path | None, Flag("--output", "-o", help="The file; CSV goes to the terminal without.")] = None,
    url: HubUrl = DEFAULT_URL,
) -> None:
    """Write fields of messages as a table: one row for each message, a column for each field."""
    from pilothouse.cli.recordings.export import export_fields

    if output is None and format_ == Format.PARQUET:
        output = Path(f"{session_id}.parquet")
    wanted = [field.strip() for field in fields.split(",") if field.strip()]
    export_fields(hub_at(url), session_id, wanted, format_.value, start, end, output)
    if output is not None:
        print(output)


@app.command()
def pin(
    session_id: Name,
    reason: Annotated[str, Flag(help="Why it must stay.")] = "",
    remove: Annotated[bool, Flag("--remove", help="Take the pin off.")] = False,
    url: HubUrl = DEFAULT_URL,
) -> None:
    """Let nothing and nobody delete a recording, until the pin is taken off."""
    archive = hub_at(url).archive
    if remove:
        archive.unpin(session_id)
    elif not reason.strip():
        raise BadConfiguration(problem="say why: --reason TEXT")
    else:
        archive.pin(session_id, reason)
    print(f"{session_id} is {'no longer ' if remove else ''}pinned")


@app.command()
def link(
    session_id: Name,
    expires_in_h: Annotated[float, Flag(min=0.02, max=168, help="How long it is good, in hours.")] = 1.0,
    as_json: AsJson = False,
    url: HubUrl = DEFAULT_URL,
) -> None:
    """Make an address at which anybody may read a recording until it expires."""
    made = hub_at(url).archive.link(session_id, expires_in_s=round(expires_in_h * 3_600))
    if as_json:
        print(json.dumps(made.model_dump(mode="json"), indent=2))
        return
    print(made.url)
    for name, address in (("Lichtblick", made.open.lichtblick), ("Foxglove", made.open.foxglove)):
        typer.echo(f"{name}: {address}", err=True)
    typer.echo(f"good until {at(made.expires_at)}", err=True)


def _row(one: Recording) -> tuple[str, ...]:
    recorded = "-" if one.started_at is None else at(one.started_at)
    state = one.state.value + (", pinned" if one.pinned_at else "")
    size = f"{one.size_bytes / 1e6:.1f} MB"
    return one.session_id, one.robot_id, recorded, f"{one.duration_s:.1f} s", size, state, one.label or "-"


def _facts(one: Recording) -> list[tuple[str, str | None]]:
    rule = None if one.trigger is None else f"{one.trigger.rule} (measured {one.trigger.value})"
    pinned = None if one.pinned_at is None else f"since {at(one.pinned_at)}: {one.pin_reason}"
    names = ("recording", "robot", "recorded", "length", "size", "state", "label")
    more = [("rule", rule), ("incident", one.incident_id), ("pinned", pinned), ("damage", one.damage)]
    return [
        *zip(names, _row(one), strict=True),
        *more,
        ("annotations", str(one.annotation_count)),
        ("sha256", one.sha256),
    ]

"""Look into, verify and recover recordings."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.parts.options import AsJson
from pilothouse.kit.clock import at
from pilothouse.kit.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from pilothouse.mcap import Captured, Summary, Verification

app = typer.Typer(
    help="""Look into, verify and recover recordings (MCAP files, whoever wrote them).

    Exit code 0: all is well. 2: the file is damaged, and what to do about it stands in one line on standard error.
    4: there is no such file.""",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="An MCAP file.", show_default=False)]


class NoSuchFile(NotFound):
    """There is no file {path}."""


class NotReadable(Forbidden):
    """{path} may not be read by you; check its permissions."""


@app.command()
def info(file: File, as_json: AsJson = False) -> None:
    """Say what is in a recording.

    Times, topics with message counts and rates, chunks, metadata. Reads the summary at the end of the file only,
    however large it is; a file without one is read once.
    """
    from pilothouse.mcap import open_recording

    with open_recording(_existing(file)) as recording:
        summary = recording.summary()
    if as_json:
        print(json.dumps({"file": str(file), "size_bytes": file.stat().st_size, **_facts(summary)}))
        return
    _print_summary(file, summary)


@app.command()
def verify(file: File, as_json: AsJson = False) -> None:
    """Read a recording to its end and check all of it.

    Every checksum, every chunk, and whether the summary tells the truth.

    Exits 0 when nothing is wrong, 2 when something is.
    """
    from pilothouse.mcap import verify as verify_file

    result = verify_file(_existing(file))
    if as_json:
        problems = list(result.problems)
        print(json.dumps({"file": str(file), "ok": result.ok, "messages": result.message_count, "problems": problems}))
    if not result.ok:
        raise _damage(file, result)
    if not as_json:
        print(f"{file}: ok, {result.message_count:,} messages read and checked")


@app.command()
def recover(
    file: File,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write; FILE.recovered.mcap if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Save what is readable of a damaged recording.

    Writes a new recording and reads it back before saying that it worked. Keeps every chunk whose checksum holds, all
    metadata and attachments. Never overwrites a file, never touches FILE.
    """
    from pilothouse.mcap import recover as recover_file

    to = output or file.with_name(f"{file.name.removesuffix('.mcap')}.recovered.mcap")
    captured = recover_file(_existing(file), to)
    if as_json:
        print(json.dumps(_capture_facts(captured)))
        return
    print(
        f"{to}: {captured.message_count:,} messages on {len(captured.topics)} topics,"
        f" {captured.duration_s:.2f} s, read back and checked"
    )


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise NoSuchFile(path=file)
    if not os.access(file, os.R_OK):
        raise NotReadable(path=file)
    return file


def _damage(file: Path, result: Verification) -> Exception:
    from pilothouse.mcap import Damaged
    from pilothouse.mcap.reading.reading import NO_ADVICE

    more = f" (and {len(result.problems) - 1} more)" if len(result.problems) > 1 else ""
    rescue = f"`pilothouse mcap recover {file}` saves the {result.message_count:,} messages that are readable"
    advice = rescue if result.message_count else NO_ADVICE
    return Damaged(source=file.name, reason=f"{result.problems[0]}{more}", advice=advice)


def _facts(summary: Summary) -> dict[str, object]:
    return {
        "profile": summary.profile,
        "library": summary.library,
        "messages": summary.message_count,
        "start_ns": summary.start_ns,
        "end_ns": summary.end_ns,
        "duration_s": summary.duration_s,
        "chunks": summary.chunk_count,
        "compression": list(summary.compressions),
        "indexed": summary.indexed,
        "topics": [
            {
                "topic": one.topic,
                "type": one.schema_name,
                "encoding": one.message_encoding,
                "schema_encoding": one.schema_encoding,
                "messages": one.message_count,
            }
            for one in summary.channels
        ],
        "metadata": summary.metadata,
    }


def _capture_facts(captured: Captured) -> dict[str, object]:
    return {
        "file": str(captured.path),
        "size_bytes": captured.size_bytes,
        "messages": captured.message_count,
        "start_ns": captured.start_ns,
        "end_ns": captured.end_ns,
        "duration_s": captured.duration_s,
        "topics": list(captured.topics),
        "sha256": captured.sha256,
    }


def _print_summary(file: Path, summary: Summary) -> None:
    compression = ", ".join(summary.compressions) or "none"
    index = "indexed" if summary.indexed else "not indexed"
    lines = {
        "file": f"{file} ({_size(file.stat().st_size)})",
        "written by": summary.library or "unknown",
        "messages": f"{summary.message_count:,} in {summary.chunk_count:,} chunks ({compression}; {index})",
    }
    if summary.start_ns is not None and summary.end_ns is not None:
        lines["from"] = _moment(summary.start_ns)
        lines["to"] = f"{_moment(summary.end_ns)} ({summary.duration_s:.2f} s)"
    for label, text in lines.items():
        print(f"{label:<11} {text}")
    if summary.channels:
        _print_channels(summary)
    for name, values in summary.metadata.items():
        _print_metadata(name, values)


def _moment(time_ns: int) -> str:
    try:
        return at(time_ns).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError):
        return f"{time_ns} ns"


def _print_channels(summary: Summary) -> None:
    width = max(len(one.topic) for one in summary.channels)
    print(f"\n{'topic':<{width}}  {'messages':>9}  {'rate':>9}  {'encoding':<9} type")
    for one in summary.channels:
        rate = one.message_count / summary.duration_s if summary.duration_s else 0.0
        hertz = f"{rate:,.1f} Hz" if rate else ""
        line = f"{one.topic:<{width}}  {one.message_count:>9,}  {hertz:>9}  {one.message_encoding:<9} {one.schema_name}"
        print(line.rstrip())


def _print_metadata(name: str, values: Mapping[str, str]) -> None:
    print(f"\nmetadata {name}")
    for key, value in values.items():
        print(f"  {key}: {value}")


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} kB"

"""Fields of a recording as a table: what is needed of it is fetched, decoded here, and written row by row."""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pilothouse.cli.parts.progress import progress_of
from pilothouse.hub.playback.domain import as_json, split
from pilothouse.kit.clock import to_ns
from pilothouse.triggers.field_path import MISSING, FieldPath

if TYPE_CHECKING:
    from pilothouse.client import HubClient

Row = tuple[Any, ...]

ALWAYS = ("log_time_ns", "time_s")
_ROWS_AT_ONCE = 10_000


def export_fields(
    hub: HubClient, session_id: str, fields: Sequence[str], form: str, start_s: float | None, end_s: float | None,
    output: Path | None,
) -> None:  # fmt: skip
    """Write the fields to a file, or CSV to the terminal."""
    recording = hub.recording(session_id)
    wanted: dict[str, dict[str, FieldPath]] = {}
    for field in fields:
        topic, path = split(field, recording.topics)
        wanted.setdefault(topic, {})[field] = path
    if form == "parquet":
        import pyarrow  # noqa: F401 - said before anything is fetched
    with tempfile.TemporaryDirectory(prefix="pilothouse-export-") as directory:
        file = Path(directory) / "cut.mcap"
        with progress_of(session_id) as progress:
            hub.archive.cut(session_id, file, topics=[*wanted], start_s=start_s, end_s=end_s, progress=progress)
        begin_ns = None if recording.started_at is None else to_ns(recording.started_at)
        rows = _rows(file, wanted, fields, begin_ns)
        if output is None:
            _write_csv(sys.stdout, fields, rows)
            return
        partial = output.with_name(f"{output.name}.part")
        try:
            if form == "parquet":
                _write_parquet(partial, fields, rows)
            else:
                with partial.open("w", newline="", encoding="utf-8") as writing:
                    _write_csv(writing, fields, rows)
            partial.replace(output)
        finally:
            partial.unlink(missing_ok=True)


def _rows(
    file: Path, wanted: Mapping[str, Mapping[str, FieldPath]], fields: Sequence[str], begin_ns: int | None
) -> Iterator[Row]:
    from pilothouse.mcap import Decoders, open_recording

    decoders = Decoders()
    with open_recording(file) as recording:
        for message in recording.messages(topics=[*wanted]):
            decoded = decoders.decode(message.channel, message.content)
            found = {field: path.find(decoded) for field, path in wanted[message.channel.topic].items()}
            values = (None if (value := found.get(field)) is MISSING else _plain(value) for field in fields)
            start_ns = message.log_time_ns if begin_ns is None else begin_ns
            begin_ns = start_ns
            yield message.log_time_ns, (message.log_time_ns - start_ns) / 1e9, *values


def _plain(value: object) -> Any:
    shown = as_json(value)
    return json.dumps(shown) if isinstance(shown, dict | list) else shown


def _write_csv(file: TextIO, fields: Sequence[str], rows: Iterator[Row]) -> None:
    writing = csv.writer(file, lineterminator="\n")
    writing.writerow((*ALWAYS, *fields))
    writing.writerows(rows)
    file.flush()


def _write_parquet(file: Path, fields: Sequence[str], rows: Iterator[Row]) -> None:
    """Columns are numbers or text, as their first values are; what does not fit is text, or null among numbers."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    some = list(islice(rows, _ROWS_AT_ONCE))
    kinds = [arrow.int64(), arrow.float64(), *(_kind(arrow, [row[n + 2] for row in some]) for n in range(len(fields)))]
    schema = arrow.schema(list(zip((*ALWAYS, *fields), kinds, strict=True)))
    with parquet.ParquetWriter(file, schema, compression="zstd") as writing:
        while some:
            columns = [
                arrow.array([_fitting(row[n], kind == arrow.string()) for row in some], kind)
                for n, kind in enumerate(kinds)
            ]
            writing.write_table(arrow.Table.from_arrays(columns, schema=schema))
            some = list(islice(rows, _ROWS_AT_ONCE))


def _kind(arrow: Any, values: Sequence[Any]) -> Any:
    is_numeric = all(value is None or isinstance(value, int | float) for value in values)
    return arrow.float64() if is_numeric else arrow.string()


def _fitting(value: Any, is_text: bool) -> Any:
    if value is None or is_text:
        return None if value is None else str(value)
    return value if isinstance(value, int | float) else None

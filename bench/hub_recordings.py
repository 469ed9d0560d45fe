"""The hub at 100,000 recordings: lists, search, detail, similar incidents; deliveries; the index of a 10 GB file.

A real hub process, once on SQLite and once on PostgreSQL, asked one question after the other. The large file is sparse
and has its summary at the end: indexing it is compared with reading it once. Run: python -m bench.hub_recordings
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from mcap.data_stream import RecordBuilder
from mcap.records import ChunkIndex, DataEnd, Footer, MetadataIndex, SummaryOffset
from mcap.stream_reader import StreamReader
from sqlalchemy import insert

from bench.report import Report, explain
from pilothouse.client import HubClient
from pilothouse.hub.db import Database
from pilothouse.hub.db.engine import sqlite_url
from pilothouse.hub.incidents.domain.states import IncidentState, Severity
from pilothouse.hub.incidents.models import IncidentEntryRow, IncidentRow
from pilothouse.hub.recordings.models import RecordingRow
from pilothouse.hub.similarity.domain import as_text, bands_of, signature_of
from pilothouse.hub.similarity.models import BandRow, SignatureRow
from pilothouse.kit.clock import NS_PER_S, at
from pilothouse.mcap import open_recording
from pilothouse.wire import RecordingState, UploadMetadata
from tests.support.flights import saying, write_messages
from tests.support.postgres import running_postgres
from tests.support.processes import eventually, pilothouse

RECORDINGS = 100_000
INCIDENTS = 10_000
ROBOTS = 1_000
BATCH = 2_000
QUESTIONS = 60
DELIVERIES = 200
LARGE_BYTES = 10 << 30
MAGIC = b"\x89MCAP0\r\n"
_PRIVATE = struct.Struct("<BQ")
_PRIVATE_OPCODE = 0x80
LIST_MS = 50.0
SIMILAR_MS = 50.0
LABELS = ("stalled in a corridor", "too fast", "battery low", "arm at its limit", "lost its way")
TOPICS = ["/odom", "/tf", "/speed", "/battery", "/camera/front"]


def main() -> int:
    missed: list[str] = []
    for engine, opened in (("SQLite", on_sqlite), ("PostgreSQL", on_postgres)):
        with opened() as (directory, address):
            # No promises are made for search and detail: they are shown.
            report = Report(f"{RECORDINGS:,} recordings, {INCIDENTS:,} incidents, {engine}: one question at a time")
            fill(address)
            with pilothouse(*flags(directory), env={"PILOTHOUSE_DATABASE_URL": address}) as hub:
                ask_all(report, hub.url)
                deliver(report, hub.url)
            missed += report.missed
    with tempfile.TemporaryDirectory() as directory:
        missed += index_large(Path(directory))
    return 1 if missed else 0


@contextmanager
def on_sqlite() -> Iterator[tuple[Path, str]]:
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory), sqlite_url(Path(directory) / "hub.db")


@contextmanager
def on_postgres() -> Iterator[tuple[Path, str]]:
    with tempfile.TemporaryDirectory() as directory, running_postgres() as server:
        yield Path(directory), server.new(migrated=False)


def flags(data: Path) -> tuple[str | Path, ...]:
    return ("hub", "--data", data, "--host", "127.0.0.1", "--port", "0")


def fill(address: str) -> None:
    asyncio.run(_fill(address))


async def _fill(address: str) -> None:
    chance = random.Random(7)
    database = Database(address)
    await database.migrate()
    tables: tuple[tuple[Any, list[dict[str, Any]]], ...] = (
        (RecordingRow, [recording(number, chance) for number in range(RECORDINGS)]),
        (IncidentRow, [incident(number) for number in range(INCIDENTS)]),
        (IncidentEntryRow, [entry(number) for number in range(INCIDENTS)]),
        (SignatureRow, []),
        (BandRow, []),
    )
    for number in range(INCIDENTS):
        signature = signature_of({f"/odom.v{chance.randrange(40)} steps {chance.randrange(3)}" for _ in range(12)})
        assert signature is not None
        tables[3][1].append({
            "session_id": session_id(number), "is_waiting": False, "signature": as_text(signature), "made_at": at(0),
        })  # fmt: skip
        bands = dict.fromkeys(bands_of(signature), number)
        tables[4][1].extend({"band": band, "recorded_ns": number, "session_id": session_id(number)} for band in bands)
    for table, rows in tables:
        for first in range(0, len(rows), BATCH):
            async with database.transaction() as session:
                await session.execute(insert(table), rows[first : first + BATCH])
    await database.close()


def session_id(number: int) -> str:
    return f"robot-{number % ROBOTS:04d}_2026{number:06d}"


def recording(number: int, chance: random.Random) -> dict[str, Any]:
    recorded_ns = (1_700_000_000 + 60 * number) * NS_PER_S
    return {
        # Announced ones have no file, so nothing looks for a hundred thousand of them.
        "session_id": session_id(number), "file_name": f"{session_id(number)}.mcap", "size_bytes": 1_000_000 + number,
        "mtime_ns": recorded_ns, "state": RecordingState.ANNOUNCED, "robot_id": f"robot-{number % ROBOTS:04d}",
        "label": f"{chance.choice(LABELS)} {number % 97}", "reason": "trigger", "rule": chance.choice(LABELS),
        "incident_id": f"inc_{number}" if number < INCIDENTS else None, "topics": TOPICS, "message_count": 1_000,
        "channels": [], "drops": {}, "started_ns": recorded_ns - 60 * NS_PER_S, "ended_ns": recorded_ns,
        "duration_ns": 60 * NS_PER_S, "recorded_ns": recorded_ns, "added_at": at(recorded_ns),
    }  # fmt: skip


def incident(number: int) -> dict[str, Any]:
    opened_at = at((1_700_000_000 + 600 * number) * NS_PER_S)
    return {
        "id": f"inc_{number}", "title": f"incident {number}", "state": IncidentState.OPEN, "severity": Severity.MEDIUM,
        "severity_rank": 1, "severity_by_person": False, "robot_id": f"robot-{number % ROBOTS:04d}",
        "rule": LABELS[number % len(LABELS)], "label": LABELS[number % len(LABELS)], "opened_by": "trigger",
        "opened_at": opened_at, "last_occurred_at": opened_at, "recording_count": 1,
    }  # fmt: skip


def entry(number: int) -> dict[str, Any]:
    moment = at((1_700_000_000 + 600 * number) * NS_PER_S)
    return {
        "incident_id": f"inc_{number}", "kind": "recording", "subject": session_id(number), "occurred_at": moment,
        "recorded_at": moment + timedelta(seconds=1), "actor": "robot", "facts": {},
    }  # fmt: skip


def ask_all(report: Report, url: str) -> None:
    chance = random.Random(11)
    some = [chance.randrange(RECORDINGS) for _ in range(QUESTIONS)]
    with httpx2.Client(base_url=url, timeout=60) as client:

        def ask(name: str, path: Callable[[int], str], promise_ms: float | None = None) -> None:
            p50, p95 = timed(client, [path(number) for number in some])
            report.row(f"{name}, p50", p50, None, "ms")
            words = "" if promise_ms is None else f"< {promise_ms:g} ms"
            kept = None if promise_ms is None else p95 < promise_ms
            report.row(f"{name}, p95", p95, None, "ms", words, kept=kept)

        ask("list of 50, the newest", lambda _: "/api/sessions", LIST_MS)
        ask("list of 50, one robot", lambda n: f"/api/sessions?robot_id=robot-{n % ROBOTS:04d}", LIST_MS)
        ask("list of 50, one rule", lambda n: f"/api/sessions?rule={LABELS[n % len(LABELS)]}")
        ask("search for a rare word", lambda n: f"/api/sessions?q=2026{n:06d}")
        ask("search for two words", lambda n: f"/api/sessions?q=corridor robot-{n % ROBOTS:04d}")
        ask("search for a word in a fifth of all", lambda _: "/api/sessions?q=corridor")
        ask("list of 50, 90,000 from the newest", lambda _: "/api/sessions?offset=90000")
        ask("detail", lambda n: f"/api/sessions/{session_id(n)}")
        ask("incidents like one", lambda n: f"/api/v1/incidents/inc_{n % INCIDENTS}/similar", SIMILAR_MS)


def timed(client: httpx2.Client, paths: list[str]) -> tuple[float, float]:
    """Milliseconds of an answer: the median and the 95th percentile."""
    taken: list[float] = []
    for path in (paths[0], *paths):
        began = time.perf_counter()
        client.get(path).raise_for_status()
        taken.append((time.perf_counter() - began) * 1e3)
    warm = sorted(taken[1:])
    return warm[len(warm) // 2], warm[int(len(warm) * 0.95)]


def deliver(report: Report, url: str) -> None:
    """Recordings of 20 kB, one after the other, as a robot delivers them: checked, on the disk, in the index."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "small.mcap"
        write_messages(path, saying("/speed", [{"v": os.urandom(64).hex()}] * 100))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        with HubClient(url) as hub:
            began = time.perf_counter()
            for number in range(DELIVERIES):
                name = f"fresh_20270101T{number // 3600:02d}{number // 60 % 60:02d}{number % 60:02d}Z"
                hub.upload(path, UploadMetadata(session_id=name, sha256=sha256, robot_id="fresh"))
            accepted = DELIVERIES / (time.perf_counter() - began)
            question = f"{url}/api/sessions?robot_id=fresh&limit=200"
            eventually(lambda: _indexed(question) == DELIVERIES, deadline_s=120, what="the index")
            indexed = DELIVERIES / (time.perf_counter() - began)
    report.row("deliveries of 20 kB, accepted", accepted, None, "1/s")
    report.row("deliveries of 20 kB, indexed", indexed, None, "1/s")


def _indexed(question: str) -> int:
    return sum(one["state"] == "ok" for one in httpx2.get(question, timeout=60).json()["sessions"])


def index_large(directory: Path) -> list[str]:
    report = Report(f"a recording of {LARGE_BYTES >> 30} GiB: its index beside reading it once")
    path = directory / "large.mcap"
    make_large(path)
    began = time.perf_counter()
    with path.open("rb", buffering=1 << 18) as file, open_recording(file) as recording:
        count = recording.summary().message_count
    indexed_s = time.perf_counter() - began
    assert count > 0
    began = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.read(8 << 20):
            pass
    report.row("what an index reads, beside all of it", indexed_s, time.perf_counter() - began, "s")
    report.print()
    return report.missed


def make_large(path: Path) -> None:
    """A small recording with ten gigabytes of nothing in a private record behind its header: everything else, and
    what the summary says of where it is, stands so much further back. The file is sparse."""
    small = path.with_name("small.mcap")
    write_messages(small, saying("/speed", [{"v": 1.0}] * 1_000))
    with small.open("rb") as content, path.open("wb") as file:
        records = StreamReader(content, emit_chunks=True).records
        header = next(records)
        file.write(MAGIC + _written(header))
        moved = _PRIVATE.size + LARGE_BYTES
        file.write(_PRIVATE.pack(_PRIVATE_OPCODE, LARGE_BYTES))
        file.seek(LARGE_BYTES, os.SEEK_CUR)
        for record in records:
            file.write(_written(_further_back(record, moved)))
        file.write(MAGIC)
    small.unlink()


def _further_back(record: Any, moved: int) -> Any:
    match record:
        case Footer():
            record.summary_start += moved
            record.summary_offset_start += moved if record.summary_offset_start else 0
            record.summary_crc = 0  # there is none
        case DataEnd():
            record.data_section_crc = 0
        case ChunkIndex():
            record.chunk_start_offset += moved
            record.message_index_offsets = {one: at + moved for one, at in record.message_index_offsets.items()}
        case SummaryOffset():
            record.group_start += moved
        case MetadataIndex():
            record.offset += moved
    return record


def _written(record: Any) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    return builder.end()


if __name__ == "__main__":
    explain(__doc__)
    raise SystemExit(main())

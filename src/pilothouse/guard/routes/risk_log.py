"""``/api/risk-log``: what was not plainly fine, from the log and from recorded sessions."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Annotated, Any, cast

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from pilothouse.guard.loopback.reading import events_in
from pilothouse.guard.loopback.sessions import Sessions
from pilothouse.guard.risk.filters import Filter, Outcome
from pilothouse.guard.risk.log import RiskLog
from pilothouse.guard.risk.problems import ContradictoryFilters
from pilothouse.guard.risk.schemas import RiskEventPage, RiskStatistics, SessionEventPage
from pilothouse.guard.risk.store import StoredEvent
from pilothouse.guard.routes.streaming import streamed
from pilothouse.web import RowId
from pilothouse.wire.risk_event import RiskLevel

DEFAULT_LIMIT, MAX_LIMIT = 100, 5_000
COLUMNS = (
    "event_id", "timestamp", "cycle_id", "trace_id", "session_id", "active_task", "outcome", "decision", "risk_level",
    "failure_type", "layer", "boundary", "reason", "fallback_triggered", "mode", "total_latency_ms", "requested",
    "executed",
)  # fmt: skip

router = APIRouter(prefix="/api/risk-log", tags=["risk log"])
Pages = Iterator[list[StoredEvent]]


async def _risk_log(request: Request) -> RiskLog:
    return cast("RiskLog", request.app.state.risk_log)


async def _sessions(request: Request) -> Sessions:
    return cast("Sessions", request.app.state.sessions)


Moment = Annotated[float | None, Query(allow_inf_nan=False, description="Unix seconds, included")]
Level = Annotated[RiskLevel | None, Query(description="This level or a worse one")]
Failure = Annotated[str | None, Query(max_length=200, description="What failed: policy_late, estop, …")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
RiskEvents = Annotated[RiskLog, Depends(_risk_log)]


async def _filter(
    since: Moment = None,
    until: Moment = None,
    min_risk_level: Level = None,
    outcome: Outcome | None = None,
    rejected_only: Annotated[bool, Query(description="The same as outcome=reject")] = False,
    clamped_only: Annotated[bool, Query(description="The same as outcome=clamp")] = False,
    failure_type: Failure = None,
) -> Filter:
    asked = {"outcome": outcome} if outcome else {}
    asked |= {"rejected_only": Outcome.REJECT} if rejected_only else {}
    asked |= {"clamped_only": Outcome.CLAMP} if clamped_only else {}
    if len(set(asked.values())) > 1:
        one, other, *_ = asked
        raise ContradictoryFilters(one=one, other=other)
    return Filter(since, until, min_risk_level, next(iter(asked.values()), None), failure_type)


@router.get("", summary="Search the risk log", response_model=RiskEventPage)
async def query(log: RiskEvents, wanted: Annotated[Filter, Depends(_filter)], limit: Limit = DEFAULT_LIMIT) -> Response:
    """The newest matching events, newest first."""
    found = await asyncio.to_thread(log.events.newest, wanted, limit)
    documents = ",".join(one.document for one in found)
    return _json(f'{{"events":[{documents}],"count":{len(found)}}}'.encode())


@router.get("/stats", summary="Count risk events")
async def stats(log: RiskEvents) -> RiskStatistics:
    """How many events there are of each kind, and how long their cycles took."""
    found = await asyncio.to_thread(log.events.statistics)
    return RiskStatistics(**found._asdict(), dropped=log.dropped, dropped_rejected=log.dropped_rejected)


@router.get("/mcap/{filename}", summary="Read the notable cycles of a session file", response_model=SessionEventPage)
async def from_session(
    sessions: Annotated[Sessions, Depends(_sessions)],
    filename: Annotated[str, Path()],
    min_risk_level: Level = None,
    outcome: Outcome | None = None,
    failure_type: Failure = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    """The newest notable cycles in a recorded file, newest first; with `outcome=pass` every passed one."""

    def read() -> bytes:
        wanted = Filter(min_risk_level=min_risk_level, outcome=outcome, failure_type=failure_type)
        found = events_in(sessions.open_file(filename), wanted, limit)
        return msgspec.json.encode({"events": found, "count": len(found), "filename": filename})

    return _json(await asyncio.to_thread(read))


@router.get("/export/json", summary="Export the risk log as JSON", response_class=StreamingResponse)
async def export_json(log: RiskEvents) -> StreamingResponse:
    """Every event, oldest first, as one JSON array."""
    return _download(_json_blocks(log.events.pages()), "application/json", "risk_log.json")


@router.get("/export/csv", summary="Export the risk log as CSV", response_class=StreamingResponse)
async def export_csv(log: RiskEvents) -> StreamingResponse:
    """Every event, oldest first, as a table."""
    return _download(_csv_blocks(log.events.pages()), "text/csv; charset=utf-8", "risk_log.csv")


@router.get("/{event_id}", summary="Show a risk event", response_model=dict[str, Any])
async def one_event(log: RiskEvents, event_id: RowId) -> Response:
    """One event by its number."""
    return _json((await asyncio.to_thread(log.events.get, event_id)).document.encode())


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


def _download(blocks: Iterator[bytes], media_type: str, filename: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingResponse(streamed(blocks), media_type=media_type, headers=headers)


def _json_blocks(pages: Pages) -> Iterator[bytes]:
    separator = "["
    for page in pages:
        yield (separator + ",\n".join(one.document for one in page)).encode()
        separator = ",\n"
    yield b"]\n" if separator != "[" else b"[]\n"


def _csv_blocks(pages: Pages) -> Iterator[bytes]:
    yield _csv([COLUMNS])
    for page in pages:
        yield _csv([_row(msgspec.json.decode(one.document)) for one in page])


def _row(event: dict[str, Any]) -> tuple[object, ...]:
    event["total_latency_ms"] = event["latency_ms"]["total"]
    return tuple(_cell(event.get(name)) for name in COLUMNS)


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value))
    # Spreadsheets take such text for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _csv(rows: list[tuple[object, ...]]) -> bytes:
    import csv  # few ask for a table, and a robot is light

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()

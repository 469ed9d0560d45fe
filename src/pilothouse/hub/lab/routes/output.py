"""What commands write, and what is written to them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from pilothouse.hub.composition import Hub
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.auth import Decided, ThisHub
from pilothouse.hub.lab.auth import CommandReader, CommandWriter
from pilothouse.hub.lab.domain.problems import OneWayAtATime
from pilothouse.hub.lab.models import CommandRow, SessionRow
from pilothouse.hub.lab.routes.services import CommandPath, SessionPath, TheLab
from pilothouse.hub.lab.service import Lab
from pilothouse.hub.lab.service.output import Slice
from pilothouse.web.ranges import ByteSource, RangeResponse
from pilothouse.wire.lab import LabInput, LabSignal, LabStream

router = APIRouter(prefix="/sessions/{session_id}/commands/{command_id}", tags=["debug sessions"])

BYTES = "application/octet-stream"
LINES = 1_000_000
PIECE = 8 << 20
_OUTPUT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes", "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "A part of them", "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}},
    304: {"description": "Nothing new"},
}


async def _found(hub: Hub, lab: Lab, caller: Caller, session_id: str, command_id: str) -> tuple[SessionRow, CommandRow]:
    async with hub.database.reading() as session:
        row = await lab.sessions.row(session, caller, session_id)
        return row, await lab.commands.row(session, row, command_id)


@router.get("/output", summary="The output of a command", response_class=Response, responses=_OUTPUT)
async def get_output(
    caller: CommandReader,
    hub: ThisHub,
    lab: TheLab,
    session_id: SessionPath,
    command_id: CommandPath,
    start: Annotated[int, Query(alias="from", ge=0, le=2**62, description="Bytes to leave out")] = 0,
    head: Annotated[int | None, Query(ge=1, le=LINES, description="So many lines from the beginning")] = None,
    tail: Annotated[int | None, Query(ge=1, le=LINES, description="So many lines from the end")] = None,
    grep: Annotated[str | None, Query(min_length=1, max_length=500, description="Lines that hold this text")] = None,
    limit: Annotated[int | None, Query(ge=1, le=PIECE, description="At most so many bytes")] = None,
    stream: Annotated[LabStream | None, Query(description="Of one stream; both in the order they came")] = None,
) -> Response:
    """Bytes, as the command wrote them, up to now. `X-Output-Next` is the `from` to go on with, after `limit` bytes if
    that is given; while the command runs, ask again or watch `WS /sessions/{id}/logs`. `head`, `tail` and `grep` answer
    lines, 8 MiB at most. Of output beyond the hub's cap the beginning and the end are kept: `X-Output-Dropped` says how
    many bytes are missing between."""
    if sum(one is not None for one in (head, tail, grep, limit)) > 1:
        raise OneWayAtATime
    _, command = await _found(hub, lab, caller, session_id, command_id)
    part = Slice(stream, start)
    headers = _about(command)
    if grep is not None:
        return Response(await lab.outputs.grep(command.id, part, grep, LINES), media_type=BYTES, headers=headers)
    if head is not None:
        return Response(await lab.outputs.head(command.id, part, head), media_type=BYTES, headers=headers)
    if tail is not None:
        return Response(await lab.outputs.tail(command.id, part, tail), media_type=BYTES, headers=headers)
    if limit is not None:
        content, place = await lab.outputs.piece(command.id, part, limit)
        return Response(content, media_type=BYTES, headers={**headers, "X-Output-Next": str(place)})
    source = await lab.outputs.source(command.id, part)

    async def opened() -> ByteSource:
        return source

    return RangeResponse(opened, media_type=BYTES, headers={**headers, "X-Output-Next": str(source.end)})


def _about(command: CommandRow) -> dict[str, str]:
    return {
        "X-Command-State": command.state.value,
        "X-Termination-Reason": command.termination_reason.value if command.termination_reason else "",
        "X-Output-Next": str(command.output_end),
        "X-Output-Dropped": str(command.dropped_bytes),
    }


@router.post("/stdin", status_code=204, summary="Write to the standard input of a running command")
async def write_stdin(
    caller: CommandWriter,
    hub: ThisHub,
    lab: TheLab,
    session_id: SessionPath,
    command_id: CommandPath,
    new: LabInput,
    _decided: Decided,
) -> None:
    """Of one that was queued with `interactive` or `terminal`. Answered when the command has it."""
    row, command = await _found(hub, lab, caller, session_id, command_id)
    await lab.controls.type_in(row, command, new)


@router.post("/signal", status_code=204, summary="Send a signal to a running command")
async def send_signal(
    caller: CommandWriter,
    hub: ThisHub,
    lab: TheLab,
    session_id: SessionPath,
    command_id: CommandPath,
    new: LabSignal,
    _decided: Decided,
) -> None:
    row, command = await _found(hub, lab, caller, session_id, command_id)
    await lab.controls.signal(row, command, new.signal)

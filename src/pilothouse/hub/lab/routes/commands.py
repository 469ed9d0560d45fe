"""Commands of debug sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.lab.auth import CommandReader, CommandWriter
from pilothouse.hub.lab.routes.services import CommandPath, SessionPath, TheLab
from pilothouse.kit.clock import at
from pilothouse.web import Paging
from pilothouse.wire.lab import LabCommand, LabCommandList, LabCommandState, NewLabCommand

router = APIRouter(prefix="/sessions/{session_id}/commands", tags=["debug sessions"])


@router.post("", status_code=201, summary="Queue a command")
async def queue_command(
    caller: CommandWriter,
    lab: TheLab,
    session: Writing,
    hub: ThisHub,
    once: OnceKey,
    session_id: SessionPath,
    new: NewLabCommand,
) -> LabCommand:
    """It runs when those before it are over. `id` is what addresses use, `sequence` its place in the session."""

    async def queued() -> LabCommand:
        row = await lab.sessions.row(session, caller, session_id)
        return await lab.commands.queue(session, caller, row, new)

    return await answer_once(session, once, at(hub.clock.now_ns()), LabCommand, queued)


@router.get("", summary="List the commands of a session in their order")
async def list_commands(
    caller: CommandReader,
    lab: TheLab,
    session: Reading,
    session_id: SessionPath,
    page: Paging,
    state: Annotated[list[LabCommandState] | None, Query(description="Any of these")] = None,
) -> LabCommandList:
    row = await lab.sessions.row(session, caller, session_id)
    return await lab.commands.page(session, row, state or (), page.limit, page.offset)


@router.get("/{command_id}", summary="Get a command")
async def get_command(
    caller: CommandReader, lab: TheLab, session: Reading, session_id: SessionPath, command_id: CommandPath
) -> LabCommand:
    row = await lab.sessions.row(session, caller, session_id)
    return await lab.commands.get(session, row, command_id)


@router.delete("/{command_id}", status_code=204, summary="Cancel a command")
async def cancel_command(
    caller: CommandWriter, lab: TheLab, session: Writing, session_id: SessionPath, command_id: CommandPath
) -> None:
    """SIGTERM to everything it started, SIGKILL after two seconds to what is left."""
    # Whoever changes both locks the session first.
    row = await lab.sessions.row(session, caller, session_id, lock=True)
    await lab.commands.cancel(session, caller, row, command_id)

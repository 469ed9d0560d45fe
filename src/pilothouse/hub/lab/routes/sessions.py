"""The life of debug sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.lab.auth import SessionReader, SessionWriter, check_scope, may
from pilothouse.hub.lab.domain.states import LIVE
from pilothouse.hub.lab.repository import Sought
from pilothouse.hub.lab.routes.services import SessionPath, TheLab, TheTokens
from pilothouse.kit.clock import at
from pilothouse.web import Paging, body_limit
from pilothouse.wire.lab import (
    LabSession,
    LabSessionChange,
    LabSessionList,
    LabSessionState,
    MadeLabSession,
    NewLabSession,
)

router = APIRouter(prefix="/sessions", tags=["debug sessions"])

MAX_BODY_BYTES = 16 << 20
BYTES = {"schema": {"type": "string", "format": "binary"}}
# What the token of a session may, and what whoever makes the session must be allowed for that.
TOKEN_SCOPES = {
    "sessions:read": ("sessions:read", "sessions:write"),
    "commands:write": ("commands:write",),
    "artifacts:read": ("artifacts:read",),
}


async def _sought(
    caller: SessionReader,
    state: Annotated[
        list[LabSessionState] | None, Query(description="Any of these; those that live by default")
    ] = None,
    *,
    every: Annotated[bool, Query(alias="all", description="Those that are over, too")] = False,
    repository: Annotated[str | None, Query(max_length=100)] = None,
    incident_id: Annotated[str | None, Query(max_length=100)] = None,
    batch_id: Annotated[str | None, Query(max_length=40)] = None,
    label: Annotated[str | None, Query(max_length=100)] = None,
    commit_sha: Annotated[str | None, Query(max_length=64)] = None,
) -> Sought:
    states = tuple(state or (() if every else LIVE))
    return Sought(
        states=states, repository=repository, incident_id=incident_id, batch_id=batch_id, label=label,
        commit_sha=commit_sha, only_session=caller.session_id, only_repository=caller.repository,
    )  # fmt: skip


@router.post("", status_code=201, summary="Make a debug session", **body_limit(MAX_BODY_BYTES))
async def create_session(
    caller: SessionWriter,
    lab: TheLab,
    session: Writing,
    hub: ThisHub,
    once: OnceKey,
    tokens: TheTokens,
    new: NewLabSession,
) -> MadeLabSession:
    """A worker checks the commit out, applies the patch, sets the environment up and runs the commands in their order.
    An unknown commit, or a patch that does not apply, makes a session that ends `failed` and says why.

    Commands need `commands:write` as well, and `recordings` and `incident_id` need `fleet:read`: what a session is
    shown is seen by whoever may run commands in it. Recordings and incidents that the caller may not look at, and those
    that are not there, are refused alike. `token` is the session's own, answered this once: it may in this session what
    its maker may, and ends with it."""
    if new.commands:
        check_scope(caller, ["commands:write"])
    made: list[str] = []

    async def create() -> MadeLabSession:
        answer = await lab.sessions.create(session, caller, new)
        made.append(answer.id)
        return answer

    answer = await answer_once(session, once, at(hub.clock.now_ns()), MadeLabSession, create)
    if not made:
        return answer  # the same request again: a token is shown once, and not kept for this
    scopes = [scope for scope, needed in TOKEN_SCOPES.items() if may(caller, needed)]
    token = await tokens.give_session(
        session, answer.id, scopes, answer.expires_at, repository=answer.repository, maker=caller
    )
    return answer.model_copy(update={"token": token.token})


@router.get("", summary="List debug sessions, newest first")
async def list_sessions(
    lab: TheLab, session: Reading, page: Paging, sought: Annotated[Sought, Depends(_sought)]
) -> LabSessionList:
    return await lab.sessions.page(session, sought, page.limit, page.offset)


@router.get("/{session_id}", summary="Get a debug session")
async def get_session(caller: SessionReader, lab: TheLab, session: Reading, session_id: SessionPath) -> LabSession:
    return await lab.sessions.get(session, caller, session_id)


@router.get(
    "/{session_id}/patch",
    summary="Read the patch of a debug session",
    response_class=Response,
    responses={200: {"description": "Its bytes", "content": {"application/octet-stream": BYTES}}},
)
async def read_patch(caller: SessionReader, hub: ThisHub, lab: TheLab, session_id: SessionPath) -> Response:
    """Byte for byte: their SHA-256 is the session's `patch_hash`."""
    async with hub.database.reading() as session:
        row = await lab.sessions.row(session, caller, session_id)
    content = await lab.sessions.patch(row)
    # What somebody sent is never shown as a page of this hub.
    headers = {"Content-Disposition": f'attachment; filename="{row.id}.patch"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.patch("/{session_id}", summary="Let a debug session live longer, or label it")
async def change_session(
    caller: SessionWriter, lab: TheLab, tokens: TheTokens, session: Writing, session_id: SessionPath,
    change: LabSessionChange,
) -> LabSession:  # fmt: skip
    """`ttl_s` counts from now. Its own token lives as long. A session that is over stays as it was: 409."""
    changed = await lab.sessions.change(session, caller, session_id, change)
    if change.ttl_s is not None:
        await tokens.move_end_of_session(session, changed.id, changed.expires_at)
    return changed


@router.delete("/{session_id}", status_code=204, summary="Cancel a debug session")
async def cancel_session(caller: SessionWriter, lab: TheLab, session: Writing, session_id: SessionPath) -> None:
    """Everything that runs in it is ended, setsid daemons included, and its checkout is gone. It stays listed with
    `?all=true`, with its output and artifacts."""
    await lab.sessions.cancel(session, caller, session_id)

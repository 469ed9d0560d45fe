"""Tokens of programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from pilothouse.hub.identity.auth import Admin, Reading, Writing
from pilothouse.hub.identity.domain import SCOPES
from pilothouse.hub.identity.service import Tokens
from pilothouse.web import Paging
from pilothouse.web.kept import kept
from pilothouse.wire.token import MadeToken, NewToken, TokenList

router = APIRouter(prefix="/auth/tokens", tags=["tokens"])


TheTokens = Annotated[Tokens, Depends(kept("tokens", Tokens))]


_GRANTS = "".join(f"\n* `{scope}`: {grants}" for scope, grants in SCOPES.items())
_MAKING = "The answer is the only one that holds the token. It grants at most what its maker has, and ends with it."


@router.post("", status_code=201, summary="Make a token", description=f"{_MAKING} Scopes:\n{_GRANTS}")
async def create_token(caller: Admin, tokens: TheTokens, session: Writing, new: NewToken) -> MadeToken:
    return await tokens.create(session, new, caller)


@router.get("", summary="List tokens, newest first")
async def list_tokens(_caller: Admin, tokens: TheTokens, session: Reading, page: Paging) -> TokenList:
    """Those of programs, revoked and expired ones included; a robot's are listed with the robot."""
    return await tokens.page(session, limit=page.limit, offset=page.offset)


@router.delete("/{token_id}", status_code=204, summary="Revoke a token")
async def revoke_token(
    _caller: Admin, tokens: TheTokens, session: Writing, token_id: Annotated[str, Path(max_length=40)]
) -> None:
    """It opens nothing from now on; streams that it opened end within seconds."""
    await tokens.revoke(session, token_id)

"""Whoever is calling, as a person: their name, their own tokens, and where they are signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.identity.auth import Reading, SignedIn, ThePeople, Writing
from pilothouse.hub.identity.domain import TokenKind, TokensSought
from pilothouse.hub.identity.schemas import NewUserToken, User, UserChange
from pilothouse.web import Paging
from pilothouse.wire.token import MadeToken, TokenList

router = APIRouter(prefix="/api/v1", tags=["people"])
TokenId = Annotated[str, Path(max_length=40)]


@router.post("/auth/bootstrap", summary="Make sure that you are known here")
async def bootstrap(caller: SignedIn, people: ThePeople, session: Writing) -> User:
    """Who signs in for the first time is kept; sent again it changes nothing. Whoever calls with the password or the
    local token is an owner of the home organization, and so is a Clerk user whom `PILOTHOUSE_CLERK_OWNERS` names.
    Everybody else belongs to no organization until somebody invites them.
    """
    return await people.people.profile(session, caller)


@router.get("/users/me", summary="Read who you are")
async def read_me(caller: SignedIn, people: ThePeople, session: Reading) -> User:
    return await people.people.profile(session, caller)


@router.patch("/users/me", summary="Change what you are called")
async def change_me(caller: SignedIn, people: ThePeople, session: Writing, change: UserChange) -> User:
    return await people.people.rename(session, caller, change)


@router.delete("/users/me", status_code=204, summary="Leave this hub for good")
async def delete_me(caller: SignedIn, people: ThePeople, session: Writing) -> None:
    """Your tokens end, and so do your memberships; what you did stays. An organization that only you own needs another
    owner first."""
    await people.people.remove(session, caller)


@router.get("/users/me/tokens", summary="List your own tokens, newest first")
async def list_my_tokens(caller: SignedIn, people: ThePeople, session: Reading, page: Paging) -> TokenList:
    sought = TokensSought(TokenKind.USER, user_id=caller.user_id)
    return await people.tokens.list(session, sought, limit=page.limit, offset=page.offset)


@router.post("/users/me/tokens", status_code=201, summary="Make a token of your own")
async def make_my_token(caller: SignedIn, people: ThePeople, session: Writing, new: NewUserToken) -> MadeToken:
    """It may all that you may, wherever you belong; the answer is the only one that holds it. A program is better given
    a token with scopes: `POST /auth/tokens`."""
    return await people.people.make_token(session, caller, new)


@router.delete("/users/me/tokens/{token_id}", status_code=204, summary="Revoke a token of your own")
async def revoke_my_token(caller: SignedIn, people: ThePeople, session: Writing, token_id: TokenId) -> None:
    """It opens nothing from now on, and every browser in which you are signed in asks you again."""
    await people.tokens.end_user(session, caller.user_id or "", token_id)


@router.get("/users/me/sign-ins", summary="List the browsers in which you are or were signed in")
async def list_my_sign_ins(caller: SignedIn, people: ThePeople, session: Reading, page: Paging) -> TokenList:
    return await people.sign_ins.page(session, caller, page.limit, page.offset)


@router.delete("/users/me/sign-ins/{token_id}", status_code=204, summary="Sign one of your browsers out")
async def end_my_sign_in(caller: SignedIn, people: ThePeople, session: Writing, token_id: TokenId) -> None:
    await people.sign_ins.end(session, caller, token_id)

"""Signing in and out with a browser, and who a request comes from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from pilothouse.hub.identity.auth import ArrivingSession, ThePeople, caller_of
from pilothouse.hub.identity.auth.callers import guesses_of, identity_of, presented
from pilothouse.hub.identity.auth.origins import COOKIE, check_origin, check_own_page, is_secure
from pilothouse.hub.identity.domain import Caller, CallerKind
from pilothouse.hub.identity.domain.membership import OneCredential
from pilothouse.hub.identity.schemas import SignedIn, SignIn, WhoAmI
from pilothouse.hub.identity.service import Presented
from pilothouse.web import Credentials, CredentialsWrong

SESSION_PATH = "/api/v1/auth/session"
router = APIRouter(tags=["people"])


async def _proven(request: Request, asked: SignIn) -> Caller | None:
    """Who has the password or token that was sent; a code is looked at in the transaction that uses it up.

    A request of its own, before that transaction begins: to check a token may write that it was used.
    """
    check_own_page(request)
    if len([one for one in (asked.password, asked.token, asked.code) if one is not None]) != 1:
        raise OneCredential
    if asked.code is not None:
        return None
    credentials = Credentials("bearer", asked.token) if asked.token else Credentials("basic", asked.password or "")
    caller = await guesses_of(request).identify(request, Presented(credentials))
    if caller.kind == CallerKind.OPEN:
        raise CredentialsWrong(challenges=("Bearer",))
    return caller


async def _leaving(request: Request) -> Caller | None:
    """Whose cookie it is; None for one that opens nothing any more."""
    check_origin(request)
    cookie = presented(request).cookie
    try:
        return None if cookie is None else await identity_of(request).identify(Presented(cookie=cookie))
    except CredentialsWrong:
        return None


@router.post(SESSION_PATH, status_code=201, summary="Sign a browser in")
async def sign_in(
    request: Request, response: Response, people: ThePeople, proven: Annotated[Caller | None, Depends(_proven)],
    session: ArrivingSession, asked: SignIn, user_agent: Annotated[str, Header(max_length=4_000)] = "",
) -> SignedIn:  # fmt: skip
    """For a password, a token or the code of a login link the browser gets a cookie that no script can read. What
    changes something with it must come from the hub's own pages."""
    caller = proven or await people.sign_ins.use_code(session, asked.code or "")
    made, person = await people.sign_ins.begin(session, caller, _browser(user_agent))
    assert made.expires_at is not None
    # Counted from now: a browser's clock may be wrong.
    good_for_s = int((made.expires_at - made.created_at).total_seconds())
    response.set_cookie(
        COOKIE, made.token, max_age=good_for_s, path="/", secure=is_secure(request), httponly=True,
        samesite="strict",
    )  # fmt: skip
    response.headers["cache-control"] = "no-store"
    return SignedIn(
        user_id=person.user_id or "", name=person.name, organization_id=person.organization_id, role=person.role,
        expires_at=made.expires_at,
    )  # fmt: skip


async def _asking(request: Request) -> Caller | None:
    """Who asks; None for a browser in which nobody is signed in, or not any more."""
    shown = presented(request)
    if not (shown.is_by_cookie or shown.credentials) and shown.agent_token is None:
        return None
    try:
        return await caller_of(request)
    except CredentialsWrong:
        if shown.is_by_cookie:
            return None
        raise


@router.get(
    SESSION_PATH, summary="Read who this request comes from", response_model=WhoAmI,
    responses={204: {"description": "Nobody is signed in"}},
)  # fmt: skip
async def who_am_i(caller: Annotated[Caller | None, Depends(_asking)], response: Response) -> WhoAmI | Response:
    """As the hub sees it, for every kind of credential; nothing where no credential was sent, or only a cookie that
    opens nothing any more: pages ask this before anybody has signed in."""
    response.headers["cache-control"] = "no-store"
    if caller is None or caller.kind == CallerKind.OPEN:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    facts = {name: getattr(caller, name) for name in WhoAmI.model_fields if name != "scopes"}
    return WhoAmI(**facts, scopes=sorted(caller.scopes))


@router.delete(SESSION_PATH, status_code=204, summary="Sign this browser out")
async def sign_out(
    response: Response, people: ThePeople, caller: Annotated[Caller | None, Depends(_leaving)],
    session: ArrivingSession,
) -> None:  # fmt: skip
    """The cookie opens nothing from now on; streams that it opened end within seconds. Without a cookie, or with one
    that is no longer good, there is nothing to end."""
    if caller is not None:
        await people.sign_ins.end_this(session, caller)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def _browser(user_agent: str) -> str:
    """What tells one's browsers apart in a list."""
    return "".join(letter for letter in user_agent if letter.isprintable())[:200] or "a browser"

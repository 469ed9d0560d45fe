"""Invites to an organization, and the door for who comes with one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.identity.auth import AdminHere, Arriving, ArrivingSession, Reading, ThePeople, Writing
from pilothouse.hub.identity.auth.origins import OwnAddress
from pilothouse.hub.identity.schemas import Accepted, AcceptInvite, InviteList, MadeInvite, NewInvite
from pilothouse.web import Paging

ACCEPT_PATH = "/api/v1/organizations/invites/accept"
router = APIRouter(prefix="/api/v1/organizations", tags=["organizations"])


@router.post("/invites/accept", status_code=201, summary="Accept an invite")
async def accept_invite(caller: Arriving, people: ThePeople, session: ArrivingSession, asked: AcceptInvite) -> Accepted:
    """The invite's token is the credential. Who is signed in joins as themselves. Who is not becomes somebody new, with
    a token of their own that is shown this once; where people sign in with Clerk they do that first."""
    return await people.invites.accept(session, caller, asked)


@router.get("/{organization_id}/invites", summary="List invites, newest first")
async def list_invites(caller: AdminHere, people: ThePeople, session: Reading, page: Paging) -> InviteList:
    """Those that were used, revoked or have expired included."""
    return await people.invites.page(session, caller, page.limit, page.offset)


@router.post("/{organization_id}/invites", status_code=201, summary="Invite somebody")
async def create_invite(
    caller: AdminHere, people: ThePeople, session: Writing, address: OwnAddress, new: NewInvite
) -> MadeInvite:
    """The answer is the only one that holds its token: it lets one person in, once, until it expires. It gives at most
    what you have. `link` is the page on which a person accepts it."""
    return await people.invites.create(session, caller, new, hub_url=address)


@router.delete("/{organization_id}/invites/{invite_id}", status_code=204, summary="Revoke an invite")
async def revoke_invite(
    caller: AdminHere, people: ThePeople, session: Writing, invite_id: Annotated[str, Path(max_length=40)]
) -> None:
    await people.invites.revoke(session, caller, invite_id)

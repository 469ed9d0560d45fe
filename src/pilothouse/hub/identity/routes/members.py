"""Members of an organization."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from pilothouse.hub.identity.auth import AdminHere, MemberHere, Reading, ThePeople, Writing
from pilothouse.hub.identity.schemas import Access, Member, MemberChange, MemberList
from pilothouse.web import Paging
from pilothouse.wire.token import TokenList

router = APIRouter(prefix="/api/v1/organizations/{organization_id}/members", tags=["organizations"])
UserId = Annotated[str, Path(max_length=40)]
Words = Annotated[str | None, Query(max_length=200, description="In the name or the e-mail address")]


@router.get("", summary="List the members of an organization")
async def list_members(
    caller: MemberHere, people: ThePeople, session: Reading, page: Paging, q: Words = None
) -> MemberList:
    return await people.members.page(session, caller, page.limit, page.offset, q)


@router.get("/{user_id}", summary="Read a member")
async def read_member(caller: MemberHere, people: ThePeople, session: Reading, user_id: UserId) -> Member:
    return await people.members.one(session, caller, user_id)


@router.patch("/{user_id}", summary="Give a member another role")
async def change_member(
    caller: AdminHere, people: ThePeople, session: Writing, user_id: UserId, change: MemberChange
) -> Member:
    """Nobody gives or takes a role above their own, and the last owner stays one. Who loses a role loses the invites
    they made."""
    return await people.members.change(session, caller, user_id, change)


@router.delete("/{user_id}", status_code=204, summary="Remove a member, or leave")
async def remove_member(caller: MemberHere, people: ThePeople, session: Writing, user_id: UserId) -> None:
    """Everybody may leave but the last owner; removing somebody else takes an admin, removing an owner an owner."""
    await people.members.remove(session, caller, user_id)


@router.get("/{user_id}/access", summary="Read which boards a member may see")
async def read_access(caller: AdminHere, people: ThePeople, session: Reading, user_id: UserId) -> Access:
    """As it was given; an owner may see and change every board whatever stands here."""
    return await people.members.access(session, caller, user_id)


@router.put("/{user_id}/access", summary="Say which boards a member may see")
async def set_access(caller: AdminHere, people: ThePeople, session: Writing, user_id: UserId, access: Access) -> Access:
    """These and no others. Nobody gives access to more than they have themselves."""
    return await people.members.set_access(session, caller, user_id, access)


@router.get("/{user_id}/tokens", summary="List the own tokens of a member")
async def list_member_tokens(
    caller: AdminHere, people: ThePeople, session: Reading, user_id: UserId, page: Paging
) -> TokenList:
    """Of somebody who belongs to no other organization; the home organization sees those of all its members."""
    return await people.members.tokens(session, caller, user_id, page.limit, page.offset)


@router.delete("/{user_id}/tokens/{token_id}", status_code=204, summary="Revoke a token of a member")
async def revoke_member_token(
    caller: AdminHere,
    people: ThePeople,
    session: Writing,
    user_id: UserId,
    token_id: Annotated[str, Path(max_length=40)],
) -> None:
    """For a token that got lost. It signs them out of every browser too."""
    await people.members.revoke_token(session, caller, user_id, token_id)

"""Organizations, and the one you act in."""

from __future__ import annotations

from fastapi import APIRouter

from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import (
    AdminHere,
    MemberHere,
    OnceKey,
    OwnerHere,
    Person,
    Reading,
    SignedIn,
    ThePeople,
    ThisHub,
    Writing,
)
from pilothouse.hub.identity.schemas import (
    ActiveOrganization,
    NewOrganization,
    Organization,
    OrganizationChange,
    OrganizationList,
)
from pilothouse.kit.clock import at
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/organizations", tags=["organizations"])


@router.get("", summary="List the organizations you belong to")
async def list_organizations(caller: SignedIn, people: ThePeople, session: Reading, page: Paging) -> OrganizationList:
    return await people.organizations.mine(session, caller, page.limit, page.offset)


@router.post("", status_code=201, summary="Make an organization")
async def create_organization(
    caller: Person, people: ThePeople, hub: ThisHub, session: Writing, once: OnceKey, new: NewOrganization
) -> Organization:
    """You own it. The fleet of this hub stays with the home organization; boards, agents and what belongs to them are
    each organization's own."""
    now = at(hub.clock.now_ns())
    return await answer_once(
        session, once, now, Organization, lambda: people.organizations.create(session, caller, new)
    )


@router.get("/me", summary="Read the organization you act in")
async def read_active_organization(caller: Person, people: ThePeople, session: Reading) -> Organization:
    return await people.organizations.one(session, caller)


@router.patch("/me/active", summary="Choose the organization you act in")
async def choose_organization(
    caller: SignedIn, people: ThePeople, session: Writing, chosen: ActiveOrganization
) -> Organization:
    """From now on, wherever you are signed in by a cookie, by your own token or by Clerk. `X-Organization-Id` says the
    same for a single request; whoever calls with the password or the local token acts in the home organization
    without it."""
    return await people.organizations.choose(session, caller, chosen.organization_id)


@router.get("/{organization_id}", summary="Read an organization you belong to")
async def read_organization(caller: MemberHere, people: ThePeople, session: Reading) -> Organization:
    return await people.organizations.one(session, caller)


@router.patch("/{organization_id}", summary="Rename an organization")
async def change_organization(
    caller: AdminHere, people: ThePeople, session: Writing, change: OrganizationChange
) -> Organization:
    return await people.organizations.change(session, caller, change)


@router.delete("/{organization_id}", status_code=204, summary="Delete an organization")
async def delete_organization(caller: OwnerHere, people: ThePeople, session: Writing) -> None:
    """With its members and invites, once it has no boards. The home organization stays."""
    await people.organizations.delete(session, caller)

"""Everything that knows people, built in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pilothouse.hub.db import Database
from pilothouse.hub.identity.service.access import Access
from pilothouse.hub.identity.service.callers import Identity, operators_secret
from pilothouse.hub.identity.service.clerk import Clerk
from pilothouse.hub.identity.service.invites import Invites
from pilothouse.hub.identity.service.members import Members
from pilothouse.hub.identity.service.organizations import Organizations
from pilothouse.hub.identity.service.people import People
from pilothouse.hub.identity.service.ports import AuditOnly, Boards, NoBoards, Notes
from pilothouse.hub.identity.service.sign_ins import SignIns
from pilothouse.hub.identity.service.tokens import Tokens
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class IdentityServices:
    """What `service.state.people` holds, and others take from."""

    identity: Identity
    tokens: Tokens
    access: Access
    people: People
    organizations: Organizations
    members: Members
    invites: Invites
    sign_ins: SignIns


def build_services(
    settings: HubSettings, database: Database, clock: Clock, *, notes: Notes | None = None, boards: Boards | None = None
) -> IdentityServices:
    """``notes`` writes down what changes, ``boards`` knows which boards there are."""
    notes, boards = notes or AuditOnly(), boards or NoBoards()
    uses_clerk = settings.auth_mode == "clerk"
    tokens = Tokens(database, clock, operators_secret=operators_secret(settings))
    people = People(database, clock, tokens, notes)
    members = Members(people, tokens, notes, boards, clock)
    return IdentityServices(
        identity=Identity(settings, tokens, people, Clerk(settings, clock) if uses_clerk else None),
        tokens=tokens,
        access=Access(),
        people=people,
        organizations=Organizations(people, notes, boards, clock),
        members=members,
        invites=Invites(database, people, members, tokens, notes, clock, lets_strangers_in=not uses_clerk),
        sign_ins=SignIns(database, people, tokens, clock, good_for=timedelta(hours=settings.sign_in_hours)),
    )

"""People, organizations and invites as they are sent and answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.hub.identity.domain import AgentRole, CallerKind, OrganizationRole
from pilothouse.hub.identity.domain.membership import MOST_BOARDS
from pilothouse.wire.base import Moment
from pilothouse.wire.token import MadeToken

# Longer than any pilot of an invite needs, shorter than anybody forgets one.
MOST_INVITE_HOURS = 24 * 30

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")
]
Id = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BoardGrant(_Sent):
    """One board somebody may read, and perhaps write."""

    board_id: Id
    can_write: bool = False


class Access(_Sent):
    """Which boards somebody may see; who may write may read."""

    all_boards_read: bool = Field(False, description="Every board of the organization, those to come included")
    all_boards_write: bool = Field(False, description="The same for changing them")
    boards: Annotated[list[BoardGrant], Field(max_length=MOST_BOARDS)] = Field(
        default_factory=list, description="Single boards, beside what the flags open"
    )


class NewOrganization(_Sent):
    name: Name


class OrganizationChange(_Sent):
    name: Name
    version: int | None = Field(None, description="The version that was read; with another one it is 409")


class ActiveOrganization(_Sent):
    organization_id: Id


class Organization(BaseModel):
    """An organization as one of its members sees it."""

    id: str
    name: str
    role: OrganizationRole = Field(description="Yours")
    is_active: bool = Field(description="Whether you act in it, unless X-Organization-Id says otherwise")
    owns_fleet: bool = Field(description="Whether robots, recordings, incidents and debug sessions of this hub are its")
    created_at: Moment
    changed_at: Moment
    version: int


class OrganizationList(BaseModel):
    items: list[Organization]
    total: int
    limit: int
    offset: int


class User(BaseModel):
    """A person, as they see themselves."""

    id: str
    name: str
    email: str | None
    organization_id: str | None = Field(description="The organization you act in now; null when you belong to none")
    role: OrganizationRole | None = Field(description="Your role there")
    created_at: Moment
    version: int


class UserChange(_Sent):
    name: Name
    version: int | None = Field(None, description="The version that was read; with another one it is 409")


class Member(BaseModel):
    """Somebody of an organization, and which boards they may see."""

    user_id: str
    name: str
    email: str | None
    role: OrganizationRole
    all_boards_read: bool
    all_boards_write: bool
    joined_at: Moment
    invited_by: str
    version: int


class MemberList(BaseModel):
    items: list[Member]
    total: int
    limit: int
    offset: int


class MemberChange(_Sent):
    role: OrganizationRole
    version: int | None = Field(None, description="The version that was read; with another one it is 409")


class NewInvite(_Sent):
    """Who may come, as what, and until when."""

    email: Email | None = Field(None, description="Only somebody with this address may accept; anybody when not given")
    role: OrganizationRole = OrganizationRole.MEMBER
    access: Access | None = Field(None, description="Boards that come with it; all for admins, none for members")
    expires_in_h: Annotated[int, Field(ge=1, le=MOST_INVITE_HOURS)] = 72


class Invite(BaseModel):
    """An invite; its token is not kept."""

    id: str
    email: str | None
    role: OrganizationRole
    access: Access
    created_at: Moment
    created_by: str
    expires_at: Moment
    accepted_at: Moment | None
    accepted_by: str | None
    revoked_at: Moment | None
    is_open: bool = Field(description="Whether somebody can still accept it")


class MadeInvite(Invite):
    """An invite that was just made: the only answer that holds its token."""

    token: str
    link: str = Field(description="The page on which a person accepts it, with the token")


class InviteList(BaseModel):
    items: list[Invite]
    total: int
    limit: int
    offset: int


class AcceptInvite(_Sent):
    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    name: Name | None = Field(None, description="What a new person is called; who is signed in keeps their name")


class Accepted(BaseModel):
    """Who joined, and what."""

    organization: Organization
    user: User
    token: MadeToken | None = Field(
        description="A new person's own token, shown this once; null for somebody who was signed in"
    )


class NewUserToken(_Sent):
    name: Name
    expires_at: Moment | None = None


class SignIn(_Sent):
    """One of these: what somebody signs a browser in with."""

    password: Annotated[str, StringConstraints(min_length=1, max_length=1_000)] | None = None
    token: Annotated[str, StringConstraints(min_length=1, max_length=16_000)] | None = Field(
        None, description="A person's own token, the local token, or a Clerk token"
    )
    code: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None, description="From a one-time login link"
    )


class SignedIn(BaseModel):
    """Somebody is signed in; the credential itself is in the cookie, where no script reads it."""

    user_id: str
    name: str
    organization_id: str | None
    role: OrganizationRole | None
    expires_at: Moment


class WhoAmI(BaseModel):
    """Who this request comes from, as the hub sees it."""

    kind: CallerKind
    name: str
    user_id: str | None
    organization_id: str | None
    role: OrganizationRole | None
    agent_id: str | None
    agent_role: AgentRole | None
    board_id: str | None
    robot_id: str | None
    scopes: list[str]
    expires_at: Moment | None

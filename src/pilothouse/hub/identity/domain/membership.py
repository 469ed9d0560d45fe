"""What members may do to each other: nobody gives or takes more than they have. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pilothouse.hub.identity.domain.organizations import BoardRights, OrganizationRole
from pilothouse.kit.errors import Conflict, Forbidden, Invalid, NotFound

MOST_BOARDS = 500


class UnknownOrganization(NotFound):
    """There is no organization {organization_id}, or you do not belong to it."""


class UnknownMember(NotFound):
    """Nobody with the id {user_id} belongs to this organization."""


class UnknownBoards(NotFound):
    """This organization has no board {board_id}."""


class UnknownInvite(NotFound):
    """No open invite fits: it was used or revoked, has expired, or never was; ask whoever invited you for another."""


class InviteForSomebodyElse(Forbidden):
    """This invite is for another e-mail address; sign in with the one it was sent to, or ask for another invite."""


class SignInFirst(Forbidden):
    """People of this hub sign in elsewhere: sign in first, then accept the invite."""


class AlreadyMember(Conflict):
    """You belong to this organization already; the invite is still good for somebody else."""


class RoleBeyondYours(Forbidden):
    """Your role is {yours}: you can neither give the role {role} nor change somebody who has it."""


class BoardBeyondYours(Forbidden):
    """You can give access only to what you have access to yourself, and that is not so for {board}."""


class LastOwner(Conflict):
    """An organization keeps at least one owner: make somebody else an owner first."""


class OperatorStays(Conflict):
    """Whoever holds this hub's password is an owner of its home organization; change the password instead."""


class HomeStays(Conflict):
    """The home organization owns the fleet of this hub and cannot be deleted."""


class OrganizationInUse(Conflict):
    """The organization still has boards; delete them first."""


class MemberElsewhereToo(Conflict):
    """This person belongs to other organizations too: only they themselves or the hub's home organization can end
    their tokens."""


class ChangedMeanwhile(Conflict):
    """Somebody changed this meanwhile: its version is {version}; read it again and repeat your change."""


class OneCredential(Invalid):
    """Send one of password, token and code."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Which boards of an organization a member may see, or an invite promises; True lets them write."""

    all_read: bool = False
    all_write: bool = False
    boards: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, *, all_read: bool, all_write: bool, boards: Mapping[str, bool]) -> Reach:
        """Who may write may read, and what all boards allow is not kept for each."""
        if all_write:
            return cls(True, True)
        left = {board_id: can_write for board_id, can_write in boards.items() if can_write or not all_read}
        return cls(all_read, False, left)


@dataclass(frozen=True, slots=True)
class Standing:
    """A member as far as rules look at one."""

    user_id: str
    role: OrganizationRole
    reach: Reach = Reach()

    def rights(self, organization_id: str) -> BoardRights:
        """An owner reaches everything."""
        if self.role == OrganizationRole.OWNER:
            return BoardRights(organization_id, all_read=True, all_write=True)
        writable = frozenset(board_id for board_id, can_write in self.reach.boards.items() if can_write)
        return BoardRights(
            organization_id, self.reach.all_read or self.reach.all_write, self.reach.all_write,
            frozenset(self.reach.boards), writable,
        )  # fmt: skip


def check_role(actor: OrganizationRole, *roles: OrganizationRole) -> None:
    """Raise RoleBeyondYours when somebody gives or touches a role above their own."""
    for role in roles:
        if not actor.includes(role):
            raise RoleBeyondYours(yours=actor, role=role)


def check_reach(actor: Standing, before: Reach, after: Reach) -> None:
    """Raise BoardBeyondYours when a change gives access that the actor does not have; taking away is not giving."""
    mine = actor.rights("")
    if (after.all_write and not (before.all_write or mine.all_write)) or (
        after.all_read and not (before.all_read or mine.all_read)
    ):
        raise BoardBeyondYours(board="all boards")
    had = Standing(actor.user_id, OrganizationRole.MEMBER, before).rights("")
    for board_id, can_write in after.boards.items():
        may = mine.writes(board_id) if can_write else mine.reads(board_id)
        had_it = had.writes(board_id) if can_write else had.reads(board_id)
        if not (may or had_it):
            raise BoardBeyondYours(board=board_id)


def covers(reach: Reach, other: Reach) -> bool:
    """Whether who has one reach lacks nothing of the other."""
    try:
        check_reach(Standing("", OrganizationRole.MEMBER, reach), Reach(), other)
    except BoardBeyondYours:
        return False
    return True


def check_version(expected: int | None, version: int) -> None:
    """Raise ChangedMeanwhile when somebody else was faster."""
    if expected is not None and expected != version:
        raise ChangedMeanwhile(version=version)

"""``hub-token.json``: this robot's own credential at a hub, readable by nobody else."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pilothouse.kit.errors import BadConfiguration
from pilothouse.wire import RobotToken
from pilothouse.wire.base import Moment, RobotId

NAME = "hub-token.json"


class TokenUnreadable(BadConfiguration):
    """Cannot read {path}: {reason}; enrol again with: pilothouse robot enroll --again"""


class TokenOfAnotherUser(BadConfiguration):
    """{path} belongs to user {owner}, and this is user {user}: run `pilothouse robot enroll --again` as root or as this
    user, or give the file to it with chown."""


class HubToken(BaseModel):
    """One token; ``token`` itself is never shown."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    token: str = Field(repr=False, min_length=1)
    token_id: str
    created_at: Moment
    expires_at: Moment | None = None

    @classmethod
    def of(cls, issued: RobotToken) -> HubToken:
        return cls(
            token=issued.token, token_id=issued.token_id, created_at=issued.created_at, expires_at=issued.expires_at
        )


class Enrolled(BaseModel):
    """As whom this robot is known to which hub. ``previous`` is kept until ``current`` has worked once."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hub_url: str
    robot_id: RobotId
    current: HubToken
    previous: HubToken | None = None

    def rotated(self, issued: RobotToken) -> Enrolled:
        return self.model_copy(update={"current": HubToken.of(issued), "previous": self.current})

    def proven(self) -> Enrolled:
        return self.model_copy(update={"previous": None})

    def swapped(self) -> Enrolled:
        """Try the other one; the same when there is none."""
        if self.previous is None:
            return self
        return self.model_copy(update={"current": self.previous, "previous": self.current})


def read_enrolment(data: Path) -> Enrolled | None:
    """What is in the data directory, if anything; raises TokenUnreadable."""
    path = data / NAME
    try:
        return Enrolled.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except PermissionError:
        raise TokenOfAnotherUser(path=path, owner=_owner_of(path), user=os.geteuid()) from None
    except OSError as error:
        raise TokenUnreadable(path=path, reason=error.strerror or error) from None
    except ValidationError:
        # What is wrong with it is not said: the words of the problem could hold a piece of the token.
        raise TokenUnreadable(path=path, reason="it is damaged") from None


def _owner_of(path: Path) -> int | str:
    try:
        return path.stat().st_uid
    except OSError:
        return "unknown"


def write_enrolment(data: Path, enrolled: Enrolled) -> None:
    """Replace it at once and durably: whatever happens in between, the old or the new one is there. Raises OSError."""
    half = data / f"{NAME}.new"
    # Root may write this where others may put what they like: nothing of theirs is written over or given away.
    half.unlink(missing_ok=True)
    file = os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, 0o600)
        if os.geteuid() == 0:
            # Enrolled by root, run by the recorder's own user: that is whose directory it is.
            owner = data.stat()
            os.fchown(file, owner.st_uid, owner.st_gid)
        os.write(file, enrolled.model_dump_json(indent=1).encode())
        os.fsync(file)
    finally:
        os.close(file)
    half.replace(data / NAME)
    directory = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

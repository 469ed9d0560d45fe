"""How a robot becomes known to a hub and gets a credential of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from pilothouse.wire.base import Message, Moment, RobotId

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class NewEnrolment(Message):
    """An operator lets one robot in; without ``robot_id`` the robot brings its own."""

    robot_id: RobotId | None = None
    site: str | None = Field(None, max_length=200)
    tags: list[Tag] = Field(default_factory=list, max_length=50)
    expires_in_s: int = Field(3_600, ge=60, le=30 * 86_400)


class Enrolment(Message):
    """``code`` is shown once; it is good for one robot, until ``expires_at``."""

    code: str
    robot_id: str | None
    expires_at: Moment
    command: str = Field(description="What to type on the robot")
    enrolment_id: str | None = Field(None, description="To revoke it by")


class EnrolRequest(Message):
    """What a robot says to be let in."""

    code: str = Field(min_length=1, max_length=100)
    robot_id: RobotId
    versions: dict[str, str] = Field(default_factory=dict, max_length=100)


class RobotToken(Message):
    """A robot's own credential, shown once. The one before stays good until this one is first used.

    If the robot never showed the one before, it ends at ``previous_until`` at the latest.
    """

    robot_id: str
    token: str
    token_id: str
    created_at: Moment
    expires_at: Moment | None = None
    previous_until: Moment | None = None

"""Trades a one-time code for this robot's own token, and keeps it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pilothouse import __version__
from pilothouse.kit.errors import BadConfiguration, Conflict, NotFound, Unauthenticated, Unavailable
from pilothouse.recorder.delivery.hub_token import NAME, Enrolled, HubToken, read_enrolment, write_enrolment
from pilothouse.wire import EnrolRequest, RobotToken


class CodeRefused(Unauthenticated):
    """The hub at {hub} does not take this code: it is mistyped, used, expired, or for another robot than {robot_id}.
    Have a new one made there: curl -u :PASSWORD {hub}/api/v1/robots/enrolments --json '{{"robot_id": "{robot_id}"}}'"""


class AlreadyEnrolled(Conflict):
    """This robot is enrolled already, as {robot_id} at {hub} since {since}; to enrol it anew, add --again."""


class TokenUnwritable(BadConfiguration):
    """Cannot keep a token in {directory}: {reason}; give another --data, or run this as the recorder's user."""


class NoEnrolmentThere(NotFound):
    """The hub at {hub} knows no enrolment: is it a Pilothouse hub, and not an older one? Check --hub."""


class HubAway(Unavailable):
    """The hub cannot be asked ({reason}) Check --hub and the network, then try again: the code is still good."""


class EnrolDesk(Protocol):
    """What this needs of a hub."""

    def enroll(self, request: EnrolRequest) -> RobotToken: ...


def enrol(
    data: Path, hub: str, code: str, robot_id: str, *, connect: Callable[[str], EnrolDesk], again: bool = False
) -> Enrolled:
    """Use up the code; raises AlreadyEnrolled, TokenUnwritable, CodeRefused, NoEnrolmentThere, HubAway."""
    hub = hub.rstrip("/")
    # A code is good once: what can go wrong here is to go wrong before it is used up.
    _check_writable(data)
    if not again:
        _check_new(data)
    request = EnrolRequest(code=code.strip(), robot_id=robot_id, versions={"pilothouse": __version__})
    try:
        issued = connect(hub).enroll(request)
    except Unauthenticated as problem:
        raise CodeRefused(hub=hub, robot_id=robot_id) from problem
    except Unavailable as problem:
        raise HubAway(reason=problem.sentence) from problem
    except NotFound as problem:
        raise NoEnrolmentThere(hub=hub) from problem
    enrolled = Enrolled(hub_url=hub, robot_id=issued.robot_id, current=HubToken.of(issued))
    try:
        write_enrolment(data, enrolled)
    except OSError as error:
        raise TokenUnwritable(directory=data, reason=error.strerror) from None
    return enrolled


def _check_new(data: Path) -> None:
    known = read_enrolment(data)
    if known is not None:
        since = f"{known.current.created_at:%Y-%m-%d}"
        raise AlreadyEnrolled(robot_id=known.robot_id, hub=known.hub_url, since=since)


def _check_writable(data: Path) -> None:
    probe = data / f"{NAME}.new"
    try:
        data.mkdir(parents=True, exist_ok=True)
        os.close(os.open(probe, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        probe.unlink()
    except OSError as error:
        raise TokenUnwritable(directory=data, reason=error.strerror) from None

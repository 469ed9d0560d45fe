"""Rules of the fleet: when a robot counts as stale or silent, and what a code to let one in looks like."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pilothouse.kit.errors import Conflict, Forbidden, NotFound, Unauthenticated

# Of a robot that does not say how often it speaks.
DEFAULT_INTERVAL_S = 60.0
# Two heartbeats may get lost before anybody is told.
STALE_INTERVALS = 3
SILENT_INTERVALS = 10
# What a slow network may add, however short the interval.
JITTER_S = 2.0

# 16 letters of 32: 80 random bits, out of reach for guessing at 20 attempts a minute.
CODE_LENGTH = 16
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# What people type for letters that are not in the alphabet.
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "_": None})


class UnknownRobot(NotFound):
    """No robot {robot_id} is known here."""


class RobotRetired(Forbidden):
    """The robot {robot_id} is retired; to bring it back, an operator lets it in again: pilothouse robot invite"""


class RobotIsRetired(Conflict):
    """The robot {robot_id} is retired; let it in again first: pilothouse robot invite"""


class CodeRefused(Unauthenticated):
    """This code is wrong, used or expired, or was given to another robot; ask an operator for a new one."""


class RobotEnrolledAlready(Conflict):
    """The robot {robot_id} is enrolled already; choose another name, or ask for a code made for {robot_id}."""


class UnknownEnrolment(NotFound):
    """No open enrolment {enrolment_id} is known here."""


@dataclass(frozen=True, slots=True)
class Expected:
    """When a robot that was heard of now counts as stale and as silent."""

    stale_at: datetime
    silent_at: datetime


def expected(now: datetime, interval_s: float | None) -> Expected:
    """Three of its own intervals without a heartbeat make a robot stale, ten make it silent."""
    interval = DEFAULT_INTERVAL_S if interval_s is None else interval_s
    return Expected(
        stale_at=now + timedelta(seconds=STALE_INTERVALS * interval + JITTER_S),
        silent_at=now + timedelta(seconds=SILENT_INTERVALS * interval + JITTER_S),
    )


def hour_of(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def new_code() -> str:
    """A fresh code such as ``7K2M-9QXA-0TRB-5WHE``."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(letters[place : place + 4] for place in range(0, CODE_LENGTH, 4))


def code_sha256(typed: str) -> str:
    """What is stored of a code; the same for every way of typing it."""
    meant = typed.strip().upper().translate(_MEANT)
    return hashlib.sha256(meant.encode("utf-8", "replace")).hexdigest()

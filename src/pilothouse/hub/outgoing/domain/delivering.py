"""States of a delivery, when it is tried again, and what can be wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pilothouse.kit.errors import Conflict, Invalid, NotFound

# Twelve tries over two days: a receiver may be down for a weekend's night, and its people are asleep.
MOST_TRIES = 12
FIRST_DELAY_S = 5.0
GROWTH = 3.0
LONGEST_DELAY_S = 15 * 3_600.0
# What a receiver asks for with Retry-After is heard, within reason.
LONGEST_ASKED_S = 3_600.0
# So many attempts of one destination run at once in one process; another destination never waits for them.
AT_ONCE = 4
# One that fails holds up what happened after it for so many tries, which is some minutes; then the rest goes on.
TRIES_IN_ORDER = 5
MOST_DESTINATIONS = 100
ANSWER_BYTES = 500
# The secret that a new one took the place of still signs for so long.
OVERLAP_S = 24 * 3_600.0
LONGEST_LINE = 300
HIDDEN = "***"
TEST = "notification.test"
"""What is sent to see whether a destination works; also where it is switched off for the rest."""


class DestinationKind(StrEnum):
    WEBHOOK = "webhook"
    SLACK = "slack"
    EMAIL = "email"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    """For its first attempt, or for the next."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; it can be sent again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt; ``status`` is the receiver's number, of HTTP or SMTP."""

    is_delivered: bool
    status: int | None = None
    problem: str | None = None
    answer: str | None = None
    retry_after_s: float | None = None
    is_final: bool = False


class UnknownDestination(NotFound):
    """No destination with this id is known here."""


class UnknownDelivery(NotFound):
    """No delivery with this id is known here; old ones are forgotten after PILOTHOUSE_NOTIFY_LOG_DAYS."""


class DestinationChanged(Conflict):
    """The destination was changed since you read it: it is at version {version} now; read it again before you write."""


class DestinationUnusable(Invalid):
    """{reason}"""


class TooManyDestinations(Conflict):
    """There are {limit} destinations already; delete one that nobody needs."""


class NothingSigned(Conflict):
    """Only webhooks have a secret; this destination is of kind {kind}."""


class StillWaiting(Conflict):
    """This delivery waits for its next attempt already."""


def delay_s(tries: int, chance: float, asked_s: float | None = None) -> float:
    """How long to wait after so many tries: 5 s, three times as long each time, 15 h at most; spread by ``chance``
    (0 to 1) so that receivers that come back are not met by everything at once."""
    usual = min(LONGEST_DELAY_S, FIRST_DELAY_S * GROWTH ** (tries - 1)) * (0.8 + 0.4 * chance)
    return max(usual, min(asked_s or 0.0, LONGEST_ASKED_S))


def cleaned(text: str, hidden: Iterable[str], most_bytes: int) -> str:
    """Text from outside as it may be kept: without secrets, without what a database refuses, and short."""
    for one in hidden:
        text = text.replace(one, HIDDEN)
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return text.encode("utf-8", "replace")[:most_bytes].decode("utf-8", "ignore")


def on_one_line(text: str) -> str:
    """Text that fits where one line is expected, such as the subject of a mail."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:LONGEST_LINE]

"""What becomes of what others send, and what can be wrong with webhooks."""

from __future__ import annotations

from enum import StrEnum

from pilothouse.kit.errors import Conflict, Forbidden, Invalid, NotFound

MOST_WEBHOOKS = 100
MOST_SUBSCRIPTIONS = 50
# A delivery that fails is tried again after 2 s, then after twice as long each time: an hour and a half together.
MOST_TRIES = 12
# The secret that a new one took the place of is good for so long.
OVERLAP_S = 24 * 3_600.0
# Of a payload, what an entry in memory or the description of a task shows.
SHOWN_CHARACTERS = 8_000


class PayloadState(StrEnum):
    WAITING = "waiting"
    """Accepted and durable; what it is to do has not been done."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; it can be run again."""


class WebhookAction(StrEnum):
    MEMORY = "memory"
    TASK = "task"
    BOTH = "both"

    @property
    def remembers(self) -> bool:
        return self is not WebhookAction.TASK

    @property
    def makes_task(self) -> bool:
        return self is not WebhookAction.MEMORY


class SignaturePolicy(StrEnum):
    REQUIRED = "required"
    NONE = "none"


class UnknownWebhook(NotFound):
    """No webhook with this id is on this board."""


class UnknownPayload(NotFound):
    """This webhook has no payload with this id; old ones are forgotten after PILOTHOUSE_WEBHOOK_LOG_DAYS."""


class UnknownSubscription(NotFound):
    """No subscription with this id is on this board, or it is another agent's."""


class WebhooksNotForAgents(Forbidden):
    """People and programs say who posts to a board from outside; an agent reads what came in. Ask a person."""


class WebhookChanged(Conflict):
    """It was changed since you read it: it is at version {version} now; read it again before you write."""


class WebhookDisabled(Conflict):
    """This webhook is switched off and takes nothing; switch it on again with `enabled`."""


class NothingIsSigned(Conflict):
    """This webhook takes unsigned requests and has no secret; set `signature` to `required` first."""


class TooManyWebhooks(Conflict):
    """This board has {limit} of them already; delete one that nobody needs."""


class NothingToChange(Invalid):
    """Nothing is to be changed; give at least one field."""


class StillWaits(Conflict):
    """This payload waits for its next attempt already."""

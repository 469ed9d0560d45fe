"""One attempt at a destination, whatever its kind."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pilothouse.hub.outgoing.domain.delivering import ANSWER_BYTES, DestinationKind, Outcome, cleaned
from pilothouse.hub.outgoing.service.mailing import MailServer, compose, send_mail
from pilothouse.hub.outgoing.service.outside import Outside
from pilothouse.hub.outgoing.service.posting import post_slack, post_webhook
from pilothouse.kit.logs import get_logger

# A shorter part of an address is no secret, and would black out words.
SHORTEST_HIDDEN = 10

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """What an attempt needs of a destination; ``secrets`` are those that sign now."""

    kind: DestinationKind
    url: str | None
    recipients: tuple[str, ...]
    secrets: tuple[str, ...]

    @property
    def hidden(self) -> tuple[str, ...]:
        """What the log must never hold, even when a receiver says it back."""
        if self.url is None:
            return self.secrets
        _, _, path = self.url.partition("://")
        parts = [part for part in re.split(r"[/?&=]", path)[1:] if len(part) >= SHORTEST_HIDDEN]
        return (*self.secrets, self.url, *parts)


class Sender:
    """Attempts deliveries, each within a time."""

    def __init__(self, outside: Outside, mail_server: MailServer | None, *, timeout_s: float) -> None:
        self._outside = outside
        self._mail_server = mail_server
        self.timeout_s = timeout_s

    async def attempt(self, target: Target, delivery_id: str, now: datetime, message: Mapping[str, Any]) -> Outcome:
        """Never raises: what goes wrong is the outcome."""
        try:
            async with asyncio.timeout(self.timeout_s):
                outcome = await self._send(target, delivery_id, now, message)
        except TimeoutError:
            outcome = Outcome(is_delivered=False, problem=f"it did not answer within {self.timeout_s:g} s")
        except Exception as error:  # a receiver is a stranger: whatever it does must not end those that wait behind it
            log.exception("an attempt to notify failed in a way that is not known", delivery_id=delivery_id)
            outcome = Outcome(is_delivered=False, problem=f"sending failed: {type(error).__name__}")
        return replace(
            outcome,
            problem=outcome.problem and cleaned(outcome.problem, target.hidden, ANSWER_BYTES),
            answer=outcome.answer and cleaned(outcome.answer, target.hidden, ANSWER_BYTES),
        )

    async def _send(self, target: Target, delivery_id: str, now: datetime, message: Mapping[str, Any]) -> Outcome:
        if target.kind is DestinationKind.EMAIL:
            if self._mail_server is None:
                return Outcome(is_delivered=False, problem="there is no mail server: set PILOTHOUSE_NOTIFY_SMTP_HOST")
            mail = compose(self._mail_server, target.recipients, delivery_id, now, message)
            return await send_mail(self._mail_server, mail)
        assert target.url is not None
        if target.kind is DestinationKind.SLACK:
            return await post_slack(self._outside, target.url, message)
        return await post_webhook(self._outside, target.url, delivery_id, now, message, target.secrets)

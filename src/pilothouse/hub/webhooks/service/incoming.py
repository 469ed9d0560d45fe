"""Take what others send: checked, durable, and only then acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.webhooks.domain.signatures import Verified, unsigned, verify
from pilothouse.hub.webhooks.domain.states import PayloadState, SignaturePolicy, UnknownWebhook, WebhookDisabled
from pilothouse.hub.webhooks.models import WebhookRow
from pilothouse.hub.webhooks.repository import PayloadRows, WebhookRows
from pilothouse.hub.webhooks.schemas import Accepted
from pilothouse.hub.webhooks.service.delivering import JOB
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.kit.ids import new_id

# What of a request's headers says something about its content. Never credentials.
_KEPT = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "x-request-id")
_KEPT_ENDINGS = ("-event", "-delivery", "-topic", "-hook-id")
LONGEST_HEADER = 500


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; names of headers are in lower case."""

    headers: Mapping[str, str]
    source_ip: str


class Incoming:
    """The door that others post to."""

    def __init__(self, database: Database, jobs: Jobs, clock: Clock) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock

    async def opened(self, board_id: str, webhook_id: str) -> WebhookRow:
        """Before a body is read: whether there is anybody to read it for. Raises UnknownWebhook, WebhookDisabled."""
        async with self._database.reading() as session:
            row = await WebhookRows(session).get(board_id, webhook_id)
        if row is None:
            raise UnknownWebhook
        if not row.enabled:
            raise WebhookDisabled
        return row

    async def take(self, webhook: WebhookRow, request: Request, body: bytes) -> Accepted:
        """Keep it, once; raises what is wrong with its signature."""
        now = at(self._clock.now_ns())
        verified = self._verified(webhook, request, body, now)
        async with self._database.transaction() as session:
            payload_id = await self._keep(session, webhook, request, body, verified, now)
            self._jobs.hint(session, JOB, payload_id)
        return Accepted(id=payload_id)

    def _verified(self, webhook: WebhookRow, request: Request, body: bytes, now: datetime) -> Verified:
        if webhook.signature is SignaturePolicy.NONE:
            return unsigned(request.headers)
        return verify(request.headers, body, secrets_of(webhook, now), self._clock.now_ns() / NS_PER_S)

    async def _keep(
        self, session: AsyncSession, webhook: WebhookRow, request: Request, body: bytes, verified: Verified,
        now: datetime,
    ) -> str:  # fmt: skip
        if await WebhookRows(session).get(webhook.board_id, webhook.id) is None:
            raise UnknownWebhook
        return await PayloadRows(session).add_new(
            {
                "id": new_id("pay"), "webhook_id": webhook.id, "delivery_id": verified.delivery_id,
                "received_at": now, "source_ip": request.source_ip[:100], "form": verified.form,
                "headers": _kept(request.headers), "body": body, "size_bytes": len(body),
                "state": PayloadState.WAITING, "attempts": 0, "tries": 0, "problem": None, "finished_at": None,
                "memory_id": None, "task_id": None,
            }
        )  # fmt: skip


def secrets_of(row: WebhookRow, now: datetime) -> list[str]:
    """Those that are good at a moment."""
    secrets = [row.secret] if row.secret else []
    if row.previous_secret and row.previous_until is not None and now < row.previous_until:
        secrets.append(row.previous_secret)
    return secrets


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    wanted = {name: text for name, text in headers.items() if name in _KEPT or name.endswith(_KEPT_ENDINGS)}
    return {name[:100]: text.replace("\x00", "")[:LONGEST_HEADER] for name, text in list(wanted.items())[:20]}

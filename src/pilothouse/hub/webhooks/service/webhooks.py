"""Webhooks and payloads as people and agents see and change them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.db import change_row, touch
from pilothouse.hub.identity import Caller
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.memory import Place
from pilothouse.hub.memory.service import fence
from pilothouse.hub.outgoing.schemas import NewSecret
from pilothouse.hub.outgoing.service.secrets import new_secret
from pilothouse.hub.webhooks.domain.states import (
    MOST_WEBHOOKS,
    NothingIsSigned,
    NothingToChange,
    PayloadState,
    SignaturePolicy,
    StillWaits,
    TooManyWebhooks,
    UnknownPayload,
    UnknownWebhook,
    WebhookChanged,
)
from pilothouse.hub.webhooks.models import PayloadRow, WebhookRow
from pilothouse.hub.webhooks.repository import PayloadRows, WebhookRows
from pilothouse.hub.webhooks.schemas import (
    MadeWebhook,
    NewWebhook,
    Payload,
    PayloadDetail,
    PayloadList,
    Webhook,
    WebhookChange,
    WebhookList,
)
from pilothouse.hub.webhooks.service.delivering import JOB, text_of
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id


class Webhooks:
    """Every webhook of a board."""

    def __init__(self, activity: Activity, jobs: Jobs, clock: Clock) -> None:
        self._activity = activity
        self._jobs = jobs
        self._clock = clock

    async def create(
        self, session: AsyncSession, caller: Caller, place: Place, new: NewWebhook
    ) -> tuple[Webhook, str | None]:
        """A new one, with a secret for the answer to whoever made it, unless it takes unsigned requests; raises
        TooManyWebhooks."""
        rows, now = WebhookRows(session), self._now()
        board_id = _board_of(place)
        if await rows.count(board_id) >= MOST_WEBHOOKS:
            raise TooManyWebhooks(limit=MOST_WEBHOOKS)
        is_signed = new.signature is SignaturePolicy.REQUIRED
        row = await rows.add(
            id=new_id("hook"), organization_id=place.organization_id, board_id=board_id, name=new.name,
            description=new.description, enabled=new.enabled, signature=new.signature, action=new.action,
            tags=list(dict.fromkeys(new.tags)), secret=(new.secret or new_secret()) if is_signed else None,
            previous_secret=None, previous_until=None, created_at=now, created_by=caller.title, changed_at=now,
            version=1,
        )  # fmt: skip
        self._note(session, caller, row, "webhook.created", None, _told(row))
        return _shown(row, {}), row.secret

    async def page(self, session: AsyncSession, place: Place, limit: int, offset: int) -> WebhookList:
        """The oldest first."""
        rows, total = await WebhookRows(session).page(_board_of(place), limit, offset)
        counts = await WebhookRows(session).counts([row.id for row in rows])
        items = [_shown(row, counts[row.id]) for row in rows]
        return WebhookList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, place: Place, webhook_id: str) -> Webhook:
        """One of them; raises UnknownWebhook."""
        row = await _found(session, place, webhook_id)
        return _shown(row, (await WebhookRows(session).counts([row.id]))[row.id])

    async def change(
        self, session: AsyncSession, caller: Caller, place: Place, webhook_id: str, change: WebhookChange
    ) -> Webhook:
        """What is named becomes different. One that asks for signatures from now on gets a secret by ``rotate``."""
        row = await _found(session, place, webhook_id, lock=True)
        if change.version is not None and change.version != row.version:
            raise WebhookChanged(version=row.version)
        values = change.model_dump(exclude_unset=True, exclude_none=True, exclude={"version"})
        if not values:
            raise NothingToChange
        if "tags" in values:
            values["tags"] = list(dict.fromkeys(values["tags"]))
        before = _told(row)
        change_row(row, values, self._now())
        self._note(session, caller, row, "webhook.updated", before, _told(row))
        await session.flush()
        return await self.get(session, place, webhook_id)

    async def rotate(
        self, session: AsyncSession, caller: Caller, place: Place, webhook_id: str, wanted: NewSecret
    ) -> MadeWebhook:
        """A new secret; the old one is good beside it for a while. Raises NothingIsSigned."""
        row = await _found(session, place, webhook_id, lock=True)
        if row.signature is SignaturePolicy.NONE:
            raise NothingIsSigned
        now = self._now()
        row.previous_secret = row.secret if wanted.overlap_s else None
        row.previous_until = now + timedelta(seconds=wanted.overlap_s) if wanted.overlap_s and row.secret else None
        row.secret = new_secret()
        touch(row, now)
        after = {"overlap_s": wanted.overlap_s, "version": row.version}
        self._note(session, caller, row, "webhook.secret_rotated", None, after)
        await session.flush()
        shown = await self.get(session, place, webhook_id)
        return MadeWebhook(**shown.model_dump(), secret=row.secret)

    async def remove(self, session: AsyncSession, caller: Caller, place: Place, webhook_id: str) -> None:
        """With everything that came in through it; what that made stays."""
        row = await _found(session, place, webhook_id, lock=True)
        self._note(session, caller, row, "webhook.deleted", _told(row), None)
        await WebhookRows(session).remove(row)

    async def payloads(
        self, session: AsyncSession, place: Place, webhook_id: str, state: PayloadState | None, limit: int, offset: int
    ) -> PayloadList:
        """The latest first."""
        row = await _found(session, place, webhook_id)
        rows, total = await PayloadRows(session).page(row.id, state, limit, offset)
        items = [Payload.model_validate(one, from_attributes=True) for one in rows]
        return PayloadList(items=items, total=total, limit=limit, offset=offset)

    async def payload(
        self, session: AsyncSession, caller: Caller, place: Place, webhook_id: str, payload_id: str
    ) -> PayloadDetail:
        """One of them, with what was sent; raises UnknownPayload."""
        row = await _payload(session, place, webhook_id, payload_id)
        text = text_of(row)
        fenced = fence(text, f"webhook:{row.webhook_id}")
        shown = Payload.model_validate(row, from_attributes=True).model_dump()
        content = text if caller.is_person else fenced
        return PayloadDetail(**shown, headers=row.headers, content=content, fenced_text=fenced)

    async def run_again(
        self, session: AsyncSession, caller: Caller, place: Place, webhook_id: str, payload_id: str
    ) -> Payload:
        """One that was given up; what was delivered stays as it is, for what it made is there. Raises StillWaits."""
        webhook = await _found(session, place, webhook_id)
        row = await _payload(session, place, webhook_id, payload_id, lock=True)
        if row.state is PayloadState.WAITING:
            raise StillWaits
        if row.state is PayloadState.DEAD:
            row.state, row.tries, row.finished_at = PayloadState.WAITING, 0, None
            self._note(session, caller, webhook, "webhook.run_again", None, {"payload_id": row.id})
            self._jobs.hint(session, JOB, row.id)
            await session.flush()
        return Payload.model_validate(row, from_attributes=True)

    def _note(
        self, session: AsyncSession, caller: Caller, row: WebhookRow, kind: str, before: dict[str, Any] | None,
        after: dict[str, Any] | None,
    ) -> None:  # fmt: skip
        self._activity.note(
            session, caller, organization_id=row.organization_id, board_id=row.board_id, kind=kind,
            subject=("webhook", row.id), before=before, after=after,
        )  # fmt: skip

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _board_of(place: Place) -> str:
    assert place.board_id is not None
    return place.board_id


async def _found(session: AsyncSession, place: Place, webhook_id: str, *, lock: bool = False) -> WebhookRow:
    row = await WebhookRows(session).get(_board_of(place), webhook_id, lock=lock)
    if row is None:
        raise UnknownWebhook
    return row


async def _payload(
    session: AsyncSession, place: Place, webhook_id: str, payload_id: str, *, lock: bool = False
) -> PayloadRow:
    webhook = await _found(session, place, webhook_id)
    row = await PayloadRows(session).get(payload_id, webhook.id, lock=lock)
    if row is None:
        raise UnknownPayload
    return row


def _told(row: WebhookRow) -> dict[str, Any]:
    """A webhook as the activity has it: without its secret."""
    names = ("id", "name", "description", "enabled", "tags", "version")
    told = {name: getattr(row, name) for name in names}
    return {**told, "signature": row.signature.value, "action": row.action.value}


def _shown(row: WebhookRow, counts: Mapping[PayloadState, int]) -> Webhook:
    names = Webhook.model_fields.keys() - {"path", "previous_secret_until", "waiting", "dead"}
    return Webhook(
        **{name: getattr(row, name) for name in names},
        path=f"/api/v1/boards/{row.board_id}/webhooks/{row.id}", previous_secret_until=row.previous_until,
        waiting=counts.get(PayloadState.WAITING, 0), dead=counts.get(PayloadState.DEAD, 0),
    )  # fmt: skip

"""Answers remembered by `Idempotency-Key`: a request sent twice is carried out once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import String, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db.base import Base, Json, UtcDateTime
from pilothouse.hub.db.inserting import insert_into
from pilothouse.kit.errors import Conflict

# Longer than any client retries.
REMEMBERED = timedelta(hours=24)

Answer = TypeVar("Answer", bound=BaseModel)
Secret = TypeVar("Secret")


class KeyUsedForAnotherRequest(Conflict):
    """This Idempotency-Key was sent before with another request; use a new key for each request."""


class AnswerRow(Base):
    """The result of one request; without a body until the transaction that produces it is about to commit."""

    __tablename__ = "answers"

    scope: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any] | None] = mapped_column(Json)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What a caller sent: ``scope`` keeps callers and routes apart, ``key`` is None when they sent none."""

    scope: str
    key: str | None
    request_sha256: str


async def answer_once(
    session: AsyncSession,
    request: RequestKey,
    now: datetime,
    model: type[Answer],
    produce: Callable[[], Awaitable[Answer]],
) -> Answer:
    """The result of ``produce``, or of the first request with this key; raises KeyUsedForAnotherRequest.

    The key is taken in the same transaction that produces the result. A second request that comes meanwhile waits for
    that transaction; if it fails, the second carries the request out.
    """
    if request.key is None:
        return await produce()
    own = (AnswerRow.scope == request.scope, AnswerRow.key == request.key)
    await session.execute(delete(AnswerRow).where(*own, AnswerRow.expires_at <= now))
    if not await _take(session, request, now):
        known = (await session.execute(select(AnswerRow).where(*own))).scalar_one()
        if known.request_sha256 != request.request_sha256:
            raise KeyUsedForAnotherRequest
        return model.model_validate(known.body)
    answer = await produce()
    await session.execute(update(AnswerRow).where(*own).values(body=answer.model_dump(mode="json")))
    return answer


async def answer_once_with_secret(
    session: AsyncSession,
    request: RequestKey,
    now: datetime,
    model: type[Answer],
    produce: Callable[[], Awaitable[tuple[Answer, Secret]]],
) -> tuple[Answer, Secret | None]:
    """As ``answer_once``, with what only the first answer may hold: it is remembered nowhere."""
    secrets: list[Secret] = []

    async def open_part() -> Answer:
        answer, secret = await produce()
        secrets.append(secret)
        return answer

    return await answer_once(session, request, now, model, open_part), secrets[0] if secrets else None


async def _take(session: AsyncSession, request: RequestKey, now: datetime) -> bool:
    taken = await session.scalar(
        insert_into(session, AnswerRow)
        .values(
            scope=request.scope,
            key=request.key,
            request_sha256=request.request_sha256,
            expires_at=now + REMEMBERED,
        )
        .on_conflict_do_nothing()
        .returning(AnswerRow.key)
    )
    return taken is not None


async def forget_expired(session: AsyncSession, now: datetime) -> None:
    """Delete answers nobody will ask for again."""
    await session.execute(delete(AnswerRow).where(AnswerRow.expires_at <= now))

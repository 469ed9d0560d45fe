"""Times within a query, as each database counts them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Float, cast, func
from sqlalchemy.ext.asyncio import AsyncSession


def seconds_between(session: AsyncSession, earlier: Any, later: Any) -> ColumnElement[float]:
    """How long from one moment to another."""
    if _is_postgres(session):
        return cast(func.extract("epoch", later) - func.extract("epoch", earlier), Float)
    return (func.julianday(later) - func.julianday(earlier)) * 86_400.0


def day_of(session: AsyncSession, moment: Any) -> ColumnElement[Any]:
    """The day of a moment, UTC: a date, or how one is written."""
    return func.date(func.timezone("UTC", moment)) if _is_postgres(session) else func.date(moment)


def _is_postgres(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"

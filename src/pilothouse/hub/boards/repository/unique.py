"""Rows whose slug or key is unique: whoever is second hears of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.kit.errors import Problem


async def write_unique(session: AsyncSession, row: Any, taken: Problem) -> None:
    """Write a row now; what a unique constraint says of it becomes a problem."""
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:
        raise taken from None

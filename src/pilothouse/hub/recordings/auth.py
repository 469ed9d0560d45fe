"""Whose recordings a caller may see and deliver."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from pilothouse.hub.identity.auth import Reader


async def only_robot(_caller: Reader) -> str | None:
    """Robots share one token, which stands for all of them; one bound to a robot answers that robot here."""
    return None


OnlyRobot = Annotated[str | None, Depends(only_robot)]
"""The one robot whose own credential the caller holds; None for callers who may see and deliver for all."""

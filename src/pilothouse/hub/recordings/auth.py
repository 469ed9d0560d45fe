"""Whose recordings a caller may see and deliver."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from pilothouse.hub.identity.auth import AnyCaller


async def only_robot(caller: AnyCaller) -> str | None:
    """The robot a credential is bound to; the route itself says what callers may do at all."""
    return caller.robot_id


OnlyRobot = Annotated[str | None, Depends(only_robot)]
"""The one robot whose own credential the caller holds; None for callers who may see and deliver for all."""

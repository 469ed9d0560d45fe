"""Whose recordings a caller may see and deliver."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from pilothouse.hub.identity.auth import Reader


async def _only_robot(caller: Reader) -> str | None:
    return caller.robot_id


OnlyRobot = Annotated[str | None, Depends(_only_robot)]
"""The one robot whose own credential the caller holds; None for callers who may see and deliver for all."""

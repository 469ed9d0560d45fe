"""What a service keeps for its routes, in ``app.state``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import HTTPConnection

from pilothouse.web.dependants import read_once

Kept = TypeVar("Kept")


def kept(name: str, kind: type[Kept]) -> Callable[[HTTPConnection], Awaitable[Kept]]:
    """A dependency for the alias that routes name in their signatures: ``Annotated[Memory, Depends(kept(…))]``."""

    @read_once
    async def found(connection: HTTPConnection) -> Kept:
        held = getattr(connection.app.state, name)
        assert isinstance(held, kind)
        return held

    return found

"""Where changes in who belongs to an organization are noted. The log of activity stands above identity and is this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.identity.domain import Caller


class Noting(Protocol):
    """Notes a change in the transaction that makes it, with who made it, before and after."""

    def note(
        self, session: AsyncSession, caller: Caller | None, *, organization_id: str, board_id: str | None, kind: str,
        subject: tuple[str, str], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None,
        summary: str = "",
    ) -> None: ...  # fmt: skip

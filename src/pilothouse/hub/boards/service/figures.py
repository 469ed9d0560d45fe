"""How work goes on boards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.figures import BoardFigures
from pilothouse.hub.boards.repository import FigureRows
from pilothouse.hub.identity import BoardRights


class Figures:
    """Of the boards that somebody sees."""

    async def between(
        self, session: AsyncSession, rights: BoardRights, since: datetime, until: datetime
    ) -> BoardFigures:
        """Within a time that ends now."""
        rows = FigureRows(session, rights, since, until)
        return BoardFigures(
            boards=await rows.boards(),
            tasks_by_status=await rows.tasks(),
            work=await rows.work(),
            throughput=await rows.throughput(),
            waiting=await rows.waiting(),
            decided=await rows.decided(),
        )

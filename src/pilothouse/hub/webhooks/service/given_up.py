"""What of all boards was given up: payloads that came in, deliveries that went out."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.service import KnownBoards
from pilothouse.hub.identity import BoardRights, Caller
from pilothouse.hub.outgoing.service import Destinations
from pilothouse.hub.webhooks.repository import WebhookRows
from pilothouse.hub.webhooks.schemas import GivenUp, GivenUpList


class GivenUps:
    """Of the boards that somebody sees."""

    def __init__(self, destinations: Destinations, boards: KnownBoards) -> None:
        self._destinations = destinations
        self._boards = boards

    async def page(
        self, session: AsyncSession, caller: Caller, rights: BoardRights, limit: int, offset: int
    ) -> GivenUpList:
        """Whatever was last given up first; of subscriptions an agent sees its own."""
        organization_id, sees = caller.organization_id or "", None if rights.all_read else rights.readable
        most = limit + offset
        came_in, total_in = await WebhookRows(session).given_up(organization_id, sees, most)
        went_out, total_out = await self._destinations.given_up(session, organization_id, sees, caller.agent_id, most)
        found = [("in", one) for one in came_in] + [("out", one) for one in went_out]
        found = sorted(found, key=lambda pair: pair[1].latest_at, reverse=True)[offset:most]
        names = await self._boards.names(session, organization_id, {one.board_id for _, one in found})
        items = [
            GivenUp(
                way="in" if way == "in" else "out", id=one.id, name=one.name, board_id=one.board_id,
                board_name=names.get(one.board_id, one.board_id), dead=one.dead, latest_at=one.latest_at,
                can_write=rights.writes(one.board_id),
            )
            for way, one in found
        ]  # fmt: skip
        return GivenUpList(items=items, total=total_in + total_out, limit=limit, offset=offset)

"""Follow what a group of boards remembers, live."""

from __future__ import annotations

from starlette.requests import Request

from pilothouse.hub.activity.domain import is_of_kind
from pilothouse.hub.activity.routes.streaming import Sight, follow
from pilothouse.hub.boards.domain.problems import UnknownBoardGroup
from pilothouse.hub.events import Event
from pilothouse.hub.identity import BoardRights, Caller
from pilothouse.hub.memory.auth import sees_group
from pilothouse.web.streams import EventStream

KINDS = ("memory",)


class _GroupSight(Sight):
    """What concerns a group, for as long as the caller sees one of its boards."""

    def __init__(self, request: Request, caller: Caller, group_id: str) -> None:
        super().__init__(request, caller)
        self._group_id = group_id

    def _about(self) -> tuple[str, ...]:
        return ("group", self._group_id)

    async def _ask(self) -> BoardRights:
        is_seen = await sees_group(self._request, self._caller, self._group_id)
        return BoardRights(self._caller.organization_id, all_read=is_seen)

    def _takes(self, rights: BoardRights | None) -> bool:
        return rights is not None and rights.all_read

    def shows(self, event: Event) -> bool:
        facts = event.payload["after"] or event.payload["before"] or {}
        return bool(facts.get("group_id") == self._group_id)


async def group_stream(request: Request, caller: Caller, group_id: str, since: int | None) -> EventStream:
    """What a group remembers; raises UnknownBoardGroup."""
    if not await sees_group(request, caller, group_id):
        raise UnknownBoardGroup
    sight = _GroupSight(request, caller, group_id)
    return await follow(request, caller, since, lambda event: is_of_kind(event.kind, KINDS), sight=sight)

"""What a list of recordings can be narrowed to, as query parameters."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from pilothouse.hub.identity.auth import Reading
from pilothouse.hub.recordings.domain.ordering import Direction, Ordering, SortKey
from pilothouse.hub.recordings.repository import Sought
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.wire import RecordingState
from pilothouse.wire.base import Moment


async def _sought(
    services: Services,
    session: Reading,
    label: Annotated[str | None, Query(max_length=500, description="Exactly this label")] = None,
    trigger: Annotated[str | None, Query(max_length=200, description="Made by this rule")] = None,
    topic: Annotated[str | None, Query(max_length=500, description="With messages of this topic")] = None,
    state: RecordingState | None = None,
    reason: Annotated[
        str | None, Query(max_length=100, description="`trigger`, `manual`, `alert`, `recovered`, `guard`")
    ] = None,
    since: Annotated[Moment | None, Query(description="Ended at or after this time")] = None,
    until: Annotated[Moment | None, Query(description="Ended before this time")] = None,
    annotated: Annotated[bool | None, Query(description="With annotations, or without any")] = None,
    pinned: Annotated[bool | None, Query(description="Pinned, or not")] = None,
    incident: Annotated[str | None, Query(max_length=100, description="Belongs to this incident")] = None,
    site: Annotated[str | None, Query(max_length=200, description="Of robots at this site")] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Words, or beginnings of words, each of them in the id, label, rule, reason, robot, topics or "
            "annotations",
        ),
    ] = None,
) -> Sought:
    recordings = services.recordings
    return Sought(
        robots=None if site is None else await recordings.at_site(session, site),
        label=label,
        rule=trigger,
        topic=topic,
        state=state,
        reason=reason,
        since=since,
        until=until,
        annotated=annotated,
        pinned=pinned,
        incident_id=incident,
        linked=() if incident is None else await recordings.linked_to(session, incident),
        text=q,
    )


async def _ordering(
    sort: Annotated[SortKey, Query(description="By when it was recorded, its size or its duration")] = SortKey.RECORDED,
    order: Annotated[Direction, Query(description="Which end comes first")] = Direction.DESCENDING,
) -> Ordering:
    return Ordering(sort, order)


OfRobot = Annotated[str | None, Query(max_length=200, description="Only recordings of this robot")]
Filters = Annotated[Sought, Depends(_sought)]
"""Everything but the robot."""
InOrder = Annotated[Ordering, Depends(_ordering)]
Cursor = Annotated[
    str | None, Query(max_length=300, description="`next_cursor` of the page before, with the same sort and order")
]

"""Incidents that are like another one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from pilothouse.hub.identity.auth import Reading
from pilothouse.hub.similarity.auth import Viewer
from pilothouse.hub.similarity.schemas import SimilarIncidents
from pilothouse.hub.similarity.service import Similarity
from pilothouse.web.kept import kept

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


@router.get("/{incident_id}/similar", summary="Incidents that are like this one")
async def similar_incidents(
    caller: Viewer,
    similarity: Annotated[Similarity, Depends(kept("similarity", Similarity))],
    session: Reading,
    incident_id: Annotated[str, Path(max_length=100)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> SimilarIncidents:
    """By the rule that fired, by label, and by what the numbers in their recordings did in the seconds around the
    trigger: which of them stepped, peaked and turned, in which order of size. On any robot."""
    return await similarity.similar_to(session, caller, incident_id, limit)

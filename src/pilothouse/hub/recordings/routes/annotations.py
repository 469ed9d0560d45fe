"""Remarks at times of recordings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from pilothouse.hub.db import answer_once
from pilothouse.hub.identity import CallerKind
from pilothouse.hub.identity.auth import OnceKey, Reader, Reading, ThisHub, Writer, Writing
from pilothouse.hub.recordings.auth import OnlyRobot
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.hub.recordings.service import version_tag
from pilothouse.kit.clock import at
from pilothouse.web import Paging, RowId
from pilothouse.wire import Annotation, AnnotationList, AnnotationUpdate, NewAnnotation

router = APIRouter(prefix="/api", tags=["annotations"])

IfMatch = Annotated[
    str | None, Header(max_length=1000, description="The `ETag` you read; 409 when somebody else was faster")
]


@router.get("/sessions/{session_id}/annotations", summary="List the annotations of a recording")
async def list_annotations(
    _caller: Reader, services: Services, session: Reading, only_robot: OnlyRobot, session_id: str, page: Paging
) -> AnnotationList:
    """In the order of the recording's time."""
    return await services.annotations.page(
        session, session_id, only_robot=only_robot, limit=page.limit, offset=page.offset
    )


@router.post("/sessions/{session_id}/annotations", status_code=201, summary="Annotate a recording at a time or a span")
async def create_annotation(
    services: Services,
    session: Writing,
    caller: Writer,
    only_robot: OnlyRobot,
    hub: ThisHub,
    once: OnceKey,
    session_id: str,
    new: NewAnnotation,
    response: Response,
) -> Annotation:
    """`time_ns` counts from the start of the recording; spaces around `body` are removed."""

    async def create() -> Annotation:
        author = "" if caller.kind == CallerKind.OPEN else caller.title
        return await services.annotations.create(session, session_id, new, only_robot=only_robot, author=author)

    annotation = await answer_once(session, once, at(hub.clock.now_ns()), Annotation, create)
    response.headers["ETag"] = version_tag(annotation)
    return annotation


@router.put("/annotations/{annotation_id}", summary="Update an annotation")
async def update_annotation(
    services: Services,
    session: Writing,
    _caller: Writer,
    only_robot: OnlyRobot,
    annotation_id: RowId,
    change: AnnotationUpdate,
    response: Response,
    if_match: IfMatch = None,
) -> Annotation:
    """The time stays unless `time_ns` is given."""
    annotation = await services.annotations.update(
        session, annotation_id, change, only_robot=only_robot, if_match=if_match
    )
    response.headers["ETag"] = version_tag(annotation)
    return annotation


@router.delete("/annotations/{annotation_id}", status_code=204, summary="Delete an annotation")
async def delete_annotation(
    services: Services,
    session: Writing,
    _caller: Writer,
    only_robot: OnlyRobot,
    annotation_id: RowId,
    if_match: IfMatch = None,
) -> None:
    await services.annotations.delete(session, annotation_id, only_robot=only_robot, if_match=if_match)

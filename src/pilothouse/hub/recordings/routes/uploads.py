"""The tus 1.0 edge: headers and bytes in, decisions of the protocol core out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from pilothouse.hub.identity.auth import Writer
from pilothouse.hub.recordings.auth import OnlyRobot
from pilothouse.hub.recordings.domain import problems, tus
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.hub.recordings.service import Progress
from pilothouse.kit.errors import Problem
from pilothouse.web import body_limit, error_response, problem_response
from pilothouse.wire.upload import TUS_VERSION, UPLOADS_PATH

# A robot that has lost its link must not hold the lock on its upload until TCP notices.
SILENCE_S = 30.0

# Statuses the tus protocol gives to what our table of kinds would answer otherwise.
STATUSES: dict[type[Problem], int] = {
    problems.BadUpload: 400,
    problems.SenderGone: 408,
    problems.UnsupportedTusVersion: 412,
    problems.NotAnOffsetStream: 415,
    problems.UploadLocked: 423,
    problems.ChunkChecksumMismatch: 460,
    problems.ContentChecksumMismatch: 460,
}


class TusRoute(APIRoute):
    """Every answer names the version of the protocol, refusals too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_and_sign(request: Request) -> Response:
            try:
                response = await handle(request)
            except Problem as problem:
                response = _refusal(request, problem)
            response.headers["Tus-Resumable"] = TUS_VERSION
            return response

        return handle_and_sign


def _header(name: str, description: str, *, required: bool = True, **schema: Any) -> dict[str, Any]:
    about = {"type": "string", **schema}
    return {"name": name, "in": "header", "required": required, "description": description, "schema": about}


# The protocol core reads the headers; to OpenAPI they are described here.
_VERSION = _header("Tus-Resumable", "Version of the protocol", enum=[TUS_VERSION])
_CREATION = [
    _VERSION,
    _header("Upload-Length", "Bytes of the whole file", type="integer", minimum=0, maximum=tus.LONGEST_UPLOAD_BYTES),
    _header("Upload-Metadata", "`session_id`, `sha256` and optionally `robot_id`, each with its value in base64"),
]
_CHUNK = [
    _VERSION,
    _header("Upload-Offset", "Where these bytes begin", type="integer", minimum=0),
    _header("Upload-Checksum", "`sha256`, `sha1` or `md5`, and the digest of these bytes in base64", required=False),
]
_CHUNK_BODY = {"required": True, "content": {tus.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}

router = APIRouter(prefix=UPLOADS_PATH, tags=["uploads"], route_class=TusRoute)

_DONE: dict[int | str, dict[str, Any]] = {204: {"description": "Done; headers say how far the upload is"}}


@router.options("", status_code=204, summary="Ask what this tus server can do")
async def describe_uploads(_caller: Writer) -> Response:
    return Response(status_code=204, headers=tus.abilities())


@router.post(
    "",
    status_code=201,
    response_class=Response,
    summary="Begin an upload, or find the one of the same content",
    responses={
        200: {"description": "Known: `Upload-Offset` says where to continue, the length means that all is here"},
        201: {"description": "Created; `Location` takes the bytes"},
    },
    openapi_extra={"parameters": _CREATION},
)
async def create_upload(services: Services, _caller: Writer, only_robot: OnlyRobot, request: Request) -> Response:
    """`Upload-Length`, and `Upload-Metadata` with `session_id`, `sha256` and optionally `robot_id`."""
    announced = tus.announced(request.headers)
    progress, is_new = await services.uploads.create(announced, only_robot=only_robot)
    location = f"{request.scope.get('root_path', '')}{UPLOADS_PATH}/{progress.upload_id}"
    return Response(status_code=201 if is_new else 200, headers={"Location": location, **_how_far(progress)})


@router.head(
    "/{upload_id}",
    response_class=Response,
    summary="Ask how far an upload is",
    openapi_extra={"parameters": [_VERSION]},
)
async def read_upload(
    services: Services, _caller: Writer, only_robot: OnlyRobot, upload_id: str, request: Request
) -> Response:
    tus.check_version(request.headers)
    progress = await services.uploads.progress(upload_id, only_robot=only_robot)
    about = {
        "Upload-Length": str(progress.length),
        "Upload-Metadata": progress.metadata.to_header(),
        "Cache-Control": "no-store",
    }
    return Response(headers={**about, **_how_far(progress)})


@router.patch(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    responses=_DONE,
    summary="Send the next bytes",
    openapi_extra={"parameters": _CHUNK, "requestBody": _CHUNK_BODY},
    **body_limit(tus.LONGEST_UPLOAD_BYTES),
)
async def append_to_upload(
    services: Services, _caller: Writer, only_robot: OnlyRobot, upload_id: str, request: Request
) -> Response:
    """The answer comes once the bytes are on the disk, and after the last ones, once the recording is in the index."""
    chunk = tus.chunk(request.headers)
    progress = await services.uploads.receive(upload_id, chunk, _body(request), only_robot=only_robot)
    return Response(status_code=204, headers=_how_far(progress))


@router.delete(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    summary="Give an upload up",
    openapi_extra={"parameters": [_VERSION]},
)
async def terminate_upload(
    services: Services, _caller: Writer, only_robot: OnlyRobot, upload_id: str, request: Request
) -> Response:
    """Forgets what arrived. A recording that is complete stays."""
    tus.check_version(request.headers)
    await services.uploads.terminate(upload_id, only_robot=only_robot)
    return Response(status_code=204)


@router.post("/{upload_id}", include_in_schema=False, **body_limit(tus.LONGEST_UPLOAD_BYTES))
async def override_method(
    services: Services, caller: Writer, only_robot: OnlyRobot, upload_id: str, request: Request
) -> Response:
    """For clients behind proxies that let only GET and POST pass."""
    methods = {"HEAD": read_upload, "PATCH": append_to_upload, "DELETE": terminate_upload}
    method = methods.get(request.headers.get("x-http-method-override", "").upper())
    if method is None:
        raise problems.BadUpload(problem="send X-HTTP-Method-Override: PATCH, HEAD or DELETE, or that method itself")
    return await method(services, caller, only_robot, upload_id, request)


async def _body(request: Request) -> AsyncIterator[bytes]:
    pieces = request.stream()
    try:
        while True:
            async with asyncio.timeout(SILENCE_S):
                piece = await anext(pieces)
            yield piece
    except StopAsyncIteration:
        return
    except (ClientDisconnect, TimeoutError):
        raise problems.SenderGone from None


def _how_far(progress: Progress) -> dict[str, str]:
    headers = {"Upload-Offset": str(progress.received)}
    if not progress.completed:
        headers["Upload-Expires"] = tus.expires(progress.expires_at)
    return headers


def _refusal(request: Request, problem: Problem) -> Response:
    status = STATUSES.get(type(problem))
    if status is None:
        return problem_response(request.scope, problem)
    headers = {"Tus-Version": TUS_VERSION} if status == 412 else {}
    return error_response(request.scope, status, problem.sentence, problem.code, headers=headers)

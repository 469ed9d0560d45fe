"""One table from kinds of problems to statuses, one shape for every error."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from http.client import responses
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketState

from pilothouse.kit import errors

STATUSES: dict[type[errors.Problem], int] = {
    errors.Invalid: 422,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.Throttled: 429,
    errors.Unavailable: 503,
}
REQUEST_ID = "pilothouse.request_id"
"""Where the request's id stands in its ASGI scope."""

INTERNAL = "Something went wrong here; the log holds the details under this request id."
_OWN_WORDS = {
    404: "There is nothing at this address.",
    405: "This address does not answer that method.",
    413: "The body is larger than this address accepts.",
}
# Python has renamed some phrases; codes are stable.
_OWN_CODES = {413: "too_large", 416: "range_not_satisfiable", 422: "invalid", 500: "internal"}
_NO_BODY = {204, 205, 304}
# What FastAPI says, with a status of its own, of a body that its parser gives up on.
_UNPARSABLE = "There was an error parsing the body"


class FieldError(BaseModel):
    """One thing wrong with one field; what was sent is not repeated."""

    loc: list[str | int]
    msg: str
    type: str


class ErrorDocument(BaseModel):
    """What every error looks like."""

    detail: str | list[FieldError] = Field(description="A sentence, or what is wrong with which field")
    request_id: str = Field(description="The same as in the header `X-Request-Id` and in every log line")
    code: str = Field(description="Stable name of the problem", examples=["not_found"])


class Refused(HTTPException):
    """An error that only HTTP knows (a protocol's own status), with the stable code it carries."""

    def __init__(self, status_code: int, detail: str, *, code: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status_code, detail, headers)
        self.code = code


def status_of(problem: errors.Problem) -> int:
    """The status of a problem's kind; 500 for one without a kind."""
    return next((status for kind, status in STATUSES.items() if isinstance(problem, kind)), 500)


def code_of(status: int) -> str:
    """The code of an error that has no name of its own."""
    if status in _OWN_CODES:
        return _OWN_CODES[status]
    try:
        return HTTPStatus(status).name.lower()
    except ValueError:
        return f"status_{status}"


def plain_words(status: int) -> str:
    """The sentence for an error nobody wrote one for."""
    return _OWN_WORDS.get(status) or f"{responses.get(status, f'Status {status}')}."


def error_response(
    scope: Scope,
    status: int,
    detail: str | list[dict[str, Any]],
    code: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    challenges: tuple[str, ...] = (),
    more: Mapping[str, object] | None = None,
) -> Response:
    """An error in the shape of all errors; ``more`` adds facts beside the three fields."""
    document = {"detail": detail, "request_id": scope.get(REQUEST_ID, ""), "code": code or code_of(status)}
    body = b"" if status in _NO_BODY else msgspec.json.encode({**document, **(more or {})})
    response = Response(body, status, headers, media_type="application/json")
    for scheme in challenges:
        charset = ', charset="UTF-8"' if scheme == "Basic" else ""
        response.headers.append("www-authenticate", f'{scheme} realm="pilothouse"{charset}')
    return response


def problem_response(scope: Scope, problem: errors.Problem) -> Response:
    """The answer to a problem, with the headers its kind asks for."""
    status = status_of(problem)
    if status == 500:
        return error_response(scope, 500, INTERNAL)
    challenges = problem.facts.get("challenges", ("Bearer",)) if status == 401 else ()
    wait_s = problem.facts.get("retry_after_s")
    headers = {} if wait_s is None else {"Retry-After": str(wait_s)}
    assert isinstance(challenges, tuple)
    if not _is_of_a_person(scope):
        challenges = tuple(scheme for scheme in challenges if scheme != "Basic") or ("Bearer",) * (status == 401)
    return error_response(scope, status, problem.sentence, problem.code, headers=headers, challenges=challenges)


def _is_of_a_person(scope: Scope) -> bool:
    """Whether a browser should ask whoever sits before it for a password: not when a page asks in the background."""
    modes = [value for name, value in scope.get("headers", ()) if name == b"sec-fetch-mode"]
    return not modes or modes[0] == b"navigate"


def field_errors(raw: Any) -> list[dict[str, Any]]:
    """Validation errors without the input, in values that JSON knows."""
    return [
        {
            "loc": [part if isinstance(part, int) else _text(part) for part in error["loc"]],
            "msg": _text(error["msg"]),
            "type": error["type"],
        }
        for error in raw
    ]


def _text(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode()


async def _on_problem(connection: HTTPConnection, problem: Exception) -> Response | None:
    assert isinstance(problem, errors.Problem)
    if status_of(problem) == 500:
        raise problem
    return await _deliver(connection, problem_response(connection.scope, problem))


async def _on_http_exception(connection: HTTPConnection, exception: Exception) -> Response | None:
    assert isinstance(exception, HTTPException)
    status = exception.status_code
    said = str(exception.detail)
    if said == _UNPARSABLE:
        # Deeper than its parser goes, longer numbers than it reads, other bytes than UTF-8: as wrong as any other JSON.
        wrong: list[dict[str, Any]] = [{"loc": ["body"], "msg": "JSON decode error", "type": "json_invalid"}]
        return await _deliver(connection, error_response(connection.scope, 422, wrong, "malformed_json"))
    detail = plain_words(status) if said in (responses.get(status), "Content Too Large") else said
    code = getattr(exception, "code", None)
    response = error_response(connection.scope, status, detail, code, headers=exception.headers)
    return await _deliver(connection, response)


async def _on_validation(connection: HTTPConnection, exception: Exception) -> Response | None:
    assert isinstance(exception, (RequestValidationError, WebSocketRequestValidationError))
    details = field_errors(exception.errors())
    malformed = bool(details) and details[0]["type"] == "json_invalid"
    code = "malformed_json" if malformed else "invalid"
    return await _deliver(connection, error_response(connection.scope, 422, details, code))


async def _deliver(connection: HTTPConnection, response: Response) -> Response | None:
    """On an open WebSocket there is no response any more, only a close code."""
    if isinstance(connection, WebSocket) and connection.application_state != WebSocketState.CONNECTING:
        if connection.application_state == WebSocketState.CONNECTED:
            await connection.close(1008)
        return None
    return response


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error in the one shape."""
    app.add_exception_handler(errors.Problem, _on_problem)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _on_http_exception)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _on_validation)  # type: ignore[arg-type]
    app.add_exception_handler(WebSocketRequestValidationError, _on_validation)  # type: ignore[arg-type]


__all__ = [
    "INTERNAL",
    "REQUEST_ID",
    "STATUSES",
    "ErrorDocument",
    "FieldError",
    "Refused",
    "code_of",
    "error_response",
    "field_errors",
    "install_error_handlers",
    "plain_words",
    "problem_response",
    "status_of",
]

"""What can go wrong between here and the hub, in the kinds every program knows.

What the hub refuses keeps its words: the sentence is the hub's ``detail``, ``code`` its stable code, and
``facts["request_id"]`` finds the request in the hub's log.
"""

from __future__ import annotations

from typing import Any

from pilothouse.kit import errors


class HubUnreachable(errors.Unavailable):
    """The hub at {url} does not answer: {reason}."""


class UnexpectedAnswer(errors.Unavailable):
    """{url} does not answer as a hub does ({reason}); check the address."""


class HubAnswered(errors.Problem):
    """{detail}"""

    def __init__(self, *, detail: str, status: int, code: str, request_id: str, **facts: object) -> None:
        super().__init__(detail=detail, status=status, code=code, request_id=request_id, **facts)
        self.__dict__["code"] = code  # the hub's own, in the place of this class's


class HubRefusedInput(HubAnswered, errors.Invalid):
    """{detail}"""


class HubWantsCredentials(HubAnswered, errors.Unauthenticated):
    """{detail}"""


class HubForbids(HubAnswered, errors.Forbidden):
    """{detail}"""


class HubDoesNotHave(HubAnswered, errors.NotFound):
    """{detail}"""


class HubStateConflicts(HubAnswered, errors.Conflict):
    """{detail}"""


class HubFindsTooLarge(HubAnswered, errors.TooLarge):
    """{detail}"""


class HubThrottles(HubAnswered, errors.Throttled):
    """{detail}"""


class HubUnavailable(HubAnswered, errors.Unavailable):
    """{detail}"""


class UploadStopped(errors.Unavailable):
    """The upload was stopped at byte {offset} of {length}; it continues there next time."""


class UploadStuck(errors.Unavailable):
    """The upload of {session_id} makes no progress at byte {offset} of {length}: {reason}."""


class UploadRejected(errors.Conflict):
    """The hub received {session_id} twice and found another content than announced; was the file changed?"""


class StoreFailed(errors.Unavailable):
    """The hub's object store does not take the file: {reason}."""


class DirectUploadFailed(errors.Unavailable):
    """The file did not get to the hub by way of its object store: {reason}"""


class FileChanged(errors.Invalid):
    """{path} changed while it was being sent."""


class FileUnreadable(errors.Invalid):
    """Cannot read {path}: {reason}."""


_BY_STATUS: dict[int, type[HubAnswered]] = {
    401: HubWantsCredentials,
    403: HubForbids,
    404: HubDoesNotHave,
    408: HubUnavailable,
    409: HubStateConflicts,
    410: HubDoesNotHave,
    413: HubFindsTooLarge,
    423: HubUnavailable,  # locked by another request: it passes
    425: HubUnavailable,
    429: HubThrottles,
}


def answered(status: int, document: Any, *, request_id: str, retry_after_s: str | None = None) -> HubAnswered:
    """The problem an error answer stands for; ``document`` is its JSON, or None when it has none."""
    known = document if isinstance(document, dict) else {}
    detail = _sentence(known.get("detail"), status)
    kind = _BY_STATUS.get(status) or (HubUnavailable if status >= 500 else HubRefusedInput)
    facts: dict[str, object] = {} if retry_after_s is None else {"retry_after_s": retry_after_s}
    code = str(known.get("code") or f"status_{status}")
    return kind(detail=detail, status=status, code=code, request_id=str(known.get("request_id") or request_id), **facts)


def _sentence(detail: object, status: int) -> str:
    if isinstance(detail, str) and detail:
        return detail
    if isinstance(detail, list) and detail and all(isinstance(one, dict) for one in detail):
        return "; ".join(f"{'.'.join(map(str, one.get('loc', ())))}: {one.get('msg', 'invalid')}" for one in detail)
    return f"The hub answered {status} without saying why; check its address, and what stands in front of it."

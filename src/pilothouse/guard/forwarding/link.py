"""The recorder on this robot, as the guard speaks to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pilothouse.kit.errors import Invalid, Unavailable
from pilothouse.wire import RiskEvent, RiskEventBatch, SaveRequest

CONNECT_S, ANSWER_S = 2.0, 10.0
# Its own robot_id differs, a token is wrong, or it is no recorder: what is refused then is not the event's fault.
_NOT_THE_EVENT = {401, 403, 404, 405}
_OTHER_ROBOT = "other_robots_events"


class RecorderAway(Unavailable):
    """The recorder at {url} does not take risk events ({reason}); they wait in the risk log."""


class EventRefused(Invalid):
    """The recorder refuses a risk event: {reason}"""


class RecorderLink(Protocol):
    """What the forwarder needs of a recorder."""

    def report(self, events: Sequence[RiskEvent]) -> None:
        """Hand over events; durable when this returns. Raises RecorderAway, EventRefused."""
        ...

    def save(self, label: str, key: str) -> None:
        """Ask for a capture of the last minute; the same key is the same capture. Raises RecorderAway, EventRefused."""
        ...

    def close(self) -> None: ...


class HttpRecorderLink:
    """A recorder by its address."""

    def __init__(self, url: str, token: str | None = None) -> None:
        import httpx2

        self._url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout = httpx2.Timeout(ANSWER_S, connect=CONNECT_S)
        self._client = httpx2.Client(base_url=self._url, headers=headers, timeout=timeout, trust_env=False)

    def report(self, events: Sequence[RiskEvent]) -> None:
        self._post("/risk-events", RiskEventBatch(events=list(events)).model_dump_json())

    def save(self, label: str, key: str) -> None:
        self._post("/sessions/save", SaveRequest(label=label).model_dump_json(), {"Idempotency-Key": key})

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, content: str, headers: dict[str, str] | None = None) -> None:
        import httpx2

        sent = {"Content-Type": "application/json", **(headers or {})}
        try:
            answer = self._client.post(path, content=content, headers=sent)
        except httpx2.HTTPError as error:
            raise RecorderAway(url=self._url, reason=str(error) or type(error).__name__) from None
        if answer.is_success:
            return
        code, detail = _said(answer)
        if answer.status_code >= 500 or answer.status_code in _NOT_THE_EVENT or code == _OTHER_ROBOT:
            raise RecorderAway(url=self._url, reason=detail.rstrip("."))
        raise EventRefused(reason=detail)


def _said(answer: Any) -> tuple[str, str]:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return "", f"it answers {answer.status_code}"
    return str(document.get("code", "")), str(document.get("detail", answer.status_code))[:500]

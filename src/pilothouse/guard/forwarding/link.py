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

    def save(self, label: str, key: str) -> str | None:
        """Ask for a capture of the last minute and answer its incident, if it can be known.

        The same key is the same capture. Raises RecorderAway, EventRefused.
        """
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

    def save(self, label: str, key: str) -> str | None:
        saved = self._post("/sessions/save", SaveRequest(label=label).model_dump_json(), {"Idempotency-Key": key})
        last = self._ask("GET", "/sessions/last")
        return last.get("incident_id") if last.get("session_id") == saved.get("session_id") else None

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, content: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        return self._ask("POST", path, content=content, headers={"Content-Type": "application/json", **(headers or {})})

    def _ask(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        import httpx2

        try:
            answer = self._client.request(method, path, **sent)
        except httpx2.HTTPError as error:
            raise RecorderAway(url=self._url, reason=str(error) or type(error).__name__) from None
        document = _document(answer)
        if answer.is_success:
            return document
        code, detail = document.get("code", ""), str(document.get("detail", f"it answers {answer.status_code}"))[:500]
        if answer.status_code >= 500 or answer.status_code in _NOT_THE_EVENT or code == _OTHER_ROBOT:
            raise RecorderAway(url=self._url, reason=detail.rstrip("."))
        raise EventRefused(reason=detail)


def _document(answer: Any) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}

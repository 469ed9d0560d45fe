"""Talks to a running recorder."""

from __future__ import annotations

import os
from typing import Any

from pilothouse.kit.addresses import part_of
from pilothouse.kit.errors import BadConfiguration, Unauthenticated, Unavailable

TOKEN = "PILOTHOUSE_RECORDER_TOKEN"  # noqa: S105 - the name of a variable
CONNECT_S, ANSWER_S = 5.0, 60.0
UNAUTHORIZED = 401


class RecorderAway(Unavailable):
    """No recorder answers at {url} ({reason}); start one with: pilothouse recorder run --config recorder.yaml"""


class NoRecorder(Unavailable):
    """What answers at {url} is no recorder; check --url."""


class RecorderWantsToken(Unauthenticated):
    """The recorder at {url} wants a token: set PILOTHOUSE_RECORDER_TOKEN to the one it was started with."""


class RecorderLink:
    """The routes of one recorder; what it refuses is raised as the problem it names."""

    def __init__(self, url: str) -> None:
        import httpx2

        self.url = url.rstrip("/")
        token = os.environ.get(TOKEN)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            timeout = httpx2.Timeout(ANSWER_S, connect=CONNECT_S)
            self._client = httpx2.Client(base_url=self.url, headers=headers, timeout=timeout, trust_env=False)
        except (httpx2.InvalidURL, UnicodeEncodeError, ValueError):
            raise BadConfiguration(problem=f"'{url}' is no address; write --url http://HOST:PORT") from None

    def get(self, path: str) -> dict[str, Any]:
        return self._ask("GET", path)

    def save(self, label: str | None) -> dict[str, Any]:
        return self._ask("POST", "/sessions/save", {"label": label} if label else {})

    def reload(self) -> dict[str, Any]:
        return self._ask("POST", "/config/reload", {})

    def pin(self, session_id: str, *, is_pinned: bool) -> dict[str, Any]:

        return self._ask("PUT" if is_pinned else "DELETE", f"/sessions/{part_of(session_id)}/pin")

    def everything(self) -> dict[str, Any]:
        """Health, topics and triggers, as the recorder answers them."""
        return {"health": self.get("/healthz"), "topics": self.get("/topics"), "triggers": self.get("/triggers")}

    def _ask(self, method: str, path: str, message: dict[str, Any] | None = None) -> dict[str, Any]:
        import httpx2

        try:
            answer = self._client.request(method, path, json=message)
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, UnicodeError):
            raise BadConfiguration(problem=f"'{self.url}' is no address; write --url http://HOST:PORT") from None
        except httpx2.HTTPError as error:
            raise RecorderAway(url=self.url, reason=str(error) or type(error).__name__) from None
        return self._read(answer)

    def _read(self, answer: Any) -> dict[str, Any]:
        from pilothouse.client.problems import answered

        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict) or (answer.is_error and "code" not in document):
            raise NoRecorder(url=self.url)
        if answer.status_code == UNAUTHORIZED:
            raise RecorderWantsToken(url=self.url)
        if answer.is_error:
            raise answered(answer.status_code, document, request_id=answer.headers.get("x-request-id", ""))
        return document

"""A hub as the tools see it: asynchronous, with the caller's rights, its refusals in its own words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import httpx2
import stamina

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

ANSWER_S = 60.0
# Whoever asks too often is told when to ask again; a tool waits that long itself, for a model cannot wait.
TOO_OFTEN = 429
LONGEST_WAIT_S = 60.0
# To whoever asks for the first bytes of something empty.
NOTHING_THERE = 416
# What a tool passes on of an answer that is no JSON.
LONGEST_TEXT = 20_000
# Of the headers of a request to the mounted server: who is calling, and nothing else.
CREDENTIALS = ("authorization", "x-agent-token", "x-organization-id", "cookie", "origin")


class Hub:
    """Asks a hub; raises ``ToolError`` with its sentence, its code and the request's id for every refusal."""

    def __init__(
        self, client: httpx2.AsyncClient, headers: Mapping[str, str] | None = None, url: str | None = None
    ) -> None:
        self._client = client
        self._headers = dict(headers or {})
        self.url = url or str(client.base_url).rstrip("/")
        """Where the caller reaches the hub."""

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        first_bytes: int | None = None,
    ) -> httpx2.Response:
        """The answer to a request that went well; of its content the first bytes if not all are wanted."""
        from mcp.server.mcpserver.exceptions import ToolError

        headers = self._headers if first_bytes is None else {**self._headers, "Range": f"bytes=0-{first_bytes - 1}"}
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            attempts = stamina.retry_context(on=_told_to_wait, attempts=None, timeout=LONGEST_WAIT_S)
            async for attempt in attempts:
                with attempt:
                    response = await self._client.request(
                        method, path, params=given, json=body, headers=headers, timeout=ANSWER_S
                    )
                    if response.status_code == TOO_OFTEN:
                        raise httpx2.HTTPStatusError("too often", request=response.request, response=response)
        except httpx2.HTTPStatusError as refused:
            raise ToolError(_refusal(refused.response)) from None
        except httpx2.HTTPError as error:
            raise ToolError(f"The hub at {self.url} does not answer: {str(error) or type(error).__name__}") from error
        if response.status_code == NOTHING_THERE and first_bytes is not None:
            return httpx2.Response(200, headers={**response.headers, "content-length": "0"})
        if response.status_code >= 300:
            raise ToolError(_refusal(response))
        return response

    async def get(self, path: str, **params: Any) -> Any:
        """What a question was answered with."""
        return (await self.ask("GET", path, params=params)).json()

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """What a change was answered with; None where the answer is empty."""
        response = await self.ask(method, path, body=body)
        return response.json() if response.content else None


Reach = Callable[["Context[Any, Any]"], Hub]
"""The hub, for whoever made this call."""


def remote(client: httpx2.AsyncClient) -> Reach:
    """One caller: the one whose credential the client shows."""
    hub = Hub(client)
    return lambda _context: hub


def forwarded(client: httpx2.AsyncClient) -> Reach:
    """Whoever called over HTTP, with what they showed: the token of the caller decides what they may do."""

    def reach(context: Context[Any, Any]) -> Hub:
        shown = context.headers or {}
        url = f"{shown.get('x-forwarded-proto', 'http')}://{shown['host']}" if "host" in shown else None
        return Hub(client, {name: shown[name] for name in CREDENTIALS if name in shown}, url)

    return reach


def _told_to_wait(problem: Exception) -> float | bool:
    """In how many seconds it may be asked again, if that is worth waiting for."""
    if not isinstance(problem, httpx2.HTTPStatusError):
        return False
    said = problem.response.headers.get("retry-after", "")
    return max(1.0, float(said)) if said.isdecimal() and int(said) <= LONGEST_WAIT_S else False


def _refusal(response: httpx2.Response) -> str:
    try:
        said = response.json()
        detail = said["detail"]
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError):
        return f"The hub answered {response.status_code}."
    text = detail if isinstance(detail, str) else "; ".join(_fault(one) for one in detail)
    return f"{text} [{said.get('code', response.status_code)}, request {said.get('request_id', 'unknown')}]"


def _fault(fault: Any) -> str:
    return f"{'.'.join(str(part) for part in fault.get('loc', ()))}: {fault.get('msg', '')}"

"""One connection to a hub: credentials, time limits, and errors as problems."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from pilothouse import __version__
from pilothouse.client.pace import Progress
from pilothouse.client.problems import HubUnreachable, UnexpectedAnswer, answered
from pilothouse.kit.errors import BadConfiguration

CONNECT_S = 5.0
ANSWER_S = 30.0
_ELSEWHERE = (302, 303, 307, 308)

AnyModel = TypeVar("AnyModel", bound=BaseModel)


class Connection:
    """Sends requests to one hub. Safe to use from several threads."""

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        password: str | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.url = base_url.rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise BadConfiguration(problem=f"'{base_url}' is no address of a hub; write http://HOST:PORT")
        headers = {"User-Agent": f"pilothouse/{__version__}", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        elif password is not None:
            headers["Authorization"] = f"Basic {base64.b64encode(f':{password}'.encode()).decode()}"
        timeout = httpx2.Timeout(ANSWER_S, connect=CONNECT_S)
        try:
            self._transport = transport
            self._client = httpx2.Client(base_url=self.url, headers=headers, timeout=timeout, transport=transport)
        except (httpx2.InvalidURL, UnicodeEncodeError, ValueError) as error:
            raise BadConfiguration(problem=f"'{base_url}' is no address of a hub: {error}") from None

    @property
    def path_prefix(self) -> str:
        """The path under which the hub lives, without a slash at its end; usually none."""
        return self._client.base_url.path.rstrip("/")

    def websocket(self, path: str) -> tuple[str, dict[str, str]]:
        """The address of a WebSocket of the hub, and the headers that say who is calling."""
        scheme, _, rest = self.url.partition("://")
        shown = {name: value for name, value in self._client.headers.items() if name.lower() == "authorization"}
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}{path}", shown

    def close(self) -> None:
        self._client.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        message: BaseModel | None = None,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterator[bytes] | None = None,
        timeout_s: float = ANSWER_S,
    ) -> httpx2.Response:
        """The answer to a request; raises a problem for every answer that is an error."""
        if fields is not None:
            content, headers = json.dumps(fields).encode(), {**(headers or {}), "Content-Type": "application/json"}
        response = self.ask(
            method, path, params=params, message=message, headers=headers, content=content, timeout_s=timeout_s
        )
        self.raise_for(response)
        return response

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        message: BaseModel | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterator[bytes] | None = None,
        timeout_s: float = ANSWER_S,
    ) -> httpx2.Response:
        """The answer, whatever it is; raises only when there is none."""
        sent = dict(headers or {})
        if message is not None:
            content, sent["Content-Type"] = message.model_dump_json(exclude_none=True).encode(), "application/json"
        given = {key: value for key, value in (params or {}).items() if value is not None}
        timeout = httpx2.Timeout(timeout_s, connect=CONNECT_S)
        with self._reaching():
            return self._client.request(method, path, params=given, headers=sent, content=content, timeout=timeout)

    @contextmanager
    def stream(
        self, path: str, *, headers: Mapping[str, str], params: Mapping[str, Any] | None = None
    ) -> Iterator[httpx2.Response]:
        """An answer whose body is read bit by bit. A hub may send its readers to its bucket: there they show no
        credential of the hub's."""
        given = {key: value for key, value in (params or {}).items() if value is not None}
        with self._reaching(), self._client.stream("GET", path, params=given, headers=headers) as response:
            if response.status_code in _ELSEWHERE and (address := response.headers.get("location")):
                with self._elsewhere(address, headers) as redirected:
                    yield redirected
                return
            if response.status_code >= 300:
                response.read()
                self.raise_for(response)
            yield response

    @contextmanager
    def _elsewhere(self, address: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        timeout = httpx2.Timeout(ANSWER_S, connect=CONNECT_S)
        with (
            httpx2.Client(timeout=timeout, transport=self._transport) as client,
            client.stream("GET", str(self._client.base_url.join(address)), headers=headers) as response,
        ):
            if response.status_code >= 300:
                raise UnexpectedAnswer(url=address.partition("?")[0], reason=f"{response.status_code}")
            yield response

    def fetch(
        self, path: str, file: Path, *, params: Mapping[str, Any] | None = None, progress: Progress | None = None
    ) -> None:
        """Write a body to a file, which appears only when it is complete. ``progress`` hears -1 for a length that
        nobody knows before the end."""
        partial = file.with_name(f"{file.name}.part")
        headers = {"Accept-Encoding": "identity"}
        try:
            with partial.open("wb") as writing, self.stream(path, headers=headers, params=params) as response:
                length = int(response.headers.get("content-length", "-1"))
                for content in response.iter_bytes():
                    writing.write(content)
                    if progress is not None:
                        progress(writing.tell(), length)
                if length not in (-1, writing.tell()):
                    raise UnexpectedAnswer(url=self.url, reason=f"{writing.tell()} of {length} bytes of {path}")
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)

    def read(self, model: type[AnyModel], response: httpx2.Response) -> AnyModel:
        """The message in an answer."""
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            reason = f"{response.request.method} {response.request.url.path}: {first['msg']}"
            raise UnexpectedAnswer(url=self.url, reason=reason) from None

    def raise_for(self, response: httpx2.Response) -> None:
        """Raise the problem an answer stands for, if it is one."""
        status = response.status_code
        if status < 300:
            return
        if status < 400:
            raise UnexpectedAnswer(url=self.url, reason=f"{status}, to {response.headers.get('location', 'nowhere')}")
        try:
            document = response.json()
        except ValueError:
            document = None
        headers = response.headers
        request_id = headers.get("x-request-id", "")
        raise answered(status, document, request_id=request_id, retry_after_s=headers.get("retry-after"))

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except httpx2.TimeoutException as error:
            reason = "no connection in time" if isinstance(error, httpx2.ConnectTimeout) else "no answer in time"
            raise HubUnreachable(url=self.url, reason=reason) from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise HubUnreachable(url=self.url, reason=str(error) or type(error).__name__) from error
        except (httpx2.InvalidURL, UnicodeEncodeError) as error:
            raise BadConfiguration(problem=f"'{self.url}' is no address of a hub: {error}") from None

"""A robot seen live: while somebody at the hub wants to, what the guard says is passed on over a connection made here.

Nothing runs and nothing is imported until then.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from pydantic import SecretStr, ValidationError

from pilothouse.kit.logs import get_logger
from pilothouse.recorder.delivery.hub_credential import HubCredential
from pilothouse.recorder.delivery.hub_link import HubLink
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.worker import Worker
from pilothouse.wire import Heartbeat
from pilothouse.wire.relay import (
    ESTOP_PATH,
    LARGEST_ANSWER_BYTES,
    RelayAnswer,
    RelayMode,
    RelayNotice,
    RelayRequest,
    RelayState,
    lets_through,
)

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

CONNECT_S = 5.0
# How long after `stop` a quiet connection notices.
LISTEN_S = 0.2
PING_S = 10.0
# A guard that is not there is looked for again; what the recorder hears is told as often.
TELL_S = 1.0
# The hub asks again with every heartbeat; one that cannot be reached is not called without end.
REST_S = 2.0
ANSWER_S = 10.0
REMEMBERED_QUESTIONS = 64
STOPPED_MEANWHILE = "an emergency stop came after this was asked; ask again if it is still wanted"
STATUS_PATH = "/api/control/status"
OK = 200

Questions = SimpleQueue[tuple[RelayRequest, int] | None]
"""What waits to be asked, each with how many emergency stops had come by then."""

log = get_logger("pilothouse.recorder")


class Relay(Worker):
    """One connection to the hub while the robot is watched."""

    def __init__(
        self, settings: RecorderSettings, link: HubLink, credential: HubCredential, compose: Callable[[], Heartbeat]
    ) -> None:
        super().__init__("relay")
        self._link = link
        self._credential = credential
        self._compose = compose
        self._wanted = threading.Event()
        self._stops = 0
        self.use(settings)

    def use(self, settings: RecorderSettings) -> None:
        """Go on with another guard, or let other things through."""
        self._mode = settings.relay
        self._robot_id = settings.robot_id
        self._guard_url = settings.guard_url.rstrip("/")
        self._guard_token = settings.guard_token

    def watched(self) -> None:
        """The hub says that somebody wants to see this robot."""
        if self._mode is not RelayMode.OFF:
            self._wanted.set()

    def ask_to_stop(self) -> None:
        super().ask_to_stop()
        self._wanted.set()

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            if self._stop.is_set():
                return
            self._wanted.clear()
            try:
                self._try()
            except Exception:
                # Whatever this is: being watched must never cost the recorder anything.
                log.exception("the robot cannot be shown live")
            self._stop.wait(REST_S)

    def _try(self) -> None:
        from websockets.exceptions import WebSocketException

        try:
            self._connect()
        except (WebSocketException, OSError) as error:
            if not self._stop.is_set():
                log.warning("the robot cannot be shown live", hub=self._link.url, reason=str(error) or repr(error))

    def _connect(self) -> None:
        from websockets.exceptions import ConnectionClosed
        from websockets.sync.client import connect

        url = _socket_url(self._link.url, f"/api/v1/robots/{quote(self._robot_id)}/relay")
        token = self._credential.token
        with connect(
            url, additional_headers={"Authorization": f"Bearer {token}"} if token else {}, compression=None,
            open_timeout=CONNECT_S, close_timeout=LISTEN_S, ping_interval=PING_S, ping_timeout=PING_S,
        ) as hub:  # fmt: skip
            over = threading.Event()
            passing = threading.Thread(target=self._pass_on, args=(hub, over), name="relay guard", daemon=True)
            telling = threading.Thread(target=self._tell, args=(hub, over), name="relay recorder", daemon=True)
            passing.start()
            telling.start()
            questions: Questions = SimpleQueue()
            answering = threading.Thread(
                target=self._answer_all, args=(hub, questions), name="relay asked", daemon=True
            )
            answering.start()
            try:
                self._hear_until_closed(hub, questions)
            except ConnectionClosed:
                pass  # nobody watches any more, or the hub went away: it asks again
            finally:
                over.set()
                questions.put(None)
                passing.join(CONNECT_S)
                telling.join(CONNECT_S)

    def _hear_until_closed(self, hub: ClientConnection, questions: Questions) -> None:
        heard: deque[str] = deque(maxlen=REMEMBERED_QUESTIONS)
        while not self._stop.is_set():
            try:
                said = hub.recv(timeout=LISTEN_S)
            except TimeoutError:
                continue
            try:
                request = RelayRequest.model_validate_json(said)
            except ValidationError:
                continue  # a newer hub says things this robot does not know
            # A question that was asked while the connection was made comes twice.
            if request.id in heard:
                continue
            heard.append(request.id)
            if request.path == ESTOP_PATH:
                self._stops += 1
                # It waits behind no other question, whatever the guard takes to answer that one.
                threading.Thread(target=self._reply, args=(hub, request), name="relay estop", daemon=True).start()
            else:
                questions.put((request, self._stops))

    def _answer_all(self, hub: ClientConnection, questions: Questions) -> None:
        while (asked := questions.get()) is not None:
            request, stops = asked
            if stops == self._stops or request.method == "GET":
                self._reply(hub, request)
            else:
                # A reset or a start that waited must not undo a stop that came after it.
                self._send(hub, RelayAnswer(id=request.id, status=409, detail=STOPPED_MEANWHILE))

    def _reply(self, hub: ClientConnection, request: RelayRequest) -> None:
        self._send(hub, self._answer(request))

    def _send(self, hub: ClientConnection, answer: RelayAnswer) -> None:
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            hub.send(answer.model_dump_json())

    def _answer(self, request: RelayRequest) -> RelayAnswer:
        if not lets_through(self._mode, request.method, request.path):
            detail = f"this robot's relay is set to {self._mode.value}; relay: control lets this through"
            return RelayAnswer(id=request.id, status=403, detail=detail)
        return self._ask_guard(request, timeout_s=ANSWER_S)

    def _ask_guard(self, request: RelayRequest, *, timeout_s: float) -> RelayAnswer:
        import httpx2

        matched = {} if request.if_match is None else {"If-Match": f'"{request.if_match}"'}
        try:
            response = httpx2.request(
                request.method, f"{self._guard_url}{request.path}?{urlencode(request.query)}", json=request.body,
                headers=self._headers() | matched, timeout=timeout_s,
            )  # fmt: skip
        except httpx2.HTTPError as error:
            return RelayAnswer(id=request.id, status=0, detail=f"no guard answers at {self._guard_url}: {error}")
        if len(response.content) > LARGEST_ANSWER_BYTES:
            return RelayAnswer(id=request.id, status=0, detail="the answer is too large for the relay; ask for less")
        body = None
        with suppress(ValueError):
            body = response.json()
        return RelayAnswer(id=request.id, status=response.status_code, body=body)

    def _pass_on(self, hub: ClientConnection, over: threading.Event) -> None:
        """Whatever the guard says, as it says it; looks for a guard that is not there."""
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        was_there = True
        while not over.is_set():
            try:
                with connect(
                    _socket_url(self._guard_url, "/ws/telemetry"), additional_headers=self._headers(), proxy=None,
                    compression=None, open_timeout=CONNECT_S, close_timeout=LISTEN_S, max_size=LARGEST_ANSWER_BYTES,
                ) as guard:  # fmt: skip
                    was_there = True
                    while not over.is_set():
                        with suppress(TimeoutError):
                            hub.send(guard.recv(timeout=LISTEN_S))
            except (WebSocketException, OSError) as error:
                if was_there and not over.is_set():
                    was_there = False
                    trouble = f"no guard speaks at {self._guard_url}: {error}"
                    with suppress(WebSocketException, OSError):
                        hub.send(RelayNotice(state=RelayState.TROUBLE, detail=trouble[:500]).model_dump_json())
                over.wait(TELL_S)

    def _tell(self, hub: ClientConnection, over: threading.Event) -> None:
        """What the recorder itself hears, and the guard's status: a guard that is paused says nothing by itself."""
        from websockets.exceptions import WebSocketException

        with suppress(WebSocketException, OSError):
            while not over.wait(TELL_S):
                heard = self._compose().model_dump(mode="json", exclude_none=True)
                told = {"type": "recorder", "heartbeat": heard, "relay": self._mode.value}
                status = self._ask_guard(RelayRequest(id="status", method="GET", path=STATUS_PATH), timeout_s=TELL_S)
                hub.send(json.dumps(told | ({"guard": status.body} if status.status == OK else {})))

    def _headers(self) -> dict[str, str]:
        token = self._guard_token.get_secret_value() if isinstance(self._guard_token, SecretStr) else None
        return {"Authorization": f"Bearer {token}"} if token else {}


def _socket_url(url: str, path: str) -> str:
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + path, "", ""))

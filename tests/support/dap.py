"""A small client of the Debug Adapter Protocol, as an editor speaks it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[bytes], Awaitable[None]]
Receive = Callable[[], Awaitable[bytes]]


class HungUp(AssertionError):
    """The debugger has hung up while something of it was waited for."""


class Editor:
    """Requests, their responses, and events in the order they came."""

    def __init__(self, send: Send, receive: Receive) -> None:
        self._send = send
        self._receive = receive
        self._buffer = b""
        self._sequence = 0
        self._heard: list[dict[str, Any]] = []

    async def request(self, command: str, **arguments: Any) -> int:
        """Ask; the number of the question."""
        self._sequence += 1
        asked = {"seq": self._sequence, "type": "request", "command": command, "arguments": arguments}
        content = json.dumps(asked).encode()
        await self._send(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        return self._sequence

    async def response(self, number: int) -> dict[str, Any]:
        """The answer to a question; fails when it was refused."""
        answer = await self._wait(lambda one: one["type"] == "response" and one["request_seq"] == number)
        assert answer["success"], answer
        body = answer.get("body") or {}
        assert isinstance(body, dict)
        return body

    async def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        return await self.response(await self.request(command, **arguments))

    async def event(self, name: str) -> dict[str, Any]:
        """The next event of a kind."""
        body = (await self._wait(lambda one: one["type"] == "event" and one["event"] == name)).get("body") or {}
        assert isinstance(body, dict)
        return body

    async def _wait(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            for message in self._heard:
                if fits(message):
                    self._heard.remove(message)
                    return message
            self._heard.append(await self._message())

    async def _message(self) -> dict[str, Any]:
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += await self._more()
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        length = int(head.split(b":")[1])
        while len(rest) < length:
            rest += await self._more()
        self._buffer = rest[length:]
        message = json.loads(rest[:length])
        assert isinstance(message, dict)
        return message

    async def _more(self) -> bytes:
        content = await self._receive()
        if not content:
            raise HungUp(str(self._heard))
        return content


async def stop_at(editor: Editor, *, local_root: str, remote_root: str, file: str, line: int, maps: bool = True) -> int:
    """Attach, set a breakpoint in a local file, let the program run to it; the thread that stands there."""
    await editor.ask("initialize", adapterID="test", clientID="test", linesStartAt1=True, columnsStartAt1=True)
    mappings = {"pathMappings": [{"localRoot": local_root, "remoteRoot": remote_root}]} if maps else {}
    attaching = await editor.request("attach", justMyCode=True, **mappings)
    await editor.event("initialized")
    path = f"{local_root}/{file}"
    found = await editor.ask("setBreakpoints", source={"path": path}, breakpoints=[{"line": line}])
    assert found["breakpoints"][0]["verified"], found
    await editor.ask("configurationDone")
    await editor.response(attaching)
    stopped = await editor.event("stopped")
    assert stopped["reason"] == "breakpoint"
    return int(stopped["threadId"])

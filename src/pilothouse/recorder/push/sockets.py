"""Sockets that programs push through, with what they have half read counted: nobody else knows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

from pilothouse.recorder.push.pushing import PushBusy, Pushing
from pilothouse.recorder.push.routes import LINE_COPIES, TRY_LATER


def make_sockets(pushing: Callable[[], Pushing]) -> Callable[..., asyncio.Protocol]:
    """What uvicorn makes for each connection."""

    def make_socket(**named: Any) -> asyncio.Protocol:
        return _counted()(pushing(), **named)

    return make_socket


@cache
def _counted() -> Callable[..., asyncio.Protocol]:
    """Imported when the first client wants one: most robots never have one, and it takes half a MiB."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
    from websockets.exceptions import PayloadTooBig

    class Counted(WebSocketsSansIOProtocol):
        def __init__(self, pushing: Pushing, **named: Any) -> None:
            super().__init__(**named)
            self._pushing, self._share = pushing, pushing.new_share()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            half_read = len(self.conn.reader.buffer) + sum(map(len, self.frames))
            try:
                self._share.hold(LINE_COPIES * half_read)
            except PushBusy as problem:
                self._turn_away(problem.sentence)

        def handle_parser_exception(self) -> None:
            if isinstance(self.conn.parser_exc, PayloadTooBig):
                self._pushing.note_too_large(self.conn.parser_exc.size or 0)
            super().handle_parser_exception()

        def connection_lost(self, exc: Exception | None) -> None:
            self._share.hold(0)
            super().connection_lost(exc)

        def _turn_away(self, why: str) -> None:
            if not (self.close_sent or self.transport.is_closing()):
                self.conn.fail(TRY_LATER, why)
                self.transport.write(b"".join(self.conn.data_to_send()))
                self.close_sent = True
                self.transport.close()

    return Counted

"""A WebSocket read by the thread that records: nothing waits in between, so that memory holds what comes only once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Self

from pilothouse.recorder.sources.frames import Cut, Frames

if TYPE_CHECKING:
    from websockets.client import ClientProtocol
    from websockets.frames import Frame
    from websockets.uri import WebSocketURI

CONNECT_S = 10.0
READ_BYTES = 64 << 10


class WebSocket:
    """A client's connection. What the recorder has no time for waits at the peer.

    ``hold`` is told how many bytes of messages are in memory, or will be when those that have begun are complete. Of a
    message above ``most_bytes`` only the first ``kept_bytes`` come, as a :class:`Cut`. Every method raises OSError or
    what the websockets library calls a broken connection.
    """

    def __init__(
        self, url: str, *, subprotocols: Sequence[str], most_bytes: Callable[[], int], most_text_bytes: int,
        kept_bytes: int, ping_s: float, quiet_s: float, hold: Callable[[int], None],
    ) -> None:  # fmt: skip
        from websockets.client import ClientProtocol
        from websockets.typing import Subprotocol
        from websockets.uri import parse_uri

        uri = parse_uri(url)
        self._protocol: ClientProtocol = ClientProtocol(
            uri, subprotocols=[Subprotocol(one) for one in subprotocols], max_size=None
        )
        self._frames = Frames(
            self._protocol, most_bytes=most_bytes, most_text_bytes=most_text_bytes, kept_bytes=kept_bytes
        )
        self._socket = _connected(uri)
        self._quiet_s = quiet_s
        self._socket.settimeout(quiet_s)
        self._ping_s = ping_s
        self._hold = hold
        self._parts: list[Frame] = []
        self._heard_at = self._pinged_at = monotonic()

    def __enter__(self) -> Self:
        try:
            self._shake_hands()
        except BaseException:
            self._socket.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # whatever the connection has come to, it ends
            self._protocol.send_close()
            self._flush()
            until = monotonic() + self._quiet_s
            while not self._protocol.reader.eof and monotonic() < until:
                self._read()
        self._socket.close()
        self._hold(0)

    @property
    def subprotocol(self) -> str | None:
        """What the peer chose to speak."""
        return self._protocol.subprotocol

    def send(self, text: str) -> None:
        """One message."""
        self._protocol.send_text(text.encode())
        self._flush()

    def receive(self) -> Iterator[str | bytearray]:
        """What has come meanwhile, after a moment of waiting perhaps nothing; raises when the connection has ended."""
        from websockets.frames import Frame

        self._read()
        frames = [one for one in self._protocol.events_received() if isinstance(one, Frame)]
        # Parts are there twice when they are joined.
        complete = sum(len(one.data) for one in frames) + 2 * sum(len(one.data) for one in self._parts)
        self._hold(self._frames.coming_bytes + complete)
        while frames:
            message = self._message(frames.pop(0))
            if message is not None:
                yield message
        self._raise_if_over()
        self._stay_in_touch()

    def _shake_hands(self) -> None:
        from websockets.protocol import CONNECTING

        self._protocol.send_request(self._protocol.connect())
        self._flush()
        until = monotonic() + CONNECT_S
        while self._protocol.state is CONNECTING and self._protocol.handshake_exc is None:
            if monotonic() > until:
                raise TimeoutError("timed out during the opening handshake")
            self._read()
        if self._protocol.handshake_exc is not None:
            raise self._protocol.handshake_exc

    def _read(self) -> None:
        try:
            came = self._socket.recv(READ_BYTES)
        except TimeoutError:
            return
        self._heard_at = monotonic()
        if came:
            self._protocol.receive_data(came)
        else:
            self._protocol.receive_eof()
        self._flush()

    def _message(self, frame: Frame) -> str | bytearray | None:
        from websockets.frames import DATA_OPCODES, Opcode

        if frame.opcode not in DATA_OPCODES:
            return None
        self._parts.append(frame)
        if not frame.fin:
            return None
        opcode, parts = self._parts[0].opcode, [one.data for one in self._parts]
        for one in self._parts:
            one.data = b""  # the library's parser keeps the last frame until the next has come
        self._parts = []
        if any(isinstance(one, Cut) for one in parts):
            cut = Cut(parts[0])
            cut.size = sum(one.size if isinstance(one, Cut) else len(one) for one in parts)
            return cut
        content = parts[0] if len(parts) == 1 else bytearray().join(parts)
        if opcode is Opcode.TEXT:
            return bytes(content).decode()
        return content if isinstance(content, bytearray) else bytearray(content)

    def _raise_if_over(self) -> None:
        from websockets.protocol import CLOSED, OPEN

        if self._protocol.state is OPEN:
            return
        if self._protocol.state is not CLOSED and not self._protocol.reader.eof:
            self._protocol.receive_eof()
        raise self._protocol.close_exc

    def _stay_in_touch(self) -> None:
        now = monotonic()
        if now - self._heard_at > 2 * self._ping_s:
            raise TimeoutError("it answers no ping")
        if now - max(self._heard_at, self._pinged_at) > self._ping_s:
            self._pinged_at = now
            self._protocol.send_ping(b"")
            self._flush()

    def _flush(self) -> None:
        pieces = self._protocol.data_to_send()
        if not pieces:
            return
        self._socket.settimeout(CONNECT_S)
        for piece in pieces:
            if piece:
                self._socket.sendall(piece)
            else:
                self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(self._quiet_s)


def _connected(uri: WebSocketURI) -> socket.socket:
    plain = socket.create_connection((uri.host, uri.port), timeout=CONNECT_S)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not uri.secure:
            return plain
        import ssl

        return ssl.create_default_context().wrap_socket(plain, server_hostname=uri.host)
    except BaseException:
        plain.close()
        raise

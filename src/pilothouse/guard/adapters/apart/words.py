"""What the guard and the process of a policy say to each other: a length, then msgpack. One asks, the other answers."""

from __future__ import annotations

import socket
import struct
from typing import Any

import msgspec

from pilothouse.guard.model import Action, Observation

# Frames of eight cameras fit; what claims to be longer was never meant for this line.
MAX_BYTES = 64 << 20
_LENGTH = struct.Struct("!I")


class Begin(msgspec.Struct, array_like=True, tag=True):
    """Get ready to be this policy."""

    config: dict[str, Any]
    robot: dict[str, Any]
    directory: str
    path: list[str]
    """Where modules are looked for."""


class Ask(msgspec.Struct, array_like=True, tag=True):
    """What to do, given this?"""

    observation: Observation


class Reset(msgspec.Struct, array_like=True, tag=True):
    """A task begins."""


class End(msgspec.Struct, array_like=True, tag=True):
    """Close what is open, and go."""


class Done(msgspec.Struct, array_like=True, tag=True):
    """Ready, reset, or about to end."""


class Said(msgspec.Struct, array_like=True, tag=True):
    """What the policy would do."""

    action: Action


class Unusable(msgspec.Struct, array_like=True, tag=True):
    """What the policy said is no action."""

    reason: str


class Raised(msgspec.Struct, array_like=True, tag=True):
    """What the policy raised."""

    words: str
    traceback: str


Request = Begin | Ask | Reset | End
Answer = Done | Said | Unusable | Raised


class Garbled(Exception):
    """What came over the line is not what is said there."""


def _plain(value: Any) -> Any:
    """Numbers of others, numpy's above all, as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"a {type(value).__name__} cannot be sent")


class Line:
    """One end of the connection; for one thread at a time."""

    def __init__(self, end: socket.socket, hears: Any) -> None:
        self._end = end
        self._encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(hears)
        self._buffer = bytearray(4096)

    def say(self, message: Request | Answer) -> None:
        """Raises OSError when nobody listens, and TypeError for what cannot be written down."""
        buffer = self._buffer
        self._encoder.encode_into(message, buffer, _LENGTH.size)
        _LENGTH.pack_into(buffer, 0, len(buffer) - _LENGTH.size)
        self._end.sendall(buffer)

    def say_at_once(self, message: Request) -> None:
        """From any thread, if it goes without waiting; raises OSError when it does not."""
        content = msgspec.msgpack.encode(message)
        self._end.send(_LENGTH.pack(len(content)) + content, socket.MSG_DONTWAIT)

    def hear(self) -> Any:
        """The next message; raises EOFError when the other end is gone, Garbled when it makes no sense."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        if length > MAX_BYTES:
            raise Garbled(f"a message of {length} bytes")
        try:
            return self._decoder.decode(self._exactly(length))
        except msgspec.MsgspecError as error:
            raise Garbled(str(error)) from None

    def close(self) -> None:
        self._end.close()

    def _exactly(self, count: int) -> bytes:
        content = self._end.recv(count)
        if len(content) == count:
            return content
        parts = [content]
        while content and (count := count - len(content)):
            content = self._end.recv(min(count, 1 << 20))
            parts.append(content)
        if not content:
            raise EOFError
        return b"".join(parts)

"""The only way out of a sandbox with an allow-list: an HTTP proxy that connects to what is named."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pilothouse.sandbox.problems import BadAllowance

_TLS_PORT, _HTTP_PORT = 443, 80
_HEAD_BYTES = 64 * 1024
_HEAD_WITHIN_S = 30.0
_CONNECT_WITHIN_S = 15.0
_PIECE_BYTES = 1 << 16
_CONNECTIONS = 256
_SAID_REFUSALS = 5
# What IPv6-only networks call the addresses of the older internet.
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")


@dataclass(frozen=True)
class Allowance:
    """One host and port."""

    host: str
    port: int

    @classmethod
    def parse(cls, entry: str) -> Allowance:
        """``host``, ``host:port``, ``[v6]:port``; no wildcards: what is allowed can be read."""
        try:
            parts = urlsplit(f"//{entry}")
            host, port = parts.hostname or "", parts.port or _TLS_PORT
        except ValueError as problem:
            raise BadAllowance(entry=entry) from problem
        host = _normal(host)
        plain = not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
        if not plain or not (_address(host) or _NAME.fullmatch(host)):
            raise BadAllowance(entry=entry)
        return cls(host, port)


class AllowListProxy:
    """Serves one command. Names are resolved here, once per connection, and the address that was checked is used."""

    def __init__(
        self, allowances: Sequence[Allowance], *, names_may_be_private: bool = False, this_machine: bool = True
    ) -> None:
        """``names_may_be_private``: the names come from whoever runs this service, who knows where they lead;
        ``this_machine``: addresses may be its own, loopback and others."""
        self._allowed = frozenset(allowances)
        self._may_be_private = names_may_be_private
        self._this_machine = this_machine
        self.refused: list[str] = []
        """What was refused and why, the first few; programs seldom say it."""
        self._server: asyncio.Server | None = None
        self._places = asyncio.Semaphore(_CONNECTIONS)

    async def serve(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._answer, sock=listener, limit=_HEAD_BYTES)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._places:
            try:
                await self._forward(reader, writer)
            except _Refused as refusal:
                if refusal.reason not in self.refused and len(self.refused) < _SAID_REFUSALS:
                    self.refused.append(refusal.reason)
                body = f"{refusal.reason}\n".encode()
                status = f"HTTP/1.1 {refusal.status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                writer.write(status.encode() + body)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                pass
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_WITHIN_S):
            head = await reader.readuntil(b"\r\n\r\n")
        wanted, first = _asked(head)
        address = await self._checked(wanted)
        try:
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                far_reader, far_writer = await asyncio.open_connection(address, wanted.port, limit=_PIECE_BYTES)
        except (OSError, TimeoutError) as problem:
            raise _Refused("502 Bad Gateway", f"{wanted.host}:{wanted.port} does not answer") from problem
        try:
            if first is None:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                far_writer.write(first)
            await _both_ways(reader, writer, far_reader, far_writer)
        finally:
            far_writer.close()

    async def _checked(self, wanted: Allowance) -> str:
        """An address of the host that may be connected to."""
        address = await self._found(wanted)
        if not self._this_machine and _is_here(address, wanted.port):
            raise _Refused("403 Forbidden", f"{wanted.host} is the machine itself that runs this session")
        return address

    async def _found(self, wanted: Allowance) -> str:
        if wanted not in self._allowed:
            raise _Refused("403 Forbidden", f"{wanted.host}:{wanted.port} is not on the allow-list of this session")
        if _address(wanted.host):
            if not self._this_machine and not _outside(wanted.host):
                raise _Refused("403 Forbidden", f"{wanted.host} is the machine itself that runs this session")
            return wanted.host
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)
        except OSError as problem:
            raise _Refused("502 Bad Gateway", f"{wanted.host} has no address") from problem
        addresses = [str(one[4][0]) for one in found]
        # A name that suddenly leads inside would let whoever keeps that name reach our neighbours.
        fits = _outside if self._may_be_private else _public
        if not addresses or not all(fits(one) for one in addresses):
            raise _Refused("403 Forbidden", f"{wanted.host} leads to a private address; allow the address itself")
        return addresses[0]


class _Refused(Exception):
    def __init__(self, status: str, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


def _asked(head: bytes) -> tuple[Allowance, bytes | None]:
    """Where to, and what to send first: nothing for CONNECT, for plain HTTP the request as the server expects it."""
    try:
        line, _, rest = head.decode("latin-1").partition("\r\n")
        method, target, version = line.split(" ")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        port = parts.port or (None if method == "CONNECT" else _HTTP_PORT)
        host = _normal(parts.hostname or "")
    except ValueError as problem:
        raise _Refused("400 Bad Request", "this is not a request to a proxy") from problem
    # What a guest sends as a name is told to people later: it has to be one.
    is_named = _address(host) is not None or _NAME.fullmatch(host) is not None
    if not is_named or port is None or (method != "CONNECT" and parts.scheme != "http"):
        raise _Refused("400 Bad Request", "ask with CONNECT host:port, or for an http:// address")
    if method == "CONNECT":
        return Allowance(host, port), None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # One request per connection: what follows on it would go to the same server whatever its Host says.
    dropped = ("connection:", "proxy-connection:", "proxy-authorization:", "host:")
    kept = [one for one in rest.split("\r\n") if one and not one.lower().startswith(dropped)]
    lines = [f"{method} {path} {version}", f"Host: {parts.netloc.rpartition('@')[2]}", *kept, "Connection: close"]
    return Allowance(host, port), ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _both_ways(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    ways = [asyncio.create_task(_pour(reader, far_writer)), asyncio.create_task(_pour(far_reader, writer))]
    try:
        # A side that breaks off ends both ways; one that has only said all it had to say does not.
        await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(_PIECE_BYTES):
        sink.write(piece)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()


def _normal(host: str) -> str:
    if address := _address(host):
        return str(address)
    return host.lower().rstrip(".")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _led_to(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Where an address leads in the end: translators and tunnels carry an older one within theirs."""
    found = _address(host.partition("%")[0])
    if not isinstance(found, ipaddress.IPv6Address):
        return found
    if found in _TRANSLATED:
        return ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
    return found.sixtofour or (None if found.is_reserved else found)


def _public(host: str) -> bool:
    found = _led_to(host)
    is_site = isinstance(found, ipaddress.IPv6Address) and found.is_site_local
    return found is not None and found.is_global and not (found.is_multicast or is_site)


def _is_here(address: str, port: int) -> bool:
    """Whether this machine would talk to itself: then it calls from the address it calls. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking, contextlib.suppress(OSError):
        asking.connect((address, port))
        return str(asking.getsockname()[0]) == address
    return False  # nobody is there; whoever connects hears so


def _outside(host: str) -> bool:
    """Public, or of a network of one's own; never this machine itself, nor what clouds tell their machines."""
    found = _led_to(host)
    if found is None or found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast:
        return False
    return found.is_global or found.is_private

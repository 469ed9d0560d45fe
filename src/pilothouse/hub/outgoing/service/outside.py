"""HTTP to addresses that somebody typed in: looked up, checked, and connected to exactly as checked."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpcore2
import httpx2

from pilothouse.hub.outgoing.domain.addresses import check_public
from pilothouse.hub.outgoing.service.daemon_threads import on_daemon_thread

# Of an answer no more is read; the log keeps the beginning of it.
READ_BYTES = 4_096
# Whoever says 200 and then hangs has said enough.
BODY_S = 2.0

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host."""


class NoAddress(OSError):
    """A host that has no address."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """As this machine resolves names; raises NoAddress."""

    def ask() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    try:
        return await on_daemon_thread(ask)
    except (OSError, UnicodeError):
        raise NoAddress(f"the name {host} has no address") from None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a receiver said."""

    status: int
    beginning: str
    headers: Mapping[str, str]


class Outside:
    """Posts to the internet, and only if allowed to this network."""

    def __init__(self, *, private_addresses: bool, resolve: Resolve = look_up) -> None:
        self._backend = _Checked(resolve, private_addresses=private_addresses)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx2.create_ssl_context()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """One request on a connection of its own; redirects are answers like others. Raises AddressForbidden, OSError,
        or what httpcore raises."""
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=self._tls, max_keepalive_connections=0, network_backend=self._backend
            ) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body) as response,
        ):
            beginning = await _beginning(response.aiter_stream())
            said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return HttpAnswer(response.status, beginning.decode("utf-8", "replace"), said)


async def _beginning(content: AsyncIterator[bytes]) -> bytes:
    """As much of an answer as comes soon; its status is what counts."""
    beginning = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in content:
                beginning += piece
                if len(beginning) >= READ_BYTES:
                    break
    except (TimeoutError, httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        pass
    return bytes(beginning[:READ_BYTES])


class _Checked(httpcore2.AsyncNetworkBackend):
    """Connects to the addresses that were checked, so that a name that leads elsewhere a moment later changes
    nothing."""

    def __init__(self, resolve: Resolve, *, private_addresses: bool) -> None:
        self._resolve = resolve
        self._private_addresses = private_addresses
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not self._private_addresses:
            for address in addresses:
                check_public(host, address)
        failed: Exception = NoAddress(f"the name {host} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore2.ConnectError as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

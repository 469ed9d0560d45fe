"""Whose request it is when proxies stand between."""

from __future__ import annotations

import functools
import ipaddress
from typing import TypeAlias

from starlette.requests import HTTPConnection

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
UNKNOWN = "unknown"


def client_address(connection: HTTPConnection) -> str:
    """The socket's address, or the right-most untrusted ``X-Forwarded-For`` entry when the peer is a trusted proxy."""
    peer = connection.client.host if connection.client else UNKNOWN
    trusted = _networks(connection.app.state.settings.trusted_proxies)
    address = _address(peer)
    if not trusted or address is None or not _within(address, trusted):
        return peer
    hops = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed(hops):
        claimed = _address(hop.strip())
        if claimed is None:
            break
        address = claimed
        if not _within(claimed, trusted):
            break
    return str(address)


def is_trusted_proxy(connection: HTTPConnection) -> bool:
    """Whether the request comes from a proxy that may say what it was asked by whom."""
    trusted = _networks(connection.app.state.settings.trusted_proxies)
    address = _address(connection.client.host) if trusted and connection.client else None
    return address is not None and _within(address, trusted)


def rate_limit_key(address: str) -> str:
    """The address, or for IPv6 its /64: one customer has all of it."""
    parsed = _address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return address


def _address(text: str) -> Address | None:
    host = text
    if text.startswith("["):
        host = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        host = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


@functools.lru_cache(maxsize=32)
def _networks(written: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(one, strict=False) for one in written)


def check_networks(written: tuple[str, ...]) -> tuple[str, ...]:
    """The networks themselves, or ValueError that names the first one that is none."""
    for one in written:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError:
            raise ValueError(f"'{one}' is no address or network such as 10.0.0.0/8") from None
    return written

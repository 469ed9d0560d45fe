"""Which names a service answers to: no DNS rebinding, no cross-site requests."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from pilothouse.web.settings import ServiceSettings

ANY = "*"
_WILDCARDS = {"0.0.0.0", "::", ""}  # noqa: S104 - recognised, not bound
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_NUMERIC = "any-address"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address or name to listen on."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def local_hosts(settings: ServiceSettings) -> tuple[str, ...]:
    """The names a service on a robot answers to: loopback, what it is bound to, and what the settings allow.

    Bound to every address it cannot know its own, so any numeric one is right: rebinding needs a name.
    """
    host = settings.host.strip("[]").lower()
    own = (_NUMERIC, socket.gethostname().lower()) if host in _WILDCARDS else (host,)
    return (*_LOOPBACK_NAMES, *own, *(name.lower() for name in settings.allowed_hosts))


class AllowedHosts:
    """Judges the ``Host`` and ``Origin`` headers of a request."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(_host_of(name.lower()) or name.lower() for name in names)
        self._numeric = _NUMERIC in self._names
        self._any = ANY in self._names
        self._known: set[bytes] = set()

    def allows_host(self, header: bytes) -> bool:
        """Whether a request addressed so is meant for this service."""
        return self._judge(header, header.decode("latin-1").lower())

    def allows_origin(self, header: bytes) -> bool:
        """Whether a page from there may call; ``null`` is nobody and may not."""
        scheme, separator, rest = header.decode("latin-1").lower().partition("://")
        return bool(separator) and scheme in ("http", "https") and self._judge(header, rest)

    def _judge(self, header: bytes, authority: str) -> bool:
        if self._any or header in self._known:
            return True
        host = _host_of(authority)
        allowed = host is not None and (host in self._names or (self._numeric and _is_numeric(host)))
        if allowed and len(self._known) < 100:
            self._known.add(header)
        return allowed


def _host_of(authority: str) -> str | None:
    """The host of ``host:port``; None when there is more or less than that."""
    try:
        parts = urlsplit(f"//{authority}")
        port_is_fine = parts.port is None or parts.port >= 0
    except ValueError:
        return None
    extra = parts.path or parts.query or parts.fragment or "@" in authority
    return parts.hostname if port_is_fine and not extra else None


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

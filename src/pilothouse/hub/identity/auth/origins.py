"""Browsers send a cookie along whoever asks: only pages of the hub itself may act with it."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection

from pilothouse.kit.errors import Forbidden
from pilothouse.web import is_trusted_proxy

COOKIE = "pilothouse_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PORTS = {"http": 80, "https": 443}


class CrossSite(Forbidden):
    """A browser sent this on behalf of another site, or without saying on whose; programs send a token as Bearer."""


def check_origin(connection: HTTPConnection) -> None:
    """Raise CrossSite unless a request with a cookie changes nothing, or comes from one of the hub's own pages."""
    if connection.scope["type"] == "http" and connection.scope["method"] in _SAFE:
        return
    if not is_same_origin(connection):
        raise CrossSite


def check_own_page(connection: HTTPConnection) -> None:
    """Raise CrossSite when a page of another site would sign somebody in here; programs have no pages."""
    if "origin" in connection.headers and not is_same_origin(connection):
        raise CrossSite


def check_changes(connection: HTTPConnection) -> None:
    """Raise CrossSite when a page of another site would change something with a password that the browser keeps, or
    where nobody needs a credential."""
    is_change = connection.scope["type"] == "http" and connection.scope["method"] not in _SAFE
    # What a browser says of itself is true behind a proxy that does not pass on the name it was asked by, too.
    if is_change and connection.headers.get("sec-fetch-site") != "same-origin":
        check_own_page(connection)


def is_same_origin(connection: HTTPConnection) -> bool:
    """Whether the page that asks is the hub's own, by the name it was asked under."""
    origin = _place(connection.headers.get("origin", ""))
    if origin is None:
        return False
    scheme, host, port = origin
    if is_secure(connection) and scheme != "https":
        return False
    places = (_place(f"{scheme}://{_asked(connection)}"), _place(connection.app.state.settings.public_url or ""))
    return (scheme, host, port) in places


async def own_address(connection: HTTPConnection) -> str:
    """Where links to this hub lead: PILOTHOUSE_PUBLIC_URL, or what whoever asks has asked it by."""
    configured: str | None = connection.app.state.settings.public_url
    scheme = "https" if is_secure(connection) else "http"
    return configured or f"{scheme}://{_asked(connection) or connection.url.netloc}"


OwnAddress = Annotated[str, Depends(own_address)]


def is_secure(connection: HTTPConnection) -> bool:
    """Whether the browser came by TLS, as far as this process or a trusted proxy knows."""
    if connection.url.scheme in ("https", "wss"):
        return True
    return is_trusted_proxy(connection) and connection.headers.get("x-forwarded-proto", "").strip().lower() == "https"


def _asked(connection: HTTPConnection) -> str:
    headers = connection.headers
    forwarded = headers.get("x-forwarded-host") if is_trusted_proxy(connection) else None
    return forwarded or headers.get("host", "")


def _place(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url.strip().lower())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or parts.path.strip("/"):
        return None
    return parts.scheme, _spelled(parts.hostname), port or _PORTS[parts.scheme]


def _spelled(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host

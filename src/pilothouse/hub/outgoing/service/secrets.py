"""Secrets of destinations, and what of an address may be shown."""

from __future__ import annotations

import base64
import secrets
from urllib.parse import urlsplit

from pilothouse.hub.outgoing.domain.delivering import DestinationKind

SECRET_BYTES = 32


def new_secret() -> str:
    """As standardwebhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def address_of(kind: DestinationKind, url: str | None) -> str | None:
    """What of a URL may be shown: whoever has a chat's path may write there, and queries carry tokens."""
    if url is None:
        return None
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if kind is DestinationKind.SLACK:
        return f"{origin}/…"
    return f"{origin}{parts.path}{'?…' if parts.query else ''}"

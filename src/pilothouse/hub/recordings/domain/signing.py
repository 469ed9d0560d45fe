"""Links that anybody may follow for a while: what makes them, and what is wrong with others. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote, urlencode

from pilothouse.hub.recordings.domain.problems import LinkExpired, LinkWrong

# Twenty-four bytes of a SHA-256 cannot be guessed, and keep the address short.
_SIGNATURE_BYTES = 24
_EXPIRY_BYTES = 8


def sign(key: bytes, session_id: str, expires_s: int) -> str:
    """The token of a link to one recording that is good until a time, in Unix seconds."""
    expiry = expires_s.to_bytes(_EXPIRY_BYTES, "big")
    return base64.urlsafe_b64encode(expiry + _signature(key, session_id, expiry)).decode().rstrip("=")


def check(key: bytes, token: str, session_id: str, now_s: float) -> None:
    """Raises LinkWrong, and LinkExpired for one that was right."""
    try:
        content = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise LinkWrong from None
    expiry, signature = content[:_EXPIRY_BYTES], content[_EXPIRY_BYTES:]
    if not hmac.compare_digest(signature, _signature(key, session_id, expiry)):
        raise LinkWrong
    if now_s >= int.from_bytes(expiry, "big"):
        raise LinkExpired


def lichtblick(viewer: str, file: str, time: str | None) -> str:
    return _opening(viewer.rstrip("/") + "/", file, time)


def foxglove(viewer: str, file: str, time: str | None) -> str:
    return _opening(viewer.rstrip("/") + "/~/view", file, time)


def _opening(page: str, file: str, time: str | None) -> str:
    asked = {"ds": "remote-file", "ds.url": file} | ({"time": time} if time else {})
    return f"{page}?{urlencode(asked, quote_via=quote)}"


def _signature(key: bytes, session_id: str, expiry: bytes) -> bytes:
    return hmac.digest(key, expiry + session_id.encode("utf-8", "surrogateescape"), hashlib.sha256)[:_SIGNATURE_BYTES]

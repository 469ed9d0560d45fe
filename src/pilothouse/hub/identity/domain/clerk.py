"""What a Clerk session token must say to be believed. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

# Clocks differ a little; a token lives for a minute.
LEEWAY_S = 5.0
_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who a token speaks for; the address only when its issuer says that it was verified."""

    subject: str
    name: str
    email: str | None


def claimed(claims: Mapping[str, Any], *, issuer: str, parties: Collection[str], now_s: float) -> Claimed | None:
    """Who a signed token speaks for, None when it is not for us or not for now."""
    expires, begins = _moment(claims.get("exp")), _moment(claims.get("nbf", 0))
    if expires is None or begins is None or now_s >= expires + LEEWAY_S or now_s < begins - LEEWAY_S:
        return None
    if claims.get("iss") != issuer or (parties and claims.get("azp") not in parties):
        return None
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        return None
    email = claims.get("email") if claims.get("email_verified") is True else None
    return Claimed(subject, _text(claims.get("name"), 200) or subject, _text(email, 320))


def _moment(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _text(value: object, longest: int) -> str | None:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        return None
    return value.strip()[:longest]

"""Who signed what, in the three forms that are common."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pilothouse.kit.errors import Invalid, Unauthenticated

# Of clocks that differ and of senders that wait; older ones may be recorded ones that somebody plays again.
TOLERANCE_S = 300
LONGEST_ID = 200
STANDARD_PREFIX = "whsec_"


class SignatureForm(StrEnum):
    STANDARD = "standard"
    """`webhook-id`, `webhook-timestamp`, `webhook-signature`, as standardwebhooks says."""
    STRIPE = "stripe"
    """`Stripe-Signature`."""
    GITHUB = "github"
    """`X-Hub-Signature-256` with `X-GitHub-Delivery`."""
    NONE = "none"
    """Whoever knows the address may write; only by explicit choice."""


class SignatureMissing(Unauthenticated):
    """This webhook takes signed requests only: X-Hub-Signature-256 with X-GitHub-Delivery, Stripe-Signature, or
    webhook-id, webhook-timestamp and webhook-signature."""


class SignatureWrong(Unauthenticated):
    """The signature does not fit: check that the sender signs the body as it is sent, with this webhook's secret."""


class SignatureTooOld(Unauthenticated):
    """The signed time is more than five minutes away from now; check the sender's clock, and sign anew to retry."""


class DeliveryIdMissing(Invalid):
    """X-Hub-Signature-256 comes with X-GitHub-Delivery, which tells a repeated delivery from a new one; send it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """How a request was signed, and the id under which its sender would repeat it; None when it has none."""

    form: SignatureForm
    delivery_id: str | None


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now_s: float) -> Verified:
    """Check the signature that is there; names of headers are in lower case. Raises SignatureMissing,
    SignatureWrong, SignatureTooOld, DeliveryIdMissing."""
    if "webhook-signature" in headers:
        return _standard(headers, body, secrets, now_s)
    if "stripe-signature" in headers:
        return _stripe(headers["stripe-signature"], body, secrets, now_s)
    if "x-hub-signature-256" in headers:
        return _github(headers, body, secrets)
    raise SignatureMissing


def unsigned(headers: Mapping[str, str]) -> Verified:
    """What an unsigned request calls itself, if it does."""
    named = (headers.get(name) for name in ("webhook-id", "x-github-delivery", "idempotency-key"))
    return Verified(SignatureForm.NONE, next((bounded_id(one) for one in named if one), None))


def bounded_id(delivery_id: str) -> str:
    """An id of any length and in any letters, as it can be kept."""
    if len(delivery_id) <= LONGEST_ID and delivery_id.isascii() and delivery_id.isprintable():
        return delivery_id
    return f"sha256:{hashlib.sha256(delivery_id.encode('utf-8', 'replace')).hexdigest()}"


def _standard(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now_s: float) -> Verified:
    message_id, moment = headers.get("webhook-id"), headers.get("webhook-timestamp")
    if not message_id or not moment:
        raise SignatureMissing
    signed = b".".join((message_id.encode("latin-1", "replace"), moment.encode("latin-1", "replace"), body))
    given = [one.removeprefix("v1,") for one in headers["webhook-signature"].split() if one.startswith("v1,")]
    expected = [base64.b64encode(_mac(_standard_key(secret), signed)).decode() for secret in secrets]
    _check(given, expected)
    _check_time(moment, now_s)
    return Verified(SignatureForm.STANDARD, bounded_id(message_id))


def _stripe(header: str, body: bytes, secrets: Sequence[str], now_s: float) -> Verified:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    moment = next((value for name, _, value in pairs if name == "t"), "")
    given = [value for name, _, value in pairs if name == "v1"]
    if not moment or not given:
        raise SignatureMissing
    signed = moment.encode("latin-1", "replace") + b"." + body
    _check(given, [_mac(secret.encode(), signed).hex() for secret in secrets])
    _check_time(moment, now_s)
    return Verified(
        SignatureForm.STRIPE, _id_within(body) or bounded_id(f"{moment}:{hashlib.sha256(body).hexdigest()}")
    )


def _github(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Verified:
    given = headers["x-hub-signature-256"].strip().removeprefix("sha256=")
    _check([given], [_mac(secret.encode(), body).hex() for secret in secrets])
    delivery_id = headers.get("x-github-delivery")
    if not delivery_id:
        raise DeliveryIdMissing
    return Verified(SignatureForm.GITHUB, bounded_id(delivery_id))


def _mac(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def _standard_key(secret: str) -> bytes:
    bare = secret.removeprefix(STANDARD_PREFIX)
    try:
        return base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def _check(given: Sequence[str], expected: Sequence[str]) -> None:
    """Every pair is compared, each in constant time: which one fits is nobody's business."""
    fits = [
        hmac.compare_digest(one.encode("latin-1", "replace"), other.encode())
        for one in given[:20]
        for other in expected
    ]
    if not any(fits):
        raise SignatureWrong


def _check_time(moment: str, now_s: float) -> None:
    if not (moment.isascii() and moment.isdigit()) or len(moment) > 12:
        raise SignatureWrong
    if abs(now_s - int(moment)) > TOLERANCE_S:
        raise SignatureTooOld


def _id_within(body: bytes) -> str | None:
    """The event's own id, which stays the same when it is signed and sent anew."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = content.get("id") if isinstance(content, dict) else None
    return bounded_id(found) if isinstance(found, str) and found else None

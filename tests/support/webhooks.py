"""Others who post to webhooks, each signing in their way."""

from __future__ import annotations

import base64
import hashlib
import hmac


def github(secret: str, body: bytes, delivery_id: str = "d1", **more: str) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": delivery_id, **more}


def standard(secret: str, body: bytes, at_s: int, message_id: str = "msg_1") -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{at_s}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(at_s), "webhook-signature": f"v1,{signature}"}


def stripe(secret: str, body: bytes, at_s: int) -> dict[str, str]:
    signature = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at_s},v1={'0' * 64},v1={signature},v0=old"}

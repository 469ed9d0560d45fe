"""Alertmanager and Grafana webhooks, version 4, as they come from either. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pilothouse.wire.base import sendable

LABEL_LENGTH = 500
# A moment with its zone; the fraction may have more digits than Python keeps.
_MOMENT = re.compile(r"(.{10}[Tt ].{8})(?:\.(\d+))?([Zz]|[+-]\d\d:?\d\d)")
# Programs that are not Alertmanager say null where there is nothing.
Texts = Annotated[dict[str, str], BeforeValidator(lambda texts: {} if texts is None else texts)]


class Alert(BaseModel):
    """One alert of a webhook; fields that differ between senders are not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    status: str = Field("firing", max_length=50)
    labels: Texts = Field(default_factory=dict)
    annotations: Texts = Field(default_factory=dict)
    starts_at: str = Field("", alias="startsAt", max_length=100)
    fingerprint: str = Field("", max_length=200)

    @property
    def key(self) -> str:
        """The same for every repetition of one alert: its fingerprint and when it started."""
        labels = json.dumps(self.labels, sort_keys=True).encode()
        return f"{self.fingerprint or hashlib.sha256(labels).hexdigest()[:16]}@{_in_utc(self.starts_at)}"

    @property
    def words(self) -> str:
        name = self.labels.get("alertname", "")
        summary = self.annotations.get("summary", "")
        return ": ".join(part for part in (name, summary) if part) or "alert"


class AlertWebhook(BaseModel):
    """The body of a webhook, version 4, and Grafana's, which adds fields of its own."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    alerts: list[Alert] = Field(min_length=1, max_length=1_000)
    # Senders do not know it; who writes a template of their own may. What is no text is somebody else's field.
    label: Annotated[str, BeforeValidator(lambda said: said if isinstance(said, str) else "")] = ""

    @property
    def firing(self) -> list[Alert]:
        return [alert for alert in self.alerts if alert.status.lower() != "resolved"]


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """What a webhook asks to capture: the alerts' keys and one label that names them."""

    keys: tuple[str, ...]
    label: str


def is_alert_webhook(body: Mapping[str, object]) -> bool:
    """Whether a body means to be an alert webhook."""
    return "alerts" in body


def notice_of(webhook: AlertWebhook) -> AlertNotice | None:
    """What to capture, or None when everything is resolved."""
    firing = webhook.firing
    if not firing:
        return None
    keys = tuple(dict.fromkeys(alert.key for alert in firing))
    label = sendable(webhook.label or "; ".join(dict.fromkeys(alert.words for alert in firing)))
    return AlertNotice(keys, label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1] + "…")


def _in_utc(starts_at: str) -> str:
    """The same moment is the same text, whatever the clock of whoever sends it: written as programs in Go do."""
    written = _MOMENT.fullmatch(starts_at)
    if written is None:
        return starts_at
    try:
        moment = datetime.fromisoformat(written[1] + written[3].upper())
        whole = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        return starts_at
    fraction = (written[2] or "").rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"

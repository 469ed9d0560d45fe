"""How the state of delivery looks in a terminal. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MIB = 1 << 20
DAY_S = 86_400
ALERTS = 3


def delivery_lines(delivery: Mapping[str, Any] | None) -> list[str]:
    """What waits by urgency, whether it can go, the latest alerts and the age of the token."""
    if delivery is None:
        return ["hub      none: recordings stay here"]
    lines = [f"hub      {delivery['hub']}: {_state(delivery)}", f"outbox   {_waiting(delivery['waiting'])}"]
    lost = [
        f"{delivery[f'risk_events_{how}']} {how}" for how in ("dropped", "refused") if delivery[f"risk_events_{how}"]
    ]
    if lost:
        lines.append(f"lost     risk events: {', '.join(lost)}")
    lines += [f"alert    {one['occurred_at']} {_alert(one)}" for one in delivery["alerts"][:ALERTS]]
    if delivery["token"] is not None:
        lines.append(f"token    {_token(delivery['token'])}")
    return lines


def _state(delivery: Mapping[str, Any]) -> str:
    if delivery["problem"] is not None:
        return f"failing since {delivery['failing_since']}: {delivery['problem']}"
    return "works" if delivery["open"] else "works; recordings wait for their hours"


def _waiting(waiting: Mapping[str, Any]) -> str:
    parts = [f"{count} {urgency}" for urgency, count in waiting["recordings"].items() if count]
    recordings = f"{', '.join(parts)} ({waiting['recording_bytes'] / MIB:.1f} MiB)" if parts else ""
    small = [f"{waiting[one]} {one.replace('_', ' ')}" for one in ("announcements", "risk_events") if waiting[one]]
    return ", ".join([*small, *([recordings] if recordings else [])]) or "empty"


def _alert(alert: Mapping[str, Any]) -> str:
    return f"{alert['kind'].replace('_', ' ')}{': ' + alert['reason'] if alert['reason'] else ''}"


def _token(token: Mapping[str, Any]) -> str:
    ends = f", ends {token['expires_at']}" if token["expires_at"] else ""
    return f"{token['token_id']}, {token['age_s'] / DAY_S:.1f} days old{ends}"

from __future__ import annotations

from typing import Any

from pilothouse.cli.recorder.delivery import delivery_lines

RECORDINGS = {"incident": 0, "manual": 0, "guard": 0, "recovered": 0}
WAITING = {"announcements": 0, "risk_events": 0, "recordings": RECORDINGS, "recording_bytes": 0}


def delivery(**changes: Any) -> dict[str, Any]:
    return {
        "hub": "http://hub", "problem": None, "failing_since": None, "open": True, "waiting": WAITING, "alerts": [],
        "risk_events_dropped": 0, "risk_events_refused": 0, "token": None, **changes,
    }  # fmt: skip


def test_a_delivery_without_trouble_is_two_lines() -> None:
    assert delivery_lines(delivery()) == ["hub      http://hub: works", "outbox   empty"]
    assert delivery_lines(None) == ["hub      none: recordings stay here"]


def test_what_waits_is_shown_by_urgency() -> None:
    recordings = {**RECORDINGS, "incident": 3, "recovered": 1}
    waiting = {"announcements": 2, "risk_events": 40, "recordings": recordings, "recording_bytes": 5 << 20}

    lines = delivery_lines(delivery(waiting=waiting, open=False))

    assert lines[0].endswith("works; recordings wait for their hours")
    assert lines[1] == "outbox   2 announcements, 40 risk events, 3 incident, 1 recovered (5.0 MiB)"


def test_an_outage_its_alert_what_was_lost_and_the_age_of_the_token_are_shown() -> None:
    alert = {"occurred_at": "2026-05-12T08:42:30Z", "kind": "delivery_failing", "reason": "No route."}
    token = {"token_id": "tok_1", "age_s": 129_600.0, "expires_at": None}

    lines = delivery_lines(
        delivery(problem="No route.", failing_since="2026-05-12T08:42:00Z", risk_events_dropped=7, alerts=[alert],
                 token=token)
    )  # fmt: skip

    assert lines[0] == "hub      http://hub: failing since 2026-05-12T08:42:00Z: No route."
    assert lines[2:] == [
        "lost     risk events: 7 dropped",
        "alert    2026-05-12T08:42:30Z delivery failing: No route.",
        "token    tok_1, 1.5 days old",
    ]

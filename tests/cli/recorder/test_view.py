"""How a recorder's state looks, where no real recorder would easily get to."""

from __future__ import annotations

from typing import Any

from pilothouse.cli.recorder.view import overview, topic_line


def topic(**changes: object) -> dict[str, Any]:
    return {"message_count": 10, "rate_hz": 5.0, "last_age_s": 0.25, "dropped": 0, **changes}


def state(**topics: dict[str, Any]) -> dict[str, Any]:
    health = {
        "robot_id": "r2", "buffer_size": 10, "buffer_bytes": 3 << 20, "buffer_fill": 0.25,
        "disk": {"free_bytes": 5 << 20, "reserved_bytes": 1 << 20},
        "captures": {"waiting": 1, "sealed": 0}, "problems": ["the disk is full"],
        "delivery": None,
        "sources": [{"name": "foxglove", "state": "retrying", "messages": 3, "fraction": None, "error": "gone"}],
    }  # fmt: skip
    capture = {"session_id": "r2_1", "state": "delivering", "reason": "trigger", "label": "", "why": None, "more": 0,
               "pinned": False}  # fmt: skip
    pending = {**capture, "session_id": "r2_2", "state": "waiting", "size_bytes": None, "sent_bytes": None}
    sending = {**capture, "size_bytes": 2 << 20, "sent_bytes": 1 << 20}
    refused = {**capture, "session_id": "r2_0", "state": "refused", "why": "over the budget", "more": 996,
               "size_bytes": None, "sent_bytes": None}  # fmt: skip
    rule = {"name": "stall", "fired": 1003, "merged": 6, "over_budget": 996, "condition": "/a.b > 1", "last": None}
    triggers = {"rules": [rule], "pending": [pending], "recent": [pending, sending, refused]}
    return {"health": health, "topics": {"topics": topics}, "triggers": triggers}


def test_what_is_wrong_stands_at_the_top() -> None:
    lines = overview(state(), "http://x").splitlines()

    assert lines[:3] == ["r2 at http://x", "buffer   10 messages in 3.0 MiB (25%)", "captures 1 waiting"]
    assert lines[3] == "disk     5.0 MiB free, 1.0 MiB of it stay so"
    assert lines[4:6] == ["problem  the disk is full", "source   foxglove retrying, 3 messages: gone"]


def test_a_capture_under_way_is_shown_once_and_a_delivery_with_its_progress() -> None:
    shown = overview(state(), "http://x")

    assert shown.count("r2_2") == 1
    assert "2.0 MiB, 50% sent" in shown


def test_triggers_without_a_recording_are_counted() -> None:
    shown = overview(state(), "http://x")

    assert "over the budget, and 996 more" in shown
    assert "1003 (6 merged, 996 over budget)" in shown


def test_the_busiest_topics_come_first_and_the_others_are_counted() -> None:
    found = overview(state(slow=topic(rate_hz=None), quick=topic(rate_hz=50.0), mid=topic()), "u", most_topics=2)

    assert found.index("quick") < found.index("mid")
    assert "slow" not in found
    assert "and 1 more topics" in found


def test_a_long_name_leaves_room_for_the_numbers_on_a_screen() -> None:
    name = f"/robot/{'camera/' * 40}image"

    screen = overview(state(**{name: topic()}), "u", most_topics=5)
    (line,) = [one for one in screen.splitlines() if one.startswith("/robot/camera/")]

    assert len(line) < 100
    assert "5.0" in line
    assert "…" in line
    assert "camera/image " in line
    assert name in overview(state(**{name: topic()}), "u"), "what is printed once is for scripts and copying, too"


def test_a_name_cannot_take_over_the_terminal() -> None:
    shown = overview(state(**{"/a\x1b[2J\nb": topic()}), "http://x")

    assert "\x1b" not in shown
    assert "/a�[2J�b" in shown


def test_a_line_of_tail_says_what_was_lost() -> None:
    assert topic_line(topic(dropped=3), 8, "12:00:00") == "12:00:00  10 messages  +2  5.0 Hz  last 0.2 s ago  dropped 3"

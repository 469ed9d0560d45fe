"""The present of a ring moves with its messages, not with a single wrong stamp."""

from __future__ import annotations

from pilothouse.mcap.ring.timeline import Timeline


def test_time_goes_on_with_the_messages() -> None:
    timeline = Timeline(10)
    for now_ns in (100, 105, 103, 112):
        timeline.observe(now_ns)

    assert timeline.now_ns == 112
    assert timeline.oldest_kept_ns == 102


def test_one_jump_is_doubted_and_two_are_believed() -> None:
    timeline = Timeline(10)
    timeline.observe(100)
    timeline.observe(5000)
    assert timeline.now_ns == 100

    timeline.observe(5001)
    assert timeline.now_ns == 5001


def test_a_doubt_is_forgotten_when_time_goes_on() -> None:
    timeline = Timeline(10)
    for now_ns in (100, 5000, 101, 5000, 102):
        timeline.observe(now_ns)

    assert timeline.now_ns == 102


def test_nothing_leaves_before_anything_came() -> None:
    assert Timeline(10).oldest_kept_ns == 0

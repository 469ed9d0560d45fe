"""The recorder's pipeline tells its rules of time, and fires what a backtest fires."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.kit.clock import NS_PER_S, SystemClock
from pilothouse.mcap import Channel, Decoders, Ring, open_recording
from pilothouse.recorder.losses import LeftOut
from pilothouse.recorder.pipeline import Pipeline, WatchedRule
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.stream import Stream
from pilothouse.triggers import build_rule
from pilothouse.triggers.backtest import backtest
from pilothouse.wire import TriggerFired
from tests.support.flights import drone_flight, json_channel

SILENT: dict[str, Any] = {"kind": "dropout", "name": "silent", "topic": "/scan", "max_gap_s": 3}
RULES: list[Any] = [
    "/speed.data > 9",
    {"kind": "dropout", "name": "speed late", "topic": "/speed", "max_gap_s": 0.1},
    {"kind": "rate_of_change", "name": "turning", "topic": "/yaw", "field": "data", "value": 3, "window_s": 0.3},
    {"kind": "out_of_range", "topic": "/roll", "field": "data", "min": -1, "max": 1, "cooldown_s": 1},
    {"kind": "flat_line", "topic": "/groundtruth/pose", "field": "pose.position.z", "epsilon": 0.01, "duration_s": 0.3},
    {"kind": "all", "name": "both", "of": ["/speed.data > 7", "/groundtruth/pose.pose.position.z < 1.5"]},
    {"kind": "any", "name": "either", "of": ["/pitch.data < -0.5", "/roll.data < -1"], "cooldown_s": 2},
]


class Fired:
    """Takes firings as the captures do."""

    next_end_ns = 1 << 62

    def __init__(self) -> None:
        self.firings: list[TriggerFired] = []

    def trigger(self, fired: TriggerFired, **_: object) -> None:
        self.firings.append(fired)


def pipeline_of(ring: Ring, fired: Fired, *rules: Any, most_bytes: int = 1 << 26) -> Pipeline:
    decoders = Decoders()
    return Pipeline(
        ring=ring, stream=Stream(), captures=fired, make_decoders=lambda: decoders,  # type: ignore[arg-type]
        rules=WatchedRule.all_of(RecorderSettings(triggers=rules)), clock=SystemClock(), rejected=LeftOut(60),
        most_bytes=lambda: most_bytes,
    )  # fmt: skip


def test_the_live_recorder_and_the_backtest_agree_on_the_drone_flight() -> None:
    live = Fired()
    with Ring(window_s=1, max_bytes=1 << 26) as ring, open_recording(drone_flight()) as flight:
        pipeline = pipeline_of(ring, live, *RULES)
        for message in flight.messages():
            pipeline.message(pipeline.channel(message.channel), message.log_time_ns, message.content)

    configs = RecorderSettings(triggers=RULES).triggers  # type: ignore[arg-type]
    with open_recording(drone_flight()) as flight:
        stored = [one.fired for one in backtest([build_rule(one) for one in configs], flight.messages(), Decoders())]

    assert live.firings == stored
    assert len({one.rule for one in stored}) == len(RULES)


def test_a_silence_is_noticed_by_the_messages_of_other_topics() -> None:
    fired = Fired()
    with Ring(window_s=60, max_bytes=1 << 20) as ring:
        pipeline = pipeline_of(ring, fired, SILENT)
        scan, other = pipeline.channel(json_channel("/scan")), pipeline.channel(json_channel("/other"))
        pipeline.message(scan, 0, b"{}")
        for second in range(1, 10):
            pipeline.message(other, second * NS_PER_S, b"{}")

    assert [one.fired_at_ns for one in fired.firings] == [3 * NS_PER_S]


@pytest.mark.parametrize("channel", [Channel("/scan", "bytes"), json_channel("/scan")])
def test_a_dropout_needs_no_message_that_can_be_decoded_and_decodes_none(channel: Channel) -> None:
    fired = Fired()
    with Ring(window_s=60, max_bytes=1 << 20) as ring:
        pipeline = pipeline_of(ring, fired, SILENT)
        other = pipeline.channel(json_channel("/other"))
        for second in range(5):
            pipeline.message(pipeline.channel(channel), second * NS_PER_S, b"no JSON")
        for second in range(5, 10):
            pipeline.message(other, second * NS_PER_S, b"{}")

    assert [one.fired_at_ns for one in fired.firings] == [7 * NS_PER_S]
    assert not pipeline.troubles.counts


def test_a_rule_looks_into_no_message_that_would_take_too_much_memory() -> None:
    fired, rule = Fired(), {"kind": "threshold", "topic": "/map", "field": "data[0]", "op": "gt", "value": 1}
    texts = {
        "flat": b'{"data": [9], "picture": "%s"}' % (b"x" * 100_000),
        "unfolds": b'{"data": [9%s]}' % (b",9" * 50_000),
    }
    with Ring(window_s=60, max_bytes=1 << 24) as ring:
        pipeline = pipeline_of(ring, fired, rule, most_bytes=1 << 20)
        number = pipeline.channel(json_channel("/map"))
        for second, text in enumerate((b'{"data": [0]}', texts["unfolds"], texts["flat"])):
            pipeline.message(number, second * NS_PER_S, text)
        kept = ring.message_count

    assert [one.fired_at_ns for one in fired.firings] == [2 * NS_PER_S]
    assert (kept, pipeline.troubles.of("undecodable")) == (3, {"/map": 1})


def test_where_only_a_topic_speaks_whose_clock_is_off_message_time_goes_on_with_the_clock() -> None:
    fired = Fired()
    with Ring(window_s=60, max_bytes=1 << 20) as ring:
        pipeline = pipeline_of(ring, fired, SILENT)
        channels = {topic: pipeline.channel(json_channel(topic)) for topic in ("/scan", "/odom", "/camera")}
        for topic, second in (("/scan", 10), ("/odom", 10), ("/camera", 3610)):
            pipeline.message(channels[topic], second * NS_PER_S, b"{}")
        for second in range(5):
            pipeline.message(channels["/camera"], (3611 + second) * NS_PER_S, b"{}")
            pipeline.time_passes(second * NS_PER_S)

    assert [one.fired_at_ns for one in fired.firings] == [13 * NS_PER_S]


def test_when_everything_is_silent_message_time_goes_on_with_the_clock() -> None:
    fired = Fired()
    with Ring(window_s=60, max_bytes=1 << 20) as ring:
        pipeline = pipeline_of(ring, fired, SILENT)
        pipeline.time_passes(0)
        pipeline.message(pipeline.channel(json_channel("/scan")), 1000 * NS_PER_S, b"{}")
        for second in range(50, 54):
            pipeline.time_passes(second * NS_PER_S)
        assert fired.firings == []
        pipeline.time_passes(54 * NS_PER_S)

    assert [one.fired_at_ns for one in fired.firings] == [1003 * NS_PER_S]


def test_before_the_first_message_no_time_passes() -> None:
    fired = Fired()
    with Ring(window_s=60, max_bytes=1 << 20) as ring:
        pipeline = pipeline_of(ring, fired, SILENT)
        for second in range(10):
            pipeline.time_passes(second * NS_PER_S)

    assert fired.firings == []

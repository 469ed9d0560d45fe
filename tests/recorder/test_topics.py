"""What `topics` says holds for every source, and for what is pushed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse.kit.errors import BadConfiguration
from pilothouse.mcap import Keep
from pilothouse.recorder.losses import LeftOut
from pilothouse.recorder.sources.gate import Gate, Thinning
from pilothouse.recorder.sources.selection import Selection
from pilothouse.recorder.sources.topics import TopicRules
from tests.support.ears import Ear
from tests.support.flights import NS_PER_S, START_NS, json_channel
from tests.support.robots import recorder_settings, running_robot

TOPICS = [
    {"match": "/camera/front", "priority": "high"},
    {"match": "/camera/*", "pre_s": 5, "priority": "low", "max_bytes": "1MiB", "max_rate_hz": 2},
]


def rules_of(tmp_path: Path, **changes: object) -> TopicRules:
    return recorder_settings(tmp_path, topics=TOPICS, **changes).topic_rules


def test_the_first_rule_that_matches_holds(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, post_s=3)

    assert rules.keep("/camera/front") == Keep(priority="high")
    assert rules.keep("/camera/rear") == Keep(priority="low", keep_s=8, max_bytes=1 << 20)
    assert rules.keep("/odom") == Keep()
    assert rules.limit("/camera/front") is None
    assert rules.limit("/camera/rear") is not None


def test_a_camera_is_kept_until_the_longest_post_roll_has_passed(tmp_path: Path) -> None:
    late = {"kind": "threshold", "topic": "/speed", "field": "data", "op": "gt", "value": 9, "post_s": 40}

    assert rules_of(tmp_path, triggers=[late]).keep("/camera/rear").keep_s == 45


def said(sink: Thinning, topic: str, count: int = 20) -> int:
    """How many of ten messages a second come through in two seconds."""
    channel_id = sink.channel(json_channel(topic))
    for number in range(count):
        sink.message(channel_id, START_NS + number * NS_PER_S // 10, b"{}")
    return count - sink.thinned.get(topic, 0)


def test_a_rate_holds_for_every_source_unless_the_source_says_another(tmp_path: Path) -> None:
    rules = rules_of(tmp_path)

    assert said(Gate(Ear(), Selection(), rules), "/camera/rear") == 4
    assert said(Gate(Ear(), Selection(max_rate_hz={"*": 5}), rules), "/camera/rear") == 10
    assert said(Thinning(Ear(), Selection(), rules, LeftOut(60)), "/camera/rear") == 4
    assert said(Gate(Ear(), Selection(), rules), "/camera/front") == 20


def test_new_rules_hold_for_channels_that_speak_already(tmp_path: Path) -> None:
    gate = Gate(Ear(), Selection())
    assert said(gate, "/camera/rear") == 20

    gate.use(rules_of(tmp_path))
    channel_id = gate.channel(json_channel("/camera/rear"))
    for number in range(20, 40):
        gate.message(channel_id, START_NS + number * NS_PER_S // 10, b"{}")

    assert gate.thinned["/camera/rear"] == 16


def test_the_recorder_keeps_topics_as_it_is_told(tmp_path: Path) -> None:
    with running_robot(tmp_path, topics=[{"match": "/camera", "pre_s": 5, "max_rate_hz": 1000}], post_s=1) as robot:
        for tenth in range(300):
            robot.say(tenth / 10)
            robot.say(tenth / 10, topic="/camera")
            if tenth % 5 == 0:
                robot.recorder.ring.seal()
        row = robot.recorder.save("x")
        with_state = robot.times_s(row)
        topics = robot.recorder.answers.topics().topics

    assert topics["/camera"].dropped == 0
    assert with_state.count(20.0) == 1, "only the state is that old"
    assert with_state.count(29.0) == 2
    assert min(with_state) == 0


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ({"match": "/a", "priorty": "low"}, "did you mean 'priority'"),
        ({"match": "/a", "priority": "urgent"}, "priority"),
        ({"match": "/a", "max_bytes": 10}, "max_bytes"),
        ({"match": "/a", "max_rate_hz": 0}, "max_rate_hz"),
        ({"match": "/a", "pre_s": -1}, "pre_s"),
        ({"priority": "low"}, "match"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, object], wrong: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=wrong):
        recorder_settings(tmp_path, topics=[rule])

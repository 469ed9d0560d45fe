"""What `recorder init` proposes fits what was heard, and is a configuration a recorder takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.cli.recorder.run import read_settings
from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import Channel, default_latched
from pilothouse.recorder.proposal import MOST_FAT_BYTES, propose
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources.survey import HeardTopic, Survey
from pilothouse.triggers import build_rule

MIB = 1 << 20


def topic(name: str, type_name: str = "", *, rate_hz: float = 10, size: int = 100) -> HeardTopic:
    """Ten seconds of a topic."""
    count = max(1, round(rate_hz * 10))
    return HeardTopic(name, type_name, count, count * size, size, 0, 10**10)


def proposed(tmp_path: Path, *heard: HeardTopic, line: str = "foxglove:ws://r:8765") -> RecorderSettings:
    file = tmp_path / "recorder.yaml"
    file.write_text(propose(line, "r2", heard, 10.0))
    return read_settings(file)


def test_cameras_get_budgets_and_leave_first(tmp_path: Path) -> None:
    settings = proposed(tmp_path, topic("/odom", rate_hz=50), topic("/camera", rate_hz=30, size=300_000))

    (rule,) = settings.topics
    assert (rule.match, rule.priority) == ("/camera", "low")
    assert rule.pre_s is not None
    assert rule.max_bytes is not None
    assert 30 * 300_000 * (rule.pre_s + 5) <= rule.max_bytes <= 1.3 * MOST_FAT_BYTES
    assert settings.max_bytes > rule.max_bytes
    assert rule.pre_s < 60, "a minute of it would not fit"


def test_what_fits_is_kept_for_the_whole_window(tmp_path: Path) -> None:
    settings = proposed(tmp_path, topic("/camera", rate_hz=20, size=100_000))

    assert settings.topics[0].pre_s == settings.window_s == 60
    assert 60 * 20 * 100_000 < settings.max_bytes < 2 * 60 * 20 * 100_000


def test_small_topics_alone_need_no_rules_and_little_memory(tmp_path: Path) -> None:
    settings = proposed(tmp_path, topic("/odom"), topic("/map", size=4 * MIB, rate_hz=0.1))

    assert settings.topics == ()
    assert settings.max_bytes == 64 * MIB


def test_the_preset_that_finds_its_topics_is_chosen_under_whatever_names(tmp_path: Path) -> None:
    settings = proposed(
        tmp_path,
        topic("/cmd_vel", "geometry_msgs/msg/Twist"),
        topic("/robot/odometry", "nav_msgs/msg/Odometry"),
        topic("/front/scan", "sensor_msgs/msg/LaserScan"),
        topic("/rear/scan", "sensor_msgs/msg/LaserScan"),
        topic("/rosout", "rcl_interfaces/msg/Log"),
    )
    topics = {build_rule(one).name: build_rule(one).topics for one in settings.triggers}

    assert topics == {
        "stuck": {"/cmd_vel", "/robot/odometry"},
        "odometry silent": {"/robot/odometry"},
        "error in the log": {"/rosout"},
    }


def test_without_a_preset_what_is_steady_may_not_fall_silent(tmp_path: Path) -> None:
    heard = [topic(f"/state/{number}", rate_hz=10 + number) for number in range(6)]
    settings = proposed(tmp_path, *heard, topic("/rosout", "rcl_interfaces/msg/Log"))

    assert {one.kind for one in settings.triggers} == {"dropout"}
    assert {topic for one in settings.triggers for topic in build_rule(one).topics} == {
        "/state/5",
        "/state/4",
        "/state/3",
    }


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda one: one == one.strip()
)


@given(
    st.lists(
        st.builds(topic, NAMES, NAMES, rate_hz=st.floats(0.1, 1000), size=st.integers(0, 10_000_000)),
        min_size=1, max_size=6, unique_by=lambda one: one.topic,
    )
)  # fmt: skip
def test_whatever_was_heard_the_proposal_is_taken(
    tmp_path_factory: pytest.TempPathFactory, heard: list[HeardTopic]
) -> None:
    settings = proposed(tmp_path_factory.mktemp("proposal"), *heard)

    rules = settings.topic_rules
    assert all(
        rules.keep(one.topic).max_bytes
        for one in heard
        if one.largest_bytes > 16 << 10 and not default_latched(one.topic)
    )


def test_a_topic_with_two_types_is_proposed_once(tmp_path: Path) -> None:
    small = [topic("/two", "a/A", rate_hz=50), topic("/two", "b/B", rate_hz=40)]
    fat = [topic("/camera", kind, rate_hz=10, size=100_000) for kind in ("a/Raw", "b/Packed")]

    settings = proposed(tmp_path, *small, *fat)

    assert [rule.called for rule in settings.triggers] == ["/two silent for more than 1 s"]
    (rule,) = settings.topics
    assert rule.pre_s is not None
    assert rule.max_bytes is not None
    assert rule.max_bytes > 2 * 10 * 100_000 * (rule.pre_s + 5), "room for what both say"
    assert "# 2 topics," in (tmp_path / "recorder.yaml").read_text()


def surveyed(*times_ns: tuple[str, int]) -> Survey:
    survey = Survey()
    for name, time_ns in times_ns:
        survey.message(survey.channel(Channel(name, "json")), time_ns, b"{}")
    return survey


def test_a_topic_with_a_clock_of_its_own_does_not_stretch_the_time_that_was_heard() -> None:
    now_ns = 1_700_000_000 * NS_PER_S
    speeds = [("/speed", now_ns + number * NS_PER_S // 10) for number in range(21)]

    survey = surveyed(*speeds, ("/since_boot", 5), ("/ahead", now_ns + 3_600 * NS_PER_S), ("/late", now_ns - NS_PER_S))

    assert survey.span_s == 3.0


def test_a_live_source_was_not_heard_for_longer_than_it_was_listened_to() -> None:
    survey = surveyed(("/speed", 0), ("/speed", 1_700_000_000 * NS_PER_S))
    survey.listened_s = 5.0

    assert survey.span_s == 5.0

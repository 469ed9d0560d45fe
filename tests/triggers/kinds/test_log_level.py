import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.triggers import Rule
from pilothouse.triggers.kinds.log_level import Level, Pattern, level_of
from tests.support.rules import fires_at, firings, ns, rule_of

ROSOUT = "/rosout"


def log_rule(**changes: object) -> Rule:
    return rule_of(kind="log_level", **changes)


def ros2(level: int, message: str = "", name: str = "nav") -> dict[str, object]:
    return {"stamp": {"sec": 0, "nanosec": 0}, "level": level, "name": name, "msg": message, "file": "", "line": 1}


def test_a_line_at_the_level_or_above_fires() -> None:
    fired = firings(log_rule(), (0, ROSOUT, ros2(30)), (1, ROSOUT, ros2(40)), (20, ROSOUT, ros2(50)))

    assert [(one.fired_at_ns, one.field, one.value, one.op, one.threshold) for one in fired] == [
        (ns(1), "level", 40.0, "gte", 40.0),
        (ns(20), "level", 50.0, "gte", 40.0),
    ]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (ros2(10), Level.DEBUG),
        (ros2(40), Level.ERROR),
        (ros2(45), Level.ERROR),
        ({"header": {}, "level": 8, "msg": ""}, Level.ERROR),
        ({"header": {}, "level": 2, "msg": ""}, Level.INFO),
        ({"timestamp": {}, "level": 4, "message": "", "name": ""}, Level.ERROR),
        ({"timestamp": {}, "level": np.uint8(3), "message": ""}, Level.WARN),
        ({"level": "error", "message": "x"}, Level.ERROR),
        ({"level": " Warning "}, Level.WARN),
        ({"levelname": "CRITICAL"}, Level.FATAL),
        ({"severity": "ERR"}, Level.ERROR),
        ({"level": 30}, Level.WARN),
    ],
)
def test_levels_are_read_in_words_and_on_the_scales_of_ros_and_foxglove(line: object, level: Level) -> None:
    assert level_of(line) == level


@pytest.mark.parametrize(
    "line",
    [
        {},
        None,
        "error",
        [40],
        {"level": None},
        {"level": float("nan")},
        {"level": "bad"},
        {"level": 0},
        {"level": 51},
        {"level": -1},
        {"level": np.array([40, 50])},
        {"severity": 3},
        {"header": {}, "level": 40},
    ],
)
def test_a_message_without_a_readable_level_is_counted_and_changes_nothing(line: object) -> None:
    rule = log_rule(level="debug")

    assert fires_at(rule, (0, ROSOUT, line)) == []
    assert rule.unmeasured == 1


def test_lines_come_through_once_per_cooldown() -> None:
    rule = log_rule(cooldown_s=5)

    assert fires_at(rule, *((t, ROSOUT, ros2(40)) for t in range(12))) == [0, 5, 10]


def test_a_clock_that_steps_back_starts_the_cooldown_anew() -> None:
    assert fires_at(log_rule(cooldown_s=5), *((t, ROSOUT, ros2(40)) for t in (1000, 1, 3, 6))) == [1000, 6]


def test_patterns_choose_the_logger_and_the_message() -> None:
    rule = log_rule(name_matches="^nav", message_matches="(?i)timed out", cooldown_s=1)

    said = [
        (0, ROSOUT, ros2(40, "goal Timed Out after 5 s", "nav.planner")),
        (10, ROSOUT, ros2(40, "goal reached", "nav.planner")),
        (20, ROSOUT, ros2(40, "timed out", "camera")),
        (30, ROSOUT, {"level": "error", "message": "timed out", "logger": "nav"}),
        (40, ROSOUT, {"level": "error", "message": None, "name": "nav"}),
    ]
    assert fires_at(rule, *said) == [0, 30]


@pytest.mark.parametrize("text", ["(", "[a", r"(a)\1", "(?=a)", r"(\w{1000}){1000}", "", "a" * 501])
def test_a_pattern_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"message_matches"):
        log_rule(message_matches=text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "(a?){50}a{50}$"])
def test_a_pattern_that_is_catastrophic_elsewhere_takes_linear_time(text: str) -> None:
    assert not Pattern(text).is_in("a" * 49 + "!" * 9_000)


def test_text_is_looked_at_only_so_far() -> None:
    assert not Pattern("end").is_in("." * 10_000 + "end")


def test_a_line_is_a_moment_and_never_active() -> None:
    rule = log_rule()
    fires_at(rule, (0, ROSOUT, ros2(50)))

    assert not rule.is_active(0)


@given(st.recursive(st.none() | st.floats() | st.integers() | st.text(), lambda x: st.dictionaries(st.text(), x)))
def test_no_level_raises(level: object) -> None:
    level_of({"level": level})
    level_of(level)

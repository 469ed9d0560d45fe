import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.errors import BadConfiguration
from pilothouse.triggers import Operator, parse_expression


@pytest.mark.parametrize(
    ("text", "topic", "field", "op", "value", "duration_s"),
    [
        ("/speed.data > 9", "/speed", "data", Operator.GT, 9.0, 0.0),
        ("/speed.data>9", "/speed", "data", Operator.GT, 9.0, 0.0),
        ("  /speed.data >= 9 for 0.5 s ", "/speed", "data", Operator.GTE, 9.0, 0.5),
        ("/a/b.pose.position.x < -1.5e2 for 2s", "/a/b", "pose.position.x", Operator.LT, -150.0, 2.0),
        ("/scan.ranges[3] <= .2", "/scan", "ranges[3]", Operator.LTE, 0.2, 0.0),
        ("battery.percent == 0", "battery", "percent", Operator.EQUALS, 0.0, 0.0),
        ("/mode.data = 3", "/mode", "data", Operator.EQUALS, 3.0, 0.0),
        ("/v1.2/state.data != 1", "/v1.2/state", "data", Operator.NOT_EQUALS, 1.0, 0.0),
    ],
)
def test_a_line_says_topic_field_operator_and_number(
    text: str, topic: str, field: str, op: Operator, value: float, duration_s: float
) -> None:
    config = parse_expression(text)

    assert (config.topic, config.field, config.op) == (topic, field, op)
    assert (config.value, config.duration_s) == (value, duration_s)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/speed > 9",
        "/speed.data",
        "/speed.data >",
        "/speed.data > fast",
        "/speed.data ~ 9",
        "/speed.a[ > 1",
        "/speed.data > 9 for",
        "/speed.data > 9 for 9999 s",
        "/speed.data > 1e999",
        "/speed.data > 1.2.3",
    ],
)
def test_a_line_that_says_less_is_refused_with_its_reason(text: str) -> None:
    with pytest.raises(BadConfiguration, match="trigger"):
        parse_expression(text)


def test_the_name_of_a_rule_can_be_given_back_as_its_line() -> None:
    config = parse_expression("/speed.data > 9 for 0.5 s")

    assert parse_expression(config.condition) == config


@given(st.text(max_size=40))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    try:
        parse_expression(text)
    except BadConfiguration:
        return


def test_a_field_that_is_none_is_refused_in_words_for_people() -> None:
    with pytest.raises(BadConfiguration, match=r"field: 'position\[a\]' is not a field path"):
        parse_expression("/joints.position[a] > 1")


def test_the_name_of_a_rule_keeps_every_digit_of_its_limit() -> None:
    lines = ("/gps.latitude > 52.5200066", "/odometer.metres >= 1234567", "/speed.data > 9", "/x.y < -1e-09")

    assert [parse_expression(line).condition for line in lines] == list(lines)

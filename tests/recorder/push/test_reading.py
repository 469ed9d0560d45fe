"""Reading what programs push."""

from __future__ import annotations

import base64
import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.recorder.push.reading import (
    SCHEMA_BYTES,
    Line,
    Lines,
    Pushed,
    UnreadableMessage,
    parse_binary,
    parse_document,
    parse_frame,
    parse_line,
)


def why_not(line: bytes | None) -> str:
    with pytest.raises(UnreadableMessage) as refused:
        parse_line(line)
    return refused.value.sentence


def test_the_data_of_a_line_is_kept_as_it_was_written() -> None:
    pushed = parse_line(b'{"topic": "/x", "data": {"a" : 1.50, "b":[ ]}, "log_time_ns": 5}')

    assert pushed == Pushed("/x", "json", None, 5, b'{"a" : 1.50, "b":[ ]}')


def test_a_schema_is_named_by_its_title_or_its_topic() -> None:
    titled = parse_line(b'{"topic": "/x/y", "data": 1, "schema": {"title": "Speed"}}').schema
    untitled = parse_line(b'{"topic": "/x/y", "data": 1, "schema": {"type": "number"}}').schema

    assert titled is not None
    assert untitled is not None
    assert (titled.name, titled.encoding, titled.data) == ("Speed", "jsonschema", b'{"title": "Speed"}')
    assert untitled.name == "x/y"
    assert parse_line(b'{"topic": "/x", "data": 1, "schema": null}').schema is None


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (b"speed 3", "malformed"),
        (b"[]", "object"),
        (b'{"data": 1}', "`topic`"),
        (b'{"topic": "/x"}', "`data`"),
        (b'{"topic": "/x", "data": NaN}', "and null is"),
        (b'{"topic": "/x", "data": 1, "time": 3}', "`time`"),
        (b'{"topic": "/x", "data": 1, "log_time_ns": 1e400}', "log_time_ns"),
        (b'{"topic": "/x", "data": 1, "encoding": "cdr"}', "octet-stream"),
        (b'{"topic": "/x", "data": "\xff"}', "UTF-8"),
        (b'{"topic": "/x", "data": "\\ud800"}', "JSON"),
        (b'{"topic": " ", "data": 1}', "topic"),
        (b'{"topic": "/a\\u0000b", "data": 1}', "control"),
        (b'{"topic": "/' + b"x" * 500 + b'", "data": 1}', "500 bytes"),
        (b'{"topic": "/x", "data": 1, "schema": 3}', "object"),
        (b'{"topic": "/x", "data": 1, "schema": {"title": "' + b"x" * SCHEMA_BYTES + b'"}}', "has at most"),
        (b'{"topic": "/x", "data": ' + b"[" * 100_000, "deeply"),
        (None, "at most"),
    ],
)
def test_what_is_no_message_is_told_why(line: bytes | None, part: str) -> None:
    assert part in why_not(line)


def test_an_emoji_in_escapes_is_text() -> None:
    assert parse_line(b'{"topic": "/x", "data": "\\ud83d\\ude80"}').content == b'"\\ud83d\\ude80"'


@given(st.binary())
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_parsers(content: bytes) -> None:
    for parse in (parse_line, parse_frame):
        with contextlib.suppress(UnreadableMessage):
            parse(content)
    assert all(isinstance(line, Line) for line in parse_document(content))


@given(st.lists(st.binary(max_size=30).filter(lambda one: b"\n" not in one)), st.integers(1, 20))
@settings(deadline=None)
def test_lines_come_out_however_the_stream_is_cut(texts: list[bytes], size: int) -> None:
    stream = b"\n".join(texts)
    lines = Lines()

    found = [line for start in range(0, len(stream), size) for line in lines.feed(stream[start : start + size])]
    found += lines.end()

    assert found == [Line(number, text) for number, text in enumerate(texts, 1) if text.strip()]
    assert lines.held_bytes == 0


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_line_that_is_too_long_is_named_and_never_kept(size: int) -> None:
    stream = b"a\n" + b"x" * 50 + b"\nb\n"
    lines = Lines(limit=10)
    held = []
    found = []
    for start in range(0, len(stream), size):
        found += lines.feed(stream[start : start + size])
        held.append(lines.held_bytes)

    assert found == [Line(1, b"a", 10), Line(2, None, 10, found[1].beginning), Line(3, b"b", 10)]
    assert max(held) <= 10


def test_a_document_is_one_message_or_an_array_of_them() -> None:
    one, two = {"topic": "/a", "data": 1}, {"topic": "/b", "data": 2}

    assert [parse_line(line.text).topic for line in parse_document(json.dumps(one, indent=2).encode())] == ["/a"]
    array = list(parse_document(json.dumps([one, two]).encode()))
    assert [(line.number, parse_line(line.text).topic) for line in array] == [(1, "/a"), (2, "/b")]
    (broken,) = parse_document(b"[1,")
    assert broken.number == 1


def test_a_frame_is_a_line_about_bytes_and_the_bytes() -> None:
    pushed = parse_frame(b'{"topic": "/scan", "encoding": "cdr", "schema_name": "sensor_msgs/LaserScan"}\n\x00\n\xff')

    assert (pushed.topic, pushed.encoding, pushed.content) == ("/scan", "cdr", b"\x00\n\xff")
    assert pushed.schema is not None
    assert (pushed.schema.name, pushed.schema.encoding, pushed.schema.data) == ("sensor_msgs/LaserScan", "", b"")


def test_headers_describe_bytes() -> None:
    pushed = parse_binary(
        b"\x00", topic="/größe".encode().decode("latin-1"), encoding="cdr", schema_name="Float64",
        schema_encoding="ros2msg", schema=base64.b64encode(b"float64 data\n").decode(), log_time_ns=7,
    )  # fmt: skip

    assert (pushed.topic, pushed.log_time_ns, pushed.content) == ("/größe", 7, b"\x00")
    assert pushed.schema is not None
    assert (pushed.schema.encoding, pushed.schema.data) == ("ros2msg", b"float64 data\n")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"topic": "/x"},
        {"topic": "\xff", "encoding": "cdr"},
        {"topic": "/x", "encoding": "no spaces"},
        {"topic": "/x", "encoding": "json"},
        {"topic": "/x", "encoding": "cdr", "schema": "%"},
        {"topic": "/x", "encoding": "cdr", "schema": "eA=="},
        {"topic": "/x", "encoding": "cdr", "schema": "eA==", "schema_encoding": "ros2msg"},
        {"topic": "/x", "encoding": "cdr", "schema_name": "x" * 300},
    ],
)
def test_headers_that_describe_nothing_are_refused(headers: dict[str, str]) -> None:
    described: dict[str, str | None] = {"topic": None, "encoding": None, **headers}

    with pytest.raises(UnreadableMessage):
        parse_binary(b"\xff", **described)  # type: ignore[arg-type]

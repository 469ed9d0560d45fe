"""What a summary becomes, sense or nonsense."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.hub.recordings.domain.contents import LATEST_NS, MOST_TOPICS, contents_of, facts_in
from pilothouse.mcap import ChannelSummary, Summary
from pilothouse.wire import CaptureFacts, TriggerFired

S = 10**9
FACTS = CaptureFacts(
    session_id="arm_20260512T084230Z",
    robot_id="arm",
    incident_id="inc_1",
    label="too fast",
    trigger=TriggerFired(rule="speed", kind="threshold", topic="/speed", value=9.5, op=">", threshold=9, fired_at_ns=5),
    drops={"/camera": 3},
)


def summary(**changes: Any) -> Summary:
    values: dict[str, Any] = {
        "profile": "",
        "library": "",
        "channels": (channel("/speed", 11),),
        "message_count": 11,
        "start_ns": 100 * S,
        "end_ns": 110 * S,
        "chunk_count": 1,
        "compressions": ("zstd",),
        "metadata": {"pilothouse": FACTS.to_metadata()},
        "indexed": True,
    }
    return Summary(**{**values, **changes})


def channel(topic: str, count: int, schema: str = "Float64", number: int = 1) -> ChannelSummary:
    return ChannelSummary(number, topic, "cdr", schema, "ros2msg", count)


def test_a_capture_tells_who_why_and_what() -> None:
    contents = contents_of("x", summary())

    assert (contents.robot_id, contents.label, contents.incident_id) == ("arm", "too fast", "inc_1")
    assert contents.trigger is not None
    assert (contents.trigger["value"], contents.drops, contents.reason) == (9.5, {"/camera": 3}, "trigger")
    assert contents.channels == [
        {"topic": "/speed", "message_type": "Float64", "encoding": "cdr", "message_count": 11, "rate_hz": 1.1}
    ]


def test_channels_of_one_topic_are_counted_together() -> None:
    both = (channel("/speed", 5, "Old"), channel("/speed", 6, "New", 2))

    assert [(row["topic"], row["message_count"]) for row in contents_of("x", summary(channels=both)).channels] == [
        ("/speed", 11)
    ]


def test_a_file_without_messages_has_no_times_and_no_rates() -> None:
    contents = contents_of("x", summary(start_ns=None, end_ns=None, message_count=0, channels=(channel("/a", 0),)))

    assert (contents.started_ns, contents.ended_ns) == (None, None)
    assert contents.channels[0]["rate_hz"] is None


def test_times_beyond_what_a_column_holds_and_times_in_the_wrong_order_are_put_right() -> None:
    far = contents_of("x", summary(start_ns=2**64 - 1, end_ns=5, message_count=2**64 - 1))

    assert (far.started_ns, far.ended_ns, far.message_count) == (5, LATEST_NS, LATEST_NS)


def test_a_file_with_more_topics_than_anybody_reads_is_listed_with_the_first() -> None:
    many = tuple(channel(f"/t{number:05}", 1) for number in range(MOST_TOPICS + 1))

    assert len(contents_of("x", summary(channels=many)).channels) == MOST_TOPICS


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"version": "x"},
        {"session_id": "a", "robot_id": "../../etc"},
        {"session_id": "a", "robot_id": "arm", "trigger": "[" * 100_000},
        {"session_id": "a", "robot_id": "arm", "drops": "1" * 10_000},
        {"session_id": "a", "robot_id": "arm", "pre_s": '"many"'},
    ],
)
def test_nonsense_in_the_metadata_is_no_capture(record: dict[str, str]) -> None:
    assert facts_in({"pilothouse": record}) is None
    assert contents_of("flight", summary(metadata={"pilothouse": record})).trigger is None


def test_the_robot_is_believed_even_if_the_rest_of_the_metadata_is_nonsense() -> None:
    assert contents_of("x", summary(metadata={"pilothouse": {"robot_id": "arm", "pre_s": "?"}})).robot_id == "arm"


def test_a_measured_nan_and_characters_no_database_takes_are_put_right() -> None:
    record = FACTS.to_metadata() | {
        "label": "a\0b",
        "trigger": json.dumps({**json.loads(FACTS.to_metadata()["trigger"]), "value": float("nan"), "field": "\0"}),
    }

    contents = contents_of("x", summary(metadata={"pilothouse": record}))

    assert contents.trigger is not None
    assert (contents.label, contents.trigger["value"], contents.trigger["field"]) == ("a?b", None, "�")


@given(st.dictionaries(st.sampled_from([*CaptureFacts.model_fields, "other"]), st.text(max_size=50)))
def test_no_metadata_whatever_breaks_indexing(record: dict[str, str]) -> None:
    contents = contents_of("x_1", summary(metadata={"pilothouse": record, "foxglove": record}))

    json.dumps([contents.trigger, contents.drops], allow_nan=False).encode()

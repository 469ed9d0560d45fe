import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pilothouse.web.hygiene import check_json
from pilothouse.wire import (
    CaptureFacts,
    Heartbeat,
    NewAnnotation,
    RecordingAnnouncement,
    TopicHealth,
    TopicSummary,
    TriggerFired,
    UploadMetadata,
)

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}", fullmatch=True)
TRIGGERS = st.builds(
    TriggerFired,
    rule=st.text(max_size=50),
    kind=st.just("threshold"),
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    threshold=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    fired_at_ns=st.integers(0, 2**63 - 1),
)
FACTS = st.builds(
    CaptureFacts,
    session_id=NAMES,
    robot_id=NAMES,
    incident_id=st.none() | NAMES,
    label=st.text(max_size=100),
    trigger=st.none() | TRIGGERS,
    drops=st.dictionaries(st.text(min_size=1, max_size=20), st.integers(0, 10**9), max_size=4),
    software=st.dictionaries(NAMES, st.text(max_size=20), max_size=3),
)


@given(FACTS)
def test_capture_facts_survive_the_way_through_a_metadata_record(facts: CaptureFacts) -> None:
    record = facts.to_metadata()

    assert all(isinstance(value, str) for value in record.values())
    assert CaptureFacts.from_metadata(record) == facts


@given(st.text(max_size=20))
def test_whatever_a_robot_calls_its_topics_the_hub_takes_the_message(topic: str) -> None:
    beat = Heartbeat(robot_id="r", topics={topic: TopicHealth()})
    told = RecordingAnnouncement(
        session_id="s", robot_id="r", label=topic, size_bytes=1, drops={topic: 1}, channels=[TopicSummary(topic=topic)]
    )

    for message in (beat, told):
        text = message.model_dump_json()
        check_json(json.loads(text))
        assert type(message).model_validate_json(text) == message


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"session_id": "a", "robot_id": "../../etc"},
        {"session_id": "a", "robot_id": "r", "pre_s": "soon"},
        {"session_id": "a", "robot_id": "r", "trigger": "[1, 2]"},
    ],
)
def test_nonsense_in_a_metadata_record_is_a_value_error(record: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        CaptureFacts.from_metadata(record)


def test_a_message_from_a_newer_robot_is_understood_without_its_new_fields() -> None:
    assert Heartbeat.model_validate({"robot_id": "kestrel", "invented_later": {"x": 1}}).robot_id == "kestrel"


@pytest.mark.parametrize("robot_id", ["", ".", "../x", "a/b", "a b", "ü", "x" * 101])
def test_a_robot_id_is_safe_in_a_file_name_and_a_url(robot_id: str) -> None:
    with pytest.raises(ValidationError):
        Heartbeat(robot_id=robot_id)


@given(session_id=NAMES, robot_id=st.none() | NAMES)
def test_upload_metadata_survives_its_header(session_id: str, robot_id: str | None) -> None:
    metadata = UploadMetadata(session_id=session_id, robot_id=robot_id, sha256="ab" * 32)

    assert UploadMetadata.from_header(metadata.to_header()) == metadata


@pytest.mark.parametrize(
    "header", ["", "session_id", "session_id !!!", "session_id YQ==", "sha256 YQ==,session_id YQ=="]
)
def test_an_unusable_upload_header_is_a_value_error(header: str) -> None:
    with pytest.raises(ValueError):
        UploadMetadata.from_header(header)


def test_an_annotation_is_trimmed_and_never_empty() -> None:
    assert NewAnnotation(time_ns=0, body="  forklift  ").body == "forklift"
    with pytest.raises(ValidationError):
        NewAnnotation(time_ns=0, body="   ")
    with pytest.raises(ValidationError):
        NewAnnotation(time_ns=-1, body="x")


def test_a_measurement_that_is_no_number_stays_out_of_json() -> None:
    fired = TriggerFired(rule="overspeed", kind="threshold", value=float("nan"), threshold=float("inf"), fired_at_ns=1)

    assert fired.value is None
    assert fired.threshold is None

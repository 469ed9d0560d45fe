import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.recorder.asking.bodies import read_body
from pilothouse.recorder.problems import StrangeBody
from pilothouse.wire import SaveRequest
from pilothouse.wire.alertmanager import AlertNotice


def alert(
    name: str = "MotorHot", *, status: str = "firing", fingerprint: str = "f1", **more: object
) -> dict[str, object]:
    return {
        "status": status,
        "labels": {"alertname": name, "robot": "r2"},
        "annotations": {"summary": "left motor above 90 °C"},
        "startsAt": "2026-05-12T08:42:30Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": fingerprint,
        **more,
    }


def webhook(*alerts: dict[str, object], **more: object) -> bytes:
    body = {
        "version": "4",
        "groupKey": "{}:{}",
        "status": "firing",
        "receiver": "pilothouse",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
        **more,
    }
    return json.dumps(body).encode()


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}", b"null", b'{"label": null}', b'{"other": 1}'])
def test_a_body_may_say_nothing(body: bytes) -> None:
    assert read_body(body) == SaveRequest()


def test_a_body_may_have_a_label() -> None:
    assert read_body(b'{"label":"weird-behavior-after-corner"}') == SaveRequest(label="weird-behavior-after-corner")


def test_an_alert_is_named_by_its_name_and_summary() -> None:
    notice = read_body(webhook(alert()))

    assert notice == AlertNotice(("f1@2026-05-12T08:42:30Z",), "MotorHot: left motor above 90 °C")


@pytest.mark.parametrize(
    ("label", "named"), [("dock 3", "dock 3"), ("", "MotorHot: left motor"), ({"a": 1}, "MotorHot")]
)
def test_a_label_beside_alerts_is_what_they_are_called(label: object, named: str) -> None:
    notice = read_body(webhook(alert(), label=label))

    assert isinstance(notice, AlertNotice)
    assert notice.label.startswith(named)


@pytest.mark.parametrize(
    ("starts_at", "same_as"),
    [
        ("2026-05-12T08:42:30+00:00", "2026-05-12T08:42:30Z"),
        ("2026-05-12T08:42:30.000Z", "2026-05-12T08:42:30Z"),
        ("2026-05-12T10:42:30.123456789+02:00", "2026-05-12T08:42:30.123456789Z"),
        ("2026-05-12T10:42:30+02:00", "2026-05-12T08:42:30Z"),
        ("2026-05-12T10:42:30.1570+02:00", "2026-05-12T08:42:30.157Z"),
        ("0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00+02:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_an_alert_is_known_again_whatever_clock_its_sender_has(starts_at: str, same_as: str) -> None:
    notices = [read_body(webhook(alert(startsAt=one))) for one in (starts_at, same_as)]

    assert notices[0] == notices[1]


def test_null_where_there_is_nothing_is_nothing() -> None:
    notice = read_body(webhook(alert(labels=None, annotations=None)))

    assert isinstance(notice, AlertNotice)
    assert notice.label == "alert"


def test_no_label_holds_what_the_hub_would_refuse() -> None:
    notice = read_body(webhook(alert("Hot\0", annotations={"summary": "\0"})))

    assert isinstance(notice, AlertNotice)
    assert notice.label == "Hot?: ?"
    assert read_body(b'{"label": "a\\u0000b"}') == SaveRequest(label="a?b")


def test_grafana_sends_the_same_with_fields_of_its_own() -> None:
    one = alert(silenceURL="https://grafana/…", dashboardURL="", panelURL="", values={"B": 91.5}, valueString="…")

    notice = read_body(webhook(one, title="[FIRING:1]", state="alerting", message="…", orgId=1))

    assert isinstance(notice, AlertNotice)
    assert notice.keys == ("f1@2026-05-12T08:42:30Z",)


def test_several_firing_alerts_are_one_capture_that_names_them() -> None:
    notice = read_body(webhook(alert("A", annotations={}), alert("B", fingerprint="f2", annotations={})))

    assert isinstance(notice, AlertNotice)
    assert notice.label == "A; B"
    assert len(notice.keys) == 2


def test_resolved_alerts_are_not_captured_and_not_named() -> None:
    notice = read_body(webhook(alert("A", annotations={}), alert("B", status="resolved", fingerprint="f2")))

    assert isinstance(notice, AlertNotice)
    assert notice.label == "A"
    assert notice.keys == ("f1@2026-05-12T08:42:30Z",)


def test_a_webhook_in_which_all_is_resolved_asks_for_nothing() -> None:
    assert read_body(webhook(alert(status="resolved"), alert(status="resolved"), status="resolved")) is None


def test_alerts_without_a_fingerprint_are_told_apart_by_their_labels() -> None:
    first = read_body(webhook(alert("A", fingerprint="")))
    again = read_body(webhook(alert("A", fingerprint="")))
    other = read_body(webhook(alert("B", fingerprint="")))

    assert isinstance(first, AlertNotice)
    assert isinstance(again, AlertNotice)
    assert isinstance(other, AlertNotice)
    assert first.keys == again.keys != other.keys


def test_a_long_list_of_alerts_is_cut_to_a_label() -> None:
    notice = read_body(
        webhook(*(alert("X" * 90, fingerprint=str(n), annotations={"summary": str(n)}) for n in range(50)))
    )

    assert isinstance(notice, AlertNotice)
    assert len(notice.label) == 500


@pytest.mark.parametrize(
    "body",
    [
        b"label=x", b"[]", b"3", b'"text"', b'{"label": 3}', b'{"label": ["x"]}', b"{", b"\xff\xfe", b"\x00",
        b'{"alerts": 1}', b'{"alerts": []}', b'{"alerts": [1]}', b'{"alerts": [{"labels": []}]}',
        b'{"alerts": [{"labels": {"alertname": 3}}]}', b'{"label": "\\ud800"}', b"[" * 100_000,
        b'{"a":' * 50_000, json.dumps({"label": "x" * 501}).encode(), b"NaN",
    ],
)  # fmt: skip
def test_a_strange_body_is_refused_without_repeating_it(body: bytes) -> None:
    with pytest.raises(StrangeBody) as problem:
        read_body(body)

    assert len(problem.value.sentence) < 300


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_being_refused(body: bytes) -> None:
    try:
        read_body(body)
    except StrangeBody:
        return


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
)


@given(st.dictionaries(st.sampled_from(["label", "alerts", "status", "x"]), json_values))
def test_no_json_does_worse_than_being_refused(body: dict[str, object]) -> None:
    try:
        read_body(json.dumps(body).encode())
    except StrangeBody:
        return

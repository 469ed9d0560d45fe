"""The Foxglove protocol, from the server's side; read back by the recorder's own client."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pilothouse.guard.telemetry import Event, TelemetryService
from pilothouse.guard.telemetry.foxglove import Viewer, chosen_subprotocol
from pilothouse.mcap import Decoders
from pilothouse.recorder.sources.foxglove_protocol import HEADER, Advertised, Conversation
from tests.support.cycles import START_S, cycle

JPEG = b"\xff\xd8 a picture \xff\xd9"


def event(**facts: Any) -> Event:
    service = TelemetryService()
    service.offer(cycle(7, **facts))
    service.drain()
    return service.history.last(1)[0]


def said(viewer: Viewer, one: Event, *, missed: int = 0, with_frames: bool = True) -> list[str | bytes]:
    return list(viewer.show(one, missed=missed, with_frames=with_frames))


def subscribe(viewer: Viewer, *pairs: tuple[int, int]) -> list[dict[str, Any]]:
    wishes = [{"id": subscription, "channelId": channel} for subscription, channel in pairs]
    answers = viewer.hear(json.dumps({"op": "subscribe", "subscriptions": wishes}))
    return [json.loads(text) for text in answers]


def test_a_client_hears_who_it_is_and_what_there_is() -> None:
    info, advertised = map(json.loads, Viewer("arm").greet())

    assert (info["op"], info["name"], info["capabilities"]) == ("serverInfo", "arm", [])
    assert [(one["id"], one["topic"], one["encoding"]) for one in advertised["channels"]] == [
        (1, "/dam/cycle", "json"), (2, "/joint_states", "json"),
    ]  # fmt: skip
    assert all(json.loads(one["schema"])["type"] == "object" for one in advertised["channels"])


def test_only_what_was_asked_for_is_sent() -> None:
    viewer = Viewer("arm")

    assert said(viewer, event()) == []
    assert subscribe(viewer, (50, 1)) == []
    (frame,) = said(viewer, one := event())

    assert frame == HEADER.pack(1, 50, round((START_S + 0.14) * 1e9)) + one.text
    list(viewer.hear('{"op": "unsubscribe", "subscriptionIds": [50]}'))
    assert said(viewer, event()) == []


def test_cameras_are_told_of_when_they_come_and_arrive_as_images() -> None:
    viewer, conversation = Viewer("arm"), Conversation()
    (advertise,) = said(viewer, one := event(images={"top": JPEG}))
    assert isinstance(advertise, str)
    (camera,) = conversation.read(advertise)
    assert isinstance(camera, Advertised)
    assert (camera.topic, camera.server_id) == ("/dam/images/top", 3)
    assert camera.channel is not None
    assert subscribe(viewer, (9, 3)) == []

    (frame,) = said(viewer, one)

    assert isinstance(frame, bytes)
    image = Decoders().decode(camera.channel, frame[HEADER.size :])
    assert image == {
        "timestamp": {"seconds": 1_700_000_000, "nanos": 140_000_000}, "data": JPEG, "format": "jpeg",
        "frame_id": "top",
    }  # fmt: skip
    assert said(viewer, one, with_frames=False) == []


def test_a_slow_viewer_is_told_what_it_missed() -> None:
    viewer = Viewer("arm")
    said(viewer, event(), missed=3)
    (status,) = said(viewer, event(), missed=4)

    assert isinstance(status, str)
    assert json.loads(status)["message"] == "7 cycles left out: this viewer is too slow"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "5", '{"op": "advertise"}', '{"op": "subscribe", "subscriptions": [{"id": 1, "channelId": 99}]}',
     '{"op": "subscribe", "subscriptions": [{"id": -1, "channelId": 1}]}', b"\x01\x02", "\xff", "[" * 5000,
     '{"op": "subscribe", "subscriptions": [{"id": 99999999999, "channelId": 1}]}'],
)  # fmt: skip
def test_what_makes_no_sense_is_answered_with_a_warning_and_changes_nothing(text: str | bytes) -> None:
    viewer = Viewer("arm")

    (answer,) = viewer.hear(text)

    assert json.loads(answer)["op"] == "status"
    assert said(viewer, event()) == []


def test_subscriptions_are_bounded() -> None:
    answers = subscribe(Viewer("arm"), *((number, 1) for number in range(1001)))

    assert len(answers) == 1


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["foxglove.sdk.v1"], "foxglove.sdk.v1"), (["foxglove.websocket.v1"], "foxglove.websocket.v1"),
     (["foxglove.websocket.v1", "foxglove.sdk.v1"], "foxglove.sdk.v1"), ([], None), (["mqtt"], None)],
)  # fmt: skip
def test_both_subprotocols_are_spoken(offered: list[str], chosen: str | None) -> None:
    assert chosen_subprotocol(offered) == chosen

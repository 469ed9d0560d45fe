"""What is in a recording, asked of the hub."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import math
import shutil
from collections.abc import Iterable
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pilothouse.hub.composition import Hub
from pilothouse.hub.playback.domain import as_json, numeric_fields
from pilothouse.mcap import Channel, Message, Schema, open_recording, verify
from pilothouse.triggers.field_path import MISSING, FieldPath
from tests.support.flights import NS_PER_S, START_NS, Said, drone_flight, json_channel, saying, write_messages

pytestmark = pytest.mark.anyio

DRONE = "drone_20260101T000000Z"
ARM = "arm_20260101T000000Z"


@pytest.fixture
async def drone(hub: Hub, client: httpx2.AsyncClient) -> str:
    """The real flight, indexed."""
    shutil.copy(drone_flight(), hub.settings.data / "sessions" / f"{DRONE}.mcap")
    await _index(client)
    return f"/api/sessions/{DRONE}"


async def test_the_numbers_of_every_topic_are_listed(client: httpx2.AsyncClient, drone: str) -> None:
    topics = {one["topic"]: one for one in (await client.get(f"{drone}/fields")).json()["topics"]}

    assert topics["/speed"]["fields"] == ["data"]
    assert "pose.position.x" in topics["/groundtruth/pose"]["fields"]
    assert topics["/tf"]["message_count"] > 0
    assert all(one["problem"] is None for one in topics.values())


async def test_messages_are_read_decoded_page_by_page(client: httpx2.AsyncClient, drone: str) -> None:
    with open_recording(drone_flight()) as recording:
        expected = [message.log_time_ns for message in recording.messages(topics=["/speed"])]

    seen: list[int] = []
    start: float | None = 0.0
    while start is not None:
        params = {"topic": "/speed", "start": start, "limit": 200}
        page = (await client.get(f"{drone}/messages", params=params)).json()
        seen += [one["log_time_ns"] for one in page["items"]]
        start = page["next_start"]

    assert sorted(set(seen)) == sorted(set(expected))
    assert isinstance(page["items"][0]["message"]["data"], float)


async def test_a_plot_of_few_points_keeps_the_peak(client: httpx2.AsyncClient, drone: str) -> None:
    fields = "/speed.data,/groundtruth/pose.pose.position.z"
    answer = (await client.get(f"{drone}/series", params={"fields": fields, "points": 50})).json()

    speed, height = answer["series"]
    assert speed["field"] == "/speed.data"
    assert len(speed["times_s"]) <= 54
    assert max(speed["values"]) == speed["highest"] == pytest.approx(9.51, abs=0.01)
    assert speed["times_s"][speed["values"].index(speed["highest"])] == pytest.approx(15.9, abs=0.1)
    assert height["message_count"] > 5_000
    assert speed["times_s"] == sorted(speed["times_s"])


async def test_a_zoomed_plot_is_the_same_whether_it_was_seen_whole_before_or_not(
    client: httpx2.AsyncClient, drone: str
) -> None:
    zoomed = {"fields": "/speed.data", "start": 15.0, "end": 16.5, "points": 100}
    first = (await client.get(f"{drone}/series", params=zoomed)).json()
    await client.get(f"{drone}/series", params={"fields": "/speed.data"})
    second = (await client.get(f"{drone}/series", params=zoomed)).json()

    assert first == second
    times = first["series"][0]["times_s"]
    assert 15.0 <= times[0] < 15.2
    assert 16.2 < times[-1] <= 16.5


@pytest.mark.parametrize(
    ("path", "status", "code", "said"),
    [
        ("series?fields=/spee.data", 422, "unknown_field", "/speed"),
        ("series?fields=/speed", 422, "unknown_field", ""),
        ("series?fields=/speed.dta", 422, "not_numeric", "/speed.dta"),
        ("series?fields=/speed.data&start=5&end=4", 422, "bad_window", ""),
        ("messages?topic=/sped", 404, "unknown_topic", "/speed"),
        ("frames?topic=/speed&t=1", 422, "not_an_image", "Float64"),
        ("frames?topic=/nope", 404, "unknown_topic", ""),
        ("cut?topics=/speed,/nope", 404, "unknown_topic", "/nope"),
        ("series?fields=/speed.data&start=1e300", 422, "invalid", ""),
    ],
)
async def test_a_question_that_makes_no_sense_is_answered_with_what_is_wrong(
    client: httpx2.AsyncClient, drone: str, path: str, status: int, code: str, said: str
) -> None:
    answer = await client.get(f"{drone}/{path}")

    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    assert said in str(answer.json()["detail"])


@pytest.mark.parametrize("path", ["fields", "messages?topic=/a", "series?fields=/a.b", "frames?topic=/a", "cut"])
async def test_a_recording_that_is_not_there_or_cannot_be_read_says_so(
    client: httpx2.AsyncClient, hub: Hub, path: str
) -> None:
    (hub.settings.data / "sessions" / "bad_20260101T000000Z.mcap").write_bytes(b"\x89MCAP0\r\nnonsense")
    await _index(client)

    absent = await client.get(f"/api/sessions/none_20260101T000000Z/{path}")
    damaged = await client.get(f"/api/sessions/bad_20260101T000000Z/{path}")

    assert (absent.status_code, absent.json()["code"]) == (404, "unknown_recording")
    assert (damaged.status_code, damaged.json()["code"]) == (422, "damaged")


async def test_a_cut_holds_exactly_the_messages_asked_for(
    client: httpx2.AsyncClient, drone: str, tmp_path: Path
) -> None:
    answer = await client.get(f"{drone}/cut", params={"topics": "/speed,/roll", "start": 3, "end": 5})

    assert answer.headers["content-disposition"] == f'attachment; filename="{DRONE}-cut.mcap"'
    assert "content-encoding" not in answer.headers
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(answer.content)
    assert verify(cut).ok
    with open_recording(drone_flight()) as whole, open_recording(cut) as part:
        begin = whole.summary().start_ns or 0
        window = {"start_ns": begin + 3 * NS_PER_S, "end_ns": begin + 5 * NS_PER_S}
        wanted = [
            (m.channel.topic, m.log_time_ns, m.content) for m in whole.messages(topics=["/speed", "/roll"], **window)
        ]
        assert sorted((m.channel.topic, m.log_time_ns, m.content) for m in part.messages()) == sorted(wanted)


async def test_recordings_that_follow_each_other_are_cut_as_one(
    client: httpx2.AsyncClient, hub: Hub, tmp_path: Path
) -> None:
    sessions = hub.settings.data / "sessions"
    first = saying("/n", [{"v": number} for number in range(10)])
    second = saying("/n", [{"v": number} for number in range(10, 20)], start_ns=START_NS + NS_PER_S)
    write_messages(sessions / f"{ARM}.mcap", first)
    write_messages(sessions / "arm_20260101T000001Z.mcap", second)
    await _index(client)

    params = {"following": "arm_20260101T000001Z", "start": 0.5, "end": 1.4}
    answer = await client.get(f"/api/sessions/{ARM}/cut", params=params)

    cut = tmp_path / "cut.mcap"
    cut.write_bytes(answer.content)
    with open_recording(cut) as part:
        values = [json.loads(message.content)["v"] for message in part.messages()]
    assert values == list(range(5, 15))


async def test_the_frame_at_a_time_is_the_last_one_until_then(client: httpx2.AsyncClient, hub: Hub) -> None:
    channel = Channel("/camera", "json", Schema("foxglove.CompressedImage", "jsonschema", b"{}"))
    frames = [
        Said(
            "/camera", START_NS + second * 10 * NS_PER_S, json.dumps({"format": "jpeg", "data": _jpeg(second)}).encode()
        )
        for second in range(5)
    ]
    state = saying("/state", [{"v": 1}] * 500)
    path = hub.settings.data / "sessions" / f"{ARM}.mcap"
    write_messages(path, [*frames, *state], channels={"/camera": channel, "/state": json_channel("/state")})
    await _index(client)

    async def shade(t: float) -> int:
        answer = await client.get(f"/api/sessions/{ARM}/frames", params={"topic": "/camera", "t": t})
        assert answer.headers["content-type"] == "image/jpeg"
        return round(Image.open(io.BytesIO(answer.content)).convert("L").getpixel((0, 0)) / 50)  # type: ignore[operator]

    assert [await shade(t) for t in (0, 9.99, 10, 29, 39.9, 1_000)] == [0, 0, 1, 2, 3, 4]
    before = await client.get(f"/api/sessions/{ARM}/frames", params={"topic": "/camera", "t": -1})
    assert (before.status_code, before.json()["code"]) == (404, "no_frame")
    shown = await client.get(f"/api/sessions/{ARM}/frames?topic=/camera&t=-1&or_first=true")
    assert (shown.status_code, shown.headers["x-log-time-ns"]) == (200, str(START_NS))


async def test_raw_images_are_shown_as_jpeg_and_nonsense_is_refused(client: httpx2.AsyncClient, hub: Hub) -> None:
    channel = Channel("/raw", "json", Schema("sensor_msgs/msg/Image", "jsonschema", b"{}"))
    red = base64.b64encode(bytes((0, 0, 255)) * 64).decode()
    good = {"width": 8, "height": 8, "encoding": "bgr8", "step": 24, "data": red}
    bad = {**good, "height": 1_000_000, "width": 1_000_000}
    frames = [Said("/raw", START_NS + n * NS_PER_S, json.dumps(one).encode()) for n, one in enumerate((good, bad))]
    path = hub.settings.data / "sessions" / f"{ARM}.mcap"
    write_messages(path, frames, channels={"/raw": channel})
    await _index(client)

    shown = await client.get(f"/api/sessions/{ARM}/frames", params={"topic": "/raw", "t": 0})
    refused = await client.get(f"/api/sessions/{ARM}/frames", params={"topic": "/raw", "t": 1})

    pixel = Image.open(io.BytesIO(shown.content)).getpixel((4, 4))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert max(pixel[1:]) < 60
    assert (refused.status_code, refused.json()["code"]) == (422, "not_an_image")


async def test_messages_that_cannot_be_decoded_say_why_and_the_others_are_read(
    client: httpx2.AsyncClient, hub: Hub
) -> None:
    said = [
        Said("/x", START_NS, b'{"v": 1e999, "n": NaN, "big": %d}' % 2**70),
        Said("/x", START_NS + 1, b"{broken"),
        Said("/x", START_NS + 2, json.dumps({"v": 2, "run": list(range(1000))}).encode()),
    ]
    write_messages(hub.settings.data / "sessions" / f"{ARM}.mcap", said)
    await _index(client)

    items = (await client.get(f"/api/sessions/{ARM}/messages?topic=/x")).json()["items"]
    series = (await client.get(f"/api/sessions/{ARM}/series?fields=/x.v")).json()["series"][0]

    assert items[0]["message"] == {"v": None, "n": None, "big": str(2**70)}
    assert items[1]["message"] is None
    assert "cannot be decoded" in items[1]["problem"]
    assert items[2]["message"]["run"] == {"$length": 1000, "first": list(range(256))}
    assert series["values"] == [None, None, 2.0]
    assert (series["lowest"], series["highest"]) == (2.0, 2.0)


Decoded = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(Decoded)
def test_whatever_was_decoded_becomes_json(decoded: object) -> None:
    text = json.dumps(as_json(decoded), allow_nan=False)

    assert json.loads(text) is not ...
    assert not any(math.isnan(one) for one in _floats(json.loads(text)))


@given(Decoded)
def test_every_number_that_is_offered_can_be_asked_for(decoded: object) -> None:
    for path in numeric_fields(decoded):
        assert FieldPath(path).find(decoded) is not MISSING
        assert "," not in path


def _facts(messages: Iterable[Message]) -> list[tuple[str, int, bytes]]:
    return sorted((one.channel.topic, one.log_time_ns, one.content) for one in messages)


def _floats(value: object) -> list[float]:
    if isinstance(value, dict):
        return [one for inner in value.values() for one in _floats(inner)]
    if isinstance(value, list):
        return [one for inner in value for one in _floats(inner)]
    return [value] if isinstance(value, float) else []


def _jpeg(number: int) -> str:
    written = io.BytesIO()
    Image.new("L", (16, 16), number * 50).save(written, "JPEG")
    return base64.b64encode(written.getvalue()).decode()


async def _index(client: httpx2.AsyncClient) -> None:
    await client.post("/api/admin/rescan")
    async with asyncio.timeout(20):
        while any(one["state"] == "indexing" for one in (await client.get("/api/sessions")).json()["sessions"]):
            await asyncio.sleep(0.02)

"""Sessions are recorded whole, live readable, rotated and bounded, and never lose a violation to a burst."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from pilothouse.guard.loopback.facts import Counts
from pilothouse.guard.loopback.loopback import Loopback
from pilothouse.guard.loopback.names import file_name, is_session_id, parsed
from pilothouse.guard.loopback.session_writer import LoopbackOptions
from pilothouse.guard.loopback.sessions import Sessions
from pilothouse.guard.model import Decision
from pilothouse.mcap import open_recording, verify
from pilothouse.mcap.compressed_image import DESCRIPTOR_SET
from pilothouse.mcap.problems import StorageFull
from pilothouse.mcap.writing.live import LiveRecording
from tests.support.cycles import SESSION, START_S, cycle
from tests.support.processes import eventually
from tests.support.readers import read_as_stream, read_by_index, rerun_check

DEADLINE_S = 30.0
FRAME = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20 + b"\xff\xd9"


@contextmanager
def loopback(directory: Path, session_id: str = SESSION, **options: Any) -> Iterator[Loopback]:
    recorder = Loopback(directory, LoopbackOptions(robot_id="arm-7", **options))
    recorder.start()
    recorder.begin(session_id)
    try:
        yield recorder
    finally:
        recorder.end()
        recorder.stop(DEADLINE_S)


def cycle_ids(path: Path) -> list[int]:
    return [json.loads(one.content)["cycle_id"] for one in read_as_stream(path) if one.topic == "/dam/cycle"]


def test_a_session_has_a_message_of_every_kind_for_every_cycle(tmp_path: Path) -> None:
    with loopback(tmp_path) as recorder:
        for number in range(50):
            recorder.offer(cycle(number, Decision.REJECT if number == 7 else Decision.PASS))
        assert recorder.flush(DEADLINE_S)

    (path,) = tmp_path.iterdir()
    assert path.name == file_name(SESSION, 0)
    with open_recording(path) as recording:
        summary = recording.summary()
    assert {one.topic: one.message_count for one in summary.channels} == {
        "/dam/cycle": 50, "/dam/obs": 50, "/dam/action": 50, "/dam/L0": 50, "/dam/L1": 50,
    }  # fmt: skip
    assert {(one.message_encoding, one.schema_encoding) for one in summary.channels} == {("json", "jsonschema")}
    assert summary.metadata["pilothouse"]["config_hash"] == "c0ffee"
    assert summary.metadata["pilothouse"]["reason"] == "guard"
    assert summary.metadata["foxglove"] == {"deviceName": "arm-7"}
    assert summary.start_ns == round(START_S * 1e9)
    event = next(json.loads(one.content) for one in read_by_index(path) if one.topic == "/dam/cycle")
    assert event["monotonic_ns"] == 0
    assert verify(path).ok
    rerun_check(path)


def test_messages_are_what_their_schemas_say(tmp_path: Path) -> None:
    with loopback(tmp_path) as recorder:
        recorder.offer(cycle(1, Decision.REJECT, images={"top": FRAME}, failure_type="solver"))
        recorder.flush(DEADLINE_S)

    (path,) = tmp_path.iterdir()
    with path.open("rb") as file:
        for schema, channel, message in make_reader(file).iter_messages():
            if channel.message_encoding == "json":
                assert schema is not None
                properties = json.loads(schema.data)["properties"]
                said = json.loads(message.data)
                for key, value in said.items():
                    if key != "observed_at":
                        assert kind_of(value) in kinds(properties[key]), (channel.topic, key)


def kinds(schema: dict[str, Any]) -> set[str]:
    kind = schema["type"]
    return {kind} if isinstance(kind, str) else set(kind)


def kind_of(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def test_frames_are_compressed_images_that_foxglove_knows(tmp_path: Path) -> None:
    with loopback(tmp_path) as recorder:
        recorder.offer(cycle(1, images={"top": FRAME}))
        recorder.flush(DEADLINE_S)

    (path,) = tmp_path.iterdir()
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        ((schema, channel, _, image),) = list(reader.iter_decoded_messages(topics=["/dam/images/top"]))
    assert schema is not None
    assert (schema.name, channel.message_encoding) == ("foxglove.CompressedImage", "protobuf")
    assert (image.data, image.format, image.frame_id) == (FRAME, "jpeg", "top")
    assert image.timestamp.seconds == int(START_S)


def test_our_image_schema_is_the_one_of_foxglove() -> None:
    from foxglove.messages import CompressedImage, Timestamp

    from pilothouse.mcap.compressed_image import compressed_image

    theirs = CompressedImage(timestamp=Timestamp(3, 5), frame_id="cam", data=FRAME, format="jpeg").encode()

    assert sorted(theirs) == sorted(compressed_image(FRAME, time_ns=3_000_000_005, frame_id="cam"))


def test_our_descriptor_set_is_what_protobuf_makes_of_the_message() -> None:
    from google.protobuf import descriptor_pb2, timestamp_pb2

    files = descriptor_pb2.FileDescriptorSet()
    timestamp_pb2.DESCRIPTOR.CopyToProto(files.file.add())
    file = files.file.add(name="foxglove/CompressedImage.proto", package="foxglove", syntax="proto3")
    file.dependency.append("google/protobuf/timestamp.proto")
    message = file.message_type.add(name="CompressedImage")
    kinds = descriptor_pb2.FieldDescriptorProto
    message.field.add(
        name="timestamp", number=1, label=kinds.LABEL_OPTIONAL, type=kinds.TYPE_MESSAGE,
        type_name=".google.protobuf.Timestamp", json_name="timestamp",
    )  # fmt: skip
    for number, name, kind in ((2, "data", kinds.TYPE_BYTES), (3, "format", kinds.TYPE_STRING),
                               (4, "frame_id", kinds.TYPE_STRING)):  # fmt: skip
        message.field.add(name=name, number=number, label=kinds.LABEL_OPTIONAL, type=kind)

    ours = descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTOR_SET)
    assert ours == files


def test_frames_come_at_most_as_often_as_asked_for(tmp_path: Path) -> None:
    with loopback(tmp_path, image_rate_hz=10.0) as recorder:
        for number in range(100):
            recorder.offer(cycle(number, images={"top": FRAME}, monotonic_ns=number * 20_000_000))
            if number % 20 == 0:
                recorder.flush(DEADLINE_S)

    (path,) = tmp_path.iterdir()
    assert sum(one.topic == "/dam/images/top" for one in read_by_index(path)) == 20


def test_a_live_file_is_readable(tmp_path: Path) -> None:
    with loopback(tmp_path) as recorder:
        for number in range(30):
            recorder.offer(cycle(number))
        assert recorder.flush(DEADLINE_S)
        (path,) = tmp_path.iterdir()

        assert path.name.endswith(".mcap.active")
        assert cycle_ids(path) == list(range(30))
        assert verify(path).ok


def test_a_session_is_rotated_by_size_and_its_files_make_it_whole(tmp_path: Path) -> None:
    with loopback(tmp_path, rotate_bytes=20_000) as recorder:
        for number in range(400):
            recorder.offer(cycle(number, Decision.CLAMP if number % 50 == 0 else Decision.PASS))
            if number % 20 == 19:
                recorder.flush(DEADLINE_S)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[:2] == [file_name(SESSION, 0), file_name(SESSION, 1)]
    assert len(names) > 3
    assert [one for name in names for one in cycle_ids(tmp_path / name)] == list(range(400))
    (facts,) = Sessions(tmp_path).every()
    assert len(facts.parts) == len(names)
    assert (facts.counts.total_cycles, facts.counts.clamp_cycles) == (400, 8)


def test_a_session_is_rotated_by_age(tmp_path: Path) -> None:
    with loopback(tmp_path, rotate_s=1e-6) as recorder:
        for number in range(3):
            recorder.offer(cycle(number))
            recorder.flush(DEADLINE_S)

    assert len(list(tmp_path.iterdir())) == 3


def test_the_oldest_files_go_when_all_are_too_large(tmp_path: Path) -> None:
    with loopback(tmp_path, rotate_bytes=10_000, max_total_bytes=60_000) as recorder:
        for number in range(1000):
            recorder.offer(cycle(number))
            if number % 10 == 9:
                recorder.flush(DEADLINE_S)

    paths = sorted(tmp_path.iterdir())
    assert sum(path.stat().st_size for path in paths) <= 60_000
    assert cycle_ids(paths[-1])[-1] == 999
    assert cycle_ids(paths[0])[0] > 0


def test_a_burst_of_10_000_cycles_loses_no_violation(tmp_path: Path) -> None:
    with loopback(tmp_path) as recorder:
        for number in range(10_000):
            recorder.offer(cycle(number, Decision.REJECT if number % 4 == 0 else Decision.PASS))
        assert recorder.flush(DEADLINE_S)
        dropped = recorder.dropped
        assert recorder.dropped_rejected == 0

    (path,) = tmp_path.iterdir()
    recorded = cycle_ids(path)
    assert set(range(0, 10_000, 4)) <= set(recorded)
    assert len(recorded) + dropped == 10_000
    (facts,) = Sessions(tmp_path).every()
    assert facts.counts.violation_cycles == 2_500


def test_the_next_session_has_a_file_of_its_own_and_late_cycles_reopen_none(tmp_path: Path) -> None:
    other = "sess_20231114_230000_00ff00"
    with loopback(tmp_path) as recorder:
        recorder.offer(cycle(0))
        recorder.end()
        recorder.flush(DEADLINE_S)
        recorder.offer(cycle(1, Decision.FAULT))
        recorder.offer(cycle(0, session_id=""))
        recorder.flush(DEADLINE_S)
        recorder.begin(other)
        recorder.offer(cycle(0, session_id=other))
        recorder.flush(DEADLINE_S)

        assert recorder.live() is not None

    assert sorted(path.name for path in tmp_path.iterdir()) == [file_name(SESSION, 0), file_name(other, 0)]
    assert cycle_ids(tmp_path / file_name(SESSION, 0)) == [0]


def test_nothing_is_written_without_a_cycle(tmp_path: Path) -> None:
    with loopback(tmp_path / "sessions") as recorder:
        recorder.flush(DEADLINE_S)

    assert not (tmp_path / "sessions").exists()


def test_a_full_disk_costs_harmless_chunks_before_violations_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    real = LiveRecording.add_chunk

    def add_chunk(live: LiveRecording, chunk: Any) -> None:
        if full:
            raise StorageFull(path=live.path)
        real(live, chunk)

    monkeypatch.setattr(LiveRecording, "add_chunk", add_chunk)
    monkeypatch.setattr("pilothouse.guard.loopback.session_writer.MOST_UNWRITTEN_BYTES", 40_000)
    with loopback(tmp_path) as recorder:
        for number in range(600):
            recorder.offer(cycle(number, Decision.REJECT if number == 25 else Decision.PASS))
            if number % 10 == 9:
                recorder.flush(DEADLINE_S)
        assert recorder.problem is not None
        assert "no room left" in recorder.problem
        lost = recorder.dropped
        full = False
        recorder.offer(cycle(600))
        recorder.flush(DEADLINE_S)
        assert recorder.problem is None

    (path,) = tmp_path.iterdir()
    recorded = cycle_ids(path)
    assert lost > 0
    assert 25 in recorded
    assert recorded[-1] == 600
    assert len(recorded) + lost == 601
    assert verify(path).ok


def test_a_session_that_ends_on_a_full_disk_is_written_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    real = LiveRecording.add_chunk

    def add_chunk(live: LiveRecording, chunk: Any) -> None:
        if full:
            raise StorageFull(path=live.path)
        real(live, chunk)

    monkeypatch.setattr(LiveRecording, "add_chunk", add_chunk)
    with loopback(tmp_path) as recorder:
        recorder.offer(cycle(0, Decision.REJECT))
        recorder.end()
        recorder.flush(DEADLINE_S)
        assert "no room left" in eventually(lambda: recorder.problem)
        full = False
        path = tmp_path / file_name(SESSION, 0)
        eventually(path.exists)
        assert recorder.problem is None

    assert cycle_ids(path) == [0]
    assert recorder.dropped == 0


def test_a_disk_that_hangs_holds_up_neither_the_loop_nor_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, free, hanging = LiveRecording.add_chunk, threading.Event(), threading.Event()

    def add_chunk(live: LiveRecording, chunk: Any) -> None:
        if tmp_path.joinpath("hang").exists():
            hanging.set()
            free.wait(DEADLINE_S)
        real(live, chunk)

    monkeypatch.setattr(LiveRecording, "add_chunk", add_chunk)
    with loopback(tmp_path / "sessions") as recorder:
        recorder.offer(cycle(0))
        recorder.flush(DEADLINE_S)
        (tmp_path / "hang").touch()
        for number in range(1, 4000):
            recorder.offer(cycle(number, Decision.REJECT if number % 100 == 0 else Decision.PASS))
        assert not recorder.flush(0.01)
        assert hanging.wait(DEADLINE_S)
        (facts,) = Sessions(tmp_path / "sessions", recorder).every()
        assert facts.counts.total_cycles == 1
        assert facts.is_live
        free.set()

    (path,) = (tmp_path / "sessions").iterdir()
    assert set(range(100, 4000, 100)) <= set(cycle_ids(path))


def test_on_a_really_full_disk_the_oldest_session_makes_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        with loopback(disk, compression="none", rotate_bytes=300_000) as recorder:
            for number in range(3000):
                recorder.offer(cycle(number))
                if number % 50 == 49:
                    recorder.flush(DEADLINE_S)
            assert recorder.dropped == 0
        paths = sorted(disk.iterdir())
        assert cycle_ids(paths[-1])[-1] == 2999
        assert cycle_ids(paths[0])[0] > 0
    finally:
        subprocess.run(["umount", disk], check=True)


def test_names_are_those_documented() -> None:
    assert is_session_id("sess_20241210_143022_abc123")
    assert not is_session_id("../etc/passwd")
    assert file_name("sess_20241210_143022_abc123", 0) == "session_20241210_143022_abc123.mcap"
    assert file_name("sess_20241210_143022_abc123", 2) == "session_20241210_143022_abc123_002.mcap"
    assert parsed("session_20241210_143022_abc123_002.mcap.active") == ("sess_20241210_143022_abc123", 2)
    assert parsed("session_20241210_143022_abc123.mcap.completing") is None


def test_counts_read_back_what_they_wrote() -> None:
    counts = Counts(chunks=[(0, 4), (3, 9)])
    for number in range(10):
        counts.add(number, is_violation=number == 3, is_clamp=number > 7)

    assert Counts.parse(counts.metadata(reason="ended")) == counts
    assert Counts.parse({}) is None
    assert Counts.parse({"pilothouse.guard.session": {"total_cycles": "many"}}) is None


def test_an_odd_cycle_costs_only_itself(tmp_path: Path) -> None:
    with loopback(tmp_path) as recorder:
        recorder.offer(cycle(0))
        recorder.offer(cycle(1, config_hash=object()))
        recorder.offer(cycle(2))
        recorder.flush(DEADLINE_S)

    (path,) = tmp_path.iterdir()
    assert cycle_ids(path) == [0, 2]
    assert eventually(lambda: verify(path).ok)

"""Replays of bags that rosbags wrote."""

from __future__ import annotations

import threading
import tracemalloc
from pathlib import Path
from struct import pack, unpack

import numpy as np
import pytest
from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin
from rosbags.rosbag2 import Writer as Writer2
from rosbags.typesys import Stores, get_typestore

from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import Decoders
from pilothouse.recorder.problems import SourceUnusable
from pilothouse.recorder.sources import SourceRunner, SourceState
from pilothouse.recorder.sources.config import ReplayConfig
from pilothouse.recorder.sources.pace import BETWEEN_ROUNDS_NS
from pilothouse.recorder.sources.replay import LEAST_BYTES, Replay
from pilothouse.recorder.sources.ros1_bags import Ros1Flight
from pilothouse.recorder.sources.ros2_bags import LIBRARY_BYTES
from tests.support.ears import Ear, listening, turned_away
from tests.support.processes import eventually

START_NS = 1_600_000_000_000_000_000
STEP_NS = 100_000_000
COUNT = 20


def ros1_bag(path: Path) -> Path:
    store = get_typestore(Stores.ROS1_NOETIC)
    pose_type, quaternion = (store.types[f"geometry_msgs/msg/{name}"] for name in ("Pose", "Quaternion"))
    point = store.types["geometry_msgs/msg/Point"]
    with Writer1(path) as writer:
        connection = writer.add_connection("/pose", pose_type.__msgtype__, typestore=store)
        for number in range(COUNT):
            pose = pose_type(point(number, 0, 0), quaternion(0, 0, 0, 1))
            writer.write(connection, START_NS + number * STEP_NS, store.serialize_ros1(pose, pose_type.__msgtype__))
    return path


def ros2_bag(path: Path) -> Path:
    store = get_typestore(Stores.ROS2_HUMBLE)
    values_type = store.types["std_msgs/msg/Float64MultiArray"]
    layout = store.types["std_msgs/msg/MultiArrayLayout"]
    with Writer2(path, version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        connection = writer.add_connection("/values", values_type.__msgtype__, typestore=store)
        for number in range(COUNT):
            values = values_type(layout([], 0), np.array([number, 0.5]))
            writer.write(connection, START_NS + number * STEP_NS, store.serialize_cdr(values, values_type.__msgtype__))
    return path


def played(path: Path, **config: object) -> Ear:
    replay = Replay.open(ReplayConfig.model_validate({"path": path, "speed": "max", **config}), ManualClock())
    replay.run(ear := Ear(), threading.Event())
    assert replay.progress.fraction == 1.0
    return ear


def test_a_ros1_bag_is_played_with_its_definitions(tmp_path: Path) -> None:
    ear = played(ros1_bag(tmp_path / "flight.bag"))

    (channel,) = ear.channels
    assert channel.schema is not None
    assert (channel.topic, channel.message_encoding) == ("/pose", "ros1")
    assert (channel.schema.name, channel.schema.encoding) == ("geometry_msgs/Pose", "ros1msg")
    decoder = Decoders()
    assert [decoder.decode(channel, one)["position"]["x"] for one in ear.of("/pose")] == list(range(COUNT))
    begins_ns = ManualClock().now_ns()
    assert [time_ns for _, time_ns, _, _ in ear.messages] == [begins_ns + n * STEP_NS for n in range(COUNT)]


@pytest.mark.parametrize("part", ["", "flight.db3"])
def test_a_ros2_bag_is_played_by_its_directory_or_its_file(part: str, tmp_path: Path) -> None:
    ear = played(ros2_bag(tmp_path / "flight") / part)

    (channel,) = ear.channels
    assert channel.schema is not None
    assert (channel.topic, channel.message_encoding) == ("/values", "cdr")
    assert (channel.schema.name, channel.schema.encoding) == ("std_msgs/msg/Float64MultiArray", "ros2msg")
    decoder = Decoders()
    assert [decoder.decode(channel, one)["data"][0] for one in ear.of("/values")] == list(range(COUNT))


def test_an_old_bag_without_definitions_gets_those_that_every_ros_has(tmp_path: Path) -> None:
    import sqlite3

    bag = ros2_bag(tmp_path / "flight")
    with sqlite3.connect(bag / "flight.db3") as database:
        database.execute("DELETE FROM message_definitions")
    database.close()

    (channel,) = played(bag).channels

    assert channel.schema is not None
    assert channel.schema.data.startswith(b"std_msgs/MultiArrayLayout layout\nfloat64[] data\n")


def test_a_looped_bag_goes_on_where_it_ends(tmp_path: Path) -> None:
    class Stopping(Ear):
        def message(self, *message: object) -> None:
            super().message(*message)  # type: ignore[arg-type]
            if len(self.messages) == COUNT + 1:
                stop.set()

    stop = threading.Event()
    config = ReplayConfig(path=ros1_bag(tmp_path / "flight.bag"), speed="max", loop=True)
    Replay.open(config, ManualClock()).run(ear := Stopping(), stop)

    times = [time_ns for _, time_ns, _, _ in ear.messages]
    assert times[COUNT] - times[COUNT - 1] == BETWEEN_ROUNDS_NS


def test_topics_of_a_bag_can_be_left_out(tmp_path: Path) -> None:
    config = ReplayConfig(path=ros1_bag(tmp_path / "flight.bag"), speed="max", exclude=("/p*",))

    with listening(Replay.open(config, ManualClock())) as (runner, ear):
        eventually(lambda: runner.is_over, what="its end")

    assert ear.messages == []
    assert runner.progress.messages == COUNT


@pytest.mark.parametrize("name", ["flight.bag", "flight", "flight.db3"])
@pytest.mark.parametrize("content", [b"", b"#ROSBAG V2.0\n" + b"x" * 5000, b"garbage" * 1000, None])
def test_what_is_no_bag_is_refused_before_anything_starts(name: str, content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        if name == "flight":
            path.mkdir()
            (path / "metadata.yaml").write_bytes(content)
        else:
            path.write_bytes(content)

    with pytest.raises(SourceUnusable):
        Replay.open(ReplayConfig(path=path), ManualClock())


def test_a_bag_that_breaks_off_is_refused(tmp_path: Path) -> None:
    whole = ros1_bag(tmp_path / "flight.bag").read_bytes()
    (tmp_path / "cut.bag").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(SourceUnusable):
        Replay.open(ReplayConfig(path=tmp_path / "cut.bag"), ManualClock())


@pytest.mark.parametrize("kind", ["mcap", "mcap uncompressed", "lz4", "bz2", "none"])
def test_what_a_flight_unpacks_has_room_beside_the_window_or_is_not_played(kind: str, tmp_path: Path) -> None:
    """A file of a few kilobytes may hold any amount of nothing: a quarter of the window is given for it."""
    size = LEAST_BYTES
    path = large_flight(tmp_path, kind, size)
    for most_bytes, error in ((size, "max_bytes"), (4 * size, None)):
        held: list[int] = []
        replay = Replay.open(ReplayConfig(path=path, speed="max"), ManualClock())
        runner = SourceRunner(replay, Ear(), hold=held.append, too_large=turned_away(4 * most_bytes)[0])
        runner.start()
        eventually(lambda one=runner: one.is_over, what="the end")  # type: ignore[misc]

        assert runner.state is (SourceState.FAILED if error else SourceState.ENDED)
        assert (error or "") in (runner.error or "")
        assert held[-1] == 0
    assert max(held) > size


def test_a_row_that_is_too_large_is_counted_and_not_read(tmp_path: Path) -> None:
    for mode in (None, CompressionMode.MESSAGE):
        writer2 = Writer2(tmp_path / f"flight-{mode}", version=9, storage_plugin=StoragePlugin.SQLITE3)
        if mode:
            writer2.set_compression(mode, CompressionFormat.ZSTD)
        with writer2 as writer:
            camera = writer.add_connection(
                "/camera", "std_msgs/msg/String", typestore=get_typestore(Stores.ROS2_HUMBLE)
            )
            for number, size in enumerate((10, LEAST_BYTES, LEAST_BYTES + 1, 20)):
                writer.write(camera, START_NS + number * STEP_NS, bytes(size))
        held: list[int] = []
        too_large, counted = turned_away(4 * LEAST_BYTES)
        ear = Ear()
        replay = Replay.open(ReplayConfig(path=writer2.path, speed="max"), ManualClock())
        runner = SourceRunner(replay, ear, hold=held.append, too_large=too_large)
        runner.start()
        eventually(lambda one=runner: one.is_over, what="the end")  # type: ignore[misc]

        assert (runner.state, runner.progress.fraction) == (SourceState.ENDED, 1.0)
        assert [len(one) for one in ear.of("/camera")] == [10, LEAST_BYTES, 20]
        assert counted.counts == {"/camera": 1}
        assert min(held[:-1]) == LIBRARY_BYTES
        assert held[-1] == 0
        if not mode:
            assert max(held) == LIBRARY_BYTES + 2 * LEAST_BYTES


def test_chunks_of_a_bag_that_overlap_are_played_in_the_order_of_time(tmp_path: Path) -> None:
    writer1 = Writer1(tmp_path / "f.bag")
    writer1.chunk_threshold = 200
    with writer1 as bag:
        connections = [
            bag.add_connection(topic, "std_msgs/msg/Int32", typestore=get_typestore(Stores.ROS1_NOETIC))
            for topic in ("/one", "/two")
        ]
        numbers = [(5 * one) % 64 for one in range(64)]
        for number in numbers:
            bag.write(connections[number % 2], START_NS + number * STEP_NS, pack("<i", number))

    ear = played(tmp_path / "f.bag")

    assert [unpack("<i", content)[0] for _, _, content, _ in ear.messages] == sorted(numbers)


def test_no_index_of_a_bag_is_held(tmp_path: Path) -> None:
    """Of 20,000 messages it alone would be more than three million bytes."""
    writer1 = Writer1(tmp_path / "f.bag")
    writer1.chunk_threshold = 4096
    with writer1 as bag:
        connection = bag.add_connection("/n", "std_msgs/msg/Int32", typestore=get_typestore(Stores.ROS1_NOETIC))
        for number in range(20_000):
            bag.write(connection, START_NS + number * STEP_NS, pack("<i", number))
    flight = Ros1Flight(tmp_path / "f.bag")
    assert flight.extent() == (START_NS, START_NS + 19_999 * STEP_NS, 20_000)

    tracemalloc.start()
    try:
        count = sum(1 for _ in flight.messages(LEAST_BYTES, lambda size: None))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 20_000
    assert peak < 1_000_000


def test_a_chunk_that_is_damaged_ends_a_replay_with_a_reason(tmp_path: Path) -> None:
    content = ros1_bag(tmp_path / "flight.bag").read_bytes()
    (tmp_path / "flight.bag").write_bytes(content.replace(b"op=\x02", b"xx=\x02", 3))

    with pytest.raises(SourceUnusable, match=r"it is damaged: .*op"):
        played(tmp_path / "flight.bag")


def test_a_database_without_its_metadata_is_played_alone(tmp_path: Path) -> None:
    bag = ros2_bag(tmp_path / "flight")
    (bag / "metadata.yaml").unlink()

    assert len(played(bag / "flight.db3").messages) == COUNT


def large_flight(directory: Path, kind: str, size: int) -> Path:
    if kind.startswith("mcap"):
        with (directory / "f.mcap").open("wb") as file:
            writer = McapWriter(file, compression=CompressionType.ZSTD if kind == "mcap" else CompressionType.NONE)
            writer.start()
            channel = writer.register_channel("/text", "json", 0)
            writer.add_message(channel, START_NS, bytes(size), START_NS)
            writer.finish()
        return directory / "f.mcap"
    writer1 = Writer1(directory / "f.bag")
    if kind != "none":
        writer1.set_compression(Writer1.CompressionFormat[kind.upper()])
    with writer1 as bag:
        connection = bag.add_connection("/text", "std_msgs/msg/String", typestore=get_typestore(Stores.ROS1_NOETIC))
        bag.write(connection, START_NS, pack("<I", size) + bytes(size))
    return directory / "f.bag"

"""What a replay plays: .mcap files, ROS 1 .bag files and ROS 2 bag directories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from pilothouse.kit.errors import Problem
from pilothouse.mcap import Channel, Message, Schema, TooMuchAtOnce, open_recording
from pilothouse.mcap.ring.beside import NOTICED_BYTES
from pilothouse.recorder.problems import SourceUnusable
from pilothouse.recorder.sources.base import UNTOLD_PART
from pilothouse.recorder.sources.ros_definitions import RosDefinitions

if TYPE_CHECKING:
    from rosbags.interfaces import Connection
    from rosbags.rosbag1 import Reader as Reader1
    from rosbags.rosbag2 import Reader as Reader2

IDL_SCHEMA = "ros2idl"
MORE_ROOM = "set max_bytes to four times that or more."
# rosbags has a chunk of ROS 1, and what it read of the one before, twice as often in memory.
BAG_PART = 2
# What is read is in memory once more, as the message that is handed in.
COPIES = 2
MOST_UNTOLD_BYTES = 64 << 20


class Extent(NamedTuple):
    """How long a flight is."""

    start_ns: int
    end_ns: int
    message_count: int


class Flight(Protocol):
    """A recording, read from its beginning as often as it is wanted."""

    def extent(self) -> Extent: ...

    def messages(self, most_bytes: int, hold: Callable[[int], None]) -> Iterator[Message]:
        """``hold`` is told what is in memory of it, which is at most ``most_bytes``; raises SourceUnusable."""
        ...


def open_flight(path: Path) -> tuple[Flight, Extent]:
    """Look at a recording first, so that a wrong one is refused before anything starts; raises SourceUnusable."""
    flight: Flight = BagFlight(path) if path.suffix in (".bag", ".db3") or path.is_dir() else McapFlight(path)
    try:
        extent = flight.extent()
    except OSError as error:
        reason = "there is no such file." if isinstance(error, FileNotFoundError) else f"{error.strerror}."
        raise SourceUnusable(path=path, reason=reason) from None
    except Problem as problem:
        raise SourceUnusable(path=path, reason=problem.sentence) from None
    if not extent.message_count:
        raise SourceUnusable(path=path, reason="it holds no messages.")
    return flight, extent


class McapFlight:
    """An .mcap file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def extent(self) -> Extent:
        with open_recording(self._path) as recording:
            summary = recording.summary()
        return Extent(summary.start_ns or 0, summary.end_ns or 0, summary.message_count)

    def messages(self, most_bytes: int, hold: Callable[[int], None]) -> Iterator[Message]:
        holding = _Holding(hold)
        with open_recording(self._path, most_held_bytes=most_bytes, hold=holding.unpack) as recording:
            try:
                for message in recording.messages():
                    holding.hand_in(len(message.content))
                    yield message
                    del message  # it may be large, and the next is read now
            except TooMuchAtOnce as problem:
                raise SourceUnusable(path=self._path, reason=f"{problem.facts['reason']}; {MORE_ROOM}") from None


class BagFlight:
    """A bag of ROS 1 or ROS 2; its messages are handed in as they are."""

    def __init__(self, path: Path) -> None:
        # One file of a bag is not the bag: its metadata lies beside it.
        self._path = path.parent if path.suffix == ".db3" and path.is_file() else path
        self._is_ros1 = path.suffix == ".bag" and not path.is_dir()
        self._definitions = RosDefinitions()

    def extent(self) -> Extent:
        with closing(self._reader()) as reader:
            # A bag's end is just after its last message.
            return Extent(reader.start_time, max(reader.start_time, reader.end_time - 1), reader.message_count)

    def messages(self, most_bytes: int, hold: Callable[[int], None]) -> Iterator[Message]:
        # A bag of ROS 2 tells of a message when it is whole.
        untold_bytes = min(most_bytes, MOST_UNTOLD_BYTES) // UNTOLD_PART
        with closing(self._reader()) as reader:
            if self._is_ros1:
                self._bound(cast("Reader1", reader), most_bytes // BAG_PART, partial(_hold_copied, hold))
            else:
                hold(untold_bytes)
            channels = {one.id: self._channel(one) for one in reader.connections}
            for sequence, (connection, time_ns, content) in enumerate(reader.messages()):
                if not self._is_ros1:
                    hold(max(untold_bytes, COPIES * len(content)))
                yield Message(channels[connection.id], time_ns, time_ns, sequence, bytes(content))

    def _bound(self, reader: Reader1, most_bytes: int, hold: Callable[[int], None]) -> None:
        """Have it unpack chunks that fit; it would unpack any, and has the last one still when it reads the next."""
        last_bytes = 0

        def unpack(unbounded: Callable[[bytes], bytes], packed: bytes) -> bytes:
            nonlocal last_bytes
            hold(last_bytes + len(packed))
            unpacked = _unpacked(unbounded, packed, most_bytes)
            if len(unpacked) > most_bytes:
                raise SourceUnusable(
                    path=self._path, reason=f"one of its chunks takes more than {most_bytes} bytes; raise max_bytes."
                )
            hold(last_bytes + len(packed) + len(unpacked))
            last_bytes = len(unpacked)
            return unpacked

        for position, chunk in reader.chunks.items():
            reader.chunks[position] = chunk._replace(decompressor=partial(unpack, chunk.decompressor))

    def _reader(self) -> Reader1 | Reader2:
        from rosbags.rosbag1 import Reader as Reader1
        from rosbags.rosbag1 import ReaderError as ReaderError1
        from rosbags.rosbag2 import Reader as Reader2
        from rosbags.rosbag2 import ReaderError as ReaderError2

        if not self._path.exists():
            raise SourceUnusable(path=self._path, reason="there is no such file.")
        try:
            reader: Reader1 | Reader2 = Reader1(self._path) if self._is_ros1 else Reader2(self._path)
            reader.open()
        except (ReaderError1, ReaderError2) as error:
            raise SourceUnusable(path=self._path, reason=" ".join(str(error).split())) from None
        return reader

    def _channel(self, connection: Connection) -> Channel:
        from rosbags.interfaces import MessageDefinitionFormat

        name, text = connection.msgtype, connection.msgdef.data
        if self._is_ros1:
            return Channel(connection.topic, "ros1", Schema(name.replace("/msg/", "/"), "ros1msg", text.encode()))
        if not text:  # bags before ROS 2 Iron hold no definitions
            return Channel(connection.topic, "cdr", self._definitions.schema(name, connection.digest))
        is_idl = connection.msgdef.format == MessageDefinitionFormat.IDL
        return Channel(connection.topic, "cdr", Schema(name, IDL_SCHEMA if is_idl else "ros2msg", text.encode()))


class _Holding:
    """What is in memory of a flight: chunks, and a message out of them."""

    def __init__(self, hold: Callable[[int], None]) -> None:
        self._hold = hold
        self._unpacked_bytes = self._message_bytes = 0

    def unpack(self, size: int) -> None:
        self._unpacked_bytes = size
        self._hold(size + self._message_bytes)

    def hand_in(self, size: int) -> None:
        # Small ones are looked after with all others on their way.
        noticed = COPIES * size if size >= NOTICED_BYTES else 0
        if noticed != self._message_bytes:
            self._message_bytes = noticed
            self._hold(self._unpacked_bytes + noticed)


def _hold_copied(hold: Callable[[int], None], size: int) -> None:
    hold(COPIES * size)


def _unpacked(unbounded: Callable[[bytes], bytes], packed: bytes, most_bytes: int) -> bytes:
    """A chunk of ROS 1, and of one that is too large a byte more than it may have."""
    import bz2

    import lz4.frame

    if unbounded is bz2.decompress:
        return bz2.BZ2Decompressor().decompress(packed, most_bytes + 1)
    if unbounded is lz4.frame.decompress:
        unpacked: bytes = lz4.frame.LZ4FrameDecompressor().decompress(packed, most_bytes + 1)
        return unpacked
    return unbounded(packed)

"""Bags of ROS 2: rosbags tells what is in them; their messages are read one by one, none that is too large."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import zstandard
from rosbags.interfaces import Connection, MessageDefinitionFormat
from rosbags.rosbag2 import Reader, ReaderError
from rosbags.rosbag2.reader import DirectoryReader
from rosbags.rosbag2.storage_mcap import McapReader
from rosbags.rosbag2.storage_sqlite3 import Sqlite3Reader

from pilothouse.mcap import Channel, Message, Schema
from pilothouse.mcap.ring.beside import NOTICED_BYTES
from pilothouse.recorder.problems import SourceUnusable
from pilothouse.recorder.sources.flights import Extent, Holding, McapFlight, Unread
from pilothouse.recorder.sources.ros_definitions import RosDefinitions

IDL_SCHEMA = "ros2idl"
# What rosbags and SQLite take for themselves, measured; it comes out of the window, too.
LIBRARY_BYTES, PAGES_KIB = 6 << 20, 512


class Ros2Flight:
    """A directory, or one of its .db3 files; its messages are handed in as they are."""

    def __init__(self, path: Path) -> None:
        # One file of a bag is not the bag: its metadata lies beside it.
        self._path = path.parent if path.is_file() and (path.parent / "metadata.yaml").is_file() else path
        self._definitions = RosDefinitions()

    def extent(self) -> Extent:
        with closing(self._reader()) as reader:
            # A bag's end is just after its last message.
            return Extent(reader.start_time, max(reader.start_time, reader.end_time - 1), reader.message_count)

    def messages(self, most_bytes: int, hold: Callable[[int], None]) -> Iterator[Message | Unread]:
        def hold_beside(size: int) -> None:
            hold(LIBRARY_BYTES + size)

        hold_beside(0)
        with closing(self._reader()) as reader:
            defined = {(one.topic, one.msgtype): one for one in reader.connections}
            for part in _parts(reader):
                if isinstance(part, McapReader):
                    played: Iterator[Message | Unread] = McapFlight(Path(str(part.path))).messages(
                        most_bytes, hold_beside
                    )
                else:
                    channels = {
                        one.id: self._channel(defined.get((one.topic, one.msgtype), one)) for one in part.connections
                    }
                    played = self._rows(Path(str(part.path)), channels, most_bytes, hold_beside)
                yield from self._unpacked(played, most_bytes) if reader.compression_mode == "message" else played

    def _rows(
        self, file: Path, channels: dict[int, Channel], most_bytes: int, hold: Callable[[int], None]
    ) -> Iterator[Message | Unread]:
        holding = Holding(hold)
        with closing(sqlite3.connect(f"file:{quote(str(file.absolute()))}?immutable=1", uri=True)) as database:
            try:
                database.execute(f"PRAGMA cache_size = -{PAGES_KIB}")
                rows = database.execute(
                    "SELECT rowid, topic_id, timestamp, length(data) FROM messages ORDER BY timestamp"
                )
                for sequence, (row, topic_id, time_ns, size) in enumerate(rows):
                    if (channel := channels.get(topic_id)) is None:
                        continue
                    if size > most_bytes:
                        yield Unread(channel.topic, time_ns, size)
                        continue
                    holding.hand_in(size)
                    message = Message(channel, time_ns, time_ns, sequence, _content(database, row, size))
                    yield message
                    del message  # it may be large, and the next is read now
            except sqlite3.Error as error:
                raise SourceUnusable(path=self._path, reason=f"it is damaged: {error}") from None

    def _unpacked(self, messages: Iterator[Message | Unread], most_bytes: int) -> Iterator[Message | Unread]:
        unpacker = zstandard.ZstdDecompressor()
        for message in messages:
            if isinstance(message, Unread):
                yield message
                continue
            try:
                size = zstandard.frame_content_size(message.content)
                if size > most_bytes:
                    yield Unread(message.channel.topic, message.log_time_ns, size)
                else:
                    yield message._replace(content=unpacker.decompress(message.content, max_output_size=most_bytes))
            except zstandard.ZstdError as error:
                raise SourceUnusable(path=self._path, reason=f"a message cannot be unpacked: {error}") from None

    def _reader(self) -> Reader:
        if not self._path.exists():
            raise SourceUnusable(path=self._path, reason="there is no such file.")
        try:
            reader = Reader(self._path)
            reader.open()
        except ReaderError as error:
            raise SourceUnusable(path=self._path, reason=" ".join(str(error).split())) from None
        return reader

    def _channel(self, connection: Connection) -> Channel:
        name, text = connection.msgtype, connection.msgdef.data
        if not text:  # bags before ROS 2 Iron hold no definitions
            return Channel(connection.topic, "cdr", self._definitions.schema(name, connection.digest))
        is_idl = connection.msgdef.format == MessageDefinitionFormat.IDL
        return Channel(connection.topic, "cdr", Schema(name, IDL_SCHEMA if is_idl else "ros2msg", text.encode()))


def _content(database: sqlite3.Connection, row: int, size: int) -> bytes:
    if size < NOTICED_BYTES:
        content: bytes = database.execute("SELECT data FROM messages WHERE rowid = ?", (row,)).fetchone()[0]
        return content
    # In memory once, not twice; not for small ones, as the connection remembers each blob that was opened.
    with closing(database.blobopen("messages", "data", row, readonly=True)) as blob:
        return blob.read()


def _parts(reader: Reader) -> list[McapReader | Sqlite3Reader]:
    """The files of a bag, in their order."""
    bag = reader.storage
    parts = bag.storages if isinstance(bag, DirectoryReader) else [bag]
    return [one for one in parts if isinstance(one, McapReader | Sqlite3Reader)]

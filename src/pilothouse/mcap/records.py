"""The MCAP records we write: hot ones by precompiled struct, the others through the ``mcap`` library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import Struct

from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import Channel as ChannelRecord
from mcap.records import Header, McapRecord, Metadata
from mcap.records import Schema as SchemaRecord

from pilothouse import __version__
from pilothouse.mcap.model import Binary, Channel, Schema
from pilothouse.mcap.problems import Broken, TooManyChannels

MAGIC = b"\x89MCAP0\r\n"
LIBRARY = f"pilothouse {__version__}"
MOST_IDS = 0xFFFF

FRAME = Struct("<BQ")  # opcode, length of what follows
MESSAGE = Struct("<BQHIQQ")  # frame, channel, sequence, log time, publish time
MESSAGE_FIELDS = Struct("<HIQQ")
INDEX_ENTRY = Struct("<QQ")  # log time, offset in the uncompressed chunk
INDEX_HEAD = Struct("<BQHI")  # frame, channel, bytes of entries
CHUNK_HEAD = Struct("<BQQQQI")  # frame, oldest, newest, uncompressed size, uncompressed CRC
CHUNK_FIELDS = Struct("<QQQI")
LENGTH_32 = Struct("<I")
LENGTH_64 = Struct("<Q")

MESSAGE_OVERHEAD = MESSAGE_FIELDS.size


def encode(record: McapRecord) -> bytes:
    """The bytes of a record."""
    builder = RecordBuilder()
    record.write(builder)
    return bytes(builder.end())  # type: ignore[no-untyped-call]


def opening() -> bytes:
    """How every file begins."""
    return MAGIC + encode(Header(profile="", library=LIBRARY))


def encode_metadata(name: str, values: Mapping[str, str]) -> bytes:
    """A metadata record."""
    return encode(Metadata(name=name, metadata=dict(values)))


def chunk_head(oldest_ns: int, newest_ns: int, size: int, crc: int, compression: str, body_size: int) -> bytes:
    """A chunk record up to where its body begins."""
    name = compression.encode()
    length = CHUNK_FIELDS.size + LENGTH_32.size + len(name) + LENGTH_64.size + body_size
    fields = CHUNK_HEAD.pack(Opcode.CHUNK, length, oldest_ns, newest_ns, size, crc)
    return b"".join((fields, LENGTH_32.pack(len(name)), name, LENGTH_64.pack(body_size)))


def message_index(channel_id: int, entries: Binary) -> bytes:
    """A message index record around entries that are packed already."""
    head = INDEX_HEAD.pack(Opcode.MESSAGE_INDEX, len(entries) + 6, channel_id, len(entries))
    return b"".join((head, entries))


def walk_records(raw: Binary) -> Iterator[tuple[int, int, int]]:
    """Opcode, begin and end of the content of each record; raises Broken where one runs over the end."""
    position, size = 0, len(raw)
    unpack = FRAME.unpack_from
    while position < size:
        if position + 9 > size:
            raise Broken("a chunk ends in the middle of a record")
        opcode, length = unpack(raw, position)
        begin = position + 9
        position = begin + length
        if position > size:
            raise Broken("a record is longer than the chunk it is in")
        yield opcode, begin, position


class Registry:
    """Channels and schemas under the numbers they have in a file."""

    def __init__(self) -> None:
        self.schemas: dict[int, Schema] = {}
        self.channels: dict[int, Channel] = {}
        self._schema_ids: dict[Schema, int] = {}
        self._channel_ids: dict[tuple[Channel, tuple[tuple[str, str], ...]], int] = {}

    def add(self, channel: Channel) -> int:
        """The number of a channel, a new one unless an equal channel has one."""
        key = (channel, tuple(sorted(channel.metadata.items())))
        known = self._channel_ids.get(key)
        if known is not None:
            return known
        return self._put(len(self.channels) + 1, channel)

    def keep(self, channel_id: int, channel: Channel) -> int:
        """The number of a channel from another file: that of an equal one, else its own, else a new one."""
        known = self._channel_ids.get((channel, tuple(sorted(channel.metadata.items()))))
        if known is not None:
            return known
        return self._put(max(self.channels) + 1 if channel_id in self.channels else channel_id, channel)

    def _put(self, channel_id: int, channel: Channel) -> int:
        if channel_id > MOST_IDS:
            raise TooManyChannels
        if channel.schema is not None and channel.schema not in self._schema_ids:
            schema_id = len(self.schemas) + 1
            self._schema_ids[channel.schema] = schema_id
            self.schemas[schema_id] = channel.schema
        self._channel_ids[channel, tuple(sorted(channel.metadata.items()))] = channel_id
        self.channels[channel_id] = channel
        return channel_id

    def put_schema(self, record: SchemaRecord) -> None:
        """Take over a schema under the number it has in the file."""
        schema = Schema(record.name, record.encoding, record.data)
        self.schemas[record.id] = schema
        self._schema_ids.setdefault(schema, record.id)

    def put_channel(self, record: ChannelRecord) -> None:
        """Take over a channel under the number it has in the file; its schema must be known."""
        if record.schema_id and record.schema_id not in self.schemas:
            raise Broken(f"channel {record.topic[:100]!r} names a schema that is not in the file")
        schema = self.schemas.get(record.schema_id)
        self.channels[record.id] = Channel(record.topic, record.message_encoding, schema, record.metadata)

    def take_over(self, other: Registry) -> None:
        """Everything another registry has now, under the numbers it has there."""
        self.schemas.update(other.schemas)
        self.channels.update(other.channels)
        self._schema_ids.update(other._schema_ids)

    def copy(self) -> Registry:
        """As it is now; later additions do not show."""
        same = Registry()
        same.take_over(self)
        return same

    def schema_records(self, *, after: int = 0) -> list[bytes]:
        """Schema records, leaving out the first ``after`` ones."""
        pairs = list(self.schemas.items())[after:]
        return [
            encode(SchemaRecord(id=number, name=one.name, encoding=one.encoding, data=one.data))
            for number, one in pairs
        ]

    def channel_records(self, *, after: int = 0) -> list[bytes]:
        """Channel records, leaving out the first ``after`` ones."""
        return [encode(self._channel_record(number)) for number in list(self.channels)[after:]]

    def _channel_record(self, channel_id: int) -> ChannelRecord:
        channel = self.channels[channel_id]
        return ChannelRecord(
            id=channel_id,
            topic=channel.topic,
            message_encoding=channel.message_encoding,
            metadata=dict(channel.metadata),
            schema_id=self._schema_ids[channel.schema] if channel.schema else 0,
        )

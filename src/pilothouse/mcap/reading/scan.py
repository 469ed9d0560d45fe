"""Reading a recording from its first byte on, believing nothing: for files without an index, and damaged ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from mcap.opcode import Opcode
from mcap.records import Header, Metadata

from pilothouse.mcap.codecs import CHUNK_LIMIT_BYTES
from pilothouse.mcap.problems import Broken
from pilothouse.mcap.reading.source import Source
from pilothouse.mcap.reading.spans import Span, examine, parse, parse_chunk, register, unpack_chunk
from pilothouse.mcap.records import FRAME, MAGIC, MESSAGE_FIELDS, MESSAGE_OVERHEAD, Registry

# Loose messages are read back in runs of about the size of a chunk.
RUN_BYTES = 1 << 20
# Records that the data section can hold and that we have to read; the others are passed over.
SMALL_RECORD_LIMIT_BYTES = 256 << 20
LAST_KNOWN_OPCODE = 0x0F
FIRST_PRIVATE_OPCODE = 0x80


@dataclass(slots=True)
class Scan:
    """What was found, and what was wrong, in the order of the file."""

    header: Header | None = None
    registry: Registry = field(default_factory=Registry)
    spans: list[Span] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    attachments: list[Span] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    data_end: int | None = None  # where the data section ended, if it did
    end: int = 0  # where the last readable record ends

    @property
    def span_ns(self) -> tuple[int, int] | None:
        """Log time of the oldest and the newest message."""
        if not self.spans:
            return None
        return min(one.oldest_ns for one in self.spans), max(one.newest_ns for one in self.spans)


class _Run:
    """Loose messages that follow each other."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.end = offset
        self.counts: Counter[int] = Counter()
        self.oldest_ns, self.newest_ns = 2**64 - 1, 0


def scan(source: Source, *, limit: int = CHUNK_LIMIT_BYTES) -> Scan:
    """Read the data section, checking every chunk; what is wrong is noted and, where possible, passed over."""
    return _Scanner(source, limit).run()


class _Scanner:
    def __init__(self, source: Source, limit: int) -> None:
        self._source = source
        self._limit = limit
        self._found = Scan()
        self._run: _Run | None = None

    def run(self) -> Scan:
        found = self._found
        if self._source.read_at(0, len(MAGIC)) != MAGIC:
            found.problems.append("it does not begin like an MCAP file")
            return found
        position = len(MAGIC)
        while found.data_end is None:
            frame = self._source.read_at(position, FRAME.size)
            if len(frame) < FRAME.size:
                found.problems.append(f"it was cut off at byte {self._source.size}, before its end was written")
                break
            opcode, length = FRAME.unpack(frame)
            end = position + FRAME.size + length
            if not self._plausible(opcode, end):
                found.problems.append(self._implausible(opcode, position))
                break
            self._take(opcode, position, length)
            position = found.end = end
        self._close_run()
        return found

    def _plausible(self, opcode: int, end: int) -> bool:
        known = 0 < opcode <= LAST_KNOWN_OPCODE or opcode >= FIRST_PRIVATE_OPCODE
        return known and end <= self._source.size

    def _implausible(self, opcode: int, position: int) -> str:
        if opcode == 0:
            return f"it was cut off at byte {position}: nothing but reserved space follows"
        if opcode <= LAST_KNOWN_OPCODE:
            return f"it was cut off in the middle of the record at byte {position}"
        return f"there is no record at byte {position}, where one should begin"

    def _take(self, opcode: int, position: int, length: int) -> None:
        try:
            if opcode == Opcode.MESSAGE:
                self._take_message(position, length)
                return
            self._close_run()
            if opcode == Opcode.CHUNK:
                self._take_chunk(position, length)
            elif opcode == Opcode.ATTACHMENT:
                self._found.attachments.append(Span(position, FRAME.size + length, 0, 0))
            elif opcode in (Opcode.DATA_END, Opcode.FOOTER):
                self._found.data_end = position
            elif opcode in (Opcode.HEADER, Opcode.SCHEMA, Opcode.CHANNEL, Opcode.METADATA):
                self._take_small(opcode, self._content(position, length))
        except Broken as problem:
            self._found.problems.append(f"byte {position}: {problem}")

    def _content(self, position: int, length: int) -> bytes:
        if length > SMALL_RECORD_LIMIT_BYTES:
            raise Broken(f"a record claims {length} bytes")
        return self._source.read_at(position + FRAME.size, length)

    def _take_small(self, opcode: int, content: bytes) -> None:
        if opcode == Opcode.HEADER:
            header = parse(Header, content)
            assert isinstance(header, Header)
            self._found.header = header
        elif opcode == Opcode.METADATA:
            metadata = parse(Metadata, content)
            assert isinstance(metadata, Metadata)
            self._found.metadata[metadata.name] = metadata.metadata
        else:
            register(opcode, content, self._found.registry)

    def _take_chunk(self, position: int, length: int) -> None:
        if length > self._limit + SMALL_RECORD_LIMIT_BYTES:
            raise Broken(f"a chunk record claims {length} bytes, more than the limit of {self._limit}")
        chunk = parse_chunk(self._source.read_at(position + FRAME.size, length))
        content = examine(unpack_chunk(chunk, limit=self._limit), self._found.registry)
        if content.counts:
            channels = frozenset(content.counts)
            span = Span(
                position,
                FRAME.size + length,
                content.oldest_ns,
                content.newest_ns,
                compression=chunk.compression,
                channels=channels,
            )
            self._found.spans.append(span)
            self._found.counts.update(content.counts)

    def _take_message(self, position: int, length: int) -> None:
        if length < MESSAGE_OVERHEAD:
            raise Broken("a message record is shorter than its fields")
        fields = self._source.read_at(position + FRAME.size, MESSAGE_OVERHEAD)
        channel_id, _, log_time_ns, _ = MESSAGE_FIELDS.unpack(fields)
        if channel_id not in self._found.registry.channels:
            self._close_run()
            raise Broken(f"a message is on channel {channel_id}, which is not described before it")
        run = self._run = self._run or _Run(position)
        run.end = position + FRAME.size + length
        run.counts[channel_id] += 1
        run.oldest_ns, run.newest_ns = min(run.oldest_ns, log_time_ns), max(run.newest_ns, log_time_ns)
        if run.end - run.offset >= RUN_BYTES:
            self._close_run()

    def _close_run(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            channels = frozenset(run.counts)
            length = run.end - run.offset
            span = Span(run.offset, length, run.oldest_ns, run.newest_ns, loose=True, channels=channels)
            self._found.spans.append(span)
            self._found.counts.update(run.counts)

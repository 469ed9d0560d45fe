"""Reading recordings: the summary from the footer, messages in log-time order a few chunks at a time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from pilothouse.mcap.codecs import CHUNK_LIMIT_BYTES
from pilothouse.mcap.model import Binary, ChannelSummary, Message, Summary
from pilothouse.mcap.problems import Broken, Damaged, TooMuchAtOnce
from pilothouse.mcap.reading.footer import Closing, read_closing, read_header, read_metadata
from pilothouse.mcap.reading.scan import Scan, scan
from pilothouse.mcap.reading.source import Source
from pilothouse.mcap.reading.spans import ANY_TIME, FOUND_BYTES, Found, Span, content_of, messages_in, span_of
from pilothouse.mcap.records import Registry

ADVICE = "`pilothouse mcap recover {name}` saves what is still readable"
NO_ADVICE = "It is not a recording, or not any more; check that this is the file you mean"

# Chunks that overlap in time are in memory together: together they may take as much as so many of the largest.
MOST_OVERLAPPING = 8
# What a chunk record holds beside its content, which may be stored as it is.
RECORD_ROOM_BYTES = 1 << 20


class _OverLimit(Broken):
    """Nothing is wrong with the file, but with how much of it must be in memory."""


def open_recording(
    origin: Path | str | BinaryIO, *, chunk_limit_bytes: int = CHUNK_LIMIT_BYTES,
    most_held_bytes: int | None = None, hold: Callable[[int], None] = lambda size: None,
) -> RecordingFile:  # fmt: skip
    """Open a recording by path or from an open, seekable binary file; close it, or use it in a ``with`` statement."""
    return RecordingFile(origin, chunk_limit_bytes=chunk_limit_bytes, most_held_bytes=most_held_bytes, hold=hold)


class RecordingFile:
    """A recording open for reading. Not for several threads at once.

    Whatever the bytes are, the only problem raised is Damaged, with a sentence that says what is wrong and what to do.
    A chunk that claims more than ``chunk_limit_bytes`` is refused before any memory is taken for it. With
    ``most_held_bytes``, `messages` raises TooMuchAtOnce before it takes more; ``hold`` is told what it takes.
    """

    def __init__(
        self, origin: Path | str | BinaryIO, *, chunk_limit_bytes: int = CHUNK_LIMIT_BYTES,
        most_held_bytes: int | None = None, hold: Callable[[int], None] = lambda size: None,
    ) -> None:  # fmt: skip
        self._source = Source(origin)
        self._limit = chunk_limit_bytes
        self._over: type[Broken] = Broken if most_held_bytes is None else _OverLimit
        self._most_held = MOST_OVERLAPPING * chunk_limit_bytes if most_held_bytes is None else most_held_bytes
        self._hold = hold
        self._held = 0
        self._closing: Closing | None = None
        self._scan: Scan | None = None

    def __enter__(self) -> RecordingFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; one that was handed in open stays open."""
        self._source.close()

    def summary(self) -> Summary:
        """What the recording says about itself: from the footer if that has a summary, else by reading all of it."""
        try:
            header = read_header(self._source)
            closing = self._read_closing()
            if not closing.complete:
                return _scanned_summary(self._read_scan())
            metadata = [read_metadata(self._source, one) for one in closing.metadata]
            statistics = closing.statistics
            assert statistics is not None
            has_messages = statistics.message_count > 0
            return Summary(
                profile=header.profile,
                library=header.library,
                channels=_channels(closing.registry, statistics.channel_message_counts),
                message_count=statistics.message_count,
                start_ns=statistics.message_start_time if has_messages else None,
                end_ns=statistics.message_end_time if has_messages else None,
                chunk_count=statistics.chunk_count,
                compressions=tuple(sorted({one.compression or "none" for one in closing.chunks})),
                metadata={one.name: one.metadata for one in metadata},
                indexed=bool(closing.chunks) or not has_messages,
            )
        except Broken as problem:
            raise self._damaged(problem) from None

    def messages(
        self, *, topics: Collection[str] | None = None, start_ns: int | None = None, end_ns: int | None = None
    ) -> Iterator[Message]:
        """Messages with ``start_ns <= log_time <= end_ns`` in log-time order, those of one time in file order.

        Only chunks that overlap in time are in memory together; should these be more than a few times
        ``chunk_limit_bytes``, that is refused. Raises Damaged at the chunk that is.
        """
        window = (ANY_TIME[0] if start_ns is None else start_ns, ANY_TIME[1] if end_ns is None else end_ns)
        try:
            read_header(self._source)
            spans, registry = self._spans()
            yield from self._merged(spans, registry, topics, window)
        except _OverLimit as problem:
            raise TooMuchAtOnce(source=self._source.name, limit=self._most_held, reason=problem) from None
        except Broken as problem:
            raise self._damaged(problem) from None

    def examples(self) -> Iterator[Message]:
        """One of the first messages of every topic, each chunk read once at most and only for a topic still missing.

        Raises Damaged at the chunk that is.
        """
        try:
            read_header(self._source)
            spans, registry = self._spans()
            seen: set[str] = set()
            wanted = set(registry.channels)
            for span in sorted(spans, key=lambda one: (one.oldest_ns, one.offset)):
                if span.channels is None or not wanted.isdisjoint(span.channels):
                    yield from self._cursor(span, registry, None, None, ANY_TIME).firsts(seen)
                    wanted = {number for number, channel in registry.channels.items() if channel.topic not in seen}
        except Broken as problem:
            raise self._damaged(problem) from None

    def spans(self) -> list[Span]:
        """Where messages lie in the file, in file order; raises Damaged."""
        try:
            read_header(self._source)
            return self._spans()[0]
        except Broken as problem:
            raise self._damaged(problem) from None

    def _merged(
        self, spans: list[Span], registry: Registry, topics: Collection[str] | None, window: tuple[int, int]
    ) -> Iterator[Message]:
        waiting = sorted((one for one in spans if _overlaps(one, window)), key=lambda one: (one.oldest_ns, one.offset))
        waiting.reverse()
        wanted = _wanted(registry, topics)
        cursors: list[tuple[int, int, _Cursor]] = []
        self._held = 0
        while waiting or cursors:
            while waiting and (not cursors or waiting[-1].oldest_ns <= cursors[0][0]):
                span = waiting.pop()
                if wanted is not None and span.channels is not None and wanted.isdisjoint(span.channels):
                    continue
                cursor = self._cursor(span, registry, topics, wanted, window)
                if cursor.found:
                    heapq.heappush(cursors, (cursor.found[0][0], span.offset, cursor))
                    self._held += cursor.size
                self._hold(self._held)
            if not cursors:
                continue
            _, offset, cursor = cursors[0]
            limit_ns = waiting[-1].oldest_ns if waiting else ANY_TIME[1] + 1
            if len(cursors) > 1:
                limit_ns = min(limit_ns, min(one[0] for one in cursors[1:3]))
            yield from cursor.until(limit_ns)
            if cursor.done:
                heapq.heappop(cursors)
                self._held -= cursor.size
                del cursor  # and with it its chunk, before the next is read
            else:
                heapq.heapreplace(cursors, (cursor.next_ns, offset, cursor))

    def _cursor(
        self,
        span: Span,
        registry: Registry,
        topics: Collection[str] | None,
        wanted: set[int] | None,
        window: tuple[int, int],
    ) -> _Cursor:
        if span.length > self._limit + RECORD_ROOM_BYTES:
            raise Broken(f"a chunk takes {span.length} bytes, more than the limit of {self._limit}")
        raw = content_of(self._source, span, limit=self._limit, expect=self._expect)
        known = len(registry.channels)

        def found_in(raw: Binary) -> list[Found]:
            return messages_in(
                raw, registry, wanted=wanted, start_ns=window[0], end_ns=window[1],
                expect=lambda size: self._expect(len(raw) + size),
            )  # fmt: skip

        found = found_in(raw)
        if len(registry.channels) > known and wanted is not None:
            # The chunk itself described channels that the summary leaves out.
            wanted.update(_wanted(registry, topics) or ())
            found = found_in(raw)
        return _Cursor(raw, found, registry)

    def _expect(self, size: int, packed: int = 0) -> None:
        """One more chunk takes so much, and more while it is unpacked."""
        held = self._held + size
        # A chunk above its own limit is refused by that.
        if held > self._most_held and size <= self._limit:
            raise self._over(f"chunks that overlap in time take {held} bytes together")
        # Whoever unpacks has what comes out twice for a moment.
        self._hold(held + packed + (size if packed else 0))

    def _spans(self) -> tuple[list[Span], Registry]:
        closing = self._read_closing()
        if closing.complete:
            return [span_of(one) for one in closing.chunks], closing.registry
        found = self._read_scan()
        return found.spans, found.registry

    def _read_closing(self) -> Closing:
        if self._closing is None:
            self._closing = read_closing(self._source)
        return self._closing

    def _read_scan(self) -> Scan:
        if self._scan is None:
            self._scan = scan(self._source, limit=self._limit)
        if self._scan.problems:
            raise Broken(self._scan.problems[0])
        return self._scan

    def _damaged(self, problem: Broken) -> Damaged:
        hopeless = self._source.size == 0 or "does not begin" in str(problem)
        return Damaged(
            source=self._source.name,
            reason=problem,
            advice=NO_ADVICE if hopeless else ADVICE.format(name=self._source.name),
        )


class _Cursor:
    """A place in the messages of one chunk."""

    def __init__(self, raw: Binary, found: list[Found], registry: Registry) -> None:
        self._raw = raw
        self.found = found
        self._channels = registry.channels
        self._next = 0

    @property
    def size(self) -> int:
        return len(self._raw) + FOUND_BYTES * len(self.found)

    @property
    def done(self) -> bool:
        return self._next >= len(self.found)

    @property
    def next_ns(self) -> int:
        return self.found[self._next][0]

    def firsts(self, seen: set[str]) -> Iterator[Message]:
        """The first message of each topic that was not seen; notes those that are now."""
        for log_time_ns, publish_time_ns, sequence, channel_id, begin, end in self.found:
            channel = self._channels.get(channel_id)
            if channel is not None and channel.topic not in seen:
                seen.add(channel.topic)
                yield Message(channel, log_time_ns, publish_time_ns, sequence, bytes(self._raw[begin:end]))

    def until(self, limit_ns: int) -> Iterator[Message]:
        """At least one message, then all those before a time."""
        channels, found, raw = self._channels, self.found, self._raw
        first = True
        while self._next < len(found):
            log_time_ns, publish_time_ns, sequence, channel_id, begin, end = found[self._next]
            if log_time_ns >= limit_ns and not first:
                return
            first = False
            self._next += 1
            channel = channels.get(channel_id)
            if channel is None:
                raise Broken(f"a message is on channel {channel_id}, which is not described")
            yield Message(channel, log_time_ns, publish_time_ns, sequence, bytes(raw[begin:end]))


def _overlaps(span: Span, window: tuple[int, int]) -> bool:
    return span.newest_ns >= window[0] and span.oldest_ns <= window[1]


def _wanted(registry: Registry, topics: Collection[str] | None) -> set[int] | None:
    if topics is None:
        return None
    names = set(topics)
    return {number for number, channel in registry.channels.items() if channel.topic in names}


def _channels(registry: Registry, counts: dict[int, int]) -> tuple[ChannelSummary, ...]:
    return tuple(
        ChannelSummary(
            id=number,
            topic=channel.topic,
            message_encoding=channel.message_encoding,
            schema_name=channel.schema.name if channel.schema else "",
            schema_encoding=channel.schema.encoding if channel.schema else "",
            message_count=counts.get(number, 0),
            metadata=channel.metadata,
        )
        for number, channel in sorted(registry.channels.items(), key=lambda pair: (pair[1].topic, pair[0]))
    )


def _scanned_summary(found: Scan) -> Summary:
    span = found.span_ns
    return Summary(
        profile=found.header.profile if found.header else "",
        library=found.header.library if found.header else "",
        channels=_channels(found.registry, found.counts),
        message_count=found.counts.total(),
        start_ns=span[0] if span else None,
        end_ns=span[1] if span else None,
        chunk_count=sum(1 for one in found.spans if not one.loose),
        compressions=tuple(sorted({one.compression or "none" for one in found.spans if not one.loose})),
        metadata=found.metadata,
        indexed=False,
    )

"""What a cut is made from: which messages, and where the recordings have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mcap.records import ChunkIndex

from pilothouse.mcap.codecs import CHUNK_LIMIT_BYTES
from pilothouse.mcap.problems import Broken, Damaged
from pilothouse.mcap.reading.footer import read_closing, read_header, read_metadata
from pilothouse.mcap.reading.scan import scan
from pilothouse.mcap.reading.source import Source
from pilothouse.mcap.reading.spans import ANY_TIME, Span, content_of, messages_in, span_of
from pilothouse.mcap.records import LIBRARY, Registry
from pilothouse.mcap.writing.live import Written

ADVICE = "`pilothouse mcap recover {name}` saves what is still readable"
# Our own writers keep schemas and channels out of chunks, so that a chunk of wanted messages holds nothing else.
_OWN = LIBRARY.split(" ")[0] + " "


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: on one of ``topics``, with a log time in one of ``windows``, a number within ``sequences``.

    Windows (nanoseconds) and sequences (the number each message carries) include both their ends.
    """

    topics: frozenset[str] | None = None
    windows: tuple[tuple[int, int], ...] = (ANY_TIME,)
    sequences: tuple[int, int] | None = None

    def at(self, log_time_ns: int, sequence: int) -> bool:
        """True when a message of a wanted topic is wanted."""
        low, high = self.sequences or (0, sequence)
        return low <= sequence <= high and any(begin <= log_time_ns <= end for begin, end in self.windows)

    def may_be_in(self, span: Span, sequences: tuple[int, int] | None) -> bool:
        """False when a stretch of a file cannot hold a wanted message."""
        if self.sequences and sequences and not _meet(self.sequences, sequences):
            return False
        return any(_meet(window, (span.oldest_ns, span.newest_ns)) for window in self.windows)

    def all_of(self, span: Span, sequences: tuple[int, int] | None) -> bool:
        """True when every message of a wanted topic in a stretch of a file is wanted."""
        if self.sequences and not (sequences and _within(sequences, self.sequences)):
            return False
        return any(_within((span.oldest_ns, span.newest_ns), window) for window in self.windows)


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file with messages; ``index`` and ``sequences`` (lowest, highest) where they are known."""

    span: Span
    index: ChunkIndex | None
    sequences: tuple[int, int] | None


@dataclass(slots=True)
class Piece:
    """One recording to cut from. ``pure``: nothing but messages is in its chunks."""

    source: Source
    registry: Registry
    places: list[Place]
    pure: bool
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: dict[int, int | None] = field(default_factory=dict)  # channel here -> channel in the cut, None: unwanted
    limit: int = CHUNK_LIMIT_BYTES

    @classmethod
    def open(
        cls, origin: Path | str | BinaryIO, *,
        sequences: Sequence[tuple[int, int]] | None = None, chunk_limit_bytes: int = CHUNK_LIMIT_BYTES,
    ) -> Piece:  # fmt: skip
        """A recording in a file; ``sequences``: the lowest and highest number in each of its chunks, where known.

        Reads the summary, or all of a file that has none. A chunk that claims more than ``chunk_limit_bytes`` is
        refused. Raises Damaged.
        """
        source = Source(origin)
        try:
            piece = _opened(source, sequences, chunk_limit_bytes)
            piece.limit = chunk_limit_bytes
            return piece
        except Broken as problem:
            source.close()
            raise damaged(source, problem) from None

    @classmethod
    def of_live(cls, written: Written, *, sequences: Sequence[tuple[int, int]] | None = None) -> Piece:
        """What a file that is still growing held at a moment."""
        places = _places(written.chunks, sequences)
        metadata = {name: dict(values) for name, values in written.metadata.items()}
        return cls(Source(written.path), written.registry, places, True, metadata)

    def contents(self, place: Place, topic: str) -> list[bytes]:
        """The messages on a topic in one stretch of the file, in log-time order; raises Damaged."""
        numbers = {number for number, channel in self.registry.channels.items() if channel.topic == topic}
        if place.span.channels is not None and numbers.isdisjoint(place.span.channels):
            return []
        try:
            raw = content_of(self.source, place.span, limit=self.limit)
            found = messages_in(raw, self.registry, wanted=numbers, start_ns=ANY_TIME[0], end_ns=ANY_TIME[1])
        except Broken as problem:
            raise damaged(self.source, problem) from None
        return [bytes(raw[begin:end]) for _, _, _, _, begin, end in found]


def _opened(source: Source, sequences: Sequence[tuple[int, int]] | None, limit: int) -> Piece:
    pure = read_header(source).library.startswith(_OWN)
    closing = read_closing(source)
    if closing.complete:
        places = _places(closing.chunks, sequences)
        metadata = {one.name: read_metadata(source, one).metadata for one in closing.metadata}
        return Piece(source, closing.registry, places, pure, metadata)
    found = scan(source, limit=limit)
    if found.problems:
        raise Broken(found.problems[0])
    return Piece(source, found.registry, [Place(one, None, None) for one in found.spans], pure, found.metadata)


def _places(chunks: Sequence[ChunkIndex], sequences: Sequence[tuple[int, int]] | None) -> list[Place]:
    known = sequences if sequences is not None and len(sequences) == len(chunks) else [None] * len(chunks)
    return [Place(span_of(index), index, range_) for index, range_ in zip(chunks, known, strict=True)]


def damaged(source: Source, problem: Broken) -> Damaged:
    return Damaged(source=source.name, reason=problem, advice=ADVICE.format(name=source.name))

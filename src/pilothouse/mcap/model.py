"""What a recording is made of, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

Compression = Literal["zstd", "lz4", "none"]
Group = Literal["small", "fat", "latched"]
Binary = bytes | bytearray | memoryview

NO_METADATA: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Schema:
    """What messages of a channel look like; ``encoding`` is one of MCAP's registered names (``ros2msg``, …)."""

    name: str
    encoding: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic with the encoding of its messages; ``schema`` is None for self-describing ones."""

    topic: str
    message_encoding: str
    schema: Schema | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)

    def __hash__(self) -> int:
        return hash((self.topic, self.message_encoding, self.schema))


class Message(NamedTuple):
    """One message; times are Unix nanoseconds, ``content`` is encoded as the channel says."""

    channel: Channel
    log_time_ns: int
    publish_time_ns: int
    sequence: int
    content: bytes


@dataclass(frozen=True, slots=True)
class TopicCount:
    """What a ring knows of a topic.

    ``message_count`` and ``bytes`` count since the start; ``dropped`` counts messages that had to leave the ring
    before their window had passed, because the byte budget was too small.
    """

    message_count: int
    last_log_time_ns: int | None
    dropped: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Captured:
    """A finished recording file.

    ``start_ns`` and ``end_ns`` span the messages of the window; ``message_count`` and ``topics`` include latched ones.
    """

    path: Path
    size_bytes: int
    message_count: int
    start_ns: int | None
    end_ns: int | None
    topics: tuple[str, ...]
    sha256: str

    @property
    def duration_s(self) -> float:
        """Seconds from the first message to the last."""
        return 0.0 if self.start_ns is None or self.end_ns is None else (self.end_ns - self.start_ns) / 1e9


@dataclass(frozen=True, slots=True)
class ChannelSummary:
    """One channel of a recording and how many messages it has there."""

    id: int
    topic: str
    message_encoding: str
    schema_name: str
    schema_encoding: str
    message_count: int
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a recording says about itself; times are None when it has no messages."""

    profile: str
    library: str
    channels: tuple[ChannelSummary, ...]
    message_count: int
    start_ns: int | None
    end_ns: int | None
    chunk_count: int
    compressions: tuple[str, ...]
    metadata: dict[str, dict[str, str]]
    indexed: bool

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic with at least one message, sorted."""
        return tuple(sorted({one.topic for one in self.channels if one.message_count}))

    @property
    def duration_s(self) -> float:
        """Seconds from the first message to the last."""
        return 0.0 if self.start_ns is None or self.end_ns is None else (self.end_ns - self.start_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Verification:
    """What a full read of a recording found."""

    message_count: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems

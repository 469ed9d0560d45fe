"""What is said once and holds from then on, kept beyond the window: a bounded number of messages of each channel."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from mcap.opcode import Opcode

from pilothouse.mcap.model import Binary
from pilothouse.mcap.records import MESSAGE_FIELDS, MESSAGE_OVERHEAD, walk_records

# Many may speak on one channel, each once: every driver says its own part of /tf_static. Large messages, such as maps,
# are whole by themselves, and of those only the last few matter.
MOST_MESSAGES = 64
MOST_BYTES = 1 << 20

_by_time = attrgetter("log_time_ns")


@dataclass(frozen=True, slots=True)
class Held:
    """A message of a latched channel, kept when its chunk has left the ring."""

    log_time_ns: int
    publish_time_ns: int
    sequence: int
    content: Binary = field(repr=False)


class Latched:
    """The last messages of latched channels, oldest first; what is said again in the same words is kept once."""

    def __init__(self, known: Mapping[int, Iterable[Held]] | None = None) -> None:
        self._channels: dict[int, list[Held]] = {key: list(said) for key, said in (known or {}).items()}

    def take(self, records: Binary, channels: Iterable[int], *, before_ns: int = 1 << 64) -> None:
        """Keep the messages before a time that some records hold of these channels."""
        for channel_id, one in _messages(records, frozenset(channels)):
            if one.log_time_ns < before_ns:
                self._keep(channel_id, one)

    def messages(self) -> dict[int, tuple[Held, ...]]:
        """Of each channel that has said something, what it said."""
        return {channel_id: tuple(said) for channel_id, said in self._channels.items() if said}

    def _keep(self, channel_id: int, one: Held) -> None:
        said = self._channels.setdefault(channel_id, [])
        same = None
        if len(one.content) <= MOST_BYTES:  # of larger ones only the last is kept anyway
            same = next((number for number, other in enumerate(said) if other.content == one.content), None)
        if same is not None:
            one = max(said.pop(same), one, key=_by_time)
        insort(said, one, key=_by_time)
        while len(said) > MOST_MESSAGES or (len(said) > 1 and sum(len(each.content) for each in said) > MOST_BYTES):
            del said[0]

    @property
    def bytes(self) -> int:
        """What they take."""
        return sum(len(one.content) for said in list(self._channels.values()) for one in said)


def _messages(records: Binary, channels: frozenset[int]) -> Iterator[tuple[int, Held]]:
    view = memoryview(records)
    for opcode, begin, end in walk_records(records):
        if opcode == Opcode.MESSAGE:
            channel_id, sequence, log_time_ns, publish_time_ns = MESSAGE_FIELDS.unpack_from(records, begin)
            if channel_id in channels:
                content: Binary = view[begin + MESSAGE_OVERHEAD : end]
                # A large one is most of its chunk, which others hold too; a small one must not keep its chunk here.
                if len(content) <= MOST_BYTES:
                    content = bytes(content)
                yield channel_id, Held(log_time_ns, publish_time_ns, sequence, content)

"""Numbers of a topic as columns, kept so that zooming into a plot does not decode its messages again."""

from __future__ import annotations

import math
import threading
from array import array
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pilothouse.hub.playback.domain import LATEST_NS, TooMuchToRead, as_number
from pilothouse.kit.errors import Problem
from pilothouse.mcap import Decoders
from pilothouse.mcap.model import Message
from pilothouse.triggers.field_path import MISSING, FieldPath

if TYPE_CHECKING:
    from numpy.typing import NDArray

CACHE_BYTES = 128 << 20
# Of one topic in one question, eight bytes each.
MOST_NUMBERS = 16_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """Log times in nanoseconds, ascending, and what stood in a field then: NaN where there was no number."""

    times_ns: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def nbytes(self) -> int:
        return self.times_ns.nbytes + self.values.nbytes

    def window(self, start_ns: int, end_ns: int) -> Column:
        first, last = np.searchsorted(self.times_ns, (_within(start_ns), _within(end_ns + 1)))
        return Column(self.times_ns[first:last], self.values[first:last])

    def thinned(self, points: int) -> Column:
        """At most about so many points, the lowest and highest of every stretch among them, and both ends."""
        if len(self.times_ns) <= points:
            return self
        from tsdownsample import NaNMinMaxDownsampler

        chosen = NaNMinMaxDownsampler().downsample(  # type: ignore[no-untyped-call]
            self.values, n_out=points - points % 2
        )
        kept = np.unique(np.concatenate(([0], chosen.astype(np.int64), [len(self.values) - 1])))
        return Column(self.times_ns[kept], self.values[kept])


def columns_of(messages: Iterable[Message], paths: Mapping[str, FieldPath]) -> dict[str, Column]:
    """One column for each path, from the messages of one topic; what cannot be decoded has no numbers. Raises
    TooMuchToRead."""
    decoders = Decoders()
    times, values = array("q"), {name: array("d") for name in paths}
    most = MOST_NUMBERS // (len(paths) + 1)
    for message in messages:
        if len(times) >= most:
            raise TooMuchToRead(why=f"{len(paths)} fields of more than {most:,} messages")
        times.append(min(message.log_time_ns, LATEST_NS))
        try:
            decoded = decoders.decode(message.channel, message.content)
        except Problem:
            decoded = None
        for name, path in paths.items():
            found = path.find(decoded)
            number = None if found is MISSING else as_number(found)
            values[name].append(math.nan if number is None else number)
    shared = np.array(times, dtype=np.int64)
    return {name: Column(shared, np.array(one, dtype=np.float64)) for name, one in values.items()}


def _within(time_ns: int) -> int:
    return max(-LATEST_NS, min(time_ns, LATEST_NS))


class ColumnCache:
    """The columns asked for last, by recording, topic and path; bounded in bytes. For any number of threads."""

    def __init__(self, most_bytes: int = CACHE_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._columns: OrderedDict[tuple[str, str, str], Column] = OrderedDict()
        self._bytes = 0

    def find(self, version: str, topic: str, paths: Collection[str]) -> dict[str, Column]:
        """Those that are kept."""
        found: dict[str, Column] = {}
        with self._lock:
            for path in paths:
                key = (version, topic, path)
                if key in self._columns:
                    self._columns.move_to_end(key)
                    found[path] = self._columns[key]
        return found

    def keep(self, version: str, topic: str, columns: Mapping[str, Column]) -> None:
        with self._lock:
            for path, column in columns.items():
                key = (version, topic, path)
                replaced = self._columns.pop(key, None)
                self._bytes += column.nbytes - (replaced.nbytes if replaced else 0)
                self._columns[key] = column
            while self._bytes > self._most and self._columns:
                _, oldest = self._columns.popitem(last=False)
                self._bytes -= oldest.nbytes

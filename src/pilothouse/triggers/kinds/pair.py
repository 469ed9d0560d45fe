"""The latest numbers of two fields that are judged together."""

from __future__ import annotations

import math

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers.field_path import MISSING, FieldPath
from pilothouse.triggers.kinds.limit import as_number


class Latest:
    """The last number of a field, and how long ago it came; nothing came before ``start`` was called."""

    __slots__ = ("_path", "_since_ns", "_stale_ns", "heard", "number", "topic")

    def __init__(self, topic: str, field: str, stale_s: float | None) -> None:
        self.topic = topic
        self._path = FieldPath(field)
        self._stale_ns = None if stale_s is None else round(stale_s * NS_PER_S)
        self._since_ns: int | None = None
        self.number = math.nan
        self.heard = False

    def pass_to(self, now_ns: int) -> None:
        """Message time is ``now_ns``; when it has stepped back, ages count from there."""
        if self._since_ns is None or now_ns < self._since_ns:
            self._since_ns = now_ns

    def take(self, time_ns: int, decoded: object) -> bool:
        """Whether the message had something at the field."""
        found = self._path.find(decoded)
        if found is MISSING:
            return False
        self.number, self._since_ns, self.heard = as_number(found), time_ns, True
        return True

    def is_stale(self, now_ns: int) -> bool:
        """Whether it has been silent for too long, or from the start."""
        return self._stale_ns is not None and self._since_ns is not None and now_ns - self._since_ns > self._stale_ns

    def is_fresh(self, now_ns: int) -> bool:
        """Whether there is a number that still counts."""
        return self.heard and not self.is_stale(now_ns)


class Pair:
    """Two of them, fed from the same messages."""

    __slots__ = ("a", "b")

    def __init__(self, a: Latest, b: Latest) -> None:
        self.a = a
        self.b = b

    def take(self, topic: str, time_ns: int, decoded: object) -> bool:
        """Whether the message had something for either of them."""
        taken = False
        for one in (self.a, self.b):
            one.pass_to(time_ns)
            if one.topic == topic:
                taken = one.take(time_ns, decoded) or taken
        return taken

    def a_active_b_idle(self, now_ns: int, *, active_above: float, idle_below: float) -> bool:
        """Whether a does something and b does not; what is no number, and a b that fell silent, speak for yes."""
        if not self.a.is_fresh(now_ns) or abs(self.a.number) <= active_above:
            return False
        return self.b.is_stale(now_ns) or (self.b.heard and not abs(self.b.number) >= idle_below)

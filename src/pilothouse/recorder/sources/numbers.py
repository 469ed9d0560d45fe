"""What the numbers that publishers give their messages tell: what came twice, and how much never came. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

# Publishers that are remembered. One that was not heard for longest is forgotten first.
MOST_PUBLISHERS = 10_000
# Gaps in what a publisher said that late messages may fill yet.
MOST_GAPS = 16
# A leap above this, either way, is another way of counting and no loss: numbers of 32 bits begin anew at their end.
LEAP = 1 << 31


class Heard(NamedTuple):
    """What one message is, beside its content."""

    is_new: bool = True
    missed: int = 0
    """Messages said before it that have not come."""
    missed_ns: int | None = None
    """It had been counted as missed, at that time."""


NEW, AGAIN = Heard(), Heard(is_new=False)


class _Gap(NamedTuple):
    first: int
    last: int
    at_ns: int | None  # None for what was said before anybody listened, which nobody has missed


class _Publisher:
    """Everything from ``first`` to ``newest`` has come, but for the gaps."""

    __slots__ = ("first", "first_said_ns", "gaps", "newest", "newest_said_ns")
    first: int
    first_said_ns: int | None
    newest: int
    newest_said_ns: int | None
    gaps: tuple[_Gap, ...]

    def __init__(self, number: int, said_ns: int | None) -> None:
        self._begin(number, said_ns)

    def take(self, number: int, said_ns: int | None, now_ns: int) -> Heard:
        if self._begins_anew(number, said_ns):
            self._begin(number, said_ns)
            return NEW
        if number > self.newest:
            missed = number - self.newest - 1
            if missed:
                self.gaps = (*self.gaps[1 - MOST_GAPS :], _Gap(self.newest + 1, number - 1, now_ns))
            self.newest, self.newest_said_ns = number, said_ns
            return Heard(missed=missed)
        if number < self.first:
            return self._history(number, said_ns)
        return self._late(number, said_ns)

    def _begin(self, number: int, said_ns: int | None) -> None:
        self.first = self.newest = number
        self.first_said_ns = self.newest_said_ns = said_ns
        self.gaps = ()

    def _begins_anew(self, number: int, said_ns: int | None) -> bool:
        """Whether the publisher has started again: it counts from the beginning while its time goes on."""
        if abs(number - self.newest) >= LEAP:
            return True
        if number > self.newest or said_ns is None or self.newest_said_ns is None or self.first_said_ns is None:
            return False
        # Or its clock was set back meanwhile.
        return said_ns > self.newest_said_ns or (number >= self.first and said_ns < self.first_said_ns)

    def _history(self, number: int, said_ns: int | None) -> Heard:
        """What was said before the first that was heard, and is told now."""
        if said_ns is None:
            return NEW
        if number + 1 < self.first:
            self.gaps = (_Gap(number + 1, self.first - 1, None), *self.gaps)[:MOST_GAPS]
        self.first, self.first_said_ns = number, said_ns
        return NEW

    def _late(self, number: int, said_ns: int | None) -> Heard:
        gap = next((one for one in self.gaps if one.first <= number <= one.last), None)
        if gap is None:
            # Without a time it may also be another message under an old number: only the last is sure to be the same.
            return AGAIN if said_ns is not None or number == self.newest else NEW
        halves = _Gap(gap.first, number - 1, gap.at_ns), _Gap(number + 1, gap.last, gap.at_ns)
        others = (one for one in self.gaps if one is not gap)
        self.gaps = (*others, *(one for one in halves if one.first <= one.last))[-MOST_GAPS:]
        return Heard(missed_ns=gap.at_ns)


class Numbers:
    """Of any number of publishers. What one said before it was heard for the first time is not missed."""

    def __init__(self, most_publishers: int = MOST_PUBLISHERS) -> None:
        self._most_publishers = most_publishers
        self._publishers: dict[Hashable, _Publisher] = {}

    def take(self, publisher: Hashable, number: int, said_ns: int | None, now_ns: int) -> Heard:
        """A message has come, said at a time by the publisher's clock if it tells one."""
        known = self._publishers.pop(publisher, None)
        if known is None:
            if len(self._publishers) >= self._most_publishers:
                del self._publishers[next(iter(self._publishers))]
            self._publishers[publisher] = _Publisher(number, said_ns)
            return NEW
        self._publishers[publisher] = known
        return known.take(number, said_ns, now_ns)

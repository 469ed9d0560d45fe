"""The hours of the day in which recordings may be sent. Pure; time is handed in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_WINDOW = re.compile(r"^(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)$")
MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the day, the first included, the last not; one whose end is not after its begin spans midnight."""

    begin: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read ``22:00-06:00``; raises ``ValueError``."""
        found = _WINDOW.match(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is no window; write it like 22:00-06:00")
        hour, minute, end_hour, end_minute = map(int, found.groups())
        begin, end = hour * 60 + minute, end_hour * 60 + end_minute
        if max(minute, end_minute) > 59 or begin >= MINUTES_PER_DAY or end > MINUTES_PER_DAY:
            raise ValueError(f"{text!r} is no window: hours go from 00:00 to 24:00")
        if begin == end:
            raise ValueError(f"{text!r} is an empty window; leave windows out, or write 00:00-24:00, for all day")
        return cls(begin, end)

    def holds(self, minute: int) -> bool:
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


def _checked(text: str) -> str:
    Window.parse(text)
    return text


WindowText = Annotated[str, StringConstraints(max_length=20), AfterValidator(_checked)]
"""A window in a configuration, kept as text."""


def is_open(windows: Sequence[Window], now: datetime, zone: tzinfo | None) -> bool:
    """Whether this aware time lies in one of the windows by the clocks of the zone (None: the machine's own)."""
    local = now.astimezone(zone)
    return not windows or any(one.holds(local.hour * 60 + local.minute) for one in windows)

"""Globs as people write them for artifacts.

All ways through a glob are gone at once, letter by letter, as bits of a number: no glob, and no path that a guest makes
up for it, takes longer than their lengths multiplied. A regular expression would go back and forth for years.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

# What a glob is made of; stars in a row mean no more than their longest.
_STEPS = re.compile(r"(?:\*\*+/)+|\*\*+|\*|\?|.", re.DOTALL)


def matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """Whether a relative path is meant: ``*`` and ``?`` stay within a name, ``**`` crosses directories, and a glob that
    names a directory means everything below it."""
    ways = [_Ways(glob.removeprefix("./").rstrip("/")) for glob in globs]
    return lambda path: any(way.lead_to(path) for way in ways)


class _Ways:
    """The places in one glob, each a bit, and how letters lead from one to the next."""

    def __init__(self, glob: str) -> None:
        self._on: defaultdict[str, int] = defaultdict(int)
        self._on_in_name = self._stays = self._stays_in_name = self._skips = self._skips_way = 0
        self._end = 1
        for step in _STEPS.findall(glob):
            self._add(step)

    def _add(self, step: str) -> None:
        here, self._end = self._end, self._end << 1
        if step == "?":
            self._on_in_name |= here
        elif step == "*":
            self._stays_in_name, self._skips = self._stays_in_name | here, self._skips | here
        elif step.startswith("**") and step.endswith("/"):  # whole directories, or none
            self._skips_way, self._skips = self._skips_way | here, self._skips | here
            self._add("**")
            self._add("/")
        elif step.startswith("**"):
            self._stays, self._skips = self._stays | here, self._skips | here
        else:
            self._on[step] |= here

    def lead_to(self, path: str) -> bool:
        places = self._skipping(1)
        for letter in path:
            if letter == "/":
                if places & self._end:
                    return True
                stay, on = self._stays, self._on.get(letter, 0)
            else:
                stay, on = self._stays | self._stays_in_name, self._on.get(letter, 0) | self._on_in_name
            places = self._skipping(places & stay | (places & on) << 1)
            if not places:
                return False
        return bool(places & self._end)

    def _skipping(self, places: int) -> int:
        """With all that is reached without another letter."""
        while (further := places | (places & self._skips) << 1 | (places & self._skips_way) << 3) != places:
            places = further
        return places

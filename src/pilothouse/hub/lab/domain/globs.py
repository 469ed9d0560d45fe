"""Globs as people write them for artifacts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable


def matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """Whether a relative path is meant: ``*`` and ``?`` stay within a name, ``**`` crosses directories, and a glob that
    names a directory means everything below it."""
    patterns = [_pattern(glob.removeprefix("./")) for glob in globs]
    return lambda path: any(pattern.fullmatch(path) for pattern in patterns)


def _pattern(glob: str) -> re.Pattern[str]:
    text = ""
    place = 0
    while place < len(glob):
        if glob.startswith("**/", place):
            text, place = f"{text}(?:[^/]+/)*", place + 3
        elif glob.startswith("**", place):
            text, place = f"{text}.*", place + 2
        elif glob[place] == "*":
            text, place = f"{text}[^/]*", place + 1
        elif glob[place] == "?":
            text, place = f"{text}[^/]", place + 1
        else:
            text, place = text + re.escape(glob[place]), place + 1
    return re.compile(text.rstrip("/") + r"(?:/.*)?", re.DOTALL)

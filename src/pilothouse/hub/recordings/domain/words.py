"""The words of a search. Pure."""

from __future__ import annotations

import re

# More words than anybody types narrow nothing further.
MOST_WORDS = 8
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Letters and digits alone: nothing in them is syntax to any database. The same word counts once."""
    return list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))[:MOST_WORDS]

"""Input that would only fail later, in a database or an encoder."""

from __future__ import annotations

import math
import re
from typing import Any

from pilothouse.kit.errors import Invalid

MAX_DEPTH = 64
_LARGEST = 2**63 - 1
# Most bodies hold none of these; only one that might is walked.
# A NUL byte also betrays UTF-16 and UTF-32, in which nothing else here would be found.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|\x00|\xed[\xa0-\xbf]|NaN|Infinity|\d{19}|[eE]\+?\d{3}")


class UnusableText(Invalid):
    """Text must be Unicode without NUL characters and without halves of surrogate pairs."""


class UnusableNumber(Invalid):
    """Numbers must be finite, and whole numbers must fit into 64 bits."""


class TooDeep(Invalid):
    """JSON may be nested at most {levels} levels deep."""


def is_suspect(body: bytes) -> bool:
    """Whether JSON may hold something unusable; cheap, and wrong only on the side of suspicion."""
    return body.count(b"[") + body.count(b"{") > MAX_DEPTH or _SUSPECT.search(body) is not None


def check_json(root: Any) -> None:
    """Raise for text, numbers and depths that could not be kept or answered."""
    waiting: list[tuple[Any, int]] = [(root, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise TooDeep(levels=MAX_DEPTH)
        if isinstance(value, dict):
            for key in value:
                _check(key)
            waiting.extend((inner, depth + 1) for inner in value.values())
        elif isinstance(value, list):
            waiting.extend((inner, depth + 1) for inner in value)
        else:
            _check(value)


def _check(value: object) -> None:
    if isinstance(value, str):
        if "\x00" in value or not _is_unicode(value):
            raise UnusableText
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise UnusableNumber
    elif isinstance(value, int) and not -_LARGEST - 1 <= value <= _LARGEST:
        raise UnusableNumber


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

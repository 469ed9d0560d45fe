"""What a request for bytes asks for (RFC 9110, sections 13 and 14); no bytes are touched here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

# More specifications than this, or more separate parts after coalescing, are no reading pattern; the whole is answered.
MAX_SPECIFICATIONS = 500
MAX_PARTS = 50
# The head of a part takes about as much: sending a smaller gap is cheaper than starting a part.
PART_OVERHEAD_BYTES = 128
_SPECIFICATION = re.compile(r"(\d*)-(\d*)", re.ASCII)
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_BEYOND_ANY_FILE = 2**63


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes ``start`` to ``stop``, without ``stop``."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


class Unsatisfiable:
    """None of the ranges lies inside the file: 416."""


UNSATISFIABLE = Unsatisfiable()


def parse(header: str, size: int) -> list[Range] | Unsatisfiable | None:
    """The ranges a header asks for, clamped and coalesced; None when the whole is to be answered.

    A header that is malformed, in another unit, or asks for too many parts is ignored, as the RFC allows.
    """
    unit, separator, listed = header.partition("=")
    if not separator or unit.strip().lower() != "bytes" or listed.count(",") >= MAX_SPECIFICATIONS:
        return None
    specifications = [part for part in (piece.strip(" \t") for piece in listed.split(",")) if part]
    wanted: list[Range] = []
    for specification in specifications:
        found = _SPECIFICATION.fullmatch(specification)
        if found is None or found[0] == "-":
            return None
        if found[1] and found[2] and _number(found[2]) < _number(found[1]):
            return None
        one = _clamped(found[1], found[2], size)
        if one is not None:
            wanted.append(one)
    if not specifications:
        return None
    if not wanted:
        return UNSATISFIABLE
    merged = wanted if len(wanted) == 1 else _coalesced(wanted)
    # A suffix of an empty file is satisfiable, but no Content-Range can say so.
    return merged if len(merged) <= MAX_PARTS and merged[0].length else None


def _clamped(first: str, last: str, size: int) -> Range | None:
    if not first:
        suffix = _number(last)
        return Range(max(size - suffix, 0), size) if suffix else None
    start = _number(first)
    return Range(start, min(_number(last) + 1, size) if last else size) if start < size else None


def _number(digits: str) -> int:
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) < 19 else _BEYOND_ANY_FILE


def _coalesced(wanted: list[Range]) -> list[Range]:
    """Overlapping and nearly touching ranges joined; the order asked for is kept when none are."""
    merged: list[Range] = []
    for one in sorted(wanted, key=lambda part: part.start):
        if merged and one.start - merged[-1].stop <= PART_OVERHEAD_BYTES:
            merged[-1] = Range(merged[-1].start, max(merged[-1].stop, one.stop))
        else:
            merged.append(one)
    return wanted if len(merged) == len(wanted) else merged


@dataclass(frozen=True, slots=True)
class Plan:
    """What to answer: 200 and the whole, 206 and parts, or 304, 412 or 416 and nothing."""

    status: int
    parts: tuple[Range, ...] = ()


def plan(headers: Mapping[str, str], *, method: str, size: int, etag: str, last_modified: str | None) -> Plan:
    """Weigh conditions and ranges in the order of RFC 9110, section 13.2.2. Header names are in lower case."""
    decided = _precondition(headers, etag, last_modified)
    if decided is not None:
        return decided
    header = headers.get("range")
    if header is not None and method == "GET" and _range_still_holds(headers.get("if-range"), etag, last_modified):
        wanted = parse(header, size)
        if isinstance(wanted, Unsatisfiable):
            return Plan(416)
        if wanted is not None:
            return Plan(206, tuple(wanted))
    return Plan(200, (Range(0, size),))


def _precondition(headers: Mapping[str, str], etag: str, last_modified: str | None) -> Plan | None:
    if (only_if := headers.get("if-match")) is not None:
        if not _listed(etag, only_if, weak=False):
            return Plan(412)
    elif (since := headers.get("if-unmodified-since")) is not None and _is_later(last_modified, since):
        return Plan(412)
    if (unless := headers.get("if-none-match")) is not None:
        return Plan(304) if _listed(etag, unless, weak=True) else None
    known = headers.get("if-modified-since")
    unchanged = known is not None and last_modified is not None and _is_later(last_modified, known) is False
    return Plan(304) if unchanged else None


def _listed(etag: str, header: str, *, weak: bool) -> bool:
    if header.strip() == "*":
        return True
    listed = _ETAG.findall(header)
    if weak:
        return etag.removeprefix("W/") in (one.removeprefix("W/") for one in listed)
    return not etag.startswith("W/") and etag in listed


def _range_still_holds(condition: str | None, etag: str, last_modified: str | None) -> bool:
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag and not etag.startswith("W/")
    return last_modified is not None and condition == last_modified


def _is_later(last_modified: str | None, than: str) -> bool | None:
    """None when one of the dates is none; such a condition is ignored."""
    if last_modified is None:
        return None
    try:
        return parsedate_to_datetime(last_modified) > parsedate_to_datetime(than)
    except (TypeError, ValueError):
        return None

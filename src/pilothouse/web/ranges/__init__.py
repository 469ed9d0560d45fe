"""Byte ranges: RFC 9110 planning apart from reading, fast where the bytes are at hand."""

from pilothouse.web.ranges.passes import LIFETIME_S, ReadPasses, remember
from pilothouse.web.ranges.plan import UNSATISFIABLE, Plan, Range, Unsatisfiable, parse, plan
from pilothouse.web.ranges.response import RangeResponse
from pilothouse.web.ranges.source import BytesGone, ByteSource, BytesUnreadable, LocalFile, OpenSource, local_file

__all__ = [
    "LIFETIME_S",
    "UNSATISFIABLE",
    "ByteSource",
    "BytesGone",
    "BytesUnreadable",
    "LocalFile",
    "OpenSource",
    "Plan",
    "Range",
    "RangeResponse",
    "ReadPasses",
    "Unsatisfiable",
    "local_file",
    "parse",
    "plan",
    "remember",
]

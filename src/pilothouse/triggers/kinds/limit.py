"""A number against a limit."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from enum import StrEnum
from typing import SupportsFloat


class Operator(StrEnum):
    LT = "lt"
    GT = "gt"
    LTE = "lte"
    GTE = "gte"
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"


SYMBOLS = {
    Operator.LT: "<",
    Operator.GT: ">",
    Operator.LTE: "<=",
    Operator.GTE: ">=",
    Operator.EQUALS: "==",
    Operator.NOT_EQUALS: "!=",
}

_COMPARE: dict[Operator, Callable[[float, float], bool]] = {
    Operator.LT: operator.lt,
    Operator.GT: operator.gt,
    Operator.LTE: operator.le,
    Operator.GTE: operator.ge,
    Operator.EQUALS: operator.eq,
    Operator.NOT_EQUALS: operator.ne,
}
UPWARD = frozenset({Operator.GT, Operator.GTE})
DOWNWARD = frozenset({Operator.LT, Operator.LTE})


class Limit:
    """NaN is always beyond it; with ``hysteresis``, an excursion ends only that much on the good side."""

    __slots__ = ("_compare", "_leave", "op", "value")

    def __init__(self, op: Operator, value: float, hysteresis: float = 0.0) -> None:
        self.op = op
        self.value = value
        self._compare = _COMPARE[op]
        self._leave = value - hysteresis if op in UPWARD else value + hysteresis if op in DOWNWARD else value

    def is_violated(self, measured: float, *, lasting: bool) -> bool:
        """Whether a number violates it; ``lasting`` says that the number before it did."""
        return self._compare(measured, self._leave if lasting else self.value) or math.isnan(measured)


def as_number(found: object) -> float:
    """The number a decoded value stands for; NaN for null, text, lists and whatever else is none."""
    if type(found) is float:
        return found
    # A numpy array of one element would convert too; it is a list, not a number.
    if isinstance(found, str | bytes | bytearray) or getattr(found, "shape", ()) != ():
        return math.nan
    if not isinstance(found, SupportsFloat):
        return math.nan
    try:
        return float(found)
    except OverflowError:
        return math.inf if found > 0 else -math.inf  # type: ignore[operator]
    except (TypeError, ValueError):
        return math.nan

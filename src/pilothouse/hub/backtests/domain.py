"""States of a backtest, and what may go wrong with one."""

from __future__ import annotations

from enum import StrEnum

from pilothouse.kit.errors import Conflict, Invalid, NotFound

# A firing is kept with this many points of its curve at most; a plot of it needs no more.
MAX_CURVE_POINTS = 200
# Of each recording; the count goes on.
MAX_FIRINGS_KEPT = 200
# Of all curves of one recording: beyond them firings are kept without, or with a coarser one.
MAX_POINTS_KEPT = 6_000
MAX_RECORDINGS = 10_000


class BacktestState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self in (BacktestState.DONE, BacktestState.CANCELLED)


class UnknownBacktest(NotFound):
    """No backtest with this id is known here."""


class NothingToTest(Invalid):
    """No readable recording fits this selection; list what there is with GET /api/sessions."""


class TooManyToTest(Invalid):
    """{count} recordings fit this selection, and one backtest takes {limit} at most; narrow it by robot or time."""


class RuleUnusable(Invalid):
    """triggers: {reason}"""


class Stopped(Conflict):
    """Reading was given up: the backtest was cancelled, or the hub ends."""


class BacktestOver(Conflict):
    """This backtest is {state} already."""


def thinned(curve: list[tuple[int, float]], points: int = MAX_CURVE_POINTS) -> list[tuple[int, float]]:
    """At most ``points`` of a curve, with the lowest and the highest of every stretch among them."""
    if len(curve) <= points:
        return curve
    stretches = points // 2
    if not stretches:
        return []
    kept: list[tuple[int, float]] = []
    for number in range(stretches):
        part = curve[number * len(curve) // stretches : (number + 1) * len(curve) // stretches]
        lowest, highest = min(part, key=lambda one: one[1]), max(part, key=lambda one: one[1])
        kept += sorted({lowest, highest})
    return kept

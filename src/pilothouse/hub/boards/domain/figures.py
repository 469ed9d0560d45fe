"""How work goes on boards, in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class TaskWork:
    """``overdue`` is now, the rest within a time; the cycle is the mean from begun to done, of those done in it."""

    overdue: int
    created: int
    done: int
    cycle_time_s: float | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Approvals that nobody has decided yet."""

    approvals: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided within a time, and the mean from asked to decided."""

    approvals: int
    took_s: float | None


@dataclass(frozen=True, slots=True)
class BoardFigures:
    """Of the boards that somebody sees; ``throughput`` has the days on which something was done, in order."""

    boards: int
    tasks_by_status: Mapping[str, int]
    work: TaskWork
    throughput: Sequence[tuple[date, int]]
    waiting: Waiting
    decided: Decided

"""What a job is, and how long a failing one waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

FIRST_DELAY_S = 2.0
LONGEST_DELAY_S = 3_600.0


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job may know about this run; ``attempt`` counts from 1."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work on subjects, such as the id of a row.

    ``run`` must be idempotent: a job twice is a job once. It takes its subject out of ``pending`` in the transaction
    that completes it. ``pending`` says which subjects wait; what it says is what counts.
    """

    name: str
    run: Callable[[JobContext, str], Awaitable[None]]
    pending: Callable[[AsyncSession], Awaitable[Sequence[str]]]


def delay_s(attempts: int) -> float:
    """How long a subject that failed so many times rests: 2 s, doubled each time, an hour at most."""
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(attempts - 1, 30))

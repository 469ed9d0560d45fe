"""A worker's patience with a database that is away for a moment: what is running in a sandbox does not end for it."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

import stamina

from pilothouse.kit.errors import Unavailable

# Others take a worker for dead before that when its lease cannot be prolonged either; then it ends what it runs.
PATIENCE_S = 60.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 1.0

Given = ParamSpec("Given")
Owner = TypeVar("Owner")
Result = TypeVar("Result")


async def patiently(work: Callable[[], Awaitable[Result]]) -> Result:
    """Do it again until it works. Of two transactions that wait for each other a database ends one, which counts as
    being away, too."""
    attempts = stamina.retry_context(
        on=Unavailable, attempts=None, timeout=PATIENCE_S, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
    )
    async for attempt in attempts:
        with attempt:
            return await work()
    raise AssertionError("the last attempt returns or raises")


def patient(
    step: Callable[Concatenate[Owner, Given], Coroutine[Any, Any, Result]],
) -> Callable[Concatenate[Owner, Given], Coroutine[Any, Any, Result]]:
    """A method that may be carried out twice when nobody knows whether the first time was committed."""

    @functools.wraps(step)
    async def again(owner: Owner, /, *given: Given.args, **named: Given.kwargs) -> Result:
        return await patiently(lambda: step(owner, *given, **named))

    return again

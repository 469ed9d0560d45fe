"""One event that cannot be taken keeps nothing behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from pilothouse.hub.db import DatabaseUnavailable
from pilothouse.hub.events import Event, take_each

pytestmark = pytest.mark.anyio

PASSED_OVER = "it is passed over"


def events(count: int) -> list[Event]:
    return [Event("hub", number, "x", "y", {}, datetime(2026, 1, 1, tzinfo=UTC)) for number in range(1, count + 1)]


async def test_those_around_one_that_cannot_be_taken_are_taken_each_once() -> None:
    taken: list[int] = []

    async def take(some: Sequence[Event]) -> None:
        if any(event.sequence == 2 for event in some):
            raise ValueError("no")
        taken.extend(event.sequence for event in some)

    await take_each(events(3), take, PASSED_OVER)

    assert taken == [1, 3]


async def test_one_that_fails_once_is_taken_the_next_time() -> None:
    calls: list[int] = []

    async def take(some: Sequence[Event]) -> None:
        calls.append(len(some))
        if len(calls) == 1:
            raise RuntimeError("deadlock detected")

    await take_each(events(1), take, PASSED_OVER)

    assert calls == [1, 1]


async def test_a_database_that_is_away_passes_nothing_over() -> None:
    async def take(some: Sequence[Event]) -> None:
        raise DatabaseUnavailable

    with pytest.raises(DatabaseUnavailable):
        await take_each(events(2), take, PASSED_OVER)

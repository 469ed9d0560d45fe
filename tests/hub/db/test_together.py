"""What comes alone is written at once; what comes meanwhile is written together, and nobody is answered before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from pilothouse.hub.db import Together
from pilothouse.hub.db.together import MOST_AT_ONCE

pytestmark = pytest.mark.anyio


class Ledger:
    """Writes when it is let, and notes what it was given at a time."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.may_write = asyncio.Event()
        self.refused: set[int] = set()

    async def write(self, numbers: Sequence[int]) -> None:
        self.groups.append(list(numbers))
        await self.may_write.wait()
        if self.refused & set(numbers):
            raise OSError("the disk is full")


async def begun(ledger: Ledger, count: int) -> None:
    async with asyncio.timeout(30):
        while len(ledger.groups) < count:
            await asyncio.sleep(0)


async def test_the_first_is_written_at_once_and_those_who_come_meanwhile_together() -> None:
    ledger = Ledger()
    together = Together(ledger.write)

    first = asyncio.create_task(together.add(0))
    await begun(ledger, 1)
    later = [asyncio.create_task(together.add(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    answered_early = [task.done() for task in (first, *later)]
    ledger.may_write.set()
    await asyncio.gather(first, *later)
    await together.add(6)

    assert answered_early == [False] * 6
    assert ledger.groups == [[0], [1, 2, 3, 4, 5], [6]]


async def test_what_cannot_be_written_is_told_to_all_of_its_group_and_to_nobody_else() -> None:
    ledger = Ledger()
    ledger.refused = {2}
    together = Together(ledger.write)

    first = asyncio.create_task(together.add(0))
    await begun(ledger, 1)
    later = [asyncio.create_task(together.add(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    ledger.may_write.set()
    outcomes = await asyncio.gather(first, *later, return_exceptions=True)
    await together.add(3)

    assert [type(one) for one in outcomes] == [type(None), OSError, OSError]
    assert ledger.groups == [[0], [1, 2], [3]]


async def test_who_leaves_keeps_nobody_waiting() -> None:
    ledger = Ledger()
    together = Together(ledger.write)

    leaving = asyncio.create_task(together.add(0))
    await begun(ledger, 1)
    staying = asyncio.create_task(together.add(1))
    await asyncio.sleep(0)
    leaving.cancel()
    ledger.may_write.set()
    await staying

    assert leaving.cancelled() or leaving.cancelling()
    assert ledger.groups == [[0], [1]]


async def test_a_crowd_is_written_in_parts() -> None:
    ledger = Ledger()
    ledger.may_write.set()
    together = Together(ledger.write)

    await asyncio.gather(*(together.add(number) for number in range(MOST_AT_ONCE + 2)))

    assert [len(group) for group in ledger.groups] == [MOST_AT_ONCE, 2]

"""What many streams ask at once is asked once, and soon again."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.hub.identity.service import lately
from pilothouse.hub.identity.service.lately import Lately

pytestmark = pytest.mark.anyio


class Door:
    """Somebody to ask, who takes their time."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def __call__(self) -> int:
        self.asked += 1
        await self.may_answer.wait()
        return self.asked


async def test_of_a_hundred_that_ask_at_once_one_does_and_strangers_ask_for_themselves() -> None:
    known, door, other = Lately(), Door(), Door()
    asking = [asyncio.create_task(known.ask("tessa", door)) for _ in range(100)]
    strange = asyncio.create_task(known.ask("mara", other))
    await asyncio.sleep(0)
    asking[0].cancel()
    door.may_answer.set()
    other.may_answer.set()

    assert await asyncio.gather(*asking[1:]) == [1] * 99
    assert (await strange, door.asked, other.asked) == (1, 1, 1)


async def test_an_answer_is_good_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    known, door = Lately(), Door()
    door.may_answer.set()
    monkeypatch.setattr(lately, "GOOD_FOR_S", 0.0)

    assert [await known.ask("tessa", door) for _ in range(2)] == [1, 2]


async def test_those_who_left_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    known, door = Lately(), Door()
    door.may_answer.set()
    monkeypatch.setattr(lately, "GOOD_FOR_S", 0.0)
    monkeypatch.setattr(lately, "MOST_REMEMBERED", 10)
    for number in range(50):
        await known.ask(number, door)

    assert len(known._asked) <= 10

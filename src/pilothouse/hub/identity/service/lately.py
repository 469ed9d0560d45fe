"""What many ask at the same time is asked once, and its answer is good for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

GOOD_FOR_S = 1.0
MOST_REMEMBERED = 1_000

Answer = TypeVar("Answer")


class Lately:
    """Answers by what they are about: of a hundred streams of one caller, one asks whether they still may."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, tuple[float, asyncio.Task[Any]]] = {}

    async def ask(self, about: Hashable, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer to a question, or what was answered to the same one within the last second."""
        now = asyncio.get_running_loop().time()
        known = self._asked.get(about)
        if known is None or now - known[0] >= GOOD_FOR_S:
            if len(self._asked) >= MOST_REMEMBERED:
                self._forget_before(now - GOOD_FOR_S)
            known = self._asked[about] = (now, asyncio.ensure_future(_answer(question)))
        # Whoever asked first may leave before it is answered: the others are still waiting.
        answer: Answer = await asyncio.shield(known[1])
        return answer

    def _forget_before(self, moment: float) -> None:
        for about in [about for about, (asked_at, _) in self._asked.items() if asked_at <= moment]:
            del self._asked[about]


async def _answer(question: Callable[[], Awaitable[Answer]]) -> Answer:
    return await question()

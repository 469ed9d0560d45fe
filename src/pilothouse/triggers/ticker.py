"""Tells the rules that want to know that message time passes, whoever's messages it passes with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Generic, TypeVar

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers.present import Present
from pilothouse.triggers.rule import Rule
from pilothouse.wire import TriggerFired

# A silence is noticed at most this late; when it began to be too long does not depend on it.
STEP_NS: Final = NS_PER_S // 10

Owner = TypeVar("Owner")


class Ticker(Generic[Owner]):
    """``due_at`` is for every message and costs little; ``tick`` asks the rules."""

    __slots__ = ("_from_ns", "_owners", "_present", "_until_ns")

    def __init__(self, owners: Sequence[tuple[Owner, Rule]]) -> None:
        self._owners = [(owner, rule) for owner, rule in owners if rule.ticks]
        self._present = Present()
        self._from_ns = 0
        self._until_ns = 0

    @property
    def is_wanted(self) -> bool:
        """Whether any rule wants to know."""
        return bool(self._owners)

    @property
    def now_ns(self) -> int | None:
        """Where message time is; None before the first message, and where nobody wants to know."""
        return self._present.now_ns

    def due_at(self, topic: str, log_time_ns: int) -> int | None:
        """A topic speaks: what time it is, if that has gone far enough to be told or has stepped back."""
        if not self._owners:
            return None
        now_ns = self._present.at(topic, log_time_ns)
        return None if self._from_ns <= now_ns < self._until_ns else now_ns

    def tick(self, now_ns: int) -> Iterator[tuple[Owner, TriggerFired]]:
        """Tell the rules; the firings that the passing of time completes."""
        if not self._owners:
            return
        self._from_ns, self._until_ns = now_ns, now_ns + STEP_NS
        for owner, rule in self._owners:
            fired = rule.tick(now_ns)
            if fired is not None:
                yield owner, fired

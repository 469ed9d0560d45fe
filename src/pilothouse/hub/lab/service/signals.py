"""Hints between hubs and workers: rows say what is to be done, these say when to look."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import after_commit
from pilothouse.hub.events import Bus
from pilothouse.hub.events.bus import Subscription
from pilothouse.hub.events.domain import Event
from pilothouse.kit.clock import Clock, at

QUEUE = "lab:queue"


def of_worker(worker_id: str) -> str:
    return f"lab:worker:{worker_id}"


def of_session(session_id: str) -> str:
    return f"lab:session:{session_id}"


class Ear:
    """Hears that something may be new under one name."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def wait(self, timeout_s: float) -> bool:
        """Until there may be news, at most so long; True when something was heard. Whoever waits looks at the rows
        either way: a hint that was lost costs this time and nothing else."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._subscription.wait()
        told, missed = self._subscription.take()
        return bool(told) or missed


class Signals:
    """The bus of the events, used for hints that are not kept."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    def after(self, session: AsyncSession, *names: str) -> None:
        """Tell once this transaction is committed."""
        after_commit(session, lambda: self.tell(*names))

    async def tell(self, *names: str) -> None:
        now = at(self._clock.now_ns())
        await self._bus.publish([Event(name, 0, "lab.hint", "", {}, now) for name in names])

    @contextmanager
    def heard(self, name: str) -> Iterator[Ear]:
        """What is told under this name, for as long as the block lasts."""
        with self._bus.subscribed(name) as subscription:
            yield Ear(subscription)

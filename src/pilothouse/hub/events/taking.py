"""Do something about events in a transaction, however one of them fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from pilothouse.hub.events.domain import Event
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

Take = Callable[[Sequence[Event]], Awaitable[None]]


async def take_each(events: Sequence[Event], take: Take, passed_over: str, *, again: bool = True) -> None:
    """Hand events over, all at once; where that fails, one by one: one that cannot be taken must not keep all that
    follow from being taken. Those that fail by themselves are passed over, which the log is told in these words."""
    try:
        await take(events)
    except Unavailable:
        raise
    except Exception:
        if len(events) > 1:
            for event in events:
                await take_each([event], take, passed_over)
        elif again:  # two transactions may have waited for each other: once more
            await take_each(events, take, passed_over, again=False)
        else:
            log.exception(passed_over, sequence=events[0].sequence)

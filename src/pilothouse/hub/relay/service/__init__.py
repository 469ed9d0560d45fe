"""Seeing robots live."""

from pilothouse.hub.relay.service.lines import Lines, LocalLines
from pilothouse.hub.relay.service.relays import Relays

__all__ = ["Lines", "LocalLines", "Relays", "lines_of"]


def lines_of(redis_url: str | None) -> Lines:
    """Through Redis where hubs share one, else within this process."""
    if redis_url is None:
        return LocalLines()
    from pilothouse.hub.relay.service.redis_lines import RedisLines

    return RedisLines(redis_url)

"""Fan-out to every process of the installation, through Redis or Valkey."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from pilothouse.hub.events.bus import Bus
from pilothouse.hub.events.domain import Event
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

CHANNEL = "pilothouse:events"
RETRY_S = 1.0


class RedisBus(Bus):
    """Tells this process directly and the others through one channel.

    What Redis loses costs time and nothing else: whoever is told of a later event asks the table for those before,
    and subscribers are compared with the table now and then.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        # A request waits for the telling, so it gives up soon.
        self._redis: Redis = Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)
        self._listening: Redis = Redis.from_url(url, socket_connect_timeout=2)
        self.is_connected = False
        self._was_lost = False

    async def publish(self, events: Sequence[Event]) -> None:
        self.offer(events)
        if not self.is_connected:
            return
        try:
            await self._redis.publish(CHANNEL, json.dumps([_written(event) for event in events]))
        except (RedisError, OSError) as error:
            self._lost(error)

    async def listen(self) -> None:
        """Hear what other processes tell, until cancelled."""
        try:
            while True:
                try:
                    await self._hear()
                except (RedisError, OSError) as error:
                    self._lost(error)
                await asyncio.sleep(RETRY_S)
        finally:
            await self._redis.aclose()
            await self._listening.aclose()

    async def _hear(self) -> None:
        async with self._listening.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(CHANNEL)
            self._found()
            async for message in pubsub.listen():
                self.offer([_read(one) for one in json.loads(message["data"])])

    def _found(self) -> None:
        self.is_connected = True
        # Whatever was told while nobody listened is in the table.
        for stream in self.streams:
            for subscription in self.subscriptions(stream):
                subscription.look_again()
        if self._was_lost:
            log.info("events reach other processes again")
        self._was_lost = False

    def _lost(self, error: Exception) -> None:
        self.is_connected = False
        if not self._was_lost:
            log.error("events do not reach other processes until Redis answers", reason=repr(error))
        self._was_lost = True


def _written(event: Event) -> dict[str, object]:
    return {
        "stream": event.stream,
        "sequence": event.sequence,
        "kind": event.kind,
        "subject": event.subject,
        "payload": event.payload,
        "recorded_at": event.recorded_at.isoformat(),
    }


def _read(written: dict[str, object]) -> Event:
    fields = {**written, "recorded_at": datetime.fromisoformat(str(written["recorded_at"]))}
    return Event(**fields)  # type: ignore[arg-type]

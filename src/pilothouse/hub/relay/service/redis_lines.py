"""Lines between the hubs of one installation, through Redis or Valkey."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from pilothouse.hub.relay.service.lines import Listener
from pilothouse.kit.errors import Unavailable

CHANNEL = "pilothouse:relay:"
# A server that went away without a word is noticed after so long.
PING_S = 5


class LinesDown(Unavailable):
    """Robots cannot be seen live until Redis answers again."""


class RedisLines:
    """Text and bytes stay what they are: the first byte of a message says which it is."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._speaking: Redis | None = None

    async def say(self, line: str, message: str | bytes) -> None:
        content = b"t" + message.encode() if isinstance(message, str) else b"b" + message
        if self._speaking is None:
            self._speaking = Redis.from_url(self._url, socket_connect_timeout=1, socket_timeout=2)
        try:
            await self._speaking.publish(CHANNEL + line, content)
        except (RedisError, OSError) as error:
            raise LinesDown from error

    @asynccontextmanager
    async def listening(self, line: str) -> AsyncIterator[Listener]:
        listener = Listener()
        # Connected again in silence, nobody would know what was missed: whoever listens begins again instead.
        redis: Redis = Redis.from_url(
            self._url, socket_connect_timeout=2, health_check_interval=PING_S, retry=Retry(NoBackoff(), 0)
        )
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                await pubsub.subscribe(CHANNEL + line)
                # The answer to the subscription: what is said from here on is heard.
                await pubsub.get_message(timeout=2)
                hearing = asyncio.create_task(_hear(pubsub, listener))
                try:
                    yield listener
                finally:
                    hearing.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await hearing
        except (RedisError, OSError) as error:
            raise LinesDown from error
        finally:
            await redis.aclose()


async def _hear(pubsub: PubSub, listener: Listener) -> None:
    try:
        while True:
            message = await pubsub.get_message(timeout=PING_S)
            if message is not None:
                content: bytes = message["data"]
                listener.put(content[1:].decode() if content[:1] == b"t" else content[1:])
    except (RedisError, OSError):
        listener.break_off(LinesDown())

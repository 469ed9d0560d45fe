"""Requests counted per caller: in this process, or shared in Redis or Valkey."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter
from starlette.requests import HTTPConnection

from pilothouse.kit.errors import BadConfiguration, Throttled, Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.web.addresses import client_address, rate_limit_key
from pilothouse.web.edge import add_response_header
from pilothouse.web.settings import ServiceSettings

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.aio.strategies import RateLimiter

# A store that is slow must not make every request slow: past this it counts as absent.
_STORE_DEADLINE_S = 0.5

log = get_logger("pilothouse.web")


class RateLimited(Throttled):
    """Too many requests from your address; wait {retry_after_s} s and try again."""


class RateLimitStoreUnreachable(Unavailable):
    """RATE_LIMIT_BACKEND is redis, but the store at RATE_LIMIT_REDIS_URL does not answer: {reason}."""


class RateLimits:
    """All limits of a service; call :meth:`start` in its lifespan."""

    def __init__(self, settings: ServiceSettings, registry: CollectorRegistry | None = None) -> None:
        self._settings = settings
        self._limiter: RateLimiter | None = None
        self._store_answers = True
        self._refused = Counter(
            "pilothouse_rate_limited_total", "Requests refused by a rate limit", ("scope",), registry=registry
        )
        self._uncounted = Counter(
            "pilothouse_rate_limit_store_failures_total",
            "Requests let through because the store of the limits did not answer",
            registry=registry,
        )

    async def start(self) -> None:
        """Connect to the store; raises when a shared one is configured and does not answer."""
        from limits.errors import StorageError

        limiter = self._connected()
        try:
            async with asyncio.timeout(5):
                reachable = await limiter.storage.check()
        except (StorageError, TimeoutError, OSError) as error:
            raise RateLimitStoreUnreachable(reason=_reason(error)) from None
        if not reachable:
            raise RateLimitStoreUnreachable(reason="no answer")

    def limit(self, rate: str, *, scope: str) -> Limit:
        """A dependency that allows ``rate`` (such as ``"20/60 seconds"``) per client address."""
        from limits import parse

        return Limit(self, parse(rate), scope)

    def _connected(self) -> RateLimiter:
        if self._limiter is None:
            from limits.aio.strategies import MovingWindowRateLimiter

            self._limiter = MovingWindowRateLimiter(_storage(self._settings))
        return self._limiter

    async def take(self, item: RateLimitItem, scope: str, who: str) -> tuple[bool, int, float] | None:
        """Whether one more is allowed, how many are left, and when (Unix seconds) more are; None: not counted."""
        return await self._ask(item, scope, who, counting=True)

    async def left(self, item: RateLimitItem, scope: str, who: str) -> tuple[bool, int, float] | None:
        """The same, without counting one."""
        return await self._ask(item, scope, who, counting=False)

    async def _ask(
        self, item: RateLimitItem, scope: str, who: str, *, counting: bool
    ) -> tuple[bool, int, float] | None:  # fmt: skip
        from limits.errors import StorageError

        limiter = self._connected()
        try:
            async with asyncio.timeout(_STORE_DEADLINE_S):
                allowed = await (limiter.hit if counting else limiter.test)(item, scope, who)
                reset_at, remaining = await limiter.get_window_stats(item, scope, who)
        except (StorageError, TimeoutError, OSError) as error:
            self._fail_open(error)
            return None
        if not self._store_answers:
            self._store_answers = True
            log.info("rate limits are counted again")
        if not allowed:
            self._refused.labels(scope).inc()
        return allowed, remaining, reset_at

    def _fail_open(self, error: Exception) -> None:
        self._uncounted.inc()
        if self._store_answers:
            self._store_answers = False
            log.warning("rate limits are not enforced while their store does not answer", reason=_reason(error))


class Limit:
    """One limit, as a dependency of a route."""

    def __init__(self, limits: RateLimits, item: RateLimitItem, scope: str) -> None:
        self._limits = limits
        self._item = item
        self._scope = scope
        self.openapi_extension = {
            "x-ratelimit-limit": item.amount,
            "x-ratelimit-window-s": item.get_expiry(),
            "x-ratelimit-scope": f"{scope} per client address",
        }

    async def __call__(self, connection: HTTPConnection) -> None:
        await self.count(connection)

    async def count(self, connection: HTTPConnection) -> None:
        """Count one request of this caller; raises when it is one too many."""
        self._judge(connection, await self._limits.take(self._item, self._scope, _key(connection)))

    async def check(self, connection: HTTPConnection) -> None:
        """Raise when one more would be one too many; counts none."""
        left = await self._limits.left(self._item, self._scope, _key(connection))
        if left is not None and not left[0]:
            self._judge(connection, left)

    async def note(self, connection: HTTPConnection) -> None:
        """Count one, whether or not it is one too many."""
        await self._limits.take(self._item, self._scope, _key(connection))

    def _judge(self, connection: HTTPConnection, taken: tuple[bool, int, float] | None) -> None:
        if taken is None:
            return
        allowed, remaining, reset_at = taken
        wait_s = max(1, math.ceil(reset_at - time.time()))
        add_response_header(connection.scope, "ratelimit-limit", str(self._item.amount))
        add_response_header(connection.scope, "ratelimit-remaining", str(remaining))
        add_response_header(connection.scope, "ratelimit-reset", str(wait_s))
        if not allowed:
            raise RateLimited(retry_after_s=wait_s)


def _key(connection: HTTPConnection) -> str:
    return rate_limit_key(client_address(connection))


def _storage(settings: ServiceSettings) -> Any:
    if settings.rate_limit_backend == "memory":
        from limits.aio.storage import MemoryStorage

        return MemoryStorage()
    if settings.rate_limit_redis_url is None:
        raise BadConfiguration(problem="RATE_LIMIT_BACKEND=redis needs RATE_LIMIT_REDIS_URL (or RQ_REDIS_URL)")
    from limits.aio.storage import RedisStorage
    from limits.errors import ConfigurationError

    url = settings.rate_limit_redis_url.get_secret_value()
    waiting: dict[str, Any] = {"socket_timeout": _STORE_DEADLINE_S, "socket_connect_timeout": _STORE_DEADLINE_S}
    try:
        return RedisStorage(f"async+{url}", wrap_exceptions=True, implementation="redispy", **waiting)
    except (ConfigurationError, ValueError, AttributeError) as error:
        raise BadConfiguration(problem=f"RATE_LIMIT_REDIS_URL cannot be used: {error}") from None


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__

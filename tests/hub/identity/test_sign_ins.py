"""Browsers: a cookie for a password, a token or a login link, and only for the hub's own pages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.requests import HTTPConnection, Request

from pilothouse.hub.app import create_app
from pilothouse.hub.identity.auth import still_allowed
from pilothouse.hub.identity.auth.origins import COOKIE
from pilothouse.hub.identity.models import LoginCodeRow, TokenRow
from pilothouse.hub.settings import HubSettings
from tests.support.guarded import PASSWORD, SHARED, Guarded, guarded_hub
from tests.support.people import ORGANIZATIONS, somebody

pytestmark = pytest.mark.anyio
SESSION = "/api/v1/auth/session"
ME = "/api/v1/users/me"
OWN = {"Origin": "http://hub"}


@pytest.fixture
async def guarded(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Guarded]:
    async with guarded_hub(hub_settings) as hub:
        yield hub


@asynccontextmanager
async def browser(app: FastAPI, base_url: str = "http://hub") -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=base_url, headers=OWN) as client:
        yield client


async def sign_in(client: httpx2.AsyncClient, **what: str) -> httpx2.Response:
    answer = await client.post(SESSION, json=what)
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_password_becomes_a_cookie_that_no_script_and_no_other_site_can_use(guarded: Guarded) -> None:
    async with browser(guarded.app) as client:
        answer = await sign_in(client, password=PASSWORD)
        me = await client.get(ME)

    header = answer.headers["set-cookie"].lower()
    assert answer.json()["user_id"] == me.json()["id"] == "local"
    assert all(part in header for part in ("httponly", "samesite=strict", "path=/", "max-age=604800"))
    assert "secure" not in header
    assert "domain" not in header
    secret = client.cookies[COOKIE].partition(".")[2]
    async with guarded.hub.database.reading() as session:
        kept = [repr(vars(row)) for row in await session.scalars(select(TokenRow))]
    assert not any(secret in row for row in kept)
    assert answer.headers["cache-control"] == "no-store"


async def test_a_cookie_is_only_sent_by_tls_where_there_is_any(guarded: Guarded) -> None:
    async with browser(guarded.app, "https://hub") as client:
        answer = await client.post(SESSION, json={"password": PASSWORD}, headers={"Origin": "https://hub"})

    assert "secure" in answer.headers["set-cookie"].lower()


async def test_a_persons_own_token_signs_that_person_in_and_ends_with_it(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    async with browser(guarded.app) as client:
        await sign_in(client, token=mara.token)
        assert (await client.get(ME)).json()["id"] == mara.user_id
        (own,) = (await client.get(f"{ME}/tokens")).json()["items"]

        assert (await client.delete(f"{ME}/tokens/{own['id']}")).status_code == 204
        assert (await client.get(ME)).status_code == 401


async def test_signing_out_ends_the_session_and_not_only_the_cookie(guarded: Guarded) -> None:
    async with browser(guarded.app) as client:
        await sign_in(client, password=PASSWORD)
        kept = client.cookies[COOKIE]

        assert (await client.delete(SESSION)).status_code == 204
        assert COOKIE not in client.cookies
        assert (await client.get(ME, headers={"Cookie": f"{COOKIE}={kept}"})).status_code == 401
        assert (await client.get(SESSION, headers={"Cookie": f"{COOKIE}={kept}"})).status_code == 204
        again = await client.delete(SESSION, headers={"Cookie": f"{COOKIE}={kept}"})
        assert (again.status_code, "max-age=0" in again.headers["set-cookie"].lower()) == (204, True)


async def test_a_session_ends_by_itself(guarded: Guarded) -> None:
    async with browser(guarded.app) as client:
        await sign_in(client, password=PASSWORD)
        cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        guarded.clock.advance(168 * 3_600 - 1)
        assert (await client.get(ME, headers=cookie)).status_code == 200
        guarded.clock.advance(2)
        assert (await client.get(ME, headers=cookie)).status_code == 401


async def test_one_sees_where_one_is_signed_in_and_ends_it_from_elsewhere(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    async with browser(guarded.app) as client:
        await client.post(SESSION, json={"token": mara.token}, headers={"User-Agent": "Netscape 4\t"})
        (listed,) = (await mara.get(f"{ME}/sign-ins"))["items"]

        assert listed["name"] == "Netscape 4"
        assert (await guarded.operator.delete(f"{ME}/sign-ins/{listed['id']}")).status_code == 404
        assert await mara.status("DELETE", f"{ME}/sign-ins/{listed['id']}") == 204
        assert (await client.get(ME)).status_code == 401


async def test_what_changes_something_with_a_cookie_comes_from_the_hubs_own_pages(guarded: Guarded) -> None:
    async with browser(guarded.app) as client:
        await sign_in(client, password=PASSWORD)
        cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        del client.headers["origin"]

        for origin in (
            None, "null", "http://evil.example", "http://hub.evil.example", "http://hub:81", "http://hub@evil.example",
            "ftp://hub", "http://", "hub", "http://hub:x", "file://hub",
        ):  # fmt: skip
            headers = {**cookie, **({} if origin is None else {"Origin": origin})}
            refused = await client.post(ORGANIZATIONS, json={"name": "x"}, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "cross_site"), origin
        for origin in ("http://hub", "http://HUB:80", "https://hub"):
            made = await client.post(ORGANIZATIONS, json={"name": "x"}, headers={**cookie, "Origin": origin})
            assert made.status_code == 201, origin
        assert (await client.get(ORGANIZATIONS, headers={**cookie, "Origin": "http://evil.example"})).status_code == 200


async def test_a_plain_page_does_not_act_on_one_that_came_by_tls(guarded: Guarded) -> None:
    async with browser(guarded.app, "https://hub") as client:
        await client.post(SESSION, json={"password": PASSWORD}, headers={"Origin": "https://hub"})
        cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}

        async def post(origin: str) -> int:
            made = await client.post(ORGANIZATIONS, json={"name": "x"}, headers={**cookie, "Origin": origin})
            return made.status_code

        assert [await post("http://hub"), await post("https://hub")] == [403, 201]


async def test_behind_a_trusted_proxy_the_browsers_own_address_counts(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings, trusted_proxies=("127.0.0.1/32",)) as hub, browser(hub.app) as client:
        through = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "fleet.example.com"}
        client.headers.update({**through, "Origin": "https://fleet.example.com"})
        answer = await sign_in(client, password=PASSWORD)
        cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"} if client.cookies else {}

        assert "secure" in answer.headers["set-cookie"].lower()
        cookie = {"Cookie": re.split(r"[;]", answer.headers["set-cookie"])[0]}
        made = await client.post(ORGANIZATIONS, json={"name": "x"}, headers=cookie)
        assert made.status_code == 201
        other = await client.post(ORGANIZATIONS, json={"name": "x"}, headers={**cookie, "Origin": "http://hub"})
        assert other.status_code == 403


async def test_no_other_site_changes_anything_with_a_password_that_the_browser_keeps(guarded: Guarded) -> None:
    evil, sweep = {"Origin": "http://evil.example"}, "/api/admin/sweep"
    made = (await guarded.operator.post("/auth/tokens", json={"name": "x", "scopes": ["admin"]})).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}

    refused = await guarded.operator.post(sweep, headers=evil)
    let = [
        await guarded.operator.get("/api/admin/disk", headers=evil),
        await guarded.operator.post(sweep),
        await guarded.operator.post(sweep, headers={"Origin": "http://hub"}),
        # Behind a proxy that asks by another name, a browser still knows whose page it shows.
        await guarded.operator.post(
            sweep, headers={"Origin": "https://fleet.example", "Sec-Fetch-Site": "same-origin"}
        ),
        # What a page cannot make a browser send, it has been given.
        await guarded.operator.post(sweep, headers={**evil, **bearer}, auth=None),
    ]

    assert (refused.status_code, refused.json()["code"]) == (403, "cross_site")
    assert [answer.status_code for answer in let] == [200] * 5


async def test_no_other_site_changes_anything_where_nobody_needs_a_credential(client: httpx2.AsyncClient) -> None:
    refused = await client.post("/api/admin/rescan", headers={"Origin": "http://evil.example"})

    assert (refused.status_code, refused.json()["code"]) == (403, "cross_site")
    assert (await client.post("/api/admin/rescan")).status_code == 200


async def test_no_other_site_signs_somebody_in(guarded: Guarded) -> None:
    async with browser(guarded.app) as client:
        answer = await client.post(SESSION, json={"password": PASSWORD}, headers={"Origin": "http://evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


async def test_only_people_are_signed_in_and_only_by_what_is_right(guarded: Guarded) -> None:
    refused = {
        "wrong": {"password": "wrong"},
        "robots": {"token": SHARED},
        "program": {"token": await guarded.token("admin")},
        "robot": {"token": await guarded.robot("arm")},
        "unknown": {"token": "user_000000000000.x"},
        "code": {"code": "none"},
        "none": {},
        "two": {"password": PASSWORD, "code": "none"},
    }

    async with browser(guarded.app) as client:
        answers = {what: (await client.post(SESSION, json=body)).status_code for what, body in refused.items()}

    assert answers == {
        "wrong": 401, "robots": 403, "program": 403, "robot": 403, "unknown": 401, "code": 401, "none": 422, "two": 422
    }  # fmt: skip


async def test_a_cookie_is_no_bearer_token_and_a_token_no_cookie(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    async with browser(guarded.app) as client:
        await sign_in(client, token=mara.token)
        cookie = client.cookies[COOKIE]

    assert await guarded.status(cookie, "GET", ME) == 401
    answer = await guarded.call(None, "GET", ME, headers={"Cookie": f"{COOKIE}={mara.token}"})
    assert answer.status_code == 401


async def test_a_header_says_more_than_a_cookie(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    async with browser(guarded.app) as client:
        await sign_in(client, password=PASSWORD)
        answer = await client.get(ME, headers={"Authorization": f"Bearer {mara.token}"})
        wrong = await client.get(ME, headers={"Authorization": "Bearer wrong"})
        agent = await client.get(ME, headers={"X-Agent-Token": "wrong"})

    assert answer.json()["id"] == mara.user_id
    assert (wrong.status_code, agent.status_code) == (401, 401)


async def test_a_page_that_asks_in_the_background_makes_no_browser_ask_for_a_password(guarded: Guarded) -> None:
    async def challenges(mode: str | None) -> list[str]:
        headers = {} if mode is None else {"Sec-Fetch-Mode": mode}
        answer = await guarded.call(None, "GET", ME, headers=headers)
        return [one.partition(" ")[0] for one in answer.headers.get_list("www-authenticate")]

    assert await challenges("cors") == ["Bearer"]
    assert await challenges("navigate") == await challenges(None) == ["Basic", "Bearer"]


async def test_who_am_i_answers_every_kind_of_caller(guarded: Guarded) -> None:
    async def kind(token: str | None) -> tuple[int, Any]:
        answer = await guarded.call(token, "GET", SESSION)
        return answer.status_code, answer.json().get("kind") if answer.content else None

    assert await kind(None) == (204, None)
    assert await kind("fleet_nobody.nothing") == (401, None)
    assert await kind(SHARED) == (200, "shared")
    assert await kind(await guarded.robot("arm")) == (200, "robot")
    assert await kind(await guarded.token("fleet:read")) == (200, "token")
    assert await kind((await somebody(guarded)).token) == (200, "operator")


async def test_a_login_link_is_good_once_and_soon(
    hub_settings: HubSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = hub_settings
    app = create_app(settings)
    async with app.router.lifespan_context(app), browser(app) as client:
        app.before_ready("http://127.0.0.1:8000")
        told = re.fullmatch(r"login http://127\.0\.0\.1:8000/login\?code=(\S{43})\n", capsys.readouterr().err)
        assert told
        page = await client.get("/login", params={"code": told[1]})
        statuses = await asyncio.gather(*(client.post(SESSION, json={"code": told[1]}) for _ in range(5)))
        me = await client.get(ME)

    assert (page.status_code, told[1] in page.text) == (200, False)
    assert sorted(one.status_code for one in statuses) == [201, 401, 401, 401, 401]
    assert me.json()["id"] == "local"


async def test_a_login_link_ends_by_itself(guarded: Guarded) -> None:
    sign_ins = guarded.app.state.people.sign_ins
    early, late = await sign_ins.code_at_start(), await sign_ins.code_at_start()
    async with browser(guarded.app) as client:
        guarded.clock.advance(15 * 60 - 1)
        assert (await client.post(SESSION, json={"code": early})).status_code == 201
        guarded.clock.advance(1)
        assert (await client.post(SESSION, json={"code": late})).status_code == 401
    await guarded.app.state.people.invites.forget_ended()
    async with guarded.hub.database.reading() as session:
        assert list(await session.scalars(select(LoginCodeRow))) == []


async def test_no_login_link_is_told_where_a_credential_is_configured(
    guarded: Guarded, capsys: pytest.CaptureFixture[str]
) -> None:
    guarded.app.before_ready("http://127.0.0.1:8000")

    assert capsys.readouterr().err == ""


async def test_another_password_signs_the_operator_out_and_nobody_else(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings) as hub, browser(hub.app) as client:
        await sign_in(client, password=PASSWORD)
        operators = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        mara = await somebody(hub)
        await sign_in(client, token=mara.token)
        maras = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    from pydantic import SecretStr

    async with guarded_hub(hub_settings, hub_auth_password=SecretStr("another one")) as hub:
        assert (await hub.call(None, "GET", ME, headers=operators)).status_code == 401
        assert (await hub.call(None, "GET", ME, headers=maras)).status_code == 200


async def test_a_stream_with_a_cookie_ends_when_somebody_signs_out(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    async with browser(guarded.app) as client:
        await sign_in(client, token=mara.token)
        scope = {
            "type": "http", "method": "GET", "path": "/", "query_string": b"", "app": guarded.app, "scheme": "http",
            "headers": [(b"cookie", f"{COOKIE}={client.cookies[COOKIE]}".encode()), (b"host", b"hub")],
        }  # fmt: skip
        stream: HTTPConnection = Request(scope)
        from pilothouse.hub.identity.auth.callers import identity_of, presented

        caller = await identity_of(stream).identify(presented(stream))
        assert await still_allowed(stream, caller)
        await client.delete(SESSION)
        assert not await still_allowed(stream, caller)


def test_a_socket_with_a_cookie_opens_only_for_the_hubs_own_pages(guarded: Guarded) -> None:
    from pilothouse.hub.identity.auth.origins import CrossSite, check_origin

    def socket(origin: bytes | None) -> HTTPConnection:
        headers = [(b"host", b"hub:8000"), *([] if origin is None else [(b"origin", origin)])]
        return HTTPConnection(
            {"type": "websocket", "scheme": "ws", "path": "/", "headers": headers, "app": guarded.app}
        )

    check_origin(socket(b"http://hub:8000"))
    for origin in (None, b"http://hub", b"http://evil.example"):
        with pytest.raises(CrossSite):
            check_origin(socket(origin))

"""Agents call with tokens of their own, so often and no oftener; which boards who may see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from pilothouse.hub.app import create_app
from pilothouse.hub.identity import BoardRights, Caller, CallerKind
from pilothouse.hub.identity.domain import BoundToMore, operator
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import at
from pilothouse.kit.settings import load
from pilothouse.wire.token import NewToken
from tests.support.guarded import Guarded, guarded_hub
from tests.support.people import Somebody, organization, somebody
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio
WHO = "/api/v1/auth/session"


@pytest.fixture
async def guarded(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Guarded]:
    async with guarded_hub(hub_settings, agent_auth_limit=0) as hub:
        yield hub


async def board(guarded: Guarded, name: str = "Line 3", *, by: Somebody | None = None) -> str:
    call = guarded.operator.request if by is None else by.call
    made = await call("POST", "/api/v1/boards", json={"name": name})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def agent(guarded: Guarded, board_id: str, name: str = "Tessa") -> tuple[str, str]:
    """The id and the token of a new agent."""
    made = await guarded.operator.post("/api/v1/agents", json={"name": name, "board_id": board_id})
    assert made.status_code == 201, made.text
    document = made.json()
    return document["id"], document["token"]


async def who(guarded: Guarded, token: str, *, header: str = "X-Agent-Token") -> httpx2.Response:
    value = token if header == "X-Agent-Token" else f"Bearer {token}"
    return await guarded.call(None, "GET", WHO, headers={header: value})


async def test_an_agent_calls_with_its_token_in_either_header(guarded: Guarded) -> None:
    board_id = await board(guarded)
    agent_id, token = await agent(guarded, board_id)

    for header in ("X-Agent-Token", "Authorization"):
        known = (await who(guarded, token, header=header)).json()
        assert (known["kind"], known["agent_id"], known["board_id"]) == ("agent", agent_id, board_id)
        assert (known["organization_id"], known["agent_role"]) == ("home", "worker")


async def test_only_an_agents_token_is_taken_where_an_agents_token_belongs(guarded: Guarded) -> None:
    for token in ("", "x", await guarded.token("admin"), await guarded.robot("arm"), "agent_000000000000.x"):
        assert (await who(guarded, token)).status_code == 401


async def test_an_agents_token_opens_nothing_of_the_fleet_and_nothing_of_people(guarded: Guarded) -> None:
    _, token = await agent(guarded, await board(guarded))

    for path in ("/api/v1/robots", "/api/sessions", "/auth/tokens", "/api/v1/users/me", "/api/v1/organizations"):
        assert await guarded.status(token, "GET", path) == 403, path


async def test_a_new_token_of_an_agent_ends_the_old_one_when_it_is_first_used(guarded: Guarded) -> None:
    agent_id, old = await agent(guarded, await board(guarded))
    assert (await who(guarded, old)).status_code == 200

    async with guarded.hub.database.transaction() as session:
        made, until = await guarded.tokens.give_agent(session, agent_id, operator())
    assert (until, (await who(guarded, old)).status_code) == (None, 200)
    assert (await who(guarded, made.token)).status_code == 200
    assert (await who(guarded, old)).status_code == 401
    async with guarded.hub.database.transaction() as session:
        await guarded.tokens.revoke_agent(session, agent_id)
    assert (await who(guarded, made.token)).status_code == 401


async def test_an_agents_token_costs_one_query_however_many_agents_there_are(guarded: Guarded) -> None:
    board_id = await board(guarded)
    _, token = await agent(guarded, board_id)
    await who(guarded, token)
    costs = []
    for number in range(2):
        await agent(guarded, board_id, f"Other {number}")
        guarded.clock.advance(2)
        with counting_queries(guarded.hub.database) as statements:
            assert await guarded.tokens.check(token) is not None
        costs.append(len(statements))

    assert costs == [1, 1]


async def test_twenty_requests_of_agents_per_address_and_minute_and_no_more(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings) as guarded:
        board_id = await board(guarded)
        _, token = await agent(guarded, board_id)
        tried = ["wrong", "agent_000000000000.x"] * 5 + [token] * 10

        answers = [
            await who(guarded, one, header="Authorization" if one.startswith("agent_") else "X-Agent-Token")
            for one in tried
        ]
        over = await who(guarded, token)

        assert {one.status_code for one in answers} == {200, 401}
        assert answers[0].headers["ratelimit-limit"] == "20"
        assert [int(one.headers["ratelimit-remaining"]) for one in answers] == list(range(19, -1, -1))
        assert (over.status_code, over.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(over.headers["retry-after"]) <= 60
        assert (await who(guarded, token, header="Authorization")).status_code == 429
        assert (await guarded.operator.get(WHO)).status_code == 200
        assert await guarded.status(await guarded.token("boards:read"), "GET", WHO) == 200


async def test_hubs_behind_one_address_count_together_in_redis(hub_settings: HubSettings, redis_url: str) -> None:
    from pydantic import SecretStr

    shared = {"rate_limit_backend": "redis", "rate_limit_redis_url": SecretStr(redis_url), "agent_auth_limit": 3}
    async with guarded_hub(hub_settings, **shared) as one:
        assert [(await who(one, "wrong")).status_code for _ in range(2)] == [401, 401]
    async with guarded_hub(hub_settings, **shared) as two:
        assert [(await who(two, "wrong")).status_code for _ in range(2)] == [401, 429]


def test_the_limit_of_agents_is_a_setting_and_0_is_none() -> None:
    def read(value: str) -> int:
        return load(HubSettings, environ={"PILOTHOUSE_AGENT_AUTH_LIMIT": value}).agent_auth_limit

    assert load(HubSettings, environ={}).agent_auth_limit == 20
    assert [read("0"), read("7")] == [0, 7]


def test_the_description_names_the_limit_of_every_route_that_takes_agents(tmp_path: Path) -> None:
    def limits(number: int) -> dict[str, int | None]:
        described = create_app(HubSettings(data=tmp_path, agent_auth_limit=number)).openapi()
        return {
            f"{method} {path}": operation.get("x-ratelimit-limit")
            for path, operations in described["paths"].items()
            for method, operation in operations.items()
            if {"agent": []} in operation.get("security", [])
        }

    assert len(limits(20)) > 5
    assert set(limits(20).values()) == {20}
    assert set(limits(0).values()) == {None}


async def test_which_boards_somebody_may_see(guarded: Guarded) -> None:
    one, two = await board(guarded, "one"), await board(guarded, "two")
    mara = await somebody(guarded, access={"boards": [{"board_id": one}, {"board_id": two, "can_write": True}]})
    reader = await somebody(guarded, "Rita", access={"all_boards_read": True})
    owner = await somebody(guarded, "Olga", role="owner")
    agent_id, _ = await agent(guarded, one)

    async def rights(caller: Caller) -> BoardRights:
        async with guarded.hub.database.reading() as session:
            return await guarded.app.state.access.boards(session, caller)

    def person(who: Somebody) -> Caller:
        return Caller(CallerKind.OPERATOR, user_id=who.user_id, organization_id="home")

    def program(*scopes: str) -> Caller:
        return Caller(CallerKind.TOKEN, scopes=frozenset(scopes), organization_id="home")

    maras = await rights(person(mara))
    assert [maras.reads(one), maras.writes(one), maras.writes(two), maras.reads("brd_none")] == [
        True,
        False,
        True,
        False,
    ]
    readers = await rights(person(reader))
    assert (readers.all_read, readers.all_write, readers.writes(one)) == (True, False, False)
    owners = await rights(person(owner))
    assert (owners.all_read, owners.all_write) == (True, True)
    agents = await rights(Caller(CallerKind.AGENT, agent_id=agent_id, organization_id="home", board_id=one))
    assert (agents.readable, agents.writable, agents.all_read) == ({one}, {one}, False)
    assert (await rights(program("boards:read"))).all_read
    assert not (await rights(program("boards:read"))).all_write
    assert (await rights(program("boards:write"))).all_write
    for nobody in (program("fleet:write"), Caller(CallerKind.ROBOT, organization_id="home"), Caller(CallerKind.OPEN)):
        assert not (await rights(nobody)).all_read
    async with guarded.hub.database.transaction() as session:
        await guarded.app.state.access.forget_board(session, two)
    assert (await rights(person(mara))).readable == {one}


async def test_boards_of_another_organization_are_nobodys_to_give(guarded: Guarded) -> None:
    olga = await organization(guarded)
    elsewhere = await board(guarded, by=olga)
    mara = await somebody(guarded)

    answer = await guarded.operator.put(
        f"/api/v1/organizations/home/members/{mara.user_id}/access", json={"boards": [{"board_id": elsewhere}]}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_boards")
    in_use = await olga.call("DELETE", f"/api/v1/organizations/{olga.organization_id}")
    assert (in_use.status_code, in_use.json()["code"]) == (409, "organization_in_use")


async def test_a_token_for_one_repository_or_session_opens_debug_sessions_and_nothing_else(guarded: Guarded) -> None:
    made = await guarded.operator.post(
        "/auth/tokens", json={"name": "ci", "scopes": ["sessions:read"], "repository": "arm"}
    )
    assert (made.status_code, made.json()["repository"]) == (201, "arm")
    caller = await guarded.tokens.check(made.json()["token"])
    assert caller is not None
    assert (caller.repository, caller.session_id) == ("arm", None)
    for scope in ("admin", "fleet:read", "boards:write"):
        more = await guarded.operator.post("/auth/tokens", json={"name": "x", "scopes": [scope], "session_id": "s"})
        assert (more.status_code, more.json()["code"]) == (422, "bound_to_more")


async def test_a_debug_session_gets_a_token_that_ends_with_it(guarded: Guarded) -> None:
    until = at(guarded.clock.now_ns()) + timedelta(minutes=5)
    async with guarded.hub.database.transaction() as session:
        made = await guarded.tokens.give_session(session, "ses_1", ["artifacts:read"], until)
        with pytest.raises(BoundToMore):
            await guarded.tokens.give_session(session, "ses_1", ["admin"], until)
    caller = await guarded.tokens.check(made.token)
    assert caller is not None
    assert (caller.kind, caller.session_id, caller.scopes) == (CallerKind.TOKEN, "ses_1", {"artifacts:read"})
    assert (await guarded.operator.get("/auth/tokens")).json()["total"] == 0

    async with guarded.hub.database.transaction() as session:
        await guarded.tokens.revoke_session(session, "ses_1")
    assert await guarded.status(made.token, "GET", WHO) == 401


def test_a_token_is_bound_by_what_it_says() -> None:
    assert NewToken(name="x", repository="arm").repository == "arm"
    assert NewToken(name="x").session_id is None

"""Tokens of programs: what they grant, and when they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from starlette.requests import Request

from pilothouse.hub.identity import Caller, CallerKind, Identity
from pilothouse.hub.identity.auth import still_allowed
from pilothouse.hub.identity.domain import MoreThanYouHave
from pilothouse.hub.identity.models import TokenRow
from pilothouse.hub.identity.service import Presented
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import at
from pilothouse.web import Credentials
from pilothouse.wire.token import NewToken
from tests.hub.identity.test_routes import operations
from tests.support.guarded import PASSWORD, SHARED, Guarded, guarded_hub
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio
HEARTBEAT = ("POST", "/api/v1/agents/heartbeat")
SWEEP = ("POST", "/api/admin/sweep")
TOKENS = ("GET", "/auth/tokens")


@pytest.fixture
async def guarded(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Guarded]:
    async with guarded_hub(hub_settings) as hub:
        yield hub


async def rows(guarded: Guarded) -> list[TokenRow]:
    async with guarded.hub.database.reading() as session:
        return list(await session.scalars(select(TokenRow)))


async def test_a_token_is_shown_once_and_its_secret_is_nowhere(guarded: Guarded) -> None:
    made = (await guarded.operator.post("/auth/tokens", json={"name": " ci ", "scopes": ["fleet:read"]})).json()
    prefix, _, secret = made["token"].partition(".")

    listed = (await guarded.operator.get("/auth/tokens")).json()

    assert len(secret) >= 43
    assert (made["name"], made["scopes"], made["prefix"]) == ("ci", ["fleet:read"], prefix)
    assert made["created_by"] == "operator anna"
    assert listed["items"] == [{key: value for key, value in made.items() if key != "token"}]
    async with guarded.hub.database.reading() as session:
        kept = (await session.execute(text("SELECT * FROM tokens"))).one()
    assert secret not in str(kept)


@pytest.mark.parametrize(
    ("scopes", "read", "write", "sweep", "tokens"),
    [
        ([], 403, 403, 403, 403),
        (["fleet:read"], 200, 403, 403, 403),
        (["fleet:write"], 403, 200, 403, 403),
        (["fleet:read", "fleet:write"], 200, 200, 403, 403),
        (["sessions:read", "sessions:write", "commands:write", "artifacts:read"], 403, 403, 403, 403),
        (["admin"], 200, 200, 200, 200),
    ],
)
async def test_a_token_grants_its_scopes_and_no_more(
    guarded: Guarded, scopes: list[str], read: int, write: int, sweep: int, tokens: int
) -> None:
    token = await guarded.token(*scopes)

    assert await guarded.status(token) == read
    assert await guarded.status(token, *HEARTBEAT, json={"robot_id": "any"}) == write
    assert await guarded.status(token, *SWEEP) == sweep
    assert await guarded.status(token, *TOKENS) == tokens


async def test_a_token_without_scopes_opens_no_route_at_all(guarded: Guarded) -> None:
    token = await guarded.token()
    answers: dict[str, int] = {}

    for path, method in operations(guarded.app.openapi()):
        if not {path, f"{method} {path}"} & guarded.app.state.public:
            filled = path.replace("{annotation_id}", "1").replace("{", "").replace("}", "")
            answers[f"{method} {path}"] = await guarded.status(token, method, filled, json={})

    assert len(answers) > 30
    assert set(answers.values()) == {403}, {route: status for route, status in answers.items() if status != 403}


async def test_a_refusal_names_the_scope_that_is_missing(guarded: Guarded) -> None:
    answer = await guarded.call(await guarded.token("fleet:read"), *HEARTBEAT, json={"robot_id": "any"})

    assert answer.json()["code"] == "scope_missing"
    assert "fleet:write" in answer.json()["detail"]


async def test_an_unknown_scope_is_refused_and_the_known_ones_are_named(guarded: Guarded) -> None:
    answer = await guarded.operator.post("/auth/tokens", json={"name": "ci", "scopes": ["fleet:raed"]})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_scope")
    assert "fleet:read" in answer.json()["detail"]


async def test_a_revoked_token_opens_nothing_from_the_next_request_on(guarded: Guarded) -> None:
    token = await guarded.token("fleet:read")
    assert await guarded.status(token) == 200
    (row,) = await rows(guarded)

    assert (await guarded.operator.delete(f"/auth/tokens/{row.id}")).status_code == 204

    assert await guarded.status(token) == 401
    assert (await guarded.operator.delete(f"/auth/tokens/{row.id}")).status_code == 204
    assert (await guarded.operator.delete("/auth/tokens/tok_unknown")).status_code == 404
    (listed,) = (await guarded.operator.get("/auth/tokens")).json()["items"]
    assert (listed["active"], listed["revoked_at"] is not None) == (False, True)


async def test_another_hub_honours_a_revocation_within_a_second(guarded: Guarded, hub_settings: HubSettings) -> None:
    token = await guarded.token("fleet:read")
    async with guarded_hub(hub_settings, guarded.clock) as other:
        assert await other.status(token) == 200
        (row,) = await rows(guarded)
        await guarded.operator.delete(f"/auth/tokens/{row.id}")

        guarded.clock.advance(1.0)
        assert await other.status(token) == 401


async def test_a_token_ends_at_its_time(guarded: Guarded) -> None:
    ends = at(guarded.clock.now_ns()) + timedelta(hours=1)
    token = await guarded.token("fleet:read", expires_at=ends.isoformat())

    guarded.clock.advance(3_599)
    before = await guarded.status(token)
    guarded.clock.advance(1)

    assert (before, await guarded.status(token)) == (200, 401)
    late = {"name": "late", "expires_at": ends.isoformat()}
    assert (await guarded.operator.post("/auth/tokens", json=late)).json()["code"] == "expiry_in_the_past"


async def test_what_a_token_makes_ends_with_it_at_the_latest(guarded: Guarded) -> None:
    ends = at(guarded.clock.now_ns()) + timedelta(hours=1)
    admin = await guarded.token("admin", expires_at=ends.isoformat())

    made = await guarded.call(admin, "POST", "/auth/tokens", json={"name": "child", "scopes": ["admin"]})
    later = (ends + timedelta(days=1)).isoformat()
    longer = await guarded.call(admin, "POST", "/auth/tokens", json={"name": "child", "expires_at": later})

    assert (made.status_code, longer.status_code) == (201, 201)
    async with guarded.hub.database.reading() as session:
        children = await session.scalars(select(TokenRow.expires_at).where(TokenRow.name == "child"))
    assert list(children) == [ends, ends]


async def test_nobody_hands_out_more_than_they_have(guarded: Guarded) -> None:
    maker = Caller(CallerKind.TOKEN, "ci", scopes=frozenset({"fleet:read"}))

    async with guarded.hub.database.transaction() as session:
        await guarded.tokens.create(session, NewToken(name="as much", scopes=["fleet:read"]), maker)
        with pytest.raises(MoreThanYouHave, match="fleet:write"):
            await guarded.tokens.create(session, NewToken(name="more", scopes=["fleet:write"]), maker)
        with pytest.raises(MoreThanYouHave):
            await guarded.tokens.create(session, NewToken(name="all", scopes=["admin"]), maker)


async def test_checking_a_token_costs_one_query_and_none_within_the_next_second(guarded: Guarded) -> None:
    token = await guarded.token("fleet:read")
    await guarded.tokens.check(token)
    guarded.clock.advance(1)

    with counting_queries(guarded.hub.database) as first:
        await guarded.tokens.check(token)
    with counting_queries(guarded.hub.database) as again:
        await guarded.tokens.check(token)

    assert (len(first), len(again)) == (1, 0)


async def test_a_token_is_found_by_an_index(guarded: Guarded) -> None:
    if guarded.hub.database.dialect != "sqlite":
        pytest.skip("PostgreSQL scans tables that hold next to nothing")
    async with guarded.hub.database.reading() as session:
        plan = await session.execute(text("EXPLAIN QUERY PLAN SELECT * FROM tokens WHERE prefix = 'x'"))

    assert "USING INDEX" in str(plan.one())


async def test_what_looks_like_no_token_of_ours_costs_no_query(guarded: Guarded) -> None:
    with counting_queries(guarded.hub.database) as queries:
        for presented in ("", ".", "x", "x.y", "api_.x", f"api_{'0' * 12}.{'x' * 10_000}", "api_00000000000é.x"):
            assert await guarded.tokens.check(presented) is None

    assert queries == []


async def test_a_wrong_secret_behind_a_right_prefix_is_refused(guarded: Guarded) -> None:
    prefix, _, secret = (await guarded.token("admin")).partition(".")

    for wrong in (secret[:-1], secret + "x", "x", secret.swapcase(), "é", secret + "\N{ZERO WIDTH SPACE}"):
        headers = {"Authorization": f"Bearer {prefix}.{wrong}".encode()}
        assert await guarded.status(None, headers=headers) == 401


async def test_uses_are_written_once_a_minute_at_most(guarded: Guarded) -> None:
    token = await guarded.token("fleet:read")
    used: list[object] = []

    for seconds in (0, 30, 29, 1, 30, 31):
        guarded.clock.advance(seconds)
        await guarded.status(token)
        await guarded.tokens.write_uses()
        used.append((await rows(guarded))[0].last_used_at)

    began = used[0]
    assert began is not None
    assert [(one - began).total_seconds() for one in used] == [0, 0, 0, 60, 60, 121]  # type: ignore[operator]


async def test_writing_uses_costs_one_statement_for_all_tokens(guarded: Guarded) -> None:
    tokens = [await guarded.token("fleet:read") for _ in range(5)]
    for token in tokens:
        await guarded.tokens.check(token)
    guarded.clock.advance(60)
    for token in tokens:
        await guarded.tokens.check(token)

    with counting_queries(guarded.hub.database) as queries:
        await guarded.tokens.write_uses()

    assert len(queries) == 1
    assert len({row.last_used_at for row in await rows(guarded)}) == 1


async def test_a_stream_learns_that_its_token_was_revoked(guarded: Guarded) -> None:
    token = await guarded.token("fleet:read")
    header = (b"authorization", f"Bearer {token}".encode())
    request = Request({"type": "http", "headers": [header], "app": guarded.app})
    identity: Identity = guarded.app.state.identity
    caller = await identity.identify(Presented(Credentials("bearer", token)))
    assert await still_allowed(request, caller)
    (row,) = await rows(guarded)
    await guarded.operator.delete(f"/auth/tokens/{row.id}")

    assert not await still_allowed(request, caller)


async def test_ended_tokens_are_forgotten_after_a_quarter(guarded: Guarded) -> None:
    await guarded.token("fleet:read")
    ended = await guarded.operator.post("/auth/tokens", json={"name": "gone"})
    await guarded.operator.delete(f"/auth/tokens/{ended.json()['id']}")

    guarded.clock.advance(89 * 86_400)
    await guarded.tokens.forget_ended()
    before = len(await rows(guarded))
    guarded.clock.advance(2 * 86_400)
    await guarded.tokens.forget_ended()

    assert (before, [row.name for row in await rows(guarded)]) == (2, ["ci"])


async def test_where_the_hub_is_open_handing_out_tokens_is_not(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings, hub_auth_password=None, hub_auth_token=None) as hub:
        assert await hub.status(None) == 200
        assert await hub.status(None, *HEARTBEAT, json={"robot_id": "any"}) == 200
        assert await hub.status(None, *SWEEP) == 200
        for method, path in (TOKENS, ("POST", "/api/v1/robots/enrolments"), ("POST", "/api/v1/robots/any/retire")):
            assert await hub.status(None, method, path, json={}) == 401
        local = (hub_settings.data / "local-auth-token").read_text().strip()
        assert await hub.status(local, *TOKENS) == 200


async def test_where_the_hub_is_open_a_revoked_token_is_refused_all_the_same(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings, hub_auth_password=None, hub_auth_token=None) as hub:
        local = (hub_settings.data / "local-auth-token").read_text().strip()
        made = (await hub.call(local, "POST", "/auth/tokens", json={"name": "ci", "scopes": ["fleet:read"]})).json()
        assert await hub.status(made["token"]) == 200
        await hub.call(local, "DELETE", f"/auth/tokens/{made['id']}")

        assert await hub.status(made["token"]) == 401
        assert await hub.status("something a recorder was configured with") == 200


async def test_what_operators_call_themselves_is_kept_as_far_as_it_can_be_shown(guarded: Guarded) -> None:
    strange = ("anna\x00\n\u202e\N{WAVING HAND SIGN}" + "x" * 500, PASSWORD)

    made = await guarded.operator.post("/auth/tokens", json={"name": "ci"}, auth=strange)

    assert made.json()["created_by"] == f"operator anna\N{WAVING HAND SIGN}{'x' * 95}"


async def test_the_shared_token_does_what_is_documented_and_hands_out_nothing(guarded: Guarded) -> None:
    assert await guarded.status(SHARED) == 200
    assert await guarded.status(SHARED, *SWEEP) == 200
    assert await guarded.status(SHARED, *TOKENS) == 403
    assert await guarded.status(SHARED, "POST", "/api/v1/robots/enrolments", json={}) == 403


async def test_many_requests_at_once_with_a_new_token_are_all_let_in(guarded: Guarded) -> None:
    token = await guarded.token("fleet:read", "fleet:write")

    statuses = await asyncio.gather(
        *(guarded.status(token) for _ in range(10)),
        *(guarded.status(token, *HEARTBEAT, json={"robot_id": f"r{number}"}) for number in range(10)),
    )

    assert set(statuses) == {200}

"""Invites: hashed, expiring, single use, and never more than their maker has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.identity.models import InviteRow, UserRow
from pilothouse.hub.settings import HubSettings
from tests.support.guarded import Guarded, guarded_hub
from tests.support.people import ACCEPT, ORGANIZATIONS, accept, invite, organization, somebody

pytestmark = pytest.mark.anyio
INVITES = f"{ORGANIZATIONS}/home/invites"
MEMBERS = f"{ORGANIZATIONS}/home/members"


class FourBoards:
    """What boards are here, without boards."""

    async def of_organization(
        self, session: AsyncSession, organization_id: str, board_ids: Collection[str]
    ) -> frozenset[str]:
        return frozenset(board_ids) & {"brd_1", "brd_2", "brd_3", "brd_4"}

    async def has_any(self, session: AsyncSession, organization_id: str) -> bool:
        return False


@pytest.fixture
async def guarded(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Guarded]:
    async with guarded_hub(hub_settings) as hub:
        hub.app.state.people.members._boards = FourBoards()
        yield hub


async def rows(guarded: Guarded, kind: type[Any]) -> list[Any]:
    async with guarded.hub.database.reading() as session:
        return list(await session.scalars(select(kind)))


async def test_an_invite_is_shown_once_and_its_secret_is_nowhere(guarded: Guarded) -> None:
    made = (await guarded.operator.post(INVITES, json={"role": "admin", "email": "ada@example.com"})).json()

    listed = (await guarded.operator.get(INVITES)).json()["items"]
    (row,) = await rows(guarded, InviteRow)
    assert listed == [{key: value for key, value in made.items() if key not in ("token", "link")}]
    assert (listed[0]["is_open"], listed[0]["access"]["all_boards_write"]) == (True, True)
    assert made["token"] not in repr(vars(row))
    assert len(made["token"]) > 43


async def test_who_accepts_becomes_a_person_of_their_own(guarded: Guarded) -> None:
    mara = await accept(guarded, await invite(guarded), name="Mara")
    otto = await accept(guarded, await invite(guarded), name="Otto")

    assert mara.json()["organization"]["id"] == "home"
    tokens = [one.json()["token"]["token"] for one in (mara, otto)]
    seen = [(await guarded.call(token, "GET", "/api/v1/users/me")).json() for token in tokens]
    assert [one["name"] for one in seen] == ["Mara", "Otto"]
    assert seen[0]["id"] != seen[1]["id"] != "local"
    assert tokens[0].startswith("user_")


async def test_an_invite_is_good_once_until_it_ends_or_is_revoked(guarded: Guarded) -> None:
    used, late, revoked = [await invite(guarded, expires_in_h=1) for _ in range(3)]
    assert (await accept(guarded, used)).status_code == 201
    ids = [one["id"] for one in (await guarded.operator.get(INVITES)).json()["items"] if one["is_open"]]
    assert len(ids) == 2
    for _ in range(2):
        assert (await guarded.operator.delete(f"{INVITES}/{ids[0]}")).status_code == 204
    guarded.clock.advance(3_600)

    for token in (used, late, revoked, "invite_none", f"{used}x"):
        answer = await accept(guarded, token)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_invite")
    assert (await guarded.operator.delete(f"{INVITES}/inv_none")).status_code == 404


async def test_of_twenty_who_come_with_one_invite_at_once_one_joins(guarded: Guarded) -> None:
    token = await invite(guarded)

    statuses = [one.status_code for one in await asyncio.gather(*(accept(guarded, token) for _ in range(20)))]

    assert sorted(statuses) == [201] + [404] * 19
    assert len(await rows(guarded, UserRow)) == 2


async def test_who_is_signed_in_joins_as_themselves(guarded: Guarded) -> None:
    olga = await organization(guarded)
    mara = await somebody(guarded)
    token = await invite(guarded, olga.organization_id, by=olga.token)

    joined = (await accept(guarded, token, by=mara.token)).json()

    assert (joined["user"]["id"], joined["token"]) == (mara.user_id, None)
    assert [one["role"] for one in (await mara.get(ORGANIZATIONS))["items"]] == ["member", "member"]
    assert (await mara.get("/api/v1/users/me"))["organization_id"] == "home"


async def test_a_member_does_not_use_up_an_invite_to_where_they_are(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    token = await invite(guarded)

    assert (await accept(guarded, token, by=mara.token)).json()["code"] == "already_member"
    assert (await accept(guarded, token)).status_code == 201


async def test_an_invite_for_one_address_is_for_nobody_else_who_is_signed_in(guarded: Guarded) -> None:
    olga = await organization(guarded)
    mara = await somebody(guarded, email="mara@example.com")
    other = await invite(guarded, olga.organization_id, by=olga.token, email="ada@example.com")
    hers = await invite(guarded, olga.organization_id, by=olga.token, email="Mara@Example.com")

    assert (await accept(guarded, other, by=mara.token)).json()["code"] == "invite_for_somebody_else"
    assert (await accept(guarded, hers, by=mara.token)).status_code == 201
    assert (await guarded.operator.post(INVITES, json={"email": "no address"})).status_code == 422


async def test_programs_and_robots_are_not_taken_for_whoever_came_with_an_invite(guarded: Guarded) -> None:
    token = await invite(guarded)
    wrong = await guarded.call("user_000000000000.x", "POST", ACCEPT, json={"token": token})

    assert wrong.status_code == 401
    assert (await accept(guarded, token, by=await guarded.token("admin"))).status_code == 403
    assert (await accept(guarded, token)).status_code == 201


async def test_access_comes_with_an_invite_and_is_changed_afterwards(guarded: Guarded) -> None:
    access = {"boards": [{"board_id": "brd_2", "can_write": True}, {"board_id": "brd_1"}]}
    mara = await somebody(guarded, access=access)
    path = f"{MEMBERS}/{mara.user_id}/access"

    assert (await guarded.operator.get(path)).json() == {
        "all_boards_read": False,
        "all_boards_write": False,
        "boards": [{"board_id": "brd_1", "can_write": False}, {"board_id": "brd_2", "can_write": True}],
    }
    wider = {"all_boards_read": True, "boards": [{"board_id": "brd_1"}, {"board_id": "brd_2", "can_write": True}]}
    changed = (await guarded.operator.put(path, json=wider)).json()
    assert changed["boards"] == [{"board_id": "brd_2", "can_write": True}]
    everything = (await guarded.operator.put(path, json={"all_boards_write": True})).json()
    assert everything == {"all_boards_read": True, "all_boards_write": True, "boards": []}
    unknown = await guarded.operator.put(path, json={"boards": [{"board_id": "brd_9"}]})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_boards")


async def test_an_admin_gives_no_board_that_they_do_not_have(guarded: Guarded) -> None:
    access = {"boards": [{"board_id": "brd_1", "can_write": True}, {"board_id": "brd_2"}]}
    admin = await somebody(guarded, "Ada", role="admin", access=access)
    mara = await somebody(guarded, access={"boards": [{"board_id": "brd_3"}]})
    path = f"{MEMBERS}/{mara.user_id}/access"

    async def put(**wanted: object) -> int:
        return await admin.status("PUT", path, json=wanted)

    keeps = {"board_id": "brd_3"}
    assert await put(boards=[keeps, {"board_id": "brd_4"}]) == 403
    assert await put(boards=[keeps, {"board_id": "brd_2", "can_write": True}]) == 403
    assert await put(boards=[{"board_id": "brd_3", "can_write": True}]) == 403
    assert await put(all_boards_read=True) == 403
    assert await put(boards=[keeps, {"board_id": "brd_1", "can_write": True}, {"board_id": "brd_2"}]) == 200
    assert await put(boards=[]) == 200
    own = f"{MEMBERS}/{admin.user_id}/access"
    assert await admin.status("PUT", own, json={"all_boards_write": True}) == 403
    invited = await admin.call("POST", INVITES, json={"access": {"boards": [{"board_id": "brd_4"}]}})
    assert (invited.status_code, invited.json()["code"]) == (403, "board_beyond_yours")
    usual = await admin.call("POST", INVITES, json={"role": "admin"})
    assert (usual.status_code, usual.json()["access"]["all_boards_read"]) == (201, False)


async def test_who_loses_a_board_loses_the_invites_that_promise_it(guarded: Guarded) -> None:
    granted = {"boards": [{"board_id": "brd_1"}]}
    admin = await somebody(guarded, "Ada", role="admin", access=granted)
    promised = await invite(guarded, by=admin.token, access=granted)
    await guarded.operator.put(f"{MEMBERS}/{admin.user_id}/access", json={})

    assert (await accept(guarded, promised)).status_code == 404


async def test_tokens_of_a_person_are_theirs_to_list_and_to_end(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    mine = "/api/v1/users/me/tokens"
    made = (await mara.call("POST", mine, json={"name": "laptop"})).json()

    assert await guarded.status(made["token"], "GET", "/api/v1/users/me") == 200
    assert [one["name"] for one in (await mara.get(mine))["items"]] == ["laptop", "given with the invite"]
    assert await mara.status("DELETE", f"{mine}/{made['id']}") == 204
    assert await guarded.status(made["token"], "GET", "/api/v1/users/me") == 401
    other = await somebody(guarded, "Otto")
    first = (await mara.get(mine))["items"][-1]["id"]
    assert await other.status("DELETE", f"{mine}/{first}") == 404


async def test_an_admin_ends_a_lost_token_of_a_member_but_not_of_one_who_is_elsewhere_too(guarded: Guarded) -> None:
    olga = await organization(guarded)
    mara = await somebody(guarded, "Mara", olga.organization_id, by=olga.token)
    theirs = f"{ORGANIZATIONS}/{olga.organization_id}/members/{mara.user_id}/tokens"
    (token,) = (await olga.get(theirs))["items"]
    home = await invite(guarded)
    await accept(guarded, home, by=mara.token)

    elsewhere = await olga.call("DELETE", f"{theirs}/{token['id']}")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "member_elsewhere_too")
    at_home = f"{MEMBERS}/{mara.user_id}/tokens/{token['id']}"
    assert (await guarded.operator.delete(at_home)).status_code == 204
    assert await mara.status("GET", "/api/v1/users/me") == 401


async def test_a_token_made_with_one_that_ends_ends_with_it(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    short = (
        await mara.call("POST", "/api/v1/users/me/tokens", json={"name": "x", "expires_at": "2026-05-12T09:00:00Z"})
    ).json()
    again = await guarded.call(short["token"], "POST", "/api/v1/users/me/tokens", json={"name": "y"})

    assert again.json()["expires_at"] == short["expires_at"]

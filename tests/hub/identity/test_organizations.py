"""Organizations, members and roles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from pilothouse.hub.settings import HubSettings
from tests.support.guarded import Guarded, guarded_hub
from tests.support.people import ORGANIZATIONS, accept, invite, organization, somebody
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio
HOME = f"{ORGANIZATIONS}/home"


@pytest.fixture
async def guarded(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Guarded]:
    async with guarded_hub(hub_settings) as hub:
        yield hub


async def test_whoever_holds_the_password_owns_the_home_organization(guarded: Guarded) -> None:
    me = (await guarded.operator.post("/api/v1/auth/bootstrap")).json()
    again = (await guarded.operator.post("/api/v1/auth/bootstrap")).json()
    mine = (await guarded.operator.get(ORGANIZATIONS)).json()

    assert (me["id"], me["organization_id"], me["role"]) == ("local", "home", "owner")
    assert again == me
    assert [(one["id"], one["role"], one["is_active"], one["owns_fleet"]) for one in mine["items"]] == [
        ("home", "owner", True, True)
    ]


async def test_an_organization_belongs_to_who_made_it_and_is_nobody_elses_business(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    made = await mara.call("POST", ORGANIZATIONS, json={"name": "  Field team "})

    there = made.json()["id"]
    assert (made.status_code, made.json()["name"], made.json()["role"]) == (201, "Field team", "owner")
    assert [one["id"] for one in (await mara.get(ORGANIZATIONS))["items"]] == ["home", there]
    for path in (f"{ORGANIZATIONS}/{there}", f"{ORGANIZATIONS}/{there}/members", f"{ORGANIZATIONS}/{there}/invites"):
        assert (await guarded.operator.get(path)).status_code == 404


async def test_an_organization_is_made_once_for_one_idempotency_key(guarded: Guarded) -> None:
    key = {"Idempotency-Key": "once"}
    first, second = [await guarded.operator.post(ORGANIZATIONS, json={"name": "Twice"}, headers=key) for _ in range(2)]

    assert first.json() == second.json()
    assert (await guarded.operator.get(ORGANIZATIONS)).json()["total"] == 2


async def test_a_name_is_changed_with_the_version_that_was_read_and_by_an_admin(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    admin = await somebody(guarded, "Ada", role="admin")
    version = (await admin.get(HOME))["version"]

    assert await mara.status("PATCH", HOME, json={"name": "Mine"}) == 403
    assert (await admin.call("PATCH", HOME, json={"name": "Ours", "version": version})).json()["name"] == "Ours"
    late = await admin.call("PATCH", HOME, json={"name": "Theirs", "version": version})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")


async def test_one_acts_in_the_organization_one_chose_or_in_the_one_that_the_request_names(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    there = (await mara.call("POST", ORGANIZATIONS, json={"name": "There"})).json()["id"]
    robots = "/api/v1/robots"

    assert (await mara.get(f"{ORGANIZATIONS}/me"))["id"] == "home"
    assert await mara.status("GET", robots) == 200
    assert await mara.status("GET", robots, headers={"X-Organization-Id": there}) == 404
    chosen = await mara.call("PATCH", f"{ORGANIZATIONS}/me/active", json={"organization_id": there})
    assert (chosen.json()["id"], chosen.json()["is_active"]) == (there, True)
    assert (await mara.get("/api/v1/users/me"))["organization_id"] == there
    assert await mara.status("GET", robots) == 404
    assert await mara.status("GET", robots, headers={"X-Organization-Id": "home"}) == 200
    assert await mara.status("GET", robots, headers={"X-Organization-Id": "org_none"}) == 404
    assert await mara.status("PATCH", f"{ORGANIZATIONS}/me/active", json={"organization_id": "org_none"}) == 404


async def test_people_who_share_the_password_do_not_choose_for_each_other_where_they_act(guarded: Guarded) -> None:
    there = (await guarded.operator.post(ORGANIZATIONS, json={"name": "There"})).json()["id"]
    await guarded.operator.patch(f"{ORGANIZATIONS}/me/active", json={"organization_id": there})

    assert (await guarded.operator.get(f"{ORGANIZATIONS}/me")).json()["id"] == "home"
    named = await guarded.operator.get(f"{ORGANIZATIONS}/me", headers={"X-Organization-Id": there})
    assert named.json()["id"] == there


async def test_an_organization_is_deleted_by_an_owner_and_the_home_organization_never(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    there = (await mara.call("POST", ORGANIZATIONS, json={"name": "There"})).json()["id"]
    admin = await somebody(guarded, "Ada", there, by=mara.token, role="admin")
    await mara.call("PATCH", f"{ORGANIZATIONS}/me/active", json={"organization_id": there})

    assert await admin.status("DELETE", f"{ORGANIZATIONS}/{there}") == 403
    assert await mara.status("DELETE", f"{ORGANIZATIONS}/{there}") == 204
    assert (await mara.get("/api/v1/users/me"))["organization_id"] == "home"
    assert (await admin.get("/api/v1/users/me"))["organization_id"] is None
    stays = await guarded.operator.delete(HOME)
    assert (stays.status_code, stays.json()["code"]) == (409, "home_stays")


async def test_who_belongs_nowhere_may_look_at_nothing_and_make_nothing(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    assert await mara.status("DELETE", f"{HOME}/members/{mara.user_id}") == 204

    assert (await mara.get(ORGANIZATIONS))["total"] == 0
    assert (await mara.call("POST", ORGANIZATIONS, json={"name": "Mine"})).json()["code"] == "no_organization"
    assert await mara.status("GET", "/api/v1/robots") == 404


async def test_an_admin_makes_no_owner_and_touches_none(guarded: Guarded) -> None:
    admin = await somebody(guarded, "Ada", role="admin")
    owner = await somebody(guarded, "Olga", role="owner")
    mara = await somebody(guarded)

    async def code(method: str, path: str, **more: object) -> tuple[int, str]:
        answer = await admin.call(method, path, **more)
        return answer.status_code, answer.json()["code"]

    beyond = (403, "role_beyond_yours")
    assert await code("PATCH", f"{HOME}/members/{mara.user_id}", json={"role": "owner"}) == beyond
    assert await code("PATCH", f"{HOME}/members/{admin.user_id}", json={"role": "owner"}) == beyond
    assert await code("PATCH", f"{HOME}/members/{owner.user_id}", json={"role": "member"}) == beyond
    assert await code("DELETE", f"{HOME}/members/{owner.user_id}") == beyond
    assert await code("PUT", f"{HOME}/members/{owner.user_id}/access", json={}) == beyond
    assert await code("GET", f"{HOME}/members/{owner.user_id}/tokens") == beyond
    assert await code("POST", f"{HOME}/invites", json={"role": "owner"}) == beyond
    assert await admin.status("PATCH", f"{HOME}/members/{mara.user_id}", json={"role": "admin"}) == 200
    assert await admin.status("DELETE", f"{HOME}/members/{mara.user_id}") == 204


async def test_a_member_changes_nobody_and_may_leave(guarded: Guarded) -> None:
    mara, other = await somebody(guarded), await somebody(guarded, "Otto")

    assert await mara.status("PATCH", f"{HOME}/members/{other.user_id}", json={"role": "admin"}) == 403
    assert await mara.status("PATCH", f"{HOME}/members/{mara.user_id}", json={"role": "owner"}) == 403
    assert await mara.status("DELETE", f"{HOME}/members/{other.user_id}") == 403
    assert await mara.status("POST", f"{HOME}/invites", json={}) == 403
    assert await mara.status("GET", f"{HOME}/members/{other.user_id}") == 200
    assert await mara.status("DELETE", f"{HOME}/members/{mara.user_id}") == 204
    assert await mara.status("GET", HOME) == 404


async def test_a_role_changed_between_reading_and_writing_is_not_overwritten(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    path = f"{HOME}/members/{mara.user_id}"
    version = (await guarded.operator.get(path)).json()["version"]

    assert (await guarded.operator.patch(path, json={"role": "admin", "version": version})).status_code == 200
    late = await guarded.operator.patch(path, json={"role": "member", "version": version})
    assert late.status_code == 409


async def test_the_last_owner_neither_leaves_nor_is_demoted_nor_vanishes(guarded: Guarded) -> None:
    olga = await organization(guarded)
    here = f"{ORGANIZATIONS}/{olga.organization_id}/members/{olga.user_id}"

    async def code(method: str, path: str, **more: object) -> tuple[int, str]:
        answer = await olga.call(method, path, **more)
        return answer.status_code, answer.json()["code"]

    last = (409, "last_owner")
    assert await code("DELETE", here) == last
    assert await code("PATCH", here, json={"role": "admin"}) == last
    assert await code("DELETE", "/api/v1/users/me") == last
    second = await somebody(guarded, "Second", olga.organization_id, by=olga.token, role="owner")
    assert await olga.status("DELETE", here) == 204
    assert await second.status("GET", f"{ORGANIZATIONS}/{olga.organization_id}") == 200


async def test_of_two_owners_who_leave_at_once_one_stays(guarded: Guarded) -> None:
    for _ in range(5):
        olga = await organization(guarded)
        second = await somebody(guarded, "Second", olga.organization_id, by=olga.token, role="owner")
        members = f"{ORGANIZATIONS}/{olga.organization_id}/members"

        statuses = await asyncio.gather(
            olga.status("DELETE", f"{members}/{olga.user_id}"),
            second.status("DELETE", "/api/v1/users/me"),
        )

        assert sorted(statuses) == [204, 409]


async def test_of_owners_who_demote_each_other_at_once_one_is_left(guarded: Guarded) -> None:
    olga = await organization(guarded)
    owners = [olga] + [
        await somebody(guarded, f"Owner {number}", olga.organization_id, by=olga.token, role="owner")
        for number in range(4)
    ]
    members = f"{ORGANIZATIONS}/{olga.organization_id}/members"

    async def demote(index: int) -> int:
        victim = owners[(index + 1) % len(owners)]
        return await owners[index].status("PATCH", f"{members}/{victim.user_id}", json={"role": "member"})

    statuses = await asyncio.gather(*(demote(index) for index in range(len(owners))))

    async with guarded.hub.database.reading() as session:
        page = await guarded.app.state.people.members.page(session, _acting(olga.organization_id), 50, 0)
    left = [one.user_id for one in page.items if one.role == "owner"]
    assert left
    assert statuses.count(200) == len(owners) - len(left)
    assert {status for status in statuses if status != 200} <= {403, 409}


async def test_the_operator_stays_an_owner_of_the_home_organization(guarded: Guarded) -> None:
    await somebody(guarded, "Olga", role="owner")

    for method, path, body in (
        ("DELETE", f"{HOME}/members/local", None),
        ("PATCH", f"{HOME}/members/local", {"role": "member"}),
        ("DELETE", "/api/v1/users/me", None),
    ):
        answer = await guarded.operator.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "operator_stays"), path


async def test_who_loses_a_role_loses_the_invites_they_made(guarded: Guarded) -> None:
    admin = await somebody(guarded, "Ada", role="admin")
    promised = await invite(guarded, by=admin.token, role="admin")
    await guarded.operator.patch(f"{HOME}/members/{admin.user_id}", json={"role": "member"})

    assert (await accept(guarded, promised)).json()["code"] == "unknown_invite"


async def test_who_may_make_no_tokens_any_more_leaves_none_behind(guarded: Guarded) -> None:
    for end in ("demoted", "removed", "gone"):
        admin = await somebody(guarded, "Ada", role="admin")
        made = (await admin.call("POST", "/auth/tokens", json={"name": "mine", "scopes": ["admin"]})).json()["token"]
        child = await guarded.call(made, "POST", "/auth/tokens", json={"name": "its", "scopes": ["admin"]})
        tokens = [made, child.json()["token"]]
        assert [await guarded.status(one, "GET", "/api/v1/robots") for one in tokens] == [200, 200]
        path = f"{HOME}/members/{admin.user_id}"
        if end == "demoted":
            await guarded.operator.patch(path, json={"role": "member"})
        elif end == "removed":
            await guarded.operator.delete(path)
        else:
            await admin.call("DELETE", "/api/v1/users/me")

        assert [await guarded.status(one, "GET", "/api/v1/robots") for one in tokens] == [401, 401], end


async def test_what_a_person_may_changes_at_once(guarded: Guarded) -> None:
    admin = await somebody(guarded, "Ada", role="admin")
    assert await admin.status("GET", "/auth/tokens") == 200

    await guarded.operator.patch(f"{HOME}/members/{admin.user_id}", json={"role": "member"})
    assert await admin.status("GET", "/auth/tokens") == 403
    assert await admin.status("GET", "/api/v1/robots") == 200
    await guarded.operator.delete(f"{HOME}/members/{admin.user_id}")
    assert await admin.status("GET", "/api/v1/robots") == 404


async def test_people_are_called_what_they_say(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    version = (await mara.get("/api/v1/users/me"))["version"]

    renamed = await mara.call("PATCH", "/api/v1/users/me", json={"name": "Mara B.", "version": version})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Mara B.")
    late = await mara.call("PATCH", "/api/v1/users/me", json={"name": "X", "version": version})
    assert late.status_code == 409
    named = [one["name"] for one in (await mara.get(f"{HOME}/members"))["items"]]
    assert sorted(named) == ["Mara B.", "Operator"]
    sought = await mara.get(f"{HOME}/members?q=mara%20b")
    assert ([one["name"] for one in sought["items"]], sought["total"]) == (["Mara B."], 1)
    assert (await mara.get(f"{HOME}/members?q=%25"))["total"] == 0


async def test_a_person_who_goes_takes_their_tokens_along(guarded: Guarded) -> None:
    mara = await somebody(guarded)

    assert await mara.status("DELETE", "/api/v1/users/me") == 204
    assert await mara.status("GET", "/api/v1/users/me") == 401
    assert (await guarded.operator.get(f"{HOME}/members/{mara.user_id}")).status_code == 404


async def test_a_list_of_members_costs_the_same_however_many_there_are(guarded: Guarded) -> None:
    costs = []
    for number in (2, 6):
        for _ in range(number):
            await somebody(guarded)
        with counting_queries(guarded.hub.database) as statements:
            listed = await guarded.operator.get(f"{HOME}/members")
        costs.append(len(statements))
        assert listed.json()["total"] == len(listed.json()["items"])

    assert costs[0] == costs[1]


@pytest.mark.parametrize("path", ["/api/v1/users/me", ORGANIZATIONS, f"{HOME}/members", "/api/v1/users/me/tokens"])
async def test_only_people_have_organizations(guarded: Guarded, path: str) -> None:
    program = await guarded.token("admin")
    robot = await guarded.robot("arm")

    for token, expected in ((None, 401), (program, 403), (robot, 403)):
        assert await guarded.status(token, "GET", path) == expected


async def test_changes_of_members_are_in_the_log_and_in_the_organizations_stream(guarded: Guarded) -> None:
    mara = await somebody(guarded)
    await guarded.operator.patch(f"{HOME}/members/{mara.user_id}", json={"role": "admin"})
    await mara.call("DELETE", f"{HOME}/members/{mara.user_id}")

    events = [event.kind for event in await guarded.hub.events.since("organization:home", 0)]
    assert events == ["member.invited", "member.joined", "member.updated", "member.removed"]
    logged = (await guarded.operator.get("/api/v1/audit", params={"subject": f"member {mara.user_id}"})).json()["items"]
    assert [(one["action"], one["actor"]) for one in logged] == [
        ("member.removed", "operator Mara"), ("member.updated", "operator anna")
    ]  # fmt: skip
    assert logged[1]["details"] == {"before": {"role": "member"}, "after": {"role": "admin"}}


def _acting(organization_id: str) -> object:
    from pilothouse.hub.identity import Caller, CallerKind

    return Caller(CallerKind.OPERATOR, organization_id=organization_id)

"""Claims and their leases."""

from __future__ import annotations

import pytest

from tests.support.boards import Office
from tests.support.missions import beat

pytestmark = pytest.mark.anyio

TASKS = "/boards/{board}/tasks"


async def test_a_claim_assigns_leases_and_begins(office: Office) -> None:
    tessa = await office.agent()
    task = await office.task()

    claimed = (await office.claim(task, tessa)).json()

    assert (claimed["status"], claimed["assigned_id"], claimed["assigned_kind"]) == ("in_progress", tessa.id, "worker")
    assert (claimed["claimed_at"], claimed["lease_until"]) == ("2026-05-12T08:00:00Z", "2026-05-12T08:10:00Z")
    told = (await office.told("task.claimed"))[0]
    assert (told["actor"]["kind"], told["actor"]["id"]) == ("agent", tessa.id)
    assert told["after"] == {"status": "in_progress", "assigned_id": tessa.id, "assigned_name": "Tessa"}


async def test_who_comes_second_hears_who_has_it(office: Office) -> None:
    tessa, rob = await office.agent(), await office.agent("Rob")
    task = await office.task()
    await office.claim(task, tessa)

    second = await office.claim(task, rob)
    office.guarded.clock.advance(60)
    again = await office.claim(task, tessa)

    assert (second.status_code, second.json()["code"]) == (409, "task_claimed")
    assert "Tessa" in second.json()["detail"]
    assert (again.status_code, again.json()["lease_until"]) == (200, "2026-05-12T08:11:00Z")


async def test_what_is_assigned_to_somebody_is_claimed_by_them(office: Office) -> None:
    tessa, rob = await office.agent(), await office.agent("Rob")
    task = await office.task(assigned_id=tessa.id)

    robs = await office.claim(task, rob)

    assert (robs.status_code, robs.json()["code"]) == (409, "task_assigned")
    assert (await office.claim(task, tessa)).status_code == 200
    done = await office.task("Done")
    await office.move(done, "in_progress", "done")
    assert (await office.claim(done, rob)).json()["code"] == "task_not_claimable"


async def test_a_task_is_released_by_who_has_it_the_lead_or_a_person(office: Office) -> None:
    tessa, rob, lead = await office.agent(), await office.agent("Rob"), await office.agent("Lena", "lead")
    task = await office.task()
    path = f"{TASKS}/{task}/release"

    assert await office.refused("POST", path, tessa) == (409, "task_not_held")
    await office.claim(task, tessa)
    assert await office.refused("POST", path, rob) == (403, "not_yours_to_release")
    for by in (tessa, lead, None):
        await office.claim(task, tessa)
        released = (await office.ask("POST", path, by)).json()
        assert (released["status"], released["assigned_id"], released["lease_until"]) == ("inbox", None, None)
    assert (await office.claim(task, rob)).status_code == 200


async def test_who_is_not_heard_of_loses_the_task(office: Office) -> None:
    tessa = await office.agent()
    task = await office.task()
    await office.claim(task, tessa)

    office.guarded.clock.advance(599)
    await office.services.leases.expire()
    kept = await office.got(f"{TASKS}/{task}")
    office.guarded.clock.advance(1)
    await office.services.leases.expire()
    lost = await office.got(f"{TASKS}/{task}")

    assert kept["status"] == "in_progress"
    assert (lost["status"], lost["assigned_id"], lost["lease_until"]) == ("inbox", None, None)
    told = (await office.told("task.lease_lost"))[0]
    assert (told["actor"]["kind"], told["before"]["assigned_id"]) == ("system", tessa.id)
    assert await office.refused("PATCH", f"{TASKS}/{task}", tessa, json={"status": "review"}) == (403, "not_your_task")


async def test_a_lease_that_is_over_ends_when_somebody_else_claims(office: Office) -> None:
    tessa, rob = await office.agent(), await office.agent("Rob")
    task = await office.task()
    await office.claim(task, tessa)
    office.guarded.clock.advance(600)

    claimed = await office.claim(task, rob)

    assert (claimed.status_code, claimed.json()["assigned_id"]) == (200, rob.id)
    kinds = [one["kind"] for one in await office.told() if one["subject_id"] == task]
    assert kinds == ["task.created", "task.claimed", "task.lease_lost", "task.claimed"]


async def test_a_lease_lives_as_long_as_its_agent_is_heard_of(office: Office) -> None:
    tessa = await office.agent()
    task, waiting = await office.task(), await office.task("Waits for review")
    await office.claim(task, tessa)
    await office.claim(waiting, tessa)
    await office.move(waiting, "review", by=tessa)

    for _ in range(5):
        office.guarded.clock.advance(500)
        async with office.guarded.hub.database.transaction() as session:
            await office.services.leases.renew(session, [tessa.id])
        await office.services.leases.expire()

    held = await office.got(f"{TASKS}/{task}")
    assert (held["status"], held["assigned_id"]) == ("in_progress", tessa.id)
    assert held["version"] == 2
    assert (await office.got(f"{TASKS}/{waiting}"))["lease_until"] is None
    assert (await beat(office.guarded.operator, tessa)).status_code in (200, 401)


async def test_people_keep_what_they_claim(office: Office) -> None:
    task = await office.task()
    claimed = (await office.claim(task)).json()
    office.guarded.clock.advance(7 * 86_400)

    await office.services.leases.expire()

    assert (claimed["assigned_kind"], claimed["lease_until"]) == ("person", None)
    assert (await office.got(f"{TASKS}/{task}"))["status"] == "in_progress"


async def test_what_a_removed_agent_had_is_free_again(office: Office) -> None:
    tessa = await office.agent()
    working, assigned = await office.task(), await office.task("Assigned", assigned_id=tessa.id)
    await office.claim(working, tessa)

    assert (await office.ask("DELETE", f"/agents/{tessa.id}")).status_code == 204

    for task in (working, assigned):
        shown = await office.got(f"{TASKS}/{task}")
        assert (shown["status"], shown["assigned_id"]) == ("inbox", None)

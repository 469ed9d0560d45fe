"""Who may move what, and what a board asks for."""

from __future__ import annotations

import pytest

from tests.support.boards import Office
from tests.support.missions import agent_of

pytestmark = pytest.mark.anyio

TASKS = "/boards/{board}/tasks"


async def test_a_worker_moves_only_what_it_has_claimed(office: Office) -> None:
    tessa = await office.agent()
    task = await office.task()

    before = await office.refused("PATCH", f"{TASKS}/{task}", tessa, json={"status": "in_progress"})
    await office.claim(task, tessa)
    after = await office.move(task, "review", by=tessa)

    assert before == (403, "not_your_task")
    assert (after["status"], after["lease_until"], after["assigned_name"]) == ("review", None, "Tessa")


async def test_a_worker_does_not_plan_what_others_made(office: Office) -> None:
    await office.made("/custom-fields", key="torque", name="Torque", kind="number")
    tessa = await office.agent()
    task = await office.task()
    await office.claim(task, tessa)
    path = f"{TASKS}/{task}"

    assert await office.refused("PATCH", path, tessa, json={"title": "Easier"}) == (403, "only_leads_plan")
    assert await office.refused("PATCH", path, tessa, json={"assigned_id": None}) == (403, "only_leads_assign")
    assert await office.refused("DELETE", path, tessa) == (403, "may_not_delete")
    assert (await office.changed(path, tessa, custom_fields={"torque": 3}))["custom_fields"] == {"torque": 3}
    own = await office.task("Order a hinge", tessa)
    assert (await office.changed(f"{TASKS}/{own}", tessa, title="Order two"))["title"] == "Order two"
    refusal = await office.refused("POST", TASKS, tessa, json={"title": "x", "assigned_id": tessa.id})
    assert refusal == (403, "only_leads_assign")


async def test_a_lead_plans_assigns_and_deletes_what_agents_made(office: Office) -> None:
    lead, tessa = await office.agent("Lena", "lead"), await office.agent()
    mine, theirs = await office.task("Made by a person"), await office.task("Made by an agent", tessa)

    changed = await office.changed(f"{TASKS}/{mine}", lead, assigned_id=tessa.id, priority="urgent")

    assert (changed["assigned_id"], changed["assigned_kind"]) == (tessa.id, "worker")
    assert await office.refused("DELETE", f"{TASKS}/{mine}", lead) == (403, "may_not_delete")
    assert (await office.ask("DELETE", f"{TASKS}/{theirs}", lead)).status_code == 204


async def test_where_only_the_lead_changes_status_workers_neither_claim_nor_move(office: Office) -> None:
    await office.open_board("Strict", only_lead_can_change_status=True)
    lead, tessa = await office.agent("Lena", "lead"), await office.agent()
    task = await office.task(assigned_id=tessa.id)

    claim = await office.claim(task, tessa)
    moved = await office.refused("PATCH", f"{TASKS}/{task}", tessa, json={"status": "in_progress"})

    assert (claim.status_code, claim.json()["code"]) == (403, "only_leads_change_status")
    assert moved == (403, "only_leads_change_status")
    assert (await office.move(task, "in_progress", by=lead))["assigned_id"] == tessa.id
    released = await office.ask("POST", f"{TASKS}/{task}/release", tessa)
    assert (released.status_code, released.json()["status"]) == (200, "inbox")


async def test_states_follow_each_other(office: Office) -> None:
    task = await office.task()
    path = f"{TASKS}/{task}"

    assert await office.refused("PATCH", path, json={"status": "done"}) == (409, "task_step_not_allowed")
    assert await office.refused("PATCH", path, json={"status": "review"}) == (409, "task_step_not_allowed")
    begun = await office.move(task, "in_progress")
    done = await office.move(task, "review", "done")
    assert await office.refused("PATCH", path, json={"status": "review"}) == (409, "task_step_not_allowed")
    again = await office.move(task, "in_progress")
    back = await office.move(task, "inbox")

    assert (begun["assigned_id"], begun["lease_until"]) == ("local", None)
    assert done["done_at"] is not None
    assert (again["done_at"], again["assigned_id"]) == (None, "local")
    assert (back["assigned_id"], back["started_at"]) == (None, None)


async def test_review_comes_before_done_and_no_agent_reviews_itself(office: Office) -> None:
    await office.open_board("Reviewed", require_review_before_done=True)
    lead, tessa = await office.agent("Lena", "lead"), await office.agent()
    task, own = await office.task(), await office.task("The lead's")
    await office.claim(task, tessa)
    await office.claim(own, lead)

    skipped = await office.refused("PATCH", f"{TASKS}/{task}", tessa, json={"status": "done"})
    await office.move(task, "review", by=tessa)
    itself = await office.refused("PATCH", f"{TASKS}/{task}", tessa, json={"status": "done"})
    await office.move(own, "review", by=lead)
    lead_itself = await office.refused("PATCH", f"{TASKS}/{own}", lead, json={"status": "done"})

    assert skipped == (409, "review_required")
    assert (itself, lead_itself) == ((403, "review_by_another"), (403, "review_by_another"))
    assert (await office.move(task, "done", by=lead))["status"] == "done"
    assert (await office.move(own, "done"))["status"] == "done"


async def test_a_lead_and_the_workers_it_made_review_nothing_of_each_other(office: Office) -> None:
    await office.open_board("Reviewed", require_review_before_done=True)
    lead, tessa = await office.agent("Lena", "lead"), await office.agent()
    rob = agent_of(await office.made("/agent/workers", lead, name="Rob"))
    passed_on, robs, given_away, fair = [await office.task(title) for title in ("Passed on", "Rob's", "Away", "Fair")]
    for task, worker in ((passed_on, lead), (robs, rob), (given_away, lead), (fair, tessa)):
        await office.claim(task, worker)
    # Given to somebody else before the review begins.
    await office.changed(f"{TASKS}/{given_away}", lead, assigned_id=tessa.id)
    for task, worker in ((passed_on, lead), (robs, rob), (given_away, lead), (fair, tessa)):
        await office.move(task, "review", by=worker)
    # Given to the worker once it has begun, and to nobody.
    await office.changed(f"{TASKS}/{passed_on}", lead, assigned_id=rob.id)

    refused = [
        await office.refused("PATCH", f"{TASKS}/{task}", agent, json={"status": "done"})
        for task, agent in ((passed_on, rob), (passed_on, lead), (robs, lead), (given_away, lead))
    ]
    await office.changed(f"{TASKS}/{passed_on}", lead, assigned_id=None)
    refused.append(await office.refused("PATCH", f"{TASKS}/{passed_on}", lead, json={"status": "done"}))
    # A worker that is gone has still worked on it.
    await office.ask("DELETE", f"/agent/workers/{rob.id}", lead)
    refused.append(await office.refused("PATCH", f"{TASKS}/{robs}", lead, json={"status": "done"}))

    assert refused == [(403, "review_by_another")] * 6
    assert (await office.move(fair, "done", by=lead))["status"] == "done"
    assert (await office.move(robs, "done"))["status"] == "done"


async def test_a_comment_is_wanted_before_review_and_after_each_return(office: Office) -> None:
    await office.open_board("Talkative", comment_required_for_review=True)
    tessa = await office.agent()
    task = await office.task()
    path = f"{TASKS}/{task}"
    await office.made(f"{path}/comments", tessa, body="Before it began")
    office.guarded.clock.advance(1)
    await office.claim(task, tessa)

    silent = await office.refused("PATCH", path, tessa, json={"status": "review"})
    await office.made(f"{path}/comments", body="From somebody else")
    elses = await office.refused("PATCH", path, tessa, json={"status": "review"})
    said = await office.move(task, "review", by=tessa, comment="Oiled the hinge")
    office.guarded.clock.advance(1)
    await office.move(task, "in_progress")
    again = await office.refused("PATCH", path, tessa, json={"status": "review"})
    await office.made(f"{path}/comments", tessa, body="Oiled it again")

    assert (silent, elses, again) == ((409, "comment_required"),) * 3
    assert said["comment_count"] == 3
    assert (await office.move(task, "review", by=tessa))["status"] == "review"


async def test_a_refused_change_changes_nothing(office: Office) -> None:
    task = await office.task()
    path = f"{TASKS}/{task}"
    before = await office.got(path)

    await office.refused("PATCH", path, json={"title": "New", "status": "done", "comment": "There"})

    assert await office.got(path) == before


async def test_a_program_moves_and_makes_tasks_but_claims_none(office: Office) -> None:
    token = await office.guarded.token("boards:write")
    task = await office.task("By a program", token)

    claim = await office.claim(task, token)
    moved = await office.move(task, "in_progress", by=token)

    assert (claim.status_code, claim.json()["code"]) == (403, "programs_do_not_claim")
    assert (moved["assigned_id"], moved["made_by_kind"]) == (None, "program")
    reader = await office.guarded.token("boards:read")
    assert (await office.got(TASKS, reader))["total"] == 1
    assert await office.refused("POST", TASKS, reader, json={"title": "x"}) == (403, "scope_missing")

"""Approvals: asked for by agents, decided by people, good for one thing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.boards import Office
from tests.support.missions import Agent
from tests.support.people import somebody

pytestmark = pytest.mark.anyio

TASKS = "/boards/{board}/tasks"
APPROVALS = "/boards/{board}/approvals"


async def asked(office: Office, by: Agent | None, *task_ids: str, **more: Any) -> dict[str, Any]:
    wanted = {"action_type": "task.done", "reason": "It works", "confidence": 92.5, "task_ids": task_ids, **more}
    return await office.made(APPROVALS, by, **wanted)


async def claimed(office: Office, by: Agent) -> str:
    task = await office.task()
    assert (await office.claim(task, by)).status_code == 200
    return task


async def decided(office: Office, approval: dict[str, Any], status: str = "approved", **more: Any) -> dict[str, Any]:
    return await office.changed(f"{APPROVALS}/{approval['id']}", status=status, **more)


async def test_an_approval_shows_exactly_what_was_asked(office: Office) -> None:
    tessa = await office.agent()
    task = await claimed(office, tessa)
    artifact = {"name": "diff", "sha256": "a" * 64, "url": None, "size_bytes": None}

    approval = await asked(
        office, tessa, task, payload={"commit": "abc", "deep": [1, {"x": None}]}, rubric_scores={"tests": 100},
        artifacts=[artifact], lab_session_ids=["ses_1"],
    )  # fmt: skip

    shown = approval["shown"]
    assert (approval["status"], approval["confidence"], approval["task_ids"]) == ("pending", 92.5, [task])
    assert (approval["requested_by_kind"], approval["requested_by_name"]) == ("worker", "Tessa")
    assert approval["expires_at"] == "2026-05-13T08:00:00Z"
    assert shown["payload"] == {"commit": "abc", "deep": [1, {"x": None}]}
    assert shown["artifacts"] == [artifact]
    assert (shown["tasks"][0]["id"], shown["tasks"][0]["title"]) == (task, "Look at door 3")
    assert (await office.got(f"{TASKS}/{task}"))["pending_approval_id"] == approval["id"]
    assert await office.got(f"{APPROVALS}/{approval['id']}") == approval
    other = await asked(office, tessa, payload={"commit": "abd"})
    assert other["digest"] != approval["digest"]


async def test_agents_and_tokens_decide_nothing(office: Office) -> None:
    tessa, lead = await office.agent(), await office.agent("Lena", "lead")
    approval = await asked(office, tessa, await claimed(office, tessa))
    path = f"{APPROVALS}/{approval['id']}"

    refusals = [
        await office.refused("PATCH", path, by, json={"status": "approved"})
        for by in (tessa, lead, await office.guarded.token("boards:write"), await office.guarded.token("admin"))
    ]

    assert refusals == [(403, "only_people_decide")] * 4
    assert (await office.got(path))["status"] == "pending"


async def test_a_decision_is_kept_with_who_and_why(office: Office) -> None:
    tessa = await office.agent()
    approval = await asked(office, tessa, await claimed(office, tessa))

    done = await decided(office, approval, note="Saw it run", version=1, digest=approval["digest"])

    assert (done["status"], done["version"]) == ("approved", 2)
    assert [(one["status"], one["decided_by_kind"], one["note"], one["digest"]) for one in done["decisions"]] == [
        ("approved", "person", "Saw it run", approval["digest"])
    ]
    assert await office.refused("PATCH", f"{APPROVALS}/{approval['id']}", json={"status": "rejected"}) == (
        409, "already_decided",
    )  # fmt: skip
    told = (await office.told("approval.approved"))[0]
    assert (told["actor"]["kind"], told["after"]["note"]) == ("person", "Saw it run")


async def test_what_was_not_seen_is_not_decided(office: Office) -> None:
    tessa = await office.agent()
    approval = await asked(office, tessa)
    path = f"{APPROVALS}/{approval['id']}"

    assert await office.refused("PATCH", path, json={"status": "approved", "version": 2}) == (409, "changed")
    assert await office.refused("PATCH", path, json={"status": "approved", "digest": "0" * 64}) == (409, "changed")
    assert await office.refused("PATCH", path, json={"status": "approved"}, headers={"If-Match": "7"}) == (
        409, "changed",
    )  # fmt: skip
    assert await office.refused("PATCH", path, json={"status": "pending"}) == (422, "invalid")


async def test_nobody_decides_their_own_request_unless_the_board_lets_them(office: Office) -> None:
    approval = await asked(office, None)
    own = await office.refused("PATCH", f"{APPROVALS}/{approval['id']}", json={"status": "approved"})
    mara = await somebody(office.guarded, access={"all_boards_read": True, "all_boards_write": True})

    others = await office.ask("PATCH", f"{APPROVALS}/{approval['id']}", mara.token, json={"status": "approved"})
    await office.changed("/boards/{board}", allow_deciding_own_requests=True)
    second = await decided(office, await asked(office, None))

    assert own == (403, "own_request")
    assert (others.status_code, others.json()["decisions"][0]["decided_by_name"]) == (200, "Mara")
    assert second["status"] == "approved"


async def test_a_task_has_one_pending_approval(office: Office) -> None:
    tessa = await office.agent()
    task = await claimed(office, tessa)
    first = await asked(office, tessa, task)
    body = {"action_type": "deploy", "reason": "x", "confidence": 1, "task_ids": [task]}

    second = await office.refused("POST", APPROVALS, tessa, json=body)
    await decided(office, first, "rejected")

    assert second == (409, "approval_is_pending")
    assert (await asked(office, tessa, task))["status"] == "pending"
    rob = await office.agent("Rob")
    assert await office.refused("POST", APPROVALS, rob, json=body) == (403, "not_your_task")
    unknown = await office.refused("POST", APPROVALS, tessa, json={**body, "task_ids": ["tsk_none"]})
    assert unknown == (422, "unknown_task_to_approve")


async def test_done_needs_an_approval_of_exactly_this_even_from_people(office: Office) -> None:
    await office.open_board("Careful", require_approval_for_done=True)
    tessa = await office.agent()
    task = await claimed(office, tessa)
    path = f"{TASKS}/{task}"
    done = {"status": "done"}

    assert await office.refused("PATCH", path, tessa, json=done) == (409, "approval_required")
    assert await office.refused("PATCH", path, json=done) == (409, "approval_required")
    elsewhere = await asked(office, tessa, task, action_type="deploy")
    await decided(office, elsewhere)
    assert await office.refused("PATCH", path, json=done) == (409, "approval_required")
    approval = await asked(office, tessa, task)
    assert await office.refused("PATCH", path, json=done) == (409, "approval_required")
    await decided(office, approval)
    await office.move(task, "review", by=tessa)
    assert (await office.move(task, "done", by=tessa))["status"] == "done"
    used = await office.got(f"{APPROVALS}/{approval['id']}")
    assert (used["used_at"] is not None, used["used_for"]) == (True, f"task {task} done")


async def test_an_approval_is_used_once(office: Office) -> None:
    await office.open_board("Careful", require_approval_for_done=True)
    tessa = await office.agent()
    task = await claimed(office, tessa)
    await decided(office, await asked(office, tessa, task))
    await office.move(task, "done", by=tessa)

    await office.move(task, "in_progress")

    assert await office.refused("PATCH", f"{TASKS}/{task}", json={"status": "done"}) == (409, "approval_required")


@pytest.mark.parametrize("status", ["pending", "approved"])
async def test_what_changes_a_task_makes_its_approvals_void(office: Office, status: str) -> None:
    await office.open_board("Careful", require_approval_for_done=True)
    tessa = await office.agent()
    first, second = await office.task("First"), await office.task("Second")

    async def voided(**change: Any) -> str:
        await office.claim(first, tessa)
        approval = await asked(office, tessa, first)
        if status == "approved":
            await decided(office, approval)
        await office.changed(f"{TASKS}/{first}", **change)
        return str((await office.got(f"{APPROVALS}/{approval['id']}"))["status"])

    assert await voided(title="Another") == "voided"
    assert await voided(description="More") == "voided"
    assert await voided(depends_on_ids=[second]) == "voided"
    assert await voided(depends_on_ids=[]) == "voided"
    assert await voided(status="inbox") == "voided"
    await office.claim(first, tessa)
    assert await office.refused("PATCH", f"{TASKS}/{first}", json={"status": "done"}) == (409, "approval_required")


async def test_going_on_and_talking_leave_an_approval_as_it_is(office: Office) -> None:
    await office.open_board("Careful", require_approval_for_done=True)
    tessa = await office.agent()
    task = await claimed(office, tessa)
    approval = await asked(office, tessa, task)

    await office.changed(f"{TASKS}/{task}", priority="high", due_at="2026-06-01T00:00:00Z", comment="Looks good")
    await office.move(task, "review", by=tessa)
    await decided(office, approval)
    done = await office.move(task, "done", by=tessa)
    await office.move(task, "in_progress")

    assert done["status"] == "done"
    assert (await office.got(f"{APPROVALS}/{approval['id']}"))["status"] == "approved"


async def test_opening_a_task_again_makes_what_is_pending_void(office: Office) -> None:
    tessa = await office.agent()
    task = await claimed(office, tessa)
    await office.move(task, "review", by=tessa)
    approval = await asked(office, tessa, task)

    await office.move(task, "in_progress")

    shown = await office.got(f"{APPROVALS}/{approval['id']}")
    assert (shown["status"], shown["void_reason"]) == ("voided", "the task was sent back from review")
    late = await office.refused("PATCH", f"{APPROVALS}/{approval['id']}", json={"status": "approved"})
    assert late == (409, "approval_voided")


async def test_an_approval_expires_asked_or_given(office: Office) -> None:
    await office.open_board("Careful", require_approval_for_done=True, approval_expires_s=60, claim_lease_s=600)
    tessa = await office.agent()
    task, other = await claimed(office, tessa), await claimed(office, tessa)
    await decided(office, await asked(office, tessa, task))
    pending = await asked(office, tessa, other, expires_in_s=60)
    office.guarded.clock.advance(60)

    too_late = await office.refused("PATCH", f"{APPROVALS}/{pending['id']}", json={"status": "approved"})
    unused = await office.refused("PATCH", f"{TASKS}/{task}", tessa, json={"status": "done"})
    await office.services.leases.expire()

    assert (too_late, unused) == ((409, "approval_expired"), (409, "approval_required"))
    assert (await office.got(f"{APPROVALS}/{pending['id']}"))["status"] == "expired"
    assert (await office.told("approval.expired"))[0]["actor"]["kind"] == "system"
    assert (await asked(office, tessa, other))["status"] == "pending"


async def test_while_one_is_pending_a_task_stays_where_it_is_if_the_board_says_so(office: Office) -> None:
    await office.open_board("Still", block_status_changes_with_pending_approval=True)
    tessa = await office.agent()
    task = await claimed(office, tessa)
    approval = await asked(office, tessa, task)

    move = await office.refused("PATCH", f"{TASKS}/{task}", tessa, json={"status": "review"})
    release = await office.refused("POST", f"{TASKS}/{task}/release", tessa)
    taken_back = await office.ask("POST", f"{APPROVALS}/{approval['id']}/withdraw", tessa)

    assert (move, release) == ((409, "approval_pending"),) * 2
    assert taken_back.json()["status"] == "withdrawn"
    assert (await office.move(task, "review", by=tessa))["status"] == "review"


async def test_a_request_is_withdrawn_by_who_made_it_while_it_is_pending(office: Office) -> None:
    tessa, rob = await office.agent(), await office.agent("Rob")
    approval = await asked(office, tessa)
    path = f"{APPROVALS}/{approval['id']}/withdraw"

    assert await office.refused("POST", path, rob) == (403, "not_your_request")
    await decided(office, approval)
    assert await office.refused("POST", path, tessa) == (409, "already_decided")


async def test_a_policy_that_a_person_set_approves_and_says_so(office: Office) -> None:
    policy = [{"action_type": "task.done", "min_confidence": 95}]
    await office.open_board("Trusting", require_approval_for_done=True, approval_policy=policy)
    tessa = await office.agent()
    task = await claimed(office, tessa)

    below = await asked(office, tessa, task, confidence=94.9)
    await office.ask("POST", f"{APPROVALS}/{below['id']}/withdraw", tessa)
    other = await asked(office, tessa, action_type="deploy", confidence=100)
    persons = await asked(office, None, confidence=100)
    above = await asked(office, tessa, task, confidence=95)

    assert [one["status"] for one in (below, other, persons, above)] == ["pending"] * 3 + ["approved"]
    decision = above["decisions"][0]
    assert (decision["decided_by_kind"], decision["decided_by_name"]) == ("hub", "policy of the board")
    assert decision["note"] == "approved by the board's policy: task.done, confidence 95 ≥ 95"
    assert (await office.move(task, "done", by=tessa))["status"] == "done"


async def test_only_people_say_what_needs_an_approval_and_who_gives_it(office: Office) -> None:
    token = await office.guarded.token("boards:write")
    lead = await office.agent("Lena", "lead")
    policy = [{"action_type": "task.done", "min_confidence": 0}]
    settings: list[dict[str, Any]] = [{"approval_policy": policy}, {"require_approval_for_done": True},
                                      {"allow_deciding_own_requests": True}]  # fmt: skip

    for change in settings:
        assert await office.refused("PATCH", "/boards/{board}", token, json=change) == (403, "only_people_set_policy")
        assert await office.refused("PATCH", "/boards/{board}", lead, json=change) == (403, "board_admins_only")
    made = await office.refused("POST", "/boards", token, json={"name": "x", "approval_policy": policy})
    assert made == (403, "only_people_set_policy")
    assert (await office.changed("/boards/{board}", token, objective="Keep doors moving"))["version"] == 2


async def test_an_incident_is_over_once_its_task_is_approved(office: Office) -> None:
    await office.open_board("Careful", require_approval_to_resolve_incidents=True)
    tessa = await office.agent()
    incident = (await office.made("/incidents", title="Stalled"))["id"]
    task = await office.task(incident_id=incident)
    await office.claim(task, tessa)
    resolved = {"state": "resolved"}

    too_early = await office.refused("PATCH", f"/incidents/{incident}", json=resolved)
    await decided(office, await asked(office, tessa, task))
    await office.changed(f"{TASKS}/{task}", description="Changed since")
    changed = await office.refused("PATCH", f"/incidents/{incident}", json=resolved)
    await decided(office, await asked(office, tessa, task))
    await office.move(task, "done", by=tessa)

    assert (too_early, changed) == ((409, "incident_not_approved"),) * 2
    assert (await office.changed(f"/incidents/{incident}", **resolved))["state"] == "resolved"


async def test_lists_of_approvals_are_narrowed(office: Office) -> None:
    tessa = await office.agent()
    task = await claimed(office, tessa)
    first = await asked(office, tessa, task)
    second = await asked(office, None, action_type="deploy")
    await decided(office, first)

    async def ids(**sought: str) -> list[str]:
        return [one["id"] for one in (await office.got(APPROVALS, params=sought))["items"]]

    assert await ids() == [second["id"], first["id"]]
    assert await ids(status="pending") == [second["id"]]
    assert await ids(task_id=task) == [first["id"]]
    assert await ids(action_type="deploy") == [second["id"]]
    assert await ids(requested_by=tessa.id) == [first["id"]]

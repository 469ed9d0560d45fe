"""Boards, groups, tags and fields: who sees them and who arranges them."""

from __future__ import annotations

import pytest

from tests.support.boards import Office
from tests.support.people import organization, somebody

pytestmark = pytest.mark.anyio


async def test_a_new_board_asks_for_nothing(office: Office) -> None:
    board = await office.got("/boards/{board}")

    asks = ("require_approval_for_done", "require_review_before_done", "comment_required_for_review",
            "block_status_changes_with_pending_approval", "only_lead_can_change_status",
            "require_approval_to_resolve_incidents", "allow_deciding_own_requests")  # fmt: skip
    assert [board[name] for name in asks] == [False] * len(asks)
    assert (board["approval_policy"], board["max_agents"]) == ([], None)
    assert (board["name"], board["slug"], board["version"]) == ("Corridor", "corridor", 1)


async def test_slugs_are_made_of_names_and_given_once(office: Office) -> None:
    made = await office.made("/boards", name="  Übergabe & Dock 3! ")
    nameless = await office.made("/boards", name="廊下")

    assert made["slug"] == "ubergabe-dock-3"
    assert nameless["slug"].startswith("brd-")
    assert await office.refused("POST", "/boards", json={"name": "corridor"}) == (409, "name_taken")
    taken = await office.refused("PATCH", "/boards/{board}", json={"slug": "ubergabe-dock-3"})
    assert taken == (409, "name_taken")
    for path in ("/tags", "/board-groups"):
        await office.made(path, name="Doors")
        assert await office.refused("POST", path, json={"name": "doors"}) == (409, "name_taken")
    await office.made("/custom-fields", key="k", name="K", kind="text")
    again = await office.refused("POST", "/custom-fields", json={"key": "k", "name": "K", "kind": "text"})
    assert again == (409, "name_taken")


async def test_who_may_not_see_a_board_does_not_hear_of_it(office: Office) -> None:
    mara = await somebody(office.guarded)
    olga = await organization(office.guarded)
    task = await office.task()
    other = await office.open_board("Another")
    rob = await office.agent("Rob")
    await office.open_board("Mine")

    for path in ("", "/snapshot", "/tasks", f"/tasks/{task}", "/approvals", "/approvals/x", "/tasks/stream"):
        for by in (mara.token, olga.token, rob):
            refusal = await office.refused("GET", f"/boards/{{board}}{path}", by)
            assert refusal == (404, "unknown_board"), (path, by)
    assert (await office.got("/boards", mara.token))["total"] == 0
    assert (await office.got("/boards", olga.token))["total"] == 0
    assert [one["id"] for one in (await office.got("/boards", rob))["items"]] == [other]


async def test_who_may_only_look_changes_nothing(office: Office) -> None:
    access = {"boards": [{"board_id": office.board, "can_write": False}]}
    mara = await somebody(office.guarded, access=access)
    task = await office.task()

    assert (await office.got("/boards/{board}/snapshot", mara.token))["can_write"] is False
    for method, path, body in (
        ("POST", "/boards/{board}/tasks", {"title": "x"}),
        ("PATCH", f"/boards/{{board}}/tasks/{task}", {"title": "x"}),
        ("POST", f"/boards/{{board}}/tasks/{task}/claim", {}),
        ("POST", f"/boards/{{board}}/tasks/{task}/comments", {"body": "x"}),
        ("POST", "/boards/{board}/approvals", {"action_type": "x", "reason": "x", "confidence": 1}),
    ):
        assert await office.refused(method, path, mara.token, json=body) == (403, "board_not_writable")


async def test_what_belongs_to_another_organization_is_not_there(office: Office) -> None:
    olga = await organization(office.guarded)
    tag = (await office.made("/tags", name="Doors"))["id"]
    group = (await office.made("/board-groups", name="Doors"))["id"]
    field = (await office.made("/custom-fields", key="k", name="K", kind="text"))["id"]

    for path, code in ((f"/tags/{tag}", "unknown_tag"), (f"/board-groups/{group}", "unknown_board_group"),
                       (f"/board-groups/{group}/snapshot", "unknown_board_group"),
                       (f"/custom-fields/{field}", "unknown_custom_field")):  # fmt: skip
        assert await office.refused("GET", path, olga.token) == (404, code)
        if not path.endswith("snapshot"):
            assert await office.refused("PATCH", path, olga.token, json={"name": "x"}) == (404, code)
            assert await office.refused("DELETE", path, olga.token) == (404, code)
    theirs = await office.made("/boards", olga.token, name="Corridor")
    await office.made("/tags", olga.token, name="Doors")
    hers = await office.refused("PATCH", f"/boards/{theirs['id']}", olga.token, json={"group_id": group})
    assert hers == (404, "unknown_board_group")
    foreign = await office.refused(
        "POST", f"/boards/{theirs['id']}/tasks", olga.token, json={"title": "x", "tag_ids": [tag]}
    )
    assert foreign == (422, "unknown_tag_on_task")
    incident = (await office.made("/incidents", title="Stalled"))["id"]
    about = {"title": "x", "incident_id": incident}
    assert await office.refused("POST", f"/boards/{theirs['id']}/tasks", olga.token, json=about) == (
        422, "unknown_incident_on_task",
    )  # fmt: skip


async def test_members_and_agents_arrange_nothing(office: Office) -> None:
    lead = await office.agent("Lena", "lead")
    mara = await somebody(office.guarded, access={"all_boards_read": True, "all_boards_write": True})

    for by in (lead, mara.token):
        for path, body in (("/boards", {"name": "x"}), ("/tags", {"name": "x"}), ("/board-groups", {"name": "x"}),
                           ("/custom-fields", {"key": "k", "name": "x", "kind": "text"})):  # fmt: skip
            assert await office.refused("POST", path, by, json=body) == (403, "board_admins_only")
        assert await office.refused("DELETE", "/boards/{board}", by) == (403, "board_admins_only")


async def test_a_board_goes_with_its_tasks_and_its_history_stays(office: Office) -> None:
    tessa = await office.agent()
    task = await office.task()
    await office.made("/boards/{board}/approvals", action_type="x", reason="x", confidence=1, task_ids=[task])

    assert await office.refused("DELETE", "/boards/{board}") == (409, "board_has_agents")
    await office.ask("DELETE", f"/agents/{tessa.id}")
    assert (await office.ask("DELETE", "/boards/{board}")).status_code == 204

    assert await office.refused("GET", "/boards/{board}") == (404, "unknown_board")
    assert (await office.told("board.deleted"))[0]["before"]["name"] == "Corridor"
    assert [one["subject_id"] for one in await office.told("task.created")] == [task]


async def test_groups_hold_boards_that_stay_when_a_group_goes(office: Office) -> None:
    await office.made("/board-groups", name="Elsewhere")
    group = await office.made("/board-groups", name="Hall")
    await office.changed("/boards/{board}", group_id=group["id"])
    lead = await office.agent("Lena", "lead")
    await office.task()

    shown = await office.got(f"/board-groups/{group['id']}")
    seen = [await office.got("/board-groups", by, params={"limit": 1}) for by in (None, lead)]
    snapshot = await office.got(f"/board-groups/{group['id']}/snapshot", lead)
    renamed = await office.changed(f"/board-groups/{group['id']}", name="Big hall", version=1)
    stale = await office.refused("PATCH", f"/board-groups/{group['id']}", json={"name": "x", "version": 1})
    await office.ask("DELETE", f"/board-groups/{group['id']}")

    assert (shown["board_ids"], renamed["version"], stale) == ([office.board], 2, (409, "changed"))
    assert [(one["total"], one["items"][0]["name"]) for one in seen] == [(2, "Elsewhere"), (1, "Hall")]
    assert [one["board"]["id"] for one in snapshot["boards"]] == [office.board]
    assert snapshot["boards"][0]["counts"] == {
        "inbox": 1, "in_progress": 0, "review": 0, "done": 0, "pending_approvals": 0, "agents": 1,
    }  # fmt: skip
    assert (await office.got("/boards/{board}"))["group_id"] is None


async def test_tags_are_renamed_and_taken_from_tasks(office: Office) -> None:
    tag = await office.made("/tags", name="Doors", colour="#FF0000")
    task = await office.task(tag_ids=[tag["id"]])

    await office.changed(f"/tags/{tag['id']}", name="Gates")
    shown = (await office.got(f"/boards/{{board}}/tasks/{task}"))["tags"]
    await office.ask("DELETE", f"/tags/{tag['id']}")

    assert shown == [{"id": tag["id"], "name": "Gates", "slug": "doors", "colour": "#ff0000"}]
    assert (await office.got(f"/boards/{{board}}/tasks/{task}"))["tags"] == []


async def test_a_field_that_no_value_fits_is_not_made(office: Office) -> None:
    async def code(**facts: object) -> tuple[int, str]:
        return await office.refused("POST", "/custom-fields", json={"key": "k", "name": "K", **facts})

    unusable = (422, "field_definition_unusable")
    assert await code(kind="enum") == unusable
    assert await code(kind="text", options=["a"]) == unusable
    assert await code(kind="enum", options=["a", "a"]) == unusable
    assert await code(kind="number", default="three") == unusable
    assert await code(kind="enum", options=["a"], default="b") == unusable
    assert await code(kind="text", board_ids=["brd_none"]) == (404, "unknown_board")
    assert await code(kind="regex") == (422, "invalid")
    assert await code(kind="text", key="Not A Key") == (422, "invalid")


async def test_a_snapshot_has_all_that_is_drawn_and_where_to_go_on(office: Office) -> None:
    tag = (await office.made("/tags", name="Doors"))["id"]
    await office.made("/custom-fields", key="torque", name="Torque", kind="number", default=1)
    tessa = await office.agent()
    first = await office.task("First", tag_ids=[tag], description="Long")
    second = await office.task("Second", depends_on_ids=[first])
    await office.claim(first, tessa)
    await office.made("/boards/{board}/approvals", tessa, action_type="x", reason="x", confidence=1, task_ids=[first])

    snapshot = await office.got("/boards/{board}/snapshot", tessa)
    cards = {card["id"]: card for card in snapshot["tasks"]}

    assert (cards[first]["assigned_name"], cards[first]["lease_until"] is not None) == ("Tessa", True)
    assert cards[first]["pending_approval_id"] == snapshot["pending_approvals"][0]["id"]
    assert (cards[second]["blocked"], cards[second]["blocked_by"]) == (True, [first])
    assert "description" not in cards[first]
    assert [one["name"] for one in snapshot["agents"]] == ["Tessa"]
    assert [one["key"] for one in snapshot["custom_fields"]] == ["torque"]
    assert ([one["id"] for one in snapshot["tags"]], snapshot["tasks_left_out"]) == ([tag], 0)
    last = (await office.told())[-1]["sequence"]
    assert (snapshot["sequence"], snapshot["can_write"]) == (last, True)
    await office.task("Third")
    later = [one["sequence"] for one in await office.told() if one["sequence"] > snapshot["sequence"]]
    assert later == [last + 1]

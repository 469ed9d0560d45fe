"""Tasks: made, found, changed, deleted."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.hub.boards.repository import TasksSought
from pilothouse.hub.boards.schemas.tasks import Task, TaskCard, TaskList
from pilothouse.hub.identity.domain import operator
from tests.support.boards import Office
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio

TASKS = "/boards/{board}/tasks"


async def test_a_task_begins_in_the_inbox_and_shows_who_made_it(office: Office) -> None:
    task = await office.made(TASKS, title="  Look at door 3 ", priority="high", description="It sticks")

    assert task["title"] == "Look at door 3"
    assert (task["status"], task["priority"], task["version"]) == ("inbox", "high", 1)
    assert (task["blocked"], task["blocked_by"], task["tags"], task["assigned_id"]) == (False, [], [], None)
    assert (task["made_by_kind"], task["made_by_id"]) == ("person", "local")
    assert await office.got(f"{TASKS}/{task['id']}") == task


async def test_lists_are_narrowed_by_everything_a_task_has(office: Office) -> None:
    tag = (await office.made("/tags", name="Doors"))["id"]
    tessa = await office.agent()
    first = await office.task("First", description="the hinge", tag_ids=[tag], priority="low")
    second = await office.task("Second", depends_on_ids=[first], assigned_id=tessa.id)
    third = await office.task("Third", priority="urgent")
    await office.move(third, "in_progress", "done")

    async def ids(**sought: object) -> list[str]:
        return [one["id"] for one in (await office.got(TASKS, params=sought))["items"]]

    assert await ids() == [third, second, first]
    assert await ids(status="inbox") == [second, first]
    assert await ids(status=["done", "review"]) == [third]
    assert await ids(assigned=tessa.id) == [second]
    assert await ids(assigned="none") == [first]
    assert await ids(assigned="me") == [third]
    assert await ids(tag=tag) == [first]
    assert await ids(priority="urgent") == [third]
    assert await ids(blocked="true") == [second]
    assert await ids(blocked="false") == [third, first]
    assert await ids(q="HINGE") == [first]
    assert await ids(sort="priority") == [third, second, first]
    assert await ids(sort="title", order="asc") == [first, second, third]
    assert await ids(sort="due") == [third, second, first]


async def test_pages_follow_each_other_and_say_how_many_there_are(office: Office) -> None:
    made = [await office.task(f"Task {number}") for number in range(5)]

    pages = [await office.got(TASKS, params={"limit": 2, "offset": offset}) for offset in (0, 2, 4, 6)]

    assert [one["id"] for page in pages for one in page["items"]] == list(reversed(made))
    assert [(page["total"], page["limit"]) for page in pages] == [(5, 2)] * 4


@pytest.mark.parametrize("count", [3, 12])
async def test_a_list_costs_the_same_few_queries_whatever_is_in_it(office: Office, count: int) -> None:
    tag = (await office.made("/tags", name="Doors"))["id"]
    first = await office.task("First")
    for number in range(count - 1):
        await office.task(f"Task {number}", tag_ids=[tag], depends_on_ids=[first])

    boards, tasks = office.services.boards, office.services.tasks
    with counting_queries(office.guarded.hub.database) as queries:
        async with office.guarded.hub.database.reading() as session:
            organization_id = await boards.sight(session, operator(), office.board)
            listed, total = await tasks.listed(session, organization_id, office.board, TasksSought(), 50, 0)

    assert len(queries) == 1, queries
    assert total == len(TaskList.model_validate_json(listed).items) == count


async def test_what_is_listed_is_what_one_shows(office: Office) -> None:
    tags = [(await office.made("/tags", name=name))["id"] for name in ("Zebra, big", "Äpfel; (a|b)")]
    await office.made("/custom-fields", key="torque", name="Torque", kind="number")
    tessa = await office.agent()
    first = await office.task("First")
    second = await office.task(
        'Second "quoted"', tag_ids=tags, depends_on_ids=[first], custom_fields={"torque": 2.5},
        due_at="2026-06-01T10:00:00.250+02:00",
    )  # fmt: skip
    await office.claim(first, tessa)

    listed = {one["id"]: one for one in (await office.got(TASKS))["items"]}
    snapshot = {one["id"]: one for one in (await office.got("/boards/{board}/snapshot"))["tasks"]}

    for task_id in (first, second):
        shown = await office.got(f"{TASKS}/{task_id}")
        assert listed[task_id] == shown
        assert TaskCard.model_validate(snapshot[task_id]).model_dump() == TaskCard.model_validate(shown).model_dump()
        assert Task.model_validate(shown).model_dump(mode="json") == shown
    assert [tag["name"] for tag in listed[second]["tags"]] == ["Äpfel; (a|b)", "Zebra, big"]


async def test_the_same_request_sent_twice_makes_one_task(office: Office) -> None:
    headers = {"Idempotency-Key": "once"}

    answers = await asyncio.gather(
        *(office.ask("POST", TASKS, json={"title": "One"}, headers=headers) for _ in range(4))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await office.got(TASKS))["total"] == 1
    other = await office.refused("POST", TASKS, json={"title": "Two"}, headers=headers)
    assert other == (409, "key_used_for_another_request")


async def test_who_has_read_an_older_version_changes_nothing(office: Office) -> None:
    task = await office.task()
    path = f"{TASKS}/{task}"
    await office.changed(path, title="Another", version=1)

    by_body = await office.refused("PATCH", path, json={"title": "Mine", "version": 1})
    by_header = await office.refused("PATCH", path, json={"title": "Mine"}, headers={"If-Match": '"1"'})
    garbage = await office.refused("PATCH", path, json={"title": "Mine"}, headers={"If-Match": "yesterday"})

    assert (by_body, by_header, garbage) == ((409, "changed"), (409, "changed"), (422, "bad_version"))
    assert (await office.changed(path, title="Third"))["version"] == 3


async def test_a_change_says_what_was_and_what_is(office: Office) -> None:
    task = await office.task("Before")

    await office.changed(f"{TASKS}/{task}", title="After", priority="low")

    told = (await office.told("task.updated"))[-1]
    assert told["before"] == {"title": "Before", "priority": "medium"}
    assert told["after"] == {"title": "After", "priority": "low"}
    assert (told["actor"]["kind"], told["subject_id"]) == ("person", task)


async def test_what_is_not_named_stays_and_null_clears(office: Office) -> None:
    tag = (await office.made("/tags", name="Doors"))["id"]
    task = await office.task(due_at="2026-06-01T10:00:00+02:00", tag_ids=[tag], assigned_id="local")
    path = f"{TASKS}/{task}"

    kept = await office.changed(path, title="New")
    cleared = await office.changed(path, due_at=None, assigned_id=None, tag_ids=[])

    assert (kept["due_at"], [one["slug"] for one in kept["tags"]]) == ("2026-06-01T08:00:00Z", ["doors"])
    assert (kept["assigned_id"], cleared["assigned_id"], cleared["due_at"], cleared["tags"]) == (
        "local",
        None,
        None,
        [],
    )
    assert await office.refused("PATCH", path, json={}) == (422, "nothing_to_change")
    assert await office.refused("PATCH", path, json={"titel": "x"}) == (422, "invalid")
    assert (await office.changed(path, title="New"))["version"] == 3


async def test_what_a_task_names_must_be_there(office: Office) -> None:
    async def code(**facts: object) -> tuple[int, str]:
        return await office.refused("POST", TASKS, json={"title": "x", **facts})

    assert await code(tag_ids=["tag_none"]) == (422, "unknown_tag_on_task")
    assert await code(depends_on_ids=["tsk_none"]) == (422, "unknown_dependency")
    assert await code(assigned_id="nobody") == (422, "unknown_assignee")
    assert await code(incident_id="inc_none") == (422, "unknown_incident_on_task")
    assert await code(custom_fields={"none": 1}) == (422, "unknown_field")


async def test_dependencies_stay_on_one_board(office: Office) -> None:
    here = office.board
    elsewhere = await office.task()
    await office.open_board("Another")

    refusal = await office.refused("POST", TASKS, json={"title": "x", "depends_on_ids": [elsewhere]})

    assert refusal == (422, "unknown_dependency")
    assert await office.refused("GET", f"{TASKS}/{elsewhere}") == (404, "unknown_task")
    assert (await office.got(f"/boards/{here}/tasks/{elsewhere}"))["id"] == elsewhere


async def test_a_task_that_waits_is_blocked_until_the_others_are_done(office: Office) -> None:
    first, second = await office.task("First"), await office.task("Second")
    third = await office.task("Third", depends_on_ids=[first, second])
    path = f"{TASKS}/{third}"

    assert (await office.got(path))["blocked_by"] == sorted([first, second])
    assert await office.refused("PATCH", path, json={"status": "in_progress"}) == (409, "task_blocked")
    assert await office.refused("POST", f"{path}/claim") == (409, "task_blocked")
    await office.move(first, "in_progress", "done")
    assert (await office.got(path))["blocked_by"] == [second]
    await office.ask("DELETE", f"{TASKS}/{second}")

    assert (await office.got(path))["blocked"] is False
    assert [one["subject_id"] for one in await office.told("task.unblocked")] == [third]
    assert (await office.claim(third)).status_code == 200


async def test_nothing_waits_for_itself(office: Office) -> None:
    first = await office.task("First")
    second = await office.task("Second", depends_on_ids=[first])
    third = await office.task("Third", depends_on_ids=[second])

    answer = await office.ask("PATCH", f"{TASKS}/{first}", json={"depends_on_ids": [third]})

    assert (answer.status_code, answer.json()["code"]) == (409, "dependency_cycle")
    assert answer.json()["detail"].count("→") == 3
    itself = await office.refused("PATCH", f"{TASKS}/{first}", json={"depends_on_ids": [first]})
    assert itself == (422, "unknown_dependency")


async def test_a_deleted_task_keeps_its_history(office: Office) -> None:
    task = await office.task("Gone")
    await office.made(f"{TASKS}/{task}/comments", body="Done elsewhere")

    assert (await office.ask("DELETE", f"{TASKS}/{task}")).status_code == 204

    assert await office.refused("GET", f"{TASKS}/{task}") == (404, "unknown_task")
    history = [one["kind"] for one in await office.told() if one["subject_kind"] in ("task", "comment")]
    assert history == ["task.created", "comment.created", "task.deleted"]
    assert (await office.told("task.deleted"))[0]["before"]["title"] == "Gone"


async def test_custom_fields_are_of_their_kind(office: Office) -> None:
    await office.made("/custom-fields", key="torque", name="Torque", kind="number", default=2.5)
    await office.made("/custom-fields", key="area", name="Area", kind="enum", options=["dock", "hall"], required=True)
    await office.made("/custom-fields", key="day", name="Day", kind="date")
    await office.made("/custom-fields", key="link", name="Link", kind="url")
    await office.made("/custom-fields", key="spare", name="Spare", kind="boolean")

    async def code(**values: object) -> tuple[int, str]:
        return await office.refused("POST", TASKS, json={"title": "x", "custom_fields": {"area": "dock", **values}})

    assert await office.refused("POST", TASKS, json={"title": "x"}) == (422, "field_missing")
    for values in ({"torque": "2"}, {"torque": True}, {"torque": 2**53 + 1}, {"day": "2026-02-30"},
                   {"day": "20260512"}, {"link": "javascript:alert(1)"}, {"link": "http://[::"}, {"spare": 1},
                   {"area": "attic"}):  # fmt: skip
        assert await code(**values) == (422, "field_unusable"), values
    task = await office.task(custom_fields={"area": "hall", "day": "2026-05-12", "spare": False})
    shown = (await office.got(f"{TASKS}/{task}"))["custom_fields"]
    assert shown == {"torque": 2.5, "area": "hall", "day": "2026-05-12", "spare": False}
    path = f"{TASKS}/{task}"
    assert (await office.changed(path, custom_fields={"day": None, "torque": 3}))["custom_fields"] == {
        "torque": 3, "area": "hall", "spare": False,
    }  # fmt: skip
    assert await office.refused("PATCH", path, json={"custom_fields": {"area": None}}) == (422, "field_missing")


async def test_a_field_can_be_of_some_boards_only(office: Office) -> None:
    field = await office.made("/custom-fields", key="torque", name="Torque", kind="number", board_ids=[office.board])
    await office.task(custom_fields={"torque": 1})
    await office.open_board("Another")

    elsewhere = await office.refused("POST", TASKS, json={"title": "x", "custom_fields": {"torque": 1}})
    await office.changed(f"/custom-fields/{field['id']}", board_ids=[])

    assert elsewhere == (422, "unknown_field")
    assert await office.task(custom_fields={"torque": 1})


async def test_comments_are_counted_and_changed_by_who_wrote_them(office: Office) -> None:
    tessa = await office.agent()
    task = await office.task()
    path = f"{TASKS}/{task}/comments"
    said = await office.made(path, tessa, body=" The hinge is dry ")
    await office.made(path, body="Oil it")

    changed = await office.changed(f"{path}/{said['id']}", tessa, body="The hinge is rusty", version=1)

    assert (said["body"], said["made_by_kind"], said["made_by_name"]) == ("The hinge is dry", "worker", "Tessa")
    assert (changed["version"], changed["edited_at"] is not None) == (2, True)
    assert [one["body"] for one in (await office.got(path))["items"]] == ["The hinge is rusty", "Oil it"]
    assert (await office.got(f"{TASKS}/{task}"))["comment_count"] == 2
    other = (await office.got(path))["items"][1]["id"]
    assert await office.refused("PATCH", f"{path}/{other}", tessa, json={"body": "x"}) == (403, "not_your_comment")
    assert await office.refused("DELETE", f"{path}/{other}", tessa) == (403, "not_your_comment")
    assert (await office.ask("DELETE", f"{path}/{said['id']}")).status_code == 204
    assert (await office.got(f"{TASKS}/{task}"))["comment_count"] == 1
    assert (await office.told("comment.deleted"))[0]["before"]["body"] == "The hinge is rusty"

"""Whatever is sent, nothing gives a 500, and nothing is kept that cannot be shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.boards import Office

pytestmark = pytest.mark.anyio

TASKS = "/boards/{board}/tasks"
IDS = ("x", "%00", "..%2F..", "0", "-1", "9" * 100, "ä", "'%20OR%201=1--", "null")


async def test_an_id_that_is_none_is_unknown(office: Office) -> None:
    task = await office.task()
    for identity in IDS:
        await ask_for(office, task, identity)


async def ask_for(office: Office, task: str, identity: str) -> None:
    for method, path, body in (
        ("GET", f"/boards/{identity}", None),
        ("GET", f"/boards/{identity}/tasks", None),
        ("GET", f"{TASKS}/{identity}", None),
        ("PATCH", f"{TASKS}/{identity}", {"title": "x"}),
        ("POST", f"{TASKS}/{identity}/claim", None),
        ("DELETE", f"{TASKS}/{identity}", None),
        ("DELETE", f"{TASKS}/{task}/comments/{identity}", None),
        ("PATCH", f"/boards/{{board}}/approvals/{identity}", {"status": "approved"}),
        ("GET", f"/tags/{identity}", None),
        ("GET", f"/board-groups/{identity}/snapshot", None),
        ("DELETE", f"/custom-fields/{identity}", None),
    ):
        answer = await office.ask(method, path, json=body) if body else await office.ask(method, path)
        assert answer.status_code in (404, 405, 422), (method, path, answer.text)


NO_TASKS = [
    "null", "[]", "{}", '"x"', '{"title": null}', '{"title": ""}', '{"title": "\\u0000"}', '{"title": "\\ud800"}',
    '{"title": "x", "priority": "most"}', '{"title": "x", "due_at": "yesterday"}',
    '{"title": "x", "due_at": "2026-05-12T08:00:00"}', '{"title": "x", "due_at": "99999-01-01T00:00:00Z"}',
    '{"title": "x", "tag_ids": "x"}', '{"title": "x", "tag_ids": [null]}', '{"title": "x", "depends_on_ids": [{}]}',
    '{"title": "x", "custom_fields": {"a": NaN}}', '{"title": "x", "custom_fields": {"a": {"b": 1}}}',
    '{"title": "x", "custom_fields": []}', "{" * 3_000, "[" * 100_000,
]  # fmt: skip


async def test_what_is_no_task_makes_none(office: Office) -> None:
    for raw in NO_TASKS:
        answer = await office.ask("POST", TASKS, content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), (raw[:100], answer.text)

    assert (await office.got(TASKS))["total"] == 0


async def test_long_texts_are_refused_and_long_enough_ones_kept(office: Office) -> None:
    assert (await office.ask("POST", TASKS, json={"title": "x" * 301})).status_code == 422
    assert (await office.ask("POST", TASKS, json={"title": "x", "description": "x" * 50_001})).status_code == 422
    assert (await office.ask("POST", TASKS, json={"title": "x", "description": "x" * (2 << 20)})).status_code == 413
    many = {"title": "x", "tag_ids": ["t"] * 51}
    assert (await office.ask("POST", TASKS, json=many)).status_code == 422
    task = await office.task("ä" * 300, description="漢" * 50_000)
    shown = await office.got(f"{TASKS}/{task}")
    assert (len(shown["title"]), len(shown["description"])) == (300, 50_000)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


ASKED: list[tuple[dict[str, Any], int | None]] = [
    ({"confidence": 101}, 422), ({"confidence": -0.1}, 422), ({"confidence": "sure"}, 422), ({"confidence": None}, 422),
    ({"action_type": "(a+)+$"}, 422), ({"action_type": "A" * 101}, 422), ({"reason": " "}, 422),
    ({"rubric_scores": {"tests": 1e308}}, 422), ({"payload": {"x": "y" * 100_001}}, 422),
    ({"payload": {"x": deep(200)}}, None), ({"payload": {"x": 10**30, "y": 1.5e300}}, None),
    ({"artifacts": [{"name": "x", "sha256": "zz"}]}, 422), ({"expires_in_s": 59}, 422),
    ({"expires_in_s": 10**12}, 422), ({"lab_session_ids": [1]}, 422), ({"confidence": 33.3}, 201),
]  # fmt: skip


async def test_what_is_asked_for_is_checked(office: Office) -> None:
    for wanted, status in ASKED:
        body = {"action_type": "deploy", "reason": "x", "confidence": 50, **wanted}
        answer = await office.ask("POST", "/boards/{board}/approvals", json=body)
        assert answer.status_code in ((status,) if status else (201, 422)), answer.text
        if answer.status_code == 201:
            kept = await office.got(f"/boards/{{board}}/approvals/{answer.json()['id']}")
            assert kept == answer.json()


async def test_numbers_that_json_does_not_know_are_refused(office: Office) -> None:
    for number in ("NaN", "Infinity", "-Infinity", "1e999"):
        raw = f'{{"action_type": "x", "reason": "x", "confidence": {number}}}'
        answer = await office.ask(
            "POST", "/boards/{board}/approvals", content=raw, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422, number


async def test_what_is_searched_for_is_taken_as_it_is(office: Office) -> None:
    await office.task("Ordinary")
    for text in ("%", "_", "\\", "(a+)+$", "' OR 1=1 --", "ä", "z" * 200):
        wanted = await office.task(f"Has {text} in it"[:300])
        found = await office.got(TASKS, params={"q": text})
        assert [one["id"] for one in found["items"]] == [wanted], text


async def test_queries_that_mean_nothing_are_refused(office: Office) -> None:
    for query in ("limit=0", "limit=201", "offset=-1", f"offset={2**63}", "status=open", "blocked=perhaps", "sort=id",
                  "priority=", f"q={'x' * 201}"):  # fmt: skip
        assert (await office.ask("GET", f"{TASKS}?{query}")).status_code == 422, query


async def test_a_board_takes_only_rules_it_knows(office: Office) -> None:
    for change in (
        {"max_agents": -1}, {"max_agents": 10**10}, {"claim_lease_s": 1}, {"approval_policy": [{"action_type": "x"}]},
        {"approval_policy": [{"action_type": "x", "min_confidence": 101}]}, {"require_approval_for_done": "perhaps"},
        {"slug": "Not a slug"}, {"name": ""}, {"unknown": 1}, {"version": 0},
    ):  # fmt: skip
        answer = await office.ask("PATCH", "/boards/{board}", content=json.dumps(change))
        assert answer.status_code == 422, change
    assert (await office.changed("/boards/{board}", max_agents=None, name="Same"))["version"] == 2

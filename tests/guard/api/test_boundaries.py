"""``/api/boundaries``: changed while they hold, checked, versioned, written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilothouse.guard.model import Action
from pilothouse.guard.stackfile import load
from tests.support.processes import eventually
from tests.support.served_guards import Guard, guarding, stack_of

ALL = "/api/boundaries"


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    with guarding(tmp_path) as guard:
        yield guard


def test_all_are_listed_and_each_can_be_asked_for(guard: Guard) -> None:
    answer = guard.http.get(ALL)

    assert answer.json() == {
        "boundaries": [{"name": "limits", "type": "joint_position"}, {"name": "speed", "type": "joint_velocity"}],
        "version": 0,
    }
    assert answer.headers["etag"] == '"0"'
    assert guard.http.get(f"{ALL}/speed").json() == {"name": "speed", "type": "joint_velocity"}


def test_one_that_is_not_there_is_not_found_and_the_nearest_is_named(guard: Guard) -> None:
    for method in ("get", "delete"):
        answer = getattr(guard.http, method)(f"{ALL}/sped")
        assert answer.status_code == 404
        assert "'speed'" in answer.json()["detail"]
    assert guard.http.put(f"{ALL}/sped", json={"type": "joint_velocity"}).status_code == 404


def test_a_new_boundary_holds_at_once_in_the_running_engine(guard: Guard) -> None:
    guard.policy.say = lambda observation: Action((1.0, 1.0))
    guard.post("start")
    eventually(lambda: guard.sink.applied and guard.sink.applied[-1] == Action((1.0, 1.0)), deadline_s=20)
    session = guard.status["session_id"]

    answer = guard.http.put(f"{ALL}/speed", json={"type": "joint_velocity", "scale": 0.5})
    made = guard.http.post(ALL, json={"name": "slower", "type": "joint_velocity", "scale": 0.1})

    assert (answer.status_code, made.status_code) == (200, 201)
    assert made.json() == {"name": "slower", "type": "joint_velocity", "scale": 0.1}
    status = eventually(lambda: "slower" in (now := guard.status)["active_boundaries"] and now, deadline_s=20)
    assert (status["session_id"], status["state"], status["config_version"]) == (session, "running", 2)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "new", "type": "joint_velocty"}, "joint_velocity"),
        ({"name": "new", "type": "joint_velocity", "scael": 0.5}, "scale"),
        ({"name": "new", "type": "joint_velocity", "scale": "fast"}, "scale"),
        ({"name": "new", "type": "joint_velocity", "fallback": "hodl"}, "hold"),
    ],
)
def test_what_does_not_hold_together_changes_nothing_and_the_answer_says_what(
    guard: Guard, body: dict[str, object], words: str
) -> None:
    before = guard.status["config_hash"]

    answer = guard.http.post(ALL, json=body)

    assert answer.status_code == 422
    assert words in str(answer.json()["detail"])
    assert (guard.status["config_hash"], guard.http.get(ALL).json()["version"]) == (before, 0)


def test_a_body_without_a_name_or_with_another_is_refused(guard: Guard) -> None:
    assert guard.http.post(ALL, json={"type": "joint_velocity"}).status_code == 422
    assert guard.http.post(ALL, json={"name": "no name", "type": "joint_velocity"}).status_code == 422
    assert guard.http.put(f"{ALL}/speed", json={"name": "other", "type": "joint_velocity"}).status_code == 422


def test_a_name_is_taken_once(guard: Guard) -> None:
    assert guard.http.post(ALL, json={"name": "speed", "type": "joint_velocity"}).status_code == 409


def test_one_that_is_removed_holds_no_more(guard: Guard) -> None:
    assert guard.http.delete(f"{ALL}/speed").status_code == 204

    assert [one["name"] for one in guard.http.get(ALL).json()["boundaries"]] == ["limits"]


def test_the_last_boundary_of_a_task_stays(guard: Guard) -> None:
    answer = guard.http.delete(f"{ALL}/limits")

    assert answer.status_code in (409, 422)
    assert len(guard.http.get(ALL).json()["boundaries"]) == 2


def test_who_saw_an_older_version_changes_nothing(guard: Guard) -> None:
    change = {"type": "joint_velocity", "scale": 0.5}
    assert guard.http.put(f"{ALL}/speed", json=change, headers={"If-Match": '"0"'}).headers["etag"] == '"1"'

    for answer in (
        guard.http.put(f"{ALL}/speed", json={"type": "joint_velocity"}, headers={"If-Match": '"0"'}),
        guard.http.delete(f"{ALL}/speed", headers={"If-Match": "0"}),
    ):
        assert answer.status_code == 409
    assert guard.http.get(f"{ALL}/speed").json()["scale"] == 0.5
    assert guard.http.put(f"{ALL}/speed", json=change, headers={"If-Match": "newest"}).status_code == 422


def test_changes_outlive_the_program_and_the_stackfile_stays_as_it_was_written(tmp_path: Path) -> None:
    with guarding(tmp_path) as guard:
        written = load(tmp_path / "stack.yaml").config_hash
        guard.http.put(f"{ALL}/speed", json={"type": "joint_velocity", "scale": 0.5})
        guard.http.post(ALL, json={"name": "slower", "type": "joint_velocity", "scale": 0.1})

    with guarding(tmp_path) as guard:
        assert guard.http.get(f"{ALL}/speed").json()["scale"] == 0.5
        assert guard.http.get(ALL).json()["version"] == 2
    assert load(tmp_path / "stack.yaml").config_hash == written
    audit = [json.loads(line) for line in (tmp_path / "boundaries.log.jsonl").read_text().splitlines()]
    assert [(line["version"], line["boundary"], line["by"]) for line in audit] == [
        (1, "speed", "testclient"), (2, "slower", "testclient"),
    ]  # fmt: skip


def test_a_change_that_cannot_be_written_down_is_not_made(guard: Guard, tmp_path: Path) -> None:
    before = guard.status["config_hash"]
    (tmp_path / "boundaries.log.jsonl").mkdir()

    answer = guard.http.put(f"{ALL}/speed", json={"type": "joint_velocity", "scale": 0.5})

    assert answer.status_code == 503
    assert guard.status["config_hash"] == before


CALLBACK = {"type": "callback", "function": "tests.guard.api.test_boundaries:agrees"}


def agrees(observation: object, action: object) -> bool:
    return True


def disagrees(observation: object, action: object) -> bool:
    return False


def test_over_the_api_no_function_runs_that_the_stackfile_does_not_run(guard: Guard, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\ndef agrees(*_): return True\n")

    for function in ("planted:agrees", "os:system", " planted:agrees ", None, ["planted:agrees"]):
        made = guard.http.post(ALL, json={"name": "own", "type": "callback", "function": function})
        put = guard.http.put(f"{ALL}/speed", json={"type": "callback", "function": function})
        assert (made.status_code, put.status_code) == (403, 403), made.text
        assert made.json()["code"] == "strange_callback"

    assert not (tmp_path / "imported").exists()
    assert guard.http.get(ALL).json()["version"] == 0


def test_a_function_that_the_stackfile_runs_may_be_used_over_the_api(tmp_path: Path) -> None:
    stack = stack_of()
    stack["boundaries"]["own"] = CALLBACK
    with guarding(tmp_path, stack=stack) as guard:
        changed = guard.http.put(f"{ALL}/own", json={**CALLBACK, "budget_ms": 9})
        other = guard.http.put(f"{ALL}/own", json={**CALLBACK, "function": f"{__name__}:disagrees"})
        more = guard.http.post(ALL, json={"name": "twice", **CALLBACK})

    assert (changed.status_code, other.status_code, more.status_code) == (200, 403, 201)


def test_with_the_setting_for_it_any_function_may_be_used_over_the_api(tmp_path: Path) -> None:
    with guarding(tmp_path, callbacks_over_api=True) as guard:
        made = guard.http.post(ALL, json={"name": "own", "type": "callback", "function": f"{__name__}:disagrees"})

    assert made.status_code == 201

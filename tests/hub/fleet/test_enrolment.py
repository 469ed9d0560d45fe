"""Robots are let in by one-time codes and speak for themselves from then on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from pilothouse.hub.fleet.domain import CODE_LENGTH, code_sha256, new_code
from pilothouse.hub.settings import HubSettings
from pilothouse.wire import UploadMetadata
from tests.support.guarded import SHARED, Guarded, guarded_hub

pytestmark = pytest.mark.anyio
HEARTBEAT = "/api/v1/agents/heartbeat"


@pytest.fixture
async def guarded(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Guarded]:
    async with guarded_hub(hub_settings) as hub:
        yield hub


async def test_a_code_is_traded_for_a_token_that_speaks_for_the_robot(guarded: Guarded) -> None:
    made = (await guarded.operator.post("/api/v1/robots/enrolments", json={"robot_id": "arm", "site": "Lab 2"})).json()

    answer = await guarded.enrol(made["code"], "arm", versions={"pilothouse": "0.2"})

    assert answer.status_code == 201
    assert made["command"] == f"pilothouse robot enroll --hub http://hub --code {made['code']} --robot-id arm"
    assert (await guarded.beat("arm", answer.json()["token"])).status_code == 200
    robot = (await guarded.operator.get("/api/v1/robots/arm")).json()
    assert (robot["site"], robot["versions"], robot["enrolled_at"] is not None) == (
        "Lab 2",
        {"pilothouse": "0.2"},
        True,
    )
    assert await guarded.told("robot.enrolled") == [{"robot_id": "arm"}]


async def test_a_code_is_good_for_one_robot_whoever_comes_at_the_same_moment(guarded: Guarded) -> None:
    code = await guarded.invite()

    answers = await asyncio.gather(*(guarded.enrol(code, f"robot-{number}") for number in range(10)))

    assert sorted(answer.status_code for answer in answers) == [201, *[401] * 9]
    assert len((await guarded.operator.get("/api/v1/robots")).json()["items"]) == 1


async def test_wrong_used_expired_revoked_and_foreign_codes_are_refused_in_the_same_words(guarded: Guarded) -> None:
    used, bound, expired = await guarded.invite(), await guarded.invite("arm"), await guarded.invite(expires_in_s=60)
    revoked = (await guarded.operator.post("/api/v1/robots/enrolments", json={})).json()
    await guarded.enrol(used, "first")
    await guarded.operator.delete(f"/api/v1/robots/enrolments/{revoked['enrolment_id']}")
    guarded.clock.advance(61)

    answers = [
        await guarded.enrol(code, "leg") for code in (used, bound, expired, revoked["code"], new_code(), "x", "é\u2028")
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {(answer.json()["code"], answer.json()["detail"]) for answer in answers} == {
        (
            "code_refused",
            "This code is wrong, used or expired, or was given to another robot; ask an operator for a new one.",
        )
    }
    assert all("www-authenticate" in answer.headers for answer in answers)
    assert (await guarded.enrol(bound, "arm")).status_code == 201


async def test_a_code_may_be_typed_as_people_type(guarded: Guarded) -> None:
    code = await guarded.invite()
    typed = f"  {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "

    assert (await guarded.enrol(typed, "arm")).status_code == 201


def test_codes_hold_eighty_bits_and_hash_alike_however_typed() -> None:
    codes = {new_code() for _ in range(1_000)}

    assert len(codes) == 1_000
    assert {len(code.replace("-", "")) for code in codes} == {CODE_LENGTH}
    assert code_sha256("7k2m-9qxa 0trb5whe") == code_sha256("7K2M-9QXA-OTRB-5WHE")


async def test_codes_are_not_kept_and_open_ones_are_listed_without_them(guarded: Guarded) -> None:
    code = await guarded.invite("arm", tags=["left"])
    await guarded.enrol(await guarded.invite(), "leg")

    listed = (await guarded.operator.get("/api/v1/robots/enrolments")).json()

    assert [(one["robot_id"], one["tags"], one["created_by"]) for one in listed["items"]] == [
        ("arm", ["left"], "operator anna")
    ]
    assert code not in str(listed)
    async with guarded.hub.database.reading() as session:
        kept = str((await session.execute(text("SELECT * FROM enrolments"))).all())
    assert code not in kept
    assert code.replace("-", "") not in kept


async def test_a_code_for_anybody_does_not_hand_out_the_voice_of_a_robot_that_speaks(guarded: Guarded) -> None:
    await guarded.beat("arm", await guarded.robot("arm"))
    code = await guarded.invite()

    refused = await guarded.enrol(code, "arm")

    assert (refused.status_code, refused.json()["code"]) == (409, "robot_enrolled_already")
    assert (await guarded.enrol(code, "leg")).status_code == 201
    assert (await guarded.enrol(await guarded.invite("arm"), "arm")).status_code == 201


async def test_a_robot_that_never_got_its_token_is_let_in_by_any_code(guarded: Guarded) -> None:
    await guarded.enrol(await guarded.invite(), "arm")

    assert (await guarded.enrol(await guarded.invite(), "arm")).status_code == 201


async def test_guessing_is_limited_to_twenty_in_a_minute(guarded: Guarded) -> None:
    answers = [await guarded.enrol("x", "arm") for _ in range(21)]

    assert [answer.status_code for answer in answers] == [*[401] * 20, 429]
    assert "retry-after" in answers[-1].headers


def _claims(robot_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    session_id = f"{robot_id}_20260512T084230Z"
    risk = {
        "event_id": "e1",
        "robot_id": robot_id,
        "occurred_at": "2026-05-12T08:00:00Z",
        "outcome": "reject",
        "decision": "REJECT",
        "risk_level": "CRITICAL",
    }
    announced = {"session_id": session_id, "robot_id": robot_id, "label": "", "size_bytes": 1}
    upload = UploadMetadata(session_id=session_id, sha256="a" * 64, robot_id=robot_id).to_header()
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": upload}
    return [
        ("POST", HEARTBEAT, {"json": {"robot_id": robot_id}}),
        ("POST", "/api/uploads", {"headers": tus}),
        ("POST", "/api/v1/recordings/announcements", {"json": announced}),
        ("POST", "/api/v1/risk-events", {"json": {"events": [risk]}}),
        ("POST", f"/api/v1/robots/{robot_id}/token", {}),
    ]


async def test_a_robot_speaks_for_itself_and_for_no_other(guarded: Guarded) -> None:
    token = await guarded.robot("arm")
    await guarded.beat("leg")

    own = [await guarded.call(token, method, path, **more) for method, path, more in _claims("arm")]
    others = [await guarded.call(token, method, path, **more) for method, path, more in _claims("leg")]

    assert [answer.status_code for answer in own] == [200, 201, 200, 200, 201]
    assert {(answer.status_code, answer.json()["code"]) for answer in others} == {(403, "other_robot")}


async def test_one_foreign_event_spoils_the_batch(guarded: Guarded) -> None:
    token = await guarded.robot("arm")
    ((_, path, mine),) = [claim for claim in _claims("arm") if "risk" in claim[1]]
    ((_, _, theirs),) = [claim for claim in _claims("leg") if "risk" in claim[1]]
    batch = {"events": [*mine["json"]["events"], *theirs["json"]["events"]]}

    assert (await guarded.call(token, "POST", path, json=batch)).status_code == 403
    assert (await guarded.operator.get(path)).json()["total"] == 0


async def test_a_robot_sees_itself_and_decides_nothing(guarded: Guarded) -> None:
    token = await guarded.robot("arm")
    for _, path, more in _claims("leg")[2:4]:
        await guarded.call(SHARED, "POST", path, **more)

    listed = (await guarded.call(token)).json()

    assert [robot["robot_id"] for robot in listed["items"]] == ["arm"]
    assert await guarded.status(token, path="/api/v1/robots/arm") == 200
    for path in ("/api/v1/robots/leg", "/api/v1/robots/leg/health", "/api/sessions/leg_20260512T084230Z"):
        assert await guarded.status(token, path=path) == 404
    assert (await guarded.call(token, path="/api/sessions")).json()["robots"] == []
    assert (await guarded.call(token, path="/api/v1/risk-events")).json()["total"] == 0
    for method, path in (
        ("POST", "/api/admin/sweep"),
        ("GET", "/api/admin/disk"),
        ("GET", "/auth/tokens"),
        ("POST", "/auth/tokens"),
        ("POST", "/api/v1/robots/enrolments"),
        ("POST", "/api/v1/robots/arm/retire"),
        ("PATCH", "/api/v1/robots/arm"),
        ("GET", "/api/v1/robots/arm/tokens"),
        ("GET", "/api/v1/backtests"),
    ):
        assert await guarded.status(token, method, path, json={}) == 403, path


async def test_the_old_token_stays_good_until_the_new_one_is_used(guarded: Guarded) -> None:
    old = await guarded.robot("arm")
    await guarded.beat("arm", old)

    changed = (await guarded.call(old, "POST", "/api/v1/robots/arm/token")).json()
    assert changed["previous_until"] is None
    assert (await guarded.beat("arm", old)).status_code == 200
    assert (await guarded.beat("arm", changed["token"])).status_code == 200

    assert (await guarded.beat("arm", old)).status_code == 401
    assert (await guarded.beat("arm", changed["token"])).status_code == 200


async def test_a_lost_answer_locks_nobody_out(guarded: Guarded) -> None:
    old = await guarded.robot("arm")
    lost = (await guarded.call(old, "POST", "/api/v1/robots/arm/token")).json()["token"]

    again = (await guarded.call(old, "POST", "/api/v1/robots/arm/token")).json()["token"]

    assert (await guarded.beat("arm", again)).status_code == 200
    assert (await guarded.beat("arm", old)).status_code == 401
    assert (await guarded.beat("arm", lost)).status_code == 401


async def test_answers_that_overtake_each_other_lock_nobody_out(guarded: Guarded) -> None:
    old = await guarded.robot("arm")
    await guarded.beat("arm", old)
    kept = (await guarded.call(old, "POST", "/api/v1/robots/arm/token")).json()["token"]
    guarded.clock.advance(1)
    overtaken = (await guarded.call(old, "POST", "/api/v1/robots/arm/token")).json()["token"]

    # The robot got the first answer last, and keeps that token.
    assert (await guarded.beat("arm", kept)).status_code == 200
    guarded.clock.advance(3 * 86_400)

    assert (await guarded.beat("arm", kept)).status_code == 200
    assert (await guarded.beat("arm", old)).status_code == 401
    assert (await guarded.beat("arm", overtaken)).status_code == 401


async def test_tokens_used_and_replaced_at_once_at_several_hubs_never_fail(
    guarded: Guarded, hub_settings: HubSettings
) -> None:
    old = await guarded.robot("arm")
    async with guarded_hub(hub_settings, guarded.clock) as other:
        for _ in range(5):
            path = "/api/v1/robots/arm/token"
            new = [(await guarded.operator.post(path)).json()["token"] for _ in range(2)]
            statuses = await asyncio.gather(
                guarded.status(new[0], path="/api/v1/robots/arm"),
                other.status(new[1], path="/api/v1/robots/arm"),
                guarded.operator.post(path),
                other.status(old, path="/api/v1/robots/arm"),
            )

            assert all(one in (200, 401) for one in (statuses[0], statuses[1], statuses[3])), statuses
            assert statuses[2].status_code == 201


async def test_a_lost_answer_locks_out_no_robot_that_was_away_for_weeks(guarded: Guarded) -> None:
    old = await guarded.robot("arm")
    lost = (await guarded.call(old, "POST", "/api/v1/robots/arm/token")).json()["token"]

    guarded.clock.advance(30 * 24 * 3_600)
    assert (await guarded.beat("arm", old)).status_code == 200
    new = (await guarded.call(old, "POST", "/api/v1/robots/arm/token")).json()["token"]
    assert (await guarded.beat("arm", new)).status_code == 200

    assert (await guarded.beat("arm", old)).status_code == 401
    assert (await guarded.beat("arm", lost)).status_code == 401


async def test_a_token_that_was_never_shown_ends_a_day_after_another_was_made(guarded: Guarded) -> None:
    never_shown = await guarded.robot("arm")
    made = (await guarded.operator.post("/api/v1/robots/arm/token")).json()
    assert made["previous_until"] is not None

    guarded.clock.advance(24 * 3_600 + 1)
    assert (await guarded.beat("arm", never_shown)).status_code == 401
    assert (await guarded.beat("arm", made["token"])).status_code == 200


async def test_another_hub_forgets_the_old_token_within_a_second(guarded: Guarded, hub_settings: HubSettings) -> None:
    old = await guarded.robot("arm")
    async with guarded_hub(hub_settings, guarded.clock) as other:
        assert (await other.beat("arm", old)).status_code == 200
        new = (await guarded.call(old, "POST", "/api/v1/robots/arm/token")).json()["token"]
        assert (await guarded.beat("arm", new)).status_code == 200

        guarded.clock.advance(1)
        assert (await other.beat("arm", old)).status_code == 401


async def test_an_operator_lists_and_revokes_a_robots_tokens(guarded: Guarded) -> None:
    token = await guarded.robot("arm")
    other = await guarded.robot("leg")

    (listed,) = (await guarded.operator.get("/api/v1/robots/arm/tokens")).json()["items"]
    wrong = await guarded.operator.delete(f"/api/v1/robots/leg/tokens/{listed['id']}")
    elsewhere = await guarded.operator.delete(f"/auth/tokens/{listed['id']}")
    right = await guarded.operator.delete(f"/api/v1/robots/arm/tokens/{listed['id']}")

    assert (wrong.status_code, elsewhere.status_code, right.status_code) == (404, 404, 204)
    assert listed["prefix"] == token.partition(".")[0]
    assert (await guarded.beat("arm", token)).status_code == 401
    assert (await guarded.beat("leg", other)).status_code == 200
    assert (await guarded.operator.get("/auth/tokens")).json()["items"] == []
    assert (await guarded.operator.get("/api/v1/robots/nobody/tokens")).status_code == 404


async def test_a_retired_robot_is_not_heard_any_more_and_can_be_let_in_again(guarded: Guarded) -> None:
    token = await guarded.robot("arm")
    await guarded.beat("arm", token)

    retired = await guarded.operator.post("/api/v1/robots/arm/retire")
    again = await guarded.operator.post("/api/v1/robots/arm/retire")

    assert (retired.status_code, again.status_code) == (200, 200)
    assert retired.json()["retired_at"] is not None
    assert retired.json()["health"] is None
    assert (await guarded.beat("arm", token)).status_code == 401
    heard = await guarded.beat("arm", SHARED)
    assert (heard.status_code, heard.json()["code"]) == (403, "robot_retired")
    assert (await guarded.operator.post("/api/v1/robots/arm/token")).status_code == 409
    assert (await guarded.operator.get("/api/v1/robots")).json()["items"] == []
    shelved = (await guarded.operator.get("/api/v1/robots", params={"retired": True})).json()["items"]
    assert [robot["robot_id"] for robot in shelved] == ["arm"]
    assert await guarded.told("robot.retired") == [{"robot_id": "arm"}]

    back = await guarded.robot("arm")
    assert (await guarded.beat("arm", back)).status_code == 200
    assert (await guarded.operator.get("/api/v1/robots/arm")).json()["retired_at"] is None


async def test_what_a_robot_recorded_outlives_its_retirement(guarded: Guarded) -> None:
    (_, path, announced) = _claims("arm")[2]
    await guarded.call(SHARED, "POST", path, **announced)
    await guarded.operator.post("/api/v1/robots/arm/retire")

    assert (await guarded.operator.get("/api/sessions")).json()["total"] == 1


async def test_nobody_retires_a_robot_that_is_not_there(guarded: Guarded) -> None:
    assert (await guarded.operator.post("/api/v1/robots/nobody/retire")).status_code == 404
    assert (await guarded.operator.post("/api/v1/robots/nobody/token")).status_code == 404

"""What is asked of the lab is kept, whoever asks at the same time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from pilothouse.hub.db.answers import AnswerRow
from pilothouse.hub.identity.domain import TokenKind, TokensSought
from pilothouse.hub.identity.repository import TokenRows
from pilothouse.hub.lab.repository import Sought
from pilothouse.hub.lab.service.execution.collecting import Collecting
from pilothouse.hub.lab.service.sharing import MARK
from pilothouse.kit.clock import ManualClock
from pilothouse.sandbox.model import Ending, TerminationReason
from tests.hub.conftest import client_of
from tests.support.labs import REPOSITORY
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio

SHA = "abc1234"
PATCH = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
REPORT = b'<testsuite><testcase name="a"/></testsuite>'


async def test_sixteen_clients_with_ten_commands_each_take_160_numbers(lab: httpx2.AsyncClient) -> None:
    made = (await lab.post("/sessions", json={"repository": "demo", "commit_sha": SHA})).json()

    async def queue() -> list[int]:
        path = f"/sessions/{made['id']}/commands"
        return [(await lab.post(path, json={"argv": ["true"]})).json()["sequence"] for _ in range(10)]

    found = await asyncio.gather(*(queue() for _ in range(16)))

    assert sorted(number for one in found for number in one) == list(range(1, 161))


async def test_a_patch_is_known_by_its_hash(lab: httpx2.AsyncClient) -> None:
    body = {"repository": "demo", "commit_sha": SHA, "patch": PATCH, "metadata": {"ci": True}}

    made = (await lab.post("/sessions", json=body)).json()

    digest = hashlib.sha256(PATCH.encode()).hexdigest()
    assert made["patch_hash"] == digest
    assert made["metadata"] == {"ci": True, "patch_hash": digest}
    kept = await lab.get(f"/sessions/{made['id']}/patch")
    assert hashlib.sha256(kept.content).hexdigest() == digest
    assert kept.headers["content-type"] == "application/octet-stream"


async def test_a_session_without_a_patch_says_so(lab: httpx2.AsyncClient) -> None:
    made = (await lab.post("/sessions", json={"repository": "demo", "commit_sha": SHA})).json()

    answer = await lab.get(f"/sessions/{made['id']}/patch")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_patch")


async def test_a_malformed_commit_is_refused(lab: httpx2.AsyncClient) -> None:
    for commit in ("--upload-pack=touch /tmp/x00000000000000000", "xyz", "a/b", "-1234567", ""):
        answer = await lab.post("/sessions", json={"repository": "demo", "commit_sha": commit})

        assert answer.status_code == 422, commit


async def test_in_thirty_rounds_eight_workers_never_own_the_same_session(
    lab: httpx2.AsyncClient, hub_app: FastAPI
) -> None:
    books = hub_app.state.lab.books
    workers = [f"wrk_{number}" for number in range(8)]

    for _ in range(30):
        made = (await lab.post("/sessions", json={"repository": "demo"})).json()
        claims = await asyncio.gather(*(books.claim(worker, worker, "isolated") for worker in workers))
        owners = [one for one in claims if one is not None]
        assert [one.session.id for one in owners] == [made["id"]]


async def test_a_repository_runs_at_most_as_many_sessions_as_it_says(lab: httpx2.AsyncClient, hub_app: FastAPI) -> None:
    await lab.post("/repository/init", json={**REPOSITORY, "max_parallel": 2})
    for _ in range(5):
        await lab.post("/sessions", json={"repository": "demo"})
    books = hub_app.state.lab.books

    claims = await asyncio.gather(*(books.claim(f"wrk_{number}", "w", "isolated") for number in range(8)))

    assert sum(one is not None for one in claims) == 2


async def test_urgent_sessions_come_first_then_the_oldest(lab: httpx2.AsyncClient, hub_app: FastAPI) -> None:
    made = [
        (await lab.post("/sessions", json={"repository": "demo", "priority": priority})).json()["id"]
        for priority in (0, 0, 5)
    ]

    claims = [await hub_app.state.lab.books.claim("wrk_1", "w", "isolated") for _ in range(3)]

    assert [one.session.id for one in claims] == [made[2], made[0], made[1]]


async def test_what_a_dead_worker_ran_is_lost_and_what_may_run_again_waits(
    lab: httpx2.AsyncClient, hub_app: FastAPI
) -> None:
    books, clock = hub_app.state.lab.books, hub_app.state.hub.clock
    assert clock is not None
    plain = {"repository": "demo", "commands": [{"argv": ["true"]}, {"argv": ["true"]}]}
    again = {"repository": "demo", "commands": [{"argv": ["true"], "idempotent": True}]}
    made = [(await lab.post("/sessions", json=body)).json() for body in (plain, again)]
    await books.register("wrk_1", name="w", host="h", process="1:1", capacity=1, running=0, level="isolated", offer={})
    for _ in made:
        claimed = await books.claim("wrk_1", "w", "isolated")
        await books.next_command(claimed.session.id, "wrk_1", {"commit_sha": "a" * 40, "timings": {}})

    await books.bury("wrk_1", "it died")

    lost, waiting = [(await lab.get(f"/sessions/{one['id']}")).json() for one in made]
    commands = (await lab.get(f"/sessions/{made[0]['id']}/commands")).json()["items"]
    assert [one["state"] for one in commands] == ["lost", "lost"]
    assert (lost["state"], lost["reason"]) == ("failed", "it died")
    assert waiting["state"] == "pending"
    assert await books.claim("wrk_2", "w", "isolated") is not None


async def test_a_worker_that_was_buried_writes_nothing_more(lab: httpx2.AsyncClient, hub_app: FastAPI) -> None:
    books = hub_app.state.lab.books
    made = (await lab.post("/sessions", json={"repository": "demo", "commands": [{"argv": ["true"]}]})).json()
    await books.register("wrk_1", name="w", host="h", process="1:1", capacity=1, running=0, level="isolated", offer={})
    await books.claim("wrk_1", "w", "isolated")
    _, command = await books.next_command(made["id"], "wrk_1", {"commit_sha": "a" * 40, "timings": {}})
    await books.bury("wrk_1", "it died")

    ending = Ending(TerminationReason.EXIT, exit_code=0)

    assert await books.finish(made["id"], "wrk_1", command.id, ending, None) is False
    assert await books.next_command(made["id"], "wrk_1", None) is None


async def test_the_same_request_twice_makes_one_session_and_one_token(lab: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    body = {"repository": "demo", "commit_sha": SHA}

    first = (await lab.post("/sessions", json=body, headers=headers)).json()
    second = (await lab.post("/sessions", json=body, headers=headers)).json()

    assert first["id"] == second["id"]
    assert first["token"]
    assert second["token"] is None
    assert (await lab.get("/sessions")).json()["total"] == 1


async def test_a_session_that_is_over_takes_no_commands(lab: httpx2.AsyncClient) -> None:
    made = (await lab.post("/sessions", json={"repository": "demo"})).json()
    await lab.delete(f"/sessions/{made['id']}")

    answer = await lab.post(f"/sessions/{made['id']}/commands", json={"argv": ["true"]})

    assert answer.status_code == 409
    assert answer.json()["code"] == "session_over"
    assert (await lab.get("/sessions")).json()["total"] == 0
    assert (await lab.get("/sessions", params={"all": True})).json()["total"] == 1


async def test_lists_cost_the_same_however_many_there_are(lab: httpx2.AsyncClient, hub_app: FastAPI) -> None:
    costs = []
    for _ in range(2):
        for _ in range(3):
            await lab.post("/sessions", json={"repository": "demo", "labels": ["ci"], "commands": [{"argv": ["a"]}]})
        async with hub_app.state.hub.database.reading() as session:
            with counting_queries(hub_app.state.hub.database) as statements:
                found = await hub_app.state.lab.sessions.page(session, Sought(label="ci"), 50, 0)
        costs.append(len(statements))

    assert found.total == 6
    assert costs == [3, 3]


ALLOWED: dict[str, set[str]] = {
    "sessions:read": {"list", "commands", "listed"},
    "sessions:write": {"list", "create", "commands", "listed"},
    "commands:write": {"queue", "commands"},
    "artifacts:read": {"listed", "download"},
    "fleet:write": set(),
}


async def test_each_scope_opens_what_it_says_and_nothing_else(lab: httpx2.AsyncClient, hub_app: FastAPI) -> None:
    made = (await lab.post("/sessions", json={"repository": "demo"})).json()

    assert {scope: await opened(lab, hub_app, scope, f"/sessions/{made['id']}") for scope in ALLOWED} == ALLOWED


async def opened(lab: httpx2.AsyncClient, hub_app: FastAPI, scope: str, base: str) -> set[str]:
    """What a token with this scope may do."""
    token = (await lab.post("/auth/tokens", json={"name": scope, "scopes": [scope]})).json()["token"]
    async with client_of(hub_app, headers={"Authorization": f"Bearer {token}"}) as calling:
        answers = {
            "list": await calling.get("/sessions"),
            "create": await calling.post("/sessions", json={"repository": "demo"}),
            "queue": await calling.post(f"{base}/commands", json={"argv": ["true"]}),
            "commands": await calling.get(f"{base}/commands"),
            "listed": await calling.get(f"{base}/artifacts"),
            "download": await calling.get(f"{base}/artifacts/none"),
            "init": await calling.post("/repository/init", json=REPOSITORY),
        }

    return {name for name, answer in answers.items() if answer.status_code != 403}


async def test_nobody_without_a_credential_gets_in(lab: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    assert (await lab.get("/sessions")).status_code == 200
    for path in ("/sessions", "/repository", "/batches", "/sandbox"):
        assert (await client.get(path)).status_code == 401


async def test_a_token_for_one_repository_sees_no_other(lab: httpx2.AsyncClient, hub_app: FastAPI) -> None:
    await lab.post("/repository/init", json={"name": "other", "remote_url": "https://git.example/other.git"})
    made = (await lab.post("/sessions", json={"repository": "other"})).json()
    new = {"name": "x", "scopes": ["sessions:read", "sessions:write"], "repository": "demo"}
    token = (await lab.post("/auth/tokens", json=new)).json()["token"]
    async with client_of(hub_app, headers={"Authorization": f"Bearer {token}"}) as calling:
        assert (await calling.get(f"/sessions/{made['id']}")).status_code == 404
        assert (await calling.get("/sessions")).json()["total"] == 0
        assert (await calling.get("/repository/other")).status_code == 404
        assert (await calling.post("/sessions", json={"repository": "other"})).status_code == 403
        assert (await calling.post("/sessions", json={"repository": "demo"})).status_code == 201


async def test_only_who_may_look_at_the_fleet_shows_a_session_its_recordings_and_incidents(
    lab: httpx2.AsyncClient, hub_app: FastAPI
) -> None:
    """Who may look hears that there is no such thing, all others that it is not theirs to ask."""
    board = (await lab.post("/api/v1/boards", json={"name": "b"})).json()["id"]
    makes = {
        "agent": ("/api/v1/agents", {"name": "Ada", "board_id": board}),
        "lab": ("/auth/tokens", {"name": "lab", "scopes": ["sessions:write"]}),
        "bound": ("/auth/tokens", {"name": "bound", "scopes": ["sessions:write"], "repository": "demo"}),
        "both": ("/auth/tokens", {"name": "both", "scopes": ["sessions:write", "fleet:read"]}),
    }
    tokens = {name: (await lab.post(path, json=new)).json()["token"] for name, (path, new) in makes.items()}

    said = {name: await shown_to(hub_app, token) for name, token in tokens.items()}

    assert said == {
        "agent": {(403, "not_for_agents")}, "lab": {(403, "scope_missing")}, "bound": {(403, "scope_missing")},
        "both": {(404, "unknown_recording"), (404, "unknown_incident")},
    }  # fmt: skip
    assert (await lab.get("/sessions")).json()["total"] == 0


async def shown_to(hub_app: FastAPI, token: str) -> set[tuple[int, str]]:
    """What whoever holds a token hears when a session, or a batch, is to be shown something of the fleet."""
    recording, incident = ({"repository": "demo", **more} for more in ({"recordings": ["r_1"]}, {"incident_id": "i"}))
    batch = {"session": {"repository": "demo"}, "recordings": ["r_1", "r_2"]}
    async with client_of(hub_app, headers={"Authorization": f"Bearer {token}"}) as calling:
        answers = [await calling.post("/sessions", json=one) for one in (recording, incident)]
        answers.append(await calling.post("/batches", json=batch))
    return {(one.status_code, one.json()["code"]) for one in answers}


async def test_an_address_that_is_not_allowed_is_refused(lab: httpx2.AsyncClient) -> None:
    for url in ("https://user:secret@git.example/x.git", "file:///etc", "ext::sh -c id", "--upload-pack=x"):
        answer = await lab.post("/repository/init", json={"name": "bad", "remote_url": url})

        assert answer.status_code == 422, url
        assert "secret" not in answer.text


async def test_what_was_kept_for_its_time_is_deleted(
    lab: httpx2.AsyncClient, hub_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, services = hub_app.state.hub, hub_app.state.lab
    made = (await lab.post("/sessions", json={"repository": "demo", "patch": PATCH})).json()
    patches = [one async for one in hub.storage.list("lab/patches")]
    kept = await lab.put(f"/sessions/{made['id']}/artifacts", params={"path": "a.xml"}, content=REPORT)
    await lab.delete(f"/sessions/{made['id']}")
    shown = (await lab.get(f"/sessions/{made['id']}")).json()
    later = ManualClock(hub.clock.now_ns())
    for part in (services.artifacts, services.sessions):
        monkeypatch.setattr(part, "_clock", later)

    await services.artifacts.expire()
    before = (await lab.get(f"/sessions/{made['id']}/artifacts")).json()["total"]
    later.advance(31 * 86_400)
    await services.artifacts.expire()
    after = (await lab.get(f"/sessions/{made['id']}/artifacts")).json()["total"]
    later.advance(90 * 86_400)
    await services.sessions.forget(hub.database)

    assert kept.status_code == 201
    assert shown["summary"]["tests"]["tests"] == 1
    assert (before, after) == (1, 0)
    assert (await lab.get(f"/sessions/{made['id']}")).status_code == 404
    assert len(patches) == 1
    assert [one async for one in hub.storage.list("lab") if one.key != MARK] == []


async def test_whoever_is_interrupted_once_artifacts_are_written_down_deletes_none(
    lab: httpx2.AsyncClient, hub_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, artifacts = hub_app.state.hub, hub_app.state.lab.artifacts
    made = (await lab.post("/sessions", json={"repository": "demo"})).json()
    write_down = artifacts._write_down

    async def interrupted(*given: object) -> None:
        await write_down(*given)
        raise asyncio.CancelledError

    monkeypatch.setattr(artifacts, "_write_down", interrupted)

    async def sent() -> AsyncIterator[bytes]:
        yield REPORT

    with pytest.raises(asyncio.CancelledError):
        await artifacts.take_in(made["id"], "a.xml", sent())

    [kept] = (await lab.get(f"/sessions/{made['id']}/artifacts")).json()["items"]
    assert (await lab.get(f"/sessions/{made['id']}/artifacts/{kept['id']}")).content == REPORT
    assert len([one async for one in hub.storage.list("lab/artifacts")]) == 1


async def test_a_session_ends_when_its_time_is_over_and_lives_longer_when_asked(
    lab: httpx2.AsyncClient, hub_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, services = hub_app.state.hub, hub_app.state.lab
    made = [(await lab.post("/sessions", json={"repository": "demo", "ttl_s": 60})).json()["id"] for _ in range(2)]
    await lab.patch(f"/sessions/{made[1]}", json={"ttl_s": 600})
    later = ManualClock(hub.clock.now_ns())
    later.advance(120)
    monkeypatch.setattr(services.sessions, "_clock", later)

    async with hub.database.transaction() as session:
        await services.sessions.expire(session)

    assert [(await lab.get(f"/sessions/{one}")).json()["state"] for one in made] == ["expired", "pending"]


async def test_artifacts_beyond_the_quota_are_refused(lab: httpx2.AsyncClient, hub_app: FastAPI) -> None:
    made = (await lab.post("/sessions", json={"repository": "demo"})).json()
    path = f"/sessions/{made['id']}/artifacts"

    answers = [await lab.put(path, params={"path": f"{one}"}, content=b"x" * 700_000) for one in range(2)]
    outside = await lab.put(path, params={"path": "../x"}, content=b"x")

    assert [one.status_code for one in answers] == [201, 413]
    assert answers[1].json()["code"] == "artifact_quota_reached"
    assert outside.status_code == 422


async def test_whoever_asks_again_for_a_debugger_gets_another_ticket_to_the_same_one(
    lab: httpx2.AsyncClient, hub_app: FastAPI
) -> None:
    made = (await lab.post("/sessions", json={"repository": "demo"})).json()
    asked = {"json": {"argv": ["x.py"]}, "headers": {"Idempotency-Key": "once"}}

    first, again = [(await lab.post(f"/sessions/{made['id']}/debug", **asked)).json() for _ in range(2)]

    assert first["command_id"] == again["command_id"]
    assert len({first["ticket"], again["ticket"], ""}) == 3
    async with hub_app.state.hub.database.reading() as session:
        kept = (await session.scalars(select(AnswerRow.body).where(AnswerRow.key == "once"))).one()
    assert kept["ticket"] == ""


async def test_many_files_are_kept_together_but_for_what_is_too_much(
    lab: httpx2.AsyncClient, hub_app: FastAPI, tmp_path: Path
) -> None:
    made = (await lab.post("/sessions", json={"repository": "demo"})).json()
    root, copies = tmp_path / "root", tmp_path / "copies"
    collecting = Collecting(hub_app.state.lab.artifacts, lambda: copies)
    root.mkdir()
    for number in range(150):
        (root / f"{number:03}.txt").write_text(str(number))
    (root / "000.txt").write_bytes(b"x" * 700_000)
    (root / "001.txt").write_bytes(b"x" * 700_000)

    with counting_queries(hub_app.state.hub.database) as queries:
        kept = await collecting.collect(made["id"], None, root, ["*.txt"], ())

    assert len(kept) == 149
    assert len(queries) < 20
    listed = (await lab.get(f"/sessions/{made['id']}/artifacts", params={"limit": 200})).json()["items"]
    assert [one["id"] for one in listed] == [one.id for one in kept]
    assert listed[1]["path"] == "002.txt"
    assert await hub_app.state.hub.storage.read(f"lab/artifacts/{made['id']}/{kept[-1].id}") == b"149"
    found = (await lab.get(f"/sessions/{made['id']}")).json()["summary"]["problems"]
    assert found == ["001.txt: it would take more than the artifacts may"]
    assert list(copies.iterdir()) == []


async def test_what_is_stored_and_belongs_to_nothing_is_deleted_after_a_day(
    lab: httpx2.AsyncClient, hub_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, leftovers = hub_app.state.hub, hub_app.state.lab.leftovers
    made = (await lab.post("/sessions", json={"repository": "demo", "patch": PATCH})).json()
    await lab.put(f"/sessions/{made['id']}/artifacts", params={"path": "a.xml"}, content=REPORT)
    refused = {"session": {"repository": "demo", "patch": PATCH}, "recordings": ["is-not-there"]}
    rolled_back = await lab.post("/batches", json=refused)
    for key in ("lab/patches/ses_x", "lab/artifacts/ses_x/art_x", "lab/output/cmd_x/piece_x", "lab/files/file_x"):
        await hub.storage.put(key, b"x")
    kept = {f"lab/patches/{made['id']}"}

    assert rolled_back.status_code == 404
    assert await leftovers.sweep() == 0
    later = ManualClock(hub.clock.now_ns())
    later.advance(25 * 3_600)
    monkeypatch.setattr(leftovers, "_clock", later)
    await leftovers.sweep()

    left = {one.key async for one in hub.storage.list("lab")} - {MARK}
    assert kept < left
    assert [one for one in left - kept if not one.startswith(f"lab/artifacts/{made['id']}/")] == []
    assert len(left) == 2


async def test_the_token_of_a_session_may_no_more_than_whoever_made_it(
    lab: httpx2.AsyncClient, hub_app: FastAPI
) -> None:
    found = {}
    for scopes in (["sessions:write"], ["sessions:write", "commands:write"], ["sessions:write", "artifacts:read"]):
        token = (await lab.post("/auth/tokens", json={"name": "ci", "scopes": scopes})).json()["token"]
        async with client_of(hub_app, headers={"Authorization": f"Bearer {token}"}) as calling:
            made = (await calling.post("/sessions", json={"repository": "demo"})).json()
        base = f"/sessions/{made['id']}"
        async with client_of(hub_app, headers={"Authorization": f"Bearer {made['token']}"}) as own:
            answers = {
                "look": await own.get(base),
                "run": await own.post(f"{base}/commands", json={"argv": ["true"]}),
                "fetch": await own.get(f"{base}/artifacts/none"),
                "make": await own.post("/sessions", json={"repository": "demo"}),
            }
        found[scopes[-1]] = {name for name, answer in answers.items() if answer.status_code != 403}

    assert found == {
        "sessions:write": {"look"}, "commands:write": {"look", "run"}, "artifacts:read": {"look", "fetch"},
    }  # fmt: skip


async def test_a_token_for_one_session_sees_and_does_nothing_elsewhere(
    lab: httpx2.AsyncClient, hub_app: FastAPI
) -> None:
    mine, other = [(await lab.post("/sessions", json={"repository": "demo"})).json()["id"] for _ in range(2)]
    command = (await lab.post(f"/sessions/{other}/commands", json={"argv": ["true"]})).json()["id"]
    scopes = ["sessions:read", "sessions:write", "commands:write", "artifacts:read"]
    new = {"name": "one", "scopes": scopes, "session_id": mine}
    token = (await lab.post("/auth/tokens", json=new)).json()["token"]
    async with client_of(hub_app, headers={"Authorization": f"Bearer {token}"}) as calling:
        assert [one["id"] for one in (await calling.get("/sessions")).json()["items"]] == [mine]
        refused = [
            await calling.get(f"/sessions/{other}"),
            await calling.patch(f"/sessions/{other}", json={"ttl_s": 60}),
            await calling.delete(f"/sessions/{other}"),
            await calling.post(f"/sessions/{other}/commands", json={"argv": ["true"]}),
            await calling.get(f"/sessions/{mine}/commands/{command}"),
            await calling.get(f"/sessions/{mine}/commands/{command}/output"),
            await calling.delete(f"/sessions/{mine}/commands/{command}"),
            await calling.get(f"/sessions/{other}/artifacts"),
            await calling.get(f"/sessions/{other}/files/x"),
            await calling.post(f"/sessions/{other}/logs/ticket"),
            await calling.post(f"/sessions/{other}/debug", json={"argv": ["x.py"]}),
        ]
        made = await calling.post("/sessions", json={"repository": "demo"})
        batch = await calling.post("/batches", json={"session": {"repository": "demo"}, "commits": [SHA, "b" * 40]})

    assert [one.status_code for one in refused] == [404] * len(refused)
    assert (made.status_code, batch.status_code) == (403, 403)
    assert (await lab.get(f"/sessions/{other}")).json()["state"] == "pending"


async def test_sessions_are_found_by_what_they_are_about(lab: httpx2.AsyncClient) -> None:
    incident = (await lab.post("/api/v1/incidents", json={"title": "stuck"})).json()["id"]
    await lab.post("/repository/init", json={"name": "other", "remote_url": "https://git.example/other.git"})
    asked = [
        {"repository": "demo", "incident_id": incident}, {"repository": "other"},
        {"repository": "demo", "labels": ["nightly"]}, {"repository": "demo", "commit_sha": SHA},
    ]  # fmt: skip
    made = [(await lab.post("/sessions", json=body)).json()["id"] for body in asked]
    batch = (await lab.post("/batches", json={"session": asked[1], "commits": ["c" * 40]})).json()
    await lab.delete(f"/sessions/{made[3]}")

    async def found(**query: object) -> list[str]:
        return [one["id"] for one in (await lab.get("/sessions", params=query)).json()["items"]]

    assert await found(incident_id=incident) == [made[0]]
    assert await found(label="nightly") == [made[2]]
    assert await found(commit_sha=SHA) == []
    assert await found(commit_sha=SHA, all=True) == [made[3]]
    assert await found(state="cancelled") == [made[3]]
    assert await found(batch_id=batch["id"]) == [batch["matrix"][0]["session_id"]]
    assert await found(repository="other") == [batch["matrix"][0]["session_id"], made[1]]
    page = (await lab.get("/sessions", params={"all": True, "limit": 2, "offset": 2})).json()
    assert ([one["id"] for one in page["items"]], page["total"]) == ([made[2], made[1]], 5)


async def test_the_token_of_a_session_lives_as_long_as_the_session_is_asked_to(
    lab: httpx2.AsyncClient, hub_app: FastAPI
) -> None:
    made = (await lab.post("/sessions", json={"repository": "demo", "ttl_s": 60})).json()
    changed = (await lab.patch(f"/sessions/{made['id']}", json={"ttl_s": 600})).json()

    async with hub_app.state.hub.database.reading() as session:
        sought = TokensSought(TokenKind.SESSION, session_id=made["id"])
        (token,), _ = await TokenRows(session).page(sought, 10, 0)

    assert changed["expires_at"] > made["expires_at"]
    assert token.expires_at == datetime.fromisoformat(changed["expires_at"])
    async with client_of(hub_app, headers={"Authorization": f"Bearer {made['token']}"}) as own:
        assert (await own.get(f"/sessions/{made['id']}")).status_code == 200

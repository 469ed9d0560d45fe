"""Where the hub tells what happens: made, changed, shown without what is secret."""

from __future__ import annotations

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from pilothouse.hub.app import create_app
from pilothouse.hub.composition import Hub
from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of
from tests.support.notifying import ROOT, made, open_incident, until_all
from tests.support.queries import counting_queries
from tests.support.receivers import Receiver

pytestmark = pytest.mark.anyio

CHAT = "https://hooks.example.com/services/T0/B0/verysecretpathofachat"


async def test_a_secret_is_answered_once_and_never_again(operator: httpx2.AsyncClient, hub: Hub) -> None:
    destination = await made(operator, "https://example.com/hook?token=only-they-know")
    secret = destination["secret"]

    shown = [
        (await operator.get(f"{ROOT}/destinations/{destination['id']}")).text,
        (await operator.get(f"{ROOT}/destinations")).text,
        (await operator.patch(f"{ROOT}/destinations/{destination['id']}", json={"name": "x"})).text,
        (await operator.get("/api/v1/audit")).text,
        str(await hub.events.since("hub", 0)),
    ]

    assert secret.startswith("whsec_")
    assert not any(secret in one or "only-they-know" in one for one in shown)
    assert destination["address"] == "https://example.com/hook?…"


async def test_the_path_of_a_chat_is_a_secret_too(operator: httpx2.AsyncClient) -> None:
    destination = await made(operator, CHAT, kind="slack")

    audit = (await operator.get("/api/v1/audit")).text

    assert destination["address"] == "https://hooks.example.com/…"
    assert destination["secret"] is None
    assert "verysecret" not in audit


async def test_a_request_sent_twice_makes_one_destination_and_its_secret_is_remembered_nowhere(
    operator: httpx2.AsyncClient, hub: Hub
) -> None:
    body = {"kind": "webhook", "name": "x", "url": "https://example.com/"}
    answers = [
        (await operator.post(f"{ROOT}/destinations", json=body, headers={"Idempotency-Key": "one"})).json()
        for _ in range(2)
    ]

    assert answers[0]["id"] == answers[1]["id"]
    assert answers[1]["secret"] is None
    async with hub.database.reading() as session:
        remembered = str((await session.execute(text("SELECT * FROM answers"))).all())
    assert answers[0]["id"] in remembered
    assert answers[0]["secret"] not in remembered


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"kind": "webhook"}, "has a url"),
        ({"kind": "slack", "url": CHAT, "recipients": ["a@b.example"]}, "no recipients"),
        ({"kind": "webhook", "url": "https://ada:hunter2@example.com/"}, "leave out the user"),
        ({"kind": "email", "recipients": ["ada@example.com"]}, "PILOTHOUSE_NOTIFY_SMTP_HOST"),
        ({"kind": "webhook", "url": "ftp://example.com/"}, "url"),
        ({"kind": "webhook", "url": "https://example.com/", "filters": {"kind": ["x"]}}, "filters"),
    ],
)
async def test_a_destination_that_cannot_work_is_refused_with_a_reason(
    operator: httpx2.AsyncClient, body: dict[str, object], complaint: str
) -> None:
    answer = await operator.post(f"{ROOT}/destinations", json={"name": "x", **body})

    assert answer.status_code == 422
    assert complaint in answer.text
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://2130706433/",
        "http://example.com",
    ],
)
async def test_a_hub_as_it_comes_refuses_its_own_network_and_plain_http(hub_settings: HubSettings, url: str) -> None:
    closed = hub_settings.model_copy(update={"notify_private_addresses": False, "notify_plain_http": False})
    app = create_app(closed)
    async with app.router.lifespan_context(app), client_of(app, auth=("ada", "secret")) as client:
        answer = await client.post(f"{ROOT}/destinations", json={"kind": "webhook", "name": "x", "url": url})

    assert answer.status_code == 422
    assert "PILOTHOUSE_NOTIFY_" in answer.text


async def test_only_who_may_decide_changes_destinations(hub_app: FastAPI, operator: httpx2.AsyncClient) -> None:
    destination = await made(operator, "https://example.com/")
    reader = (await operator.post("/auth/tokens", json={"name": "r", "scopes": ["fleet:read", "fleet:write"]})).json()

    async with client_of(hub_app, headers={"Authorization": f"Bearer {reader['token']}"}) as reading:
        seen = await reading.get(f"{ROOT}/destinations/{destination['id']}")
        refused = [
            await reading.post(
                f"{ROOT}/destinations", json={"kind": "webhook", "name": "x", "url": "https://e.example"}
            ),
            await reading.patch(f"{ROOT}/destinations/{destination['id']}", json={"enabled": False}),
            await reading.post(f"{ROOT}/destinations/{destination['id']}/secret", json={}),
            await reading.post(f"{ROOT}/destinations/{destination['id']}/test"),
            await reading.post(f"{ROOT}/destinations/{destination['id']}/resend"),
            await reading.delete(f"{ROOT}/destinations/{destination['id']}"),
        ]

    assert seen.status_code == 200
    assert {one.status_code for one in refused} == {403}


async def test_who_changes_what_another_has_changed_is_told(operator: httpx2.AsyncClient) -> None:
    destination = await made(operator, "https://example.com/")
    path = f"{ROOT}/destinations/{destination['id']}"

    first = await operator.patch(path, json={"version": 1, "enabled": False})
    second = await operator.patch(path, json={"version": 1, "name": "y"})
    audit = (await operator.get("/api/v1/audit", params={"action": "destination.changed"})).json()["items"]

    assert (first.json()["version"], first.json()["enabled"]) == (2, False)
    assert second.status_code == 409
    assert [one["details"] for one in audit] == [{"before": {"enabled": True}, "after": {"enabled": False}}]


async def test_a_deleted_destination_takes_its_log_along(operator: httpx2.AsyncClient, receiver: Receiver) -> None:
    destination = await made(operator, receiver.url)
    await open_incident(operator)
    delivery = (await until_all(operator, "delivered"))[0]

    deleted = await operator.delete(f"{ROOT}/destinations/{destination['id']}")

    assert deleted.status_code == 204
    assert (await operator.get(f"{ROOT}/destinations/{destination['id']}")).status_code == 404
    assert (await operator.get(f"{ROOT}/deliveries/{delivery['id']}")).status_code == 404


async def test_lists_ask_as_often_for_many_as_for_few(operator: httpx2.AsyncClient, hub: Hub, hub_app: FastAPI) -> None:
    costs = []
    for _ in range(2):
        for _ in range(5):
            await made(operator, "https://example.com/", enabled=False)
        these = hub_app.state.notifications
        with counting_queries(hub.database) as statements:
            async with hub.database.reading() as session:
                await these.destinations.list(session, 50, 0)
        costs.append(len(statements))

    assert costs == [3, 3]

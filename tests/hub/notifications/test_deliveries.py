"""What happens reaches those who asked for it: signed, at least once, each by itself."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError

from pilothouse.hub.app import create_app
from pilothouse.hub.composition import Hub
from pilothouse.hub.outgoing.domain.delivering import AT_ONCE
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import ManualClock
from tests.support.notifying import ROOT, detail, happen, listed, made, open_incident, until, until_all
from tests.support.receivers import GARBAGE, HANG, LIE, Receiver, receiving

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> ManualClock:
    # Signatures carry the time, and whoever checks them reads a real clock.
    return ManualClock(time.time_ns())


@pytest.fixture
async def hub_app(hub_settings: HubSettings, clock: ManualClock, anyio_backend: str) -> AsyncIterator[FastAPI]:
    app = create_app(hub_settings, clock=clock)
    async with app.router.lifespan_context(app):
        yield app


async def pass_time(hub_app: FastAPI, clock: ManualClock, seconds: float) -> None:
    clock.advance(seconds)
    hub_app.state.notifications.delivering.wake()


async def test_a_webhook_is_signed_as_the_standard_says(operator: httpx2.AsyncClient, receiver: Receiver) -> None:
    destination = await made(operator, f"{receiver.url}/hook")
    incident = await open_incident(operator, robot_id="ada")
    delivery = (await until_all(operator, "delivered"))[0]

    request = receiver.received[0]
    message = Webhook(destination["secret"]).verify(request.body, request.headers)

    assert message["type"] == "incident.opened"
    assert message["data"]["subject"] == incident["id"]
    assert message["data"]["path"] == f"/api/v1/incidents/{incident['id']}"
    assert (message["data"]["severity"], message["data"]["robot_id"]) == ("high", "ada")
    assert request.headers["webhook-id"] == delivery["id"]
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(request.body, request.headers)


async def test_while_a_secret_is_changed_both_are_good_and_then_the_new_one_only(
    hub_app: FastAPI, operator: httpx2.AsyncClient, receiver: Receiver, clock: ManualClock
) -> None:
    destination = await made(operator, receiver.url)
    path = f"{ROOT}/destinations/{destination['id']}/secret"
    new = (await operator.post(path, json={"overlap_s": 60})).json()["secret"]
    await open_incident(operator)
    await until_all(operator, "delivered")
    overlapping = receiver.received[0]

    clock.advance(61)
    await open_incident(operator)
    await until_all(operator, "delivered", 2)
    after = receiver.received[1]

    for secret in (destination["secret"], new):
        Webhook(secret).verify(overlapping.body, overlapping.headers)
    Webhook(new).verify(after.body, after.headers)
    with pytest.raises(WebhookVerificationError, match="No matching"):
        Webhook(destination["secret"]).verify(after.body, after.headers)


async def test_what_fails_is_tried_again_under_the_same_id_and_every_attempt_is_in_the_log(
    hub_app: FastAPI, operator: httpx2.AsyncClient, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.answers.extend([500, GARBAGE, 200])
    receiver.body = b"\x00\xff" + b"so " * 1_000
    await made(operator, receiver.url)
    await open_incident(operator)

    for tries in (1, 2):
        await until(lambda tries=tries: _has_failed(operator, tries))
        assert len(receiver.received) == tries
        await pass_time(hub_app, clock, 20)
    delivery = (await until_all(operator, "delivered"))[0]
    log = (await detail(operator, delivery["id"]))["log"]

    assert len(set(receiver.ids)) == 1
    assert len({one.body for one in receiver.received}) == 1
    assert [one["status"] for one in log] == [200, None, 500]
    assert [one["number"] for one in log] == [3, 2, 1]
    assert len(log[2]["answer"].encode()) <= 500
    assert "so so" in log[2]["answer"]
    assert delivery["problem"] is None


async def _has_failed(client: httpx2.AsyncClient, attempts: int) -> bool:
    items = await listed(client, state="waiting")
    return bool(items) and len((await detail(client, items[0]["id"]))["log"]) == attempts


async def test_what_is_given_up_is_visible_and_can_be_sent_again(
    hub_app: FastAPI, operator: httpx2.AsyncClient, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.otherwise = 503
    destination = await made(operator, receiver.url)
    await open_incident(operator)
    await open_incident(operator)

    for tries in range(1, 13):
        await until(lambda tries=tries: _tried(receiver, 2 * tries))
        await until(lambda: _nothing_is_held(operator))
        await pass_time(hub_app, clock, 20 * 3_600)
    dead = await until_all(operator, "dead", 2)
    shown = (await operator.get(f"{ROOT}/destinations/{destination['id']}")).json()
    receiver.otherwise = 200
    one = await operator.post(f"{ROOT}/deliveries/{dead[0]['id']}/resend")
    await until(lambda: listed(operator, state="delivered"))
    rest = await operator.post(f"{ROOT}/destinations/{destination['id']}/resend")
    await until_all(operator, "delivered", 2)

    assert len(receiver.received) == 2 * 12 + 2
    assert (shown["dead"], shown["waiting"]) == (2, 0)
    assert dead[0]["problem"] == "it answered 503"
    assert one.status_code == 202
    assert rest.json() == {"deliveries": 1}
    assert len(set(receiver.ids)) == 2


async def _tried(receiver: Receiver, times: int) -> bool:
    return len(receiver.received) == times


async def _nothing_is_held(client: httpx2.AsyncClient) -> bool:
    """Whether every attempt so far has been noted."""
    items = [await detail(client, one["id"]) for one in await listed(client)]
    return all(len(one["log"]) == one["attempts"] for one in items)


async def test_what_still_waits_is_not_sent_again(operator: httpx2.AsyncClient, receiver: Receiver) -> None:
    receiver.otherwise = 500
    await made(operator, receiver.url)
    await open_incident(operator)
    delivery = (await until_all(operator, "waiting"))[0]

    answer = await operator.post(f"{ROOT}/deliveries/{delivery['id']}/resend")

    assert answer.status_code == 409


async def test_a_receiver_that_is_gone_for_good_is_not_tried_again(
    operator: httpx2.AsyncClient, receiver: Receiver
) -> None:
    receiver.otherwise = 410
    await made(operator, receiver.url)
    await open_incident(operator)

    dead = await until_all(operator, "dead")

    assert dead[0]["attempts"] == 1


async def test_a_redirect_is_not_followed(operator: httpx2.AsyncClient, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.otherwise, receiver.location = 307, f"{elsewhere.url}/internal"
        destination = await made(operator, receiver.url)
        await operator.post(f"{ROOT}/destinations/{destination['id']}/test")
        dead = await until_all(operator, "dead")

        assert "redirects are not followed" in dead[0]["problem"]
        assert elsewhere.received == []


async def test_who_said_200_and_then_lies_about_the_rest_has_taken_it(
    operator: httpx2.AsyncClient, receiver: Receiver
) -> None:
    receiver.otherwise = LIE
    await made(operator, receiver.url)
    await open_incident(operator)

    await until_all(operator, "delivered")


async def test_the_test_button_works_where_a_destination_is_switched_off_and_says_what_came_of_it(
    operator: httpx2.AsyncClient, receiver: Receiver
) -> None:
    destination = await made(operator, receiver.url, enabled=False)
    await open_incident(operator)

    answer = await operator.post(f"{ROOT}/destinations/{destination['id']}/test")
    delivered = await until_all(operator, "delivered")

    assert answer.status_code == 202
    assert [one["event_kind"] for one in delivered] == ["notification.test"]
    assert json.loads(receiver.received[0].body)["type"] == "notification.test"


async def test_only_what_was_asked_for_is_told(operator: httpx2.AsyncClient, receiver: Receiver) -> None:
    await operator.post("/api/v1/agents/heartbeat", json={"robot_id": "ada"})
    assert (await operator.patch("/api/v1/robots/ada", json={"site": "hall"})).status_code == 200
    asked = {
        "severe": {"kinds": ["incident.opened"], "min_severity": "critical"},
        "over": {"kinds": ["incident.changed"], "incident_states": ["resolved"]},
        "bob": {"robot_ids": ["bob"]},
        "hall": {"sites": ["hall"], "kinds": ["incident.opened"]},
    }
    names = {(await made(operator, receiver.url, name=one, filters=asked[one]))["id"]: one for one in asked}

    ada = await open_incident(operator, robot_id="ada", title="one", severity="critical")
    await open_incident(operator, robot_id="bob", title="two")
    for change in ({"state": "investigating"}, {"state": "resolved"}, {"root_cause": "door"}):
        assert (await operator.patch(f"/api/v1/incidents/{ada['id']}", json=change)).status_code == 200
    deliveries = await until_all(operator, "delivered", 4)

    told = sorted((names[one["destination_id"]], one["event_kind"]) for one in deliveries)
    assert told == [
        ("bob", "incident.opened"),
        ("hall", "incident.opened"),
        ("over", "incident.changed"),
        ("severe", "incident.opened"),
    ]


async def test_a_chat_gets_what_slack_understands_and_nothing_in_it_calls_people(
    operator: httpx2.AsyncClient, receiver: Receiver
) -> None:
    await made(operator, f"{receiver.url}/services/verysecretpathofachat", kind="slack")
    receiver.body = b"no such path: /services/verysecretpathofachat"
    await open_incident(operator, title="<!channel> *R&D* arm")
    delivery = (await until_all(operator, "delivered"))[0]

    message = json.loads(receiver.received[0].body)
    log = (await detail(operator, delivery["id"]))["log"]

    assert message["text"] == "Incident opened: &lt;!channel&gt; ∗R&amp;D∗ arm"
    assert message["blocks"][0]["text"]["text"].startswith("🟠 *Incident opened")
    assert "webhook-signature" not in receiver.received[0].headers
    assert log[0]["answer"] == "no such path: /services/***"


async def test_two_hundred_events_at_once_arrive_once_each_while_another_receiver_hangs(
    operator: httpx2.AsyncClient, hub: Hub, receiver: Receiver
) -> None:
    with receiving() as hanging:
        hanging.otherwise = HANG
        await made(operator, hanging.url, name="hanging")
        quick = await made(operator, receiver.url, name="quick")
        await happen(hub, 200)
        await until_all(operator, "delivered", 200, destination_id=quick["id"])

        assert len(receiver.received) == len(set(receiver.ids)) == 200
        assert len(hanging.received) <= AT_ONCE


async def test_two_hubs_on_one_database_deliver_each_once(
    hub_settings: HubSettings, hub_app: FastAPI, operator: httpx2.AsyncClient, hub: Hub, receiver: Receiver
) -> None:
    other = create_app(hub_settings)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(other.router.lifespan_context(other))
        await made(operator, receiver.url)
        await asyncio.gather(happen(hub, 40), happen(other.state.hub, 40))
        await until_all(operator, "delivered", 80)

    assert len(receiver.received) == len(set(receiver.ids)) == 80


async def test_an_event_seen_twice_is_one_delivery(
    hub_app: FastAPI, operator: httpx2.AsyncClient, hub: Hub, receiver: Receiver
) -> None:
    await made(operator, receiver.url)
    await happen(hub, 3)
    await until_all(operator, "delivered", 3)
    later = await made(operator, receiver.url, name="later")
    events = await hub.events.since("hub", 0)
    following = hub_app.state.notifications.following

    await following.take(events)
    assert len(await listed(operator)) == 3

    # As if the database had been set back: what is a delivery already stays one, and the others are made.
    async with hub.database.transaction() as session:
        await session.execute(text("UPDATE notification_cursor SET sequence = 0"))
    await following.take(events)
    await until_all(operator, "delivered", 6)

    assert len(receiver.received) == 6
    assert len(await listed(operator, destination_id=later["id"])) == 3


async def test_what_happened_before_a_destination_was_added_is_not_told_to_it_after_a_restart(
    hub_app: FastAPI, hub_settings: HubSettings, operator: httpx2.AsyncClient, hub: Hub, receiver: Receiver
) -> None:
    last = await made(operator, receiver.url)
    await happen(hub, 3)
    await until_all(operator, "delivered", 3)
    await operator.delete(f"{ROOT}/destinations/{last['id']}")
    await made(operator, receiver.url)

    other = create_app(hub_settings)
    async with other.router.lifespan_context(other):
        await happen(other.state.hub, 1)
        await until_all(operator, "delivered", 1)

    assert len(receiver.received) == 4


async def test_old_deliveries_are_forgotten(
    hub_app: FastAPI, operator: httpx2.AsyncClient, receiver: Receiver, clock: ManualClock
) -> None:
    await made(operator, receiver.url)
    await open_incident(operator)
    await until_all(operator, "delivered")
    clock.advance(31 * 86_400)
    await open_incident(operator)
    await until_all(operator, "delivered", 2)

    await hub_app.state.notifications.delivering.forget()

    assert len(await listed(operator)) == 1


async def test_of_what_is_over_only_so_much_is_kept(
    hub_app: FastAPI,
    operator: httpx2.AsyncClient,
    receiver: Receiver,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pilothouse.hub.outgoing.service.delivering.MOST_KEPT", 2)
    await made(operator, receiver.url)
    for number in range(1, 5):
        await open_incident(operator)
        await until_all(operator, "delivered", number)
        clock.advance(1)
    newest = {one["id"] for one in (await listed(operator))[:2]}

    await hub_app.state.notifications.delivering.forget()

    assert {one["id"] for one in await listed(operator)} == newest

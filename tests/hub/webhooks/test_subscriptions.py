"""A board's events, posted to whoever asked: signed, at least once, and never into this network unless allowed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook as StandardWebhook

from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import SystemClock
from tests.support.boards import Office
from tests.support.guarded import guarded_hub
from tests.support.people import organization
from tests.support.receivers import Receiver, receiving

pytestmark = pytest.mark.anyio

SUBSCRIPTIONS = "/boards/{board}/subscriptions"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
async def office(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Office]:
    """A hub that may call loopback without TLS, by the clock on the wall: receivers check the time."""
    allowed = {"notify_private_addresses": True, "notify_plain_http": True, "agent_auth_limit": 0}
    async with guarded_hub(hub_settings, SystemClock(), **allowed) as guarded:  # type: ignore[arg-type]
        office = Office(guarded)
        await office.open_board()
        yield office


async def subscribe(office: Office, receiver: Receiver, by: Any = None, **facts: Any) -> dict[str, Any]:
    return await office.made(SUBSCRIPTIONS, by, name="mine", url=f"{receiver.url}/in?token=a-long-secret", **facts)


async def heard(receiver: Receiver, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while len(receiver.received) < count:
            await asyncio.sleep(0.02)
    return [json.loads(one.body) for one in receiver.received]


async def test_an_agent_gets_its_boards_events_signed_once_each_and_those_of_no_other_board(
    office: Office, receiver: Receiver
) -> None:
    agent = await office.agent()
    made = await subscribe(office, receiver, agent, kinds=["task", "memory.created"])
    board = office.board
    await office.open_board("Another")
    await office.task("not for me")
    office.board = board
    await office.task("Look at door 3")
    await office.made("/boards/{board}/memory", content="x")
    await office.made("/boards/{board}/webhooks", name="not asked for")
    await office.task("last")

    told = await heard(receiver, 3)
    checked = [StandardWebhook(made["secret"]).verify(one.body, one.headers) for one in receiver.received]

    assert [one["type"] for one in told] == ["task.created", "memory.created", "task.created"]
    assert sorted(one["type"] for one in checked) == sorted(one["type"] for one in told)
    assert [one["data"]["board_id"] for one in told] == [board] * 3
    assert told[0]["data"]["after"]["title"] == "Look at door 3"
    assert len(set(receiver.ids)) == 3
    assert (made["agent_id"], made["address"]) == (agent.id, f"{receiver.url}/in?…")


async def test_a_receiver_that_was_down_gets_it_under_the_same_id_and_the_log_says_so(
    office: Office, receiver: Receiver
) -> None:
    receiver.answers.extend([500])
    made = await subscribe(office, receiver)
    await office.task()

    await heard(receiver, 1)
    log = (await office.got(f"{SUBSCRIPTIONS}/{made['id']}/deliveries"))["items"]
    detail = await office.got(f"{SUBSCRIPTIONS}/{made['id']}/deliveries/{log[0]['id']}")
    await heard(receiver, 2)

    assert len(set(receiver.ids)) == 1
    assert log[0]["id"] == receiver.ids[0]
    assert detail["message"]["type"] == "task.created"
    assert "a-long-secret" not in json.dumps(detail)


async def test_what_fails_is_not_overtaken_by_what_happened_after_it(office: Office, receiver: Receiver) -> None:
    receiver.answers.extend([200, 500])
    await subscribe(office, receiver, kinds=["task.created"])
    for number in range(3):
        await office.task(f"Task {number}")

    told = await heard(receiver, 4)

    assert [one["data"]["after"]["title"] for one in told] == [f"Task {number}" for number in (0, 1, 1, 2)]


async def test_the_test_button_and_sending_again(office: Office, receiver: Receiver) -> None:
    made = await subscribe(office, receiver, kinds=["comment"])
    path = f"{SUBSCRIPTIONS}/{made['id']}"

    tried = await office.ask("POST", f"{path}/test")
    await heard(receiver, 1)
    again = 0
    async with asyncio.timeout(30):
        while again != 202:  # the first may not be noted as delivered yet
            again = (await office.ask("POST", f"{path}/deliveries/{tried.json()['id']}/resend")).status_code
            await asyncio.sleep(0.02)
    await heard(receiver, 2)

    assert tried.status_code == 202
    assert set(receiver.ids) == {tried.json()["id"]}
    assert (await office.ask("POST", f"{path}/resend")).json() == {"deliveries": 0}


async def test_what_was_given_up_on_any_board_is_listed_for_those_who_see_the_board(
    office: Office, receiver: Receiver
) -> None:
    first, agent = office.board, await office.agent()
    own = await subscribe(office, receiver, agent)
    await office.open_board("Yard")
    other = await subscribe(office, receiver)
    outsider = await organization(office.guarded)
    receiver.answers.extend([500, 500])
    # A trial is made once: refused, it is given up.
    for board, made in ((first, own), (office.board, other)):
        await office.ask("POST", f"/boards/{board}/subscriptions/{made['id']}/test")
    async with asyncio.timeout(30):
        while (found := await office.got("/webhooks/given-up"))["total"] < 2:
            await asyncio.sleep(0.02)

    assert {(one["way"], one["board_name"], one["dead"], one["can_write"]) for one in found["items"]} == {
        ("out", "Corridor", 1, True), ("out", "Yard", 1, True),
    }  # fmt: skip
    assert [one["id"] for one in (await office.got("/webhooks/given-up", agent))["items"]] == [own["id"]]
    assert len((await office.got("/webhooks/given-up", params={"limit": 1, "offset": 1}))["items"]) == 1
    assert (await office.got("/webhooks/given-up", outsider.token))["total"] == 0


async def test_an_agent_sees_its_own_and_people_see_all(office: Office, receiver: Receiver) -> None:
    one, other = await office.agent("One"), await office.agent("Other")
    own = await subscribe(office, receiver, one)
    await subscribe(office, receiver, other)
    path = f"{SUBSCRIPTIONS}/{own['id']}"

    assert (await office.got(SUBSCRIPTIONS, one))["total"] == 1
    assert (await office.got(SUBSCRIPTIONS))["total"] == 2
    for method, tail in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/secret"), ("POST", "/test"),
                         ("GET", "/deliveries"), ("POST", "/resend")):  # fmt: skip
        answer = await office.ask(method, path + tail, other, json={})
        assert answer.status_code == 404, (method, tail, answer.text)
    assert (await office.changed(path, one, enabled=False, version=1))["enabled"] is False
    assert await office.refused("PATCH", path, one, json={"name": "x", "version": 1}) == (409, "webhook_changed")
    assert (await office.ask("DELETE", path, one)).status_code == 204


async def test_the_hubs_own_notifications_do_not_show_what_boards_post(office: Office, receiver: Receiver) -> None:
    made = await subscribe(office, receiver)
    await office.task()
    await heard(receiver, 1)
    hubs = "/notifications"

    assert (await office.got(f"{hubs}/destinations"))["total"] == 0
    assert (await office.got(f"{hubs}/deliveries"))["total"] == 0
    assert (await office.ask("GET", f"{hubs}/destinations/{made['id']}")).status_code == 404
    assert (await office.ask("GET", f"{hubs}/deliveries/{receiver.ids[0]}")).status_code == 404


async def test_who_is_gone_is_told_nothing_more(office: Office, receiver: Receiver) -> None:
    agent = await office.agent()
    await subscribe(office, receiver, agent, kinds=["task"])
    await office.ask("DELETE", f"/agents/{agent.id}")

    async with asyncio.timeout(30):
        while (await office.got(SUBSCRIPTIONS))["total"]:
            await asyncio.sleep(0.02)


async def test_who_is_moved_hears_no_more_of_the_board_it_left(office: Office, receiver: Receiver) -> None:
    agent = await office.agent()
    board = office.board
    await subscribe(office, receiver, agent)
    elsewhere = await office.open_board("Another")
    await office.changed(f"/agents/{agent.id}", board_id=elsewhere)
    await subscribe(office, receiver, agent, kinds=["comment"])

    office.board = board
    async with asyncio.timeout(30):
        while (await office.got(SUBSCRIPTIONS))["total"]:
            await asyncio.sleep(0.02)
    office.board = elsewhere
    assert (await office.got(SUBSCRIPTIONS, agent))["total"] == 1


async def test_addresses_of_this_network_are_refused_unless_the_hub_may(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings) as guarded:
        office = Office(guarded)
        await office.open_board()
        for url in ("https://127.0.0.1/", "https://169.254.169.254/", "https://[::1]/", "http://example.com/",
                    "https://user:pass@example.com/", "ftp://example.com/"):  # fmt: skip
            answer = await office.ask("POST", SUBSCRIPTIONS, json={"name": "x", "url": url})
            assert answer.status_code == 422, (url, answer.text)


async def test_another_organization_sees_no_subscription(office: Office, receiver: Receiver) -> None:
    made = await subscribe(office, receiver)
    stranger = await organization(office.guarded)

    for path in (SUBSCRIPTIONS, f"{SUBSCRIPTIONS}/{made['id']}"):
        assert (await office.ask("GET", path, stranger.token)).status_code == 404

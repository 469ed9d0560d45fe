"""Links that leave the hub lead back to it: by the address that is set, else by the one it was asked by."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub.notifications.domain.notices import notice_of, trial
from pilothouse.hub.outgoing.service.mailing import MailServer, compose
from pilothouse.hub.outgoing.service.posting import slack_message
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.settings import load
from tests.support.guarded import PASSWORD, guarded_hub
from tests.support.notifying import made, open_incident, until
from tests.support.receivers import receiving

NOW = datetime(2026, 5, 12, 8, 42, 30, tzinfo=UTC)
PUBLIC = "https://hub.example.com"
RECORDING = "ada_20260512T084230Z"


@pytest.mark.parametrize(
    ("written", "begins"),
    [
        ("https://hub.example.com/", "https://hub.example.com"),
        ("http://[2001:db8::7]:8000", "http://[2001:db8::7]:8000"),
        (" https://HUB.local:8443 ", "https://HUB.local:8443"),
    ],
)
def test_a_public_address_is_a_scheme_a_host_and_perhaps_a_port(written: str, begins: str, tmp_path: Path) -> None:
    settings = load(HubSettings, overrides={"data": tmp_path}, environ={"PILOTHOUSE_PUBLIC_URL": written})

    assert settings.public_url == begins


@pytest.mark.parametrize(
    "written",
    ["hub.example.com", "ftp://hub.example", "https://", "https://hub/pilothouse", "https://hub/?a=b", "https://hub/#a",
     "https://me:secret@hub", "https://hub:port", "https://[::1", "https://h\u00fcb.example", "https://hub\n.example"],
)  # fmt: skip
def test_what_cannot_begin_a_link_is_refused_in_a_sentence_that_shows_one(written: str) -> None:
    with pytest.raises(BadConfiguration, match=r"public_url.*https://hub\.example\.com"):
        load(HubSettings, overrides={"public_url": written}, environ={})


def told(kind: str = "incident.opened", subject: str = "inc_1", public_url: str | None = PUBLIC) -> dict[str, Any]:
    notice = notice_of(kind, subject, {"title": "stall", "severity": "high"}, sequence=1, occurred_at=NOW)
    assert notice is not None
    return notice.message(public_url)


@pytest.mark.parametrize(
    ("kind", "subject", "page"),
    [
        ("incident.changed", "inc_1", "/incidents/inc_1"),
        ("robot.retired", "left arm/2", "/robots/left%20arm%2F2"),
        ("recording.damaged", RECORDING, f"/recordings/{RECORDING}"),
    ],
)
def test_a_notice_leads_people_to_the_page_of_what_it_tells(kind: str, subject: str, page: str) -> None:
    assert told(kind, subject)["data"]["url"] == PUBLIC + page
    assert "url" not in told(kind, subject, None)["data"]
    assert trial("dest_1", "on call", NOW).message(PUBLIC)["data"]["url"] == f"{PUBLIC}/"


def test_chats_and_mail_show_the_link_instead_of_a_path() -> None:
    server = MailServer("mail", 25, "hub@example.com", "none", None, None, 1.0)
    mails = [
        compose(server, ["ada@example.com"], "d1", NOW, told(public_url=url)).get_content() for url in (PUBLIC, None)
    ]
    chats = [json.dumps(slack_message(told(public_url=url)), ensure_ascii=False) for url in (PUBLIC, None)]

    assert f"<{PUBLIC}/incidents/inc_1>" in chats[0]
    assert f"On the hub: {PUBLIC}/incidents/inc_1\n" in mails[0]
    assert "/api/v1/" not in mails[0] + chats[0]
    assert "On the hub: /api/v1/incidents/inc_1\n" in mails[1]
    assert "· /api/v1/incidents/inc_1" in chats[1]


async def links_of(client: httpx2.AsyncClient) -> dict[str, str]:
    """Every link that a hub gives out to be sent on, by what it is for."""
    announced = {"session_id": RECORDING, "robot_id": "ada", "label": "too fast", "size_bytes": 1}
    (await client.post("/api/v1/recordings/announcements", json=announced)).raise_for_status()
    invite = (await client.post("/api/v1/organizations/home/invites", json={})).json()
    enrolment = (await client.post("/api/v1/robots/enrolments", json={})).json()
    shared = (await client.post(f"/api/v1/recordings/{RECORDING}/links", json={})).json()
    assert invite["link"].endswith(f"/settings/invite#{invite['token']}")
    return {"invite": invite["link"], "enrolment": enrolment["command"].split()[4], "share": shared["url"]}


def of_another_site(app: FastAPI, origin: str) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://hub", headers={"Origin": origin})


@pytest.mark.anyio
async def test_every_link_begins_with_the_public_address_and_pages_there_are_the_hubs_own(
    hub_settings: HubSettings,
) -> None:
    own: dict[str, Any] = {"public_url": PUBLIC, "notify_private_addresses": True, "notify_plain_http": True}
    async with guarded_hub(hub_settings, **own) as hub:
        with receiving() as receiver:
            await made(hub.operator, receiver.url, filters={"kinds": ["incident.opened"]})
            await open_incident(hub.operator)
            await until(lambda: _received(receiver), "the webhook")
        links = await links_of(hub.operator)
        statuses = []
        for origin in (PUBLIC, "https://elsewhere.example.com"):
            async with of_another_site(hub.app, origin) as browser:
                statuses.append((await browser.post("/api/v1/auth/session", json={"password": PASSWORD})).status_code)

    assert {link for link in links.values() if not link.startswith(PUBLIC)} == set()
    assert json.loads(receiver.received[0].body)["data"]["url"].startswith(f"{PUBLIC}/incidents/inc_")
    assert statuses == [201, 403]


@pytest.mark.anyio
async def test_without_one_links_begin_with_what_the_hub_was_asked_by_a_trusted_proxys_word_included(
    hub_settings: HubSettings,
) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example.com:8443"}
    begins = []
    for trusted in ((), ("127.0.0.1",)):
        async with guarded_hub(hub_settings, trusted_proxies=trusted) as hub:
            hub.operator.headers.update(forwarded)
            begins.append({"/".join(link.split("/")[:3]) for link in (await links_of(hub.operator)).values()})

    assert begins == [{"http://hub"}, {"https://hub.example.com:8443"}]


async def _received(receiver: Any) -> bool:
    return bool(receiver.received)

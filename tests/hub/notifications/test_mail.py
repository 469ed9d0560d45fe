"""Mail, in real conversations with a mail server."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from pilothouse.hub.app import create_app
from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of
from tests.support.notifying import ROOT, detail, open_incident, until_all
from tests.support.receivers import MailBox, make_certificate, taking_mail

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Mail is the same on every database."""
    return str(request.param)


@asynccontextmanager
async def mailing(settings: HubSettings, port: int, **own: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A hub with a mail server, and an operator of it."""
    mail = {"notify_smtp_host": "127.0.0.1", "notify_smtp_port": port, "notify_smtp_from": "hub@example.com"}
    app = create_app(settings.model_copy(update={**mail, **own}))
    async with app.router.lifespan_context(app), client_of(app, auth=("ada", "secret")) as client:
        yield client


async def ask_for_mail(client: httpx2.AsyncClient, *recipients: str) -> dict[str, Any]:
    body = {"kind": "email", "name": "people", "recipients": recipients}
    answer = await client.post(f"{ROOT}/destinations", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_mail_goes_encrypted_and_signed_in_to_every_recipient(
    hub_settings: HubSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    login = {"notify_smtp_user": "hub", "notify_smtp_password": SecretStr("hunter2")}
    async with taking_mail(certificate) as box, mailing(hub_settings, box.port, **login) as client:
        await ask_for_mail(client, "ada@example.com", "bob@example.com")
        incident = await open_incident(client, title="Arm\nBcc: eve@example.com\nhit the grünen door")
        delivery = (await until_all(client, "delivered"))[0]
        log = (await detail(client, delivery["id"]))["log"]

    recipients, content = box.mails[0]
    mail = email.message_from_string(content, policy=email.policy.default)
    assert box.was_encrypted == [True]
    assert base64.b64decode(box.users[0]) == b"\0hub\0hunter2"
    assert recipients == ["ada@example.com", "bob@example.com"]
    # Python folds long headers with a space too many.
    assert " ".join(mail["Subject"].split()) == "[high] Incident opened: Arm Bcc: eve@example.com hit the grünen door"
    assert mail["Bcc"] is None
    assert mail["Message-ID"] == f"<{delivery['id']}@example.com>"
    assert f"/api/v1/incidents/{incident['id']}" in mail.get_content()
    assert log[0]["status"] == 250


async def test_a_mail_server_whose_certificate_nobody_vouches_for_gets_no_mail_and_no_password(
    hub_settings: HubSettings, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    login = {"notify_smtp_user": "hub", "notify_smtp_password": SecretStr("hunter2")}
    async with taking_mail(certificate) as box, mailing(hub_settings, box.port, **login) as client:
        problem = await _tested(client)

    assert "not to be trusted" in problem
    assert (box.mails, box.users) == ([], [])


async def test_a_mail_server_without_starttls_gets_no_mail_unless_the_settings_say_so(
    hub_settings: HubSettings,
) -> None:
    async with taking_mail() as box:
        async with mailing(hub_settings, box.port) as client:
            problem = await _tested(client)
        refused = list(box.mails)
        async with mailing(hub_settings, box.port, notify_smtp_security="none") as client:
            destination = (await client.get(f"{ROOT}/destinations")).json()["items"][0]
            await client.post(f"{ROOT}/destinations/{destination['id']}/test")
            await _until_mail(box)

    assert "PILOTHOUSE_NOTIFY_SMTP_SECURITY" in problem
    assert refused == []
    assert len(box.mails) == 1


async def test_recipients_that_are_refused_are_named(hub_settings: HubSettings) -> None:
    async with taking_mail() as box, mailing(hub_settings, box.port, notify_smtp_security="none") as client:
        await ask_for_mail(client, "ada@example.com", "gone@example.com")
        box.refusals.extend([None, "550 no such user"])  # type: ignore[list-item]
        await open_incident(client)
        some = (await until_all(client, "delivered"))[0]
        box.refusals.extend(["450 not now", "450 not now"])
        destination = some["destination_id"]
        await client.post(f"{ROOT}/destinations/{destination}/test")
        every = (await until_all(client, "dead", kind="notification.test"))[0]

    assert some["problem"] == "it refused 1 recipients: gone@example.com"
    assert every["problem"] == "it refused every recipient"


async def test_a_mail_server_that_hangs_costs_its_time_and_no_more(hub_settings: HubSettings) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, mailing(hub_settings, port, notify_timeout_s=0.5) as client:
        problem = await _tested(client)

    assert "did not answer" in problem


async def _tested(client: httpx2.AsyncClient) -> str:
    destination = await ask_for_mail(client, "ada@example.com")
    await client.post(f"{ROOT}/destinations/{destination['id']}/test")
    return str((await until_all(client, "dead"))[0]["problem"])


async def _until_mail(box: MailBox) -> None:
    async with asyncio.timeout(30):
        while not box.mails:
            await asyncio.sleep(0.02)

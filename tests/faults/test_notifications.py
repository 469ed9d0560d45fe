"""A hub that is killed between delivering and writing that down delivers again, under the same id."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx2

from tests.support.notifying import ROOT
from tests.support.processes import eventually, pilothouse
from tests.support.receivers import HANG, receiving

SETTINGS = {
    "MD_HUB_AUTH_PASSWORD": "secret",
    "PILOTHOUSE_NOTIFY_PRIVATE_ADDRESSES": "true",
    "PILOTHOUSE_NOTIFY_PLAIN_HTTP": "true",
    "PILOTHOUSE_NOTIFY_TIMEOUT_S": "0.5",
}
AUTH = ("ada", "secret")


def test_a_hub_killed_before_it_wrote_down_that_it_delivered_delivers_again_under_the_same_id(tmp_path: Path) -> None:
    command = ("hub", "--host", "127.0.0.1", "--port", "0", "--data", tmp_path)
    with receiving() as receiver:
        receiver.gate.clear()
        with pilothouse(*command, env={**SETTINGS, "PILOTHOUSE_NOTIFY_TIMEOUT_S": "5"}) as hub:
            body = {"kind": "webhook", "name": "x", "url": receiver.url}
            httpx2.post(f"{hub.url}{ROOT}/destinations", json=body, auth=AUTH).raise_for_status()
            httpx2.post(f"{hub.url}/api/v1/incidents", json={"title": "x"}, auth=AUTH).raise_for_status()
            eventually(lambda: receiver.received, what="the first attempt")
            hub.kill()
        receiver.gate.set()

        with pilothouse(*command, env=SETTINGS) as hub:
            eventually(lambda: len(receiver.received) > 1, what="the second attempt")
            delivered = eventually(
                lambda: httpx2.get(f"{hub.url}{ROOT}/deliveries?state=delivered", auth=AUTH).json()["items"],
                what="the delivery to be noted",
            )

    assert len(receiver.received) == 2
    assert set(receiver.ids) == {delivered[0]["id"]}
    assert delivered[0]["attempts"] == 2


def test_a_hub_ends_at_once_though_its_receivers_hang(tmp_path: Path) -> None:
    with receiving() as receiver, socket.create_server(("127.0.0.1", 0)) as silent:
        receiver.otherwise = HANG
        mail = {"PILOTHOUSE_NOTIFY_SMTP_HOST": "127.0.0.1", "PILOTHOUSE_NOTIFY_SMTP_PORT": str(silent.getsockname()[1])}
        patient = {**SETTINGS, **mail, "PILOTHOUSE_NOTIFY_TIMEOUT_S": "120"}
        command = ("hub", "--host", "127.0.0.1", "--port", "0", "--data", tmp_path)
        with pilothouse(*command, env=patient) as hub:
            for body in (
                {"kind": "webhook", "name": "x", "url": receiver.url},
                {"kind": "email", "name": "y", "recipients": ["ada@example.com"]},
            ):
                httpx2.post(f"{hub.url}{ROOT}/destinations", json=body, auth=AUTH).raise_for_status()
            httpx2.post(f"{hub.url}/api/v1/incidents", json={"title": "x"}, auth=AUTH).raise_for_status()
            eventually(lambda: receiver.received, what="the webhook")
            connection, _ = silent.accept()

            # The receivers would be waited for two minutes.
            code = hub.stop(deadline_s=30)

            connection.close()
            assert code == 0

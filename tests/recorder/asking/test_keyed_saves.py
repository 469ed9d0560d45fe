"""`Idempotency-Key` on a save."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pilothouse.recorder.capture.writing import Writing
from pilothouse.recorder.problems import CannotWrite
from tests.recorder.api.test_routes import Client, serving
from tests.recorder.asking.test_bodies import alert, webhook

KEY = {"Idempotency-Key": "landing"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving(tmp_path) as client:
        client.robot.say(0)
        yield client


def test_the_same_key_and_body_answer_the_first_recording(client: Client, tmp_path: Path) -> None:
    first = client.save(b'{"label": "a"}', **KEY)
    client.robot.say(1)
    again = client.save(b'{"label": "a"}', **KEY)

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert len(list((tmp_path / "sessions").iterdir())) == 1


def test_the_same_key_with_another_body_is_a_conflict(client: Client) -> None:
    client.save(b'{"label": "a"}', **KEY)
    other = client.save(b'{"label": "b"}', **KEY)

    assert (other.status_code, other.json()["code"]) == (409, "key_used_for_another_save")
    assert len(client.robot.rows()) == 1


def test_other_keys_and_none_make_recordings_of_their_own(client: Client) -> None:
    ids = [client.save(b"", **headers).json()["session_id"] for headers in (KEY, {"Idempotency-Key": "b"}, {}, {})]

    assert len(set(ids)) == 4


def test_a_key_is_known_again_after_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        client.robot.say(0)
        first = client.save(**KEY).json()
    with serving(tmp_path) as client:
        assert client.save(**KEY).json() == first
        assert client.save(b'{"label": "b"}', **KEY).status_code == 409


def test_a_key_whose_save_made_nothing_may_be_used_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise CannotWrite(reason="the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Writing, "write", fails)
        assert client.save(**KEY).status_code == 503

    saved = client.save(**KEY)
    assert saved.status_code == 200
    assert client.save(**KEY).json() == saved.json()


def test_a_key_is_on_disk_before_the_recording_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[object] = []
    write = Writing.write

    def writes(*positional: Any, **named: Any) -> Any:
        known.append(client.robot.recorder.outbox.saved_under("landing"))
        return write(*positional, **named)

    monkeypatch.setattr(Writing, "write", writes)
    saved = client.save(**KEY).json()

    assert known == [(hashlib.sha256(b"").hexdigest(), saved["session_id"])]


def test_an_empty_buffer_takes_no_key(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        assert client.save(**KEY).status_code == 409
        client.robot.say(0)
        assert client.save(**KEY).status_code == 200


def test_alerts_may_carry_a_key_as_well(client: Client) -> None:
    plain = client.save(webhook(alert()))
    keyed = client.save(webhook(alert()), **KEY)
    other = client.save(webhook(alert(startsAt="2026-05-12T09:00:00Z")), **KEY)

    assert plain.json() == keyed.json()
    assert other.status_code == 409


def test_repeats_at_the_same_time_make_one_recording(client: Client) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.save(b"", **KEY).json()["session_id"])) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(answers) == 6
    assert len(set(answers)) == 1


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_has_a_length(key: str, client: Client) -> None:
    assert client.save(**{"Idempotency-Key": key}).status_code == 422

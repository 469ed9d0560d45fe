"""Reading and checking credentials."""

from __future__ import annotations

import base64
import hashlib

import pytest
from fastapi import APIRouter, Depends
from pydantic import SecretStr

from pilothouse.web import Credentials, hash_secret, mint_token, require_local_token, same, split_token
from tests.support.services import calling, service


def basic(text: bytes) -> str:
    return f"Basic {base64.b64encode(text).decode()}"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer abc.def", Credentials("bearer", "abc.def")),
        ("bearer   abc.def ", Credentials("bearer", "abc.def")),
        (basic(b":hunter2"), Credentials("basic", "hunter2", "")),
        (basic(b"me:pass:word"), Credentials("basic", "pass:word", "me")),
        (basic("me:pässword".encode()), Credentials("basic", "pässword", "me")),
        (basic("me:pässword".encode("latin-1")), Credentials("basic", "pässword", "me")),
    ],
)
def test_credentials_are_read(header: str, expected: Credentials) -> None:
    assert Credentials.parse(header) == expected


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic", "Basic %%%", basic(b"no colon"), "Digest x", "x", "Basic ü"]
)
def test_what_is_no_credential_is_none(header: str | None) -> None:
    assert Credentials.parse(header) is None


def test_a_token_is_shown_once_and_kept_as_a_hash() -> None:
    token, record = mint_token("robot")

    parts = split_token(token)
    assert parts is not None
    prefix, secret = parts
    assert prefix == record.prefix
    assert prefix.startswith("robot_")
    assert len(base64.urlsafe_b64decode(secret + "=")) == 32
    assert record.secret_hash == hash_secret(secret) == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in repr(record)
    assert mint_token("robot")[0] != token


@pytest.mark.parametrize("text", ["", ".", "prefix.", ".secret", "nothing"])
def test_what_is_no_token_has_no_parts(text: str) -> None:
    assert split_token(text) is None


def test_secrets_are_compared_whatever_they_hold() -> None:
    assert same("hunter2", "hunter2")
    assert same("pässwörd\udcff", "pässwörd\udcff")
    assert not same("hunter2", "hunter3")
    assert not same("", "x")


def guarded(token: str | None) -> APIRouter:
    router = APIRouter(dependencies=[Depends(require_local_token(SecretStr(token) if token else None))])
    router.add_api_route("/inside", lambda: "in")
    return router


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("presented", "status", "code"),
    [
        ({}, 401, "credentials_missing"),
        ({"Authorization": "Bearer wrong"}, 401, "credentials_wrong"),
        ({"Authorization": basic(b":s3cret")}, 401, "credentials_wrong"),
        ({"Authorization": "Bearer s3cret"}, 200, None),
    ],
)
async def test_a_local_token_is_checked(presented: dict[str, str], status: int, code: str | None) -> None:
    async with calling(service(guarded("s3cret"))) as client:
        response = await client.get("/inside", headers=presented)

    assert response.status_code == status
    if code is not None:
        assert response.json()["code"] == code
        assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.anyio
async def test_without_a_configured_token_none_is_needed() -> None:
    async with calling(service(guarded(None))) as client:
        assert (await client.get("/inside")).json() == "in"

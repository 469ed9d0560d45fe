"""People who sign in with Clerk: real tokens, real keys, and everything that may be wrong with them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import jwt
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from pilothouse.hub.app import create_app
from pilothouse.hub.identity.service.clerk import MOST_BYTES
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.errors import BadConfiguration
from tests.support.guarded import PASSWORD, Guarded, guarded_hub
from tests.support.jwks import PARTY, Issuer, key, public_pem, running_issuer, unsigned
from tests.support.people import ACCEPT, ORGANIZATIONS, invite

pytestmark = pytest.mark.anyio
ME = "/api/v1/users/me"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
async def guarded(migrated_sqlite: Path, tmp_path: Path, issuer: Issuer, anyio_backend: str) -> AsyncIterator[Guarded]:
    """A hub on one database: nothing here depends on which."""
    shutil.copy(migrated_sqlite, tmp_path / "hub.db")
    async with guarded_hub(HubSettings(data=tmp_path, host="127.0.0.1", port=0), **clerk(issuer)) as hub:
        yield hub


def clerk(issuer: Issuer) -> dict[str, object]:
    people = {"auth_mode": "clerk", "clerk_issuer": issuer.url, "clerk_authorized_parties": (PARTY,)}
    return {**people, "clerk_owners": ("user_olga",)}


def now_s(guarded: Guarded) -> float:
    return guarded.clock.now_ns() / NS_PER_S


async def status(guarded: Guarded, token: str, path: str = ME) -> int:
    return await guarded.status(token, "GET", path)


async def test_somebody_whom_clerk_vouches_for_is_known_and_belongs_nowhere_yet(
    guarded: Guarded, issuer: Issuer
) -> None:
    token = issuer.token(now_s(guarded), name="Mara", email="mara@example.com", email_verified=True)

    me = (await guarded.call(token, "POST", "/api/v1/auth/bootstrap")).json()
    again = (await guarded.call(token, "GET", ME)).json()

    assert (me["name"], me["email"], me["organization_id"], me["role"]) == ("Mara", "mara@example.com", None, None)
    assert again == me
    for path in ("/api/v1/robots", "/api/v1/incidents", f"{ORGANIZATIONS}/home"):
        assert await status(guarded, token, path) == 404
    made = await guarded.call(token, "POST", ORGANIZATIONS, json={"name": "Mine"})
    assert made.json()["code"] == "no_organization"


async def test_whoever_comes_first_owns_nothing_and_who_is_named_does(guarded: Guarded, issuer: Issuer) -> None:
    first = issuer.token(now_s(guarded), "user_first")
    named = issuer.token(now_s(guarded), "user_olga")

    assert (await guarded.call(first, "POST", "/api/v1/auth/bootstrap")).json()["role"] is None
    assert (await guarded.call(named, "POST", "/api/v1/auth/bootstrap")).json()["role"] == "owner"
    assert await status(guarded, named, "/auth/tokens") == 200


async def test_many_requests_of_somebody_new_make_one_person(hub_settings: HubSettings, issuer: Issuer) -> None:
    async with guarded_hub(hub_settings, **clerk(issuer)) as guarded:
        token = issuer.token(now_s(guarded), "user_olga")

        answers = await asyncio.gather(*(guarded.call(token, "GET", ME) for _ in range(10)))

        members = (await guarded.operator.get(f"{ORGANIZATIONS}/home/members")).json()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(one["role"] for one in members["items"]) == ["owner", "owner"]


async def test_an_invite_is_accepted_by_who_signed_in_before(guarded: Guarded, issuer: Issuer) -> None:
    invited = await invite(guarded, email="mara@example.com", role="admin")
    stranger = await guarded.call(None, "POST", ACCEPT, json={"token": invited})
    unverified = issuer.token(now_s(guarded), email="mara@example.com")
    verified = issuer.token(now_s(guarded), email="mara@example.com", email_verified=True)

    assert (stranger.status_code, stranger.json()["code"]) == (403, "sign_in_first")
    assert (await guarded.call(unverified, "POST", ACCEPT, json={"token": invited})).status_code == 403
    joined = await guarded.call(verified, "POST", ACCEPT, json={"token": invited})
    assert (joined.status_code, joined.json()["token"]) == (201, None)
    assert await status(guarded, verified, "/auth/tokens") == 200


async def test_the_operators_own_credentials_go_on_working(guarded: Guarded) -> None:
    assert (await guarded.operator.get(ME)).json()["id"] == "local"
    assert await status(guarded, await guarded.robot("arm"), "/api/v1/robots") == 200


Wrong = Callable[[Issuer, float], str]
WRONG: dict[str, Wrong] = {
    "expired": lambda issuer, now: issuer.token(now, exp=now - 6),
    "not yet": lambda issuer, now: issuer.token(now, nbf=now + 60),
    "without an end": lambda issuer, now: issuer.token(now, exp=None),
    "an end that is no number": lambda issuer, now: issuer.token(now, exp="tomorrow"),
    "an end without end": lambda issuer, now: issuer.token(now, exp=float("inf")),
    "an end that is true": lambda issuer, now: issuer.token(now, exp=True),
    "another issuer": lambda issuer, now: issuer.token(now, iss="https://clerk.example.org"),
    "no issuer": lambda issuer, now: issuer.token(now, iss=None),
    "another party": lambda issuer, now: issuer.token(now, azp="https://evil.example.com"),
    "no party": lambda issuer, now: issuer.token(now, azp=None),
    "nobody": lambda issuer, now: issuer.token(now, subject=""),
    "no subject": lambda issuer, now: issuer.token(now, sub=None),
    "a subject without end": lambda issuer, now: issuer.token(now, subject="x" * 10_000),
    "a subject with a NUL": lambda issuer, now: issuer.token(now, subject="a\x00b"),
    "an unknown key": lambda issuer, now: issuer.token(now, kid="two"),
    "another key of the same name": lambda issuer, now: jwt.encode(
        jwt.decode(issuer.token(now), options={"verify_signature": False}), key("two"), "RS256", {"kid": "one"}
    ),
    "another algorithm": lambda issuer, now: jwt.encode(
        jwt.decode(issuer.token(now), options={"verify_signature": False}), key("one"), "RS512", {"kid": "one"}
    ),
    "no algorithm": lambda issuer, now: unsigned(
        jwt.decode(issuer.token(now), options={"verify_signature": False}), {"alg": "none", "kid": "one"}
    ),
    "no key name": lambda issuer, now: jwt.encode({"iss": issuer.url, "exp": now + 60}, key("one"), "RS256"),
    "a changed signature": lambda issuer, now: issuer.token(now)[:-8] + "AAAAAAAA",
    "three dots": lambda issuer, now: "a.b.c",
    "only dots": lambda issuer, now: "..",
    "a megabyte": lambda issuer, now: f"{'a' * 60_000}.b.c",
    "a deep header": lambda issuer, now: unsigned({}, {"alg": "RS256", "kid": "one", "x": _nested()}),
}


def _nested() -> object:
    inner: object = 1
    for _ in range(400):
        inner = [inner]
    return inner


async def test_a_token_that_is_wrong_opens_nothing(guarded: Guarded, issuer: Issuer) -> None:
    assert await status(guarded, issuer.token(now_s(guarded))) == 200

    answers = {what: await status(guarded, wrong(issuer, now_s(guarded))) for what, wrong in WRONG.items()}

    assert {what: answer for what, answer in answers.items() if answer != 401} == {}


async def test_the_public_key_is_no_shared_secret(guarded: Guarded, issuer: Issuer) -> None:
    claims = jwt.decode(issuer.token(now_s(guarded)), options={"verify_signature": False})
    unfinished = unsigned(claims, {"alg": "HS256", "kid": "one", "typ": "JWT"})[:-1]
    digest = hmac.new(public_pem(key("one")), unfinished.encode(), hashlib.sha256).digest()
    forged = f"{unfinished}.{jwt.utils.base64url_encode(digest).decode()}"

    assert await status(guarded, forged) == 401


async def test_clocks_may_differ_a_little(guarded: Guarded, issuer: Issuer) -> None:
    now = now_s(guarded)

    assert await status(guarded, issuer.token(now, exp=now - 4)) == 200
    assert await status(guarded, issuer.token(now, nbf=now + 4)) == 200


async def test_keys_that_are_rotated_are_asked_for_and_those_withdrawn_end(guarded: Guarded, issuer: Issuer) -> None:
    assert await status(guarded, issuer.token(now_s(guarded))) == 200
    issuer.published = {"two": key("two")}
    new = issuer.token(now_s(guarded), kid="two")

    assert await status(guarded, new) == 401
    guarded.clock.advance(10)
    assert await status(guarded, new) == 200
    assert await status(guarded, issuer.token(now_s(guarded))) == 401
    assert issuer.asked == 2


async def test_unknown_keys_are_asked_for_at_most_every_ten_seconds(guarded: Guarded, issuer: Issuer) -> None:
    now = now_s(guarded)
    strange = [issuer.token(now, kid="two") for _ in range(20)]

    assert set(await asyncio.gather(*(status(guarded, one) for one in strange))) == {401}
    assert issuer.asked == 1
    guarded.clock.advance(9)
    assert await status(guarded, strange[0]) == 401
    assert issuer.asked == 1
    guarded.clock.advance(1)
    await status(guarded, strange[0])
    assert issuer.asked == 2


async def test_known_keys_go_on_working_while_their_server_is_down(guarded: Guarded, issuer: Issuer) -> None:
    assert await status(guarded, issuer.token(now_s(guarded))) == 200
    issuer.status = 500
    guarded.clock.advance(7_200)

    with capture_logs() as written:
        assert await status(guarded, issuer.token(now_s(guarded))) == 200
        guarded.clock.advance(60)
        assert await status(guarded, issuer.token(now_s(guarded), kid="two")) == 401
    assert [one["event"] for one in written].count("signing keys cannot be read") == 1


async def test_a_key_that_its_issuer_withdrew_is_believed_for_an_hour_at_most(guarded: Guarded, issuer: Issuer) -> None:
    assert await status(guarded, issuer.token(now_s(guarded))) == 200
    issuer.published = {"two": key("two")}

    guarded.clock.advance(3_600)
    assert await status(guarded, issuer.token(now_s(guarded))) == 401


async def test_without_any_key_nobody_knows_and_the_answer_says_so(guarded: Guarded, issuer: Issuer) -> None:
    issuer.status = 503

    answer = await guarded.call(issuer.token(now_s(guarded)), "GET", ME)
    assert (answer.status_code, answer.json()["code"]) == (503, "signing_keys_unavailable")
    issuer.status = 200
    guarded.clock.advance(10)
    assert await status(guarded, issuer.token(now_s(guarded))) == 200


async def test_a_document_that_is_none_is_as_good_as_no_answer(guarded: Guarded, issuer: Issuer) -> None:
    for body in (b"", b"[]", b'{"keys": 3}', b"\xff", b'{"keys": [' + b" " * MOST_BYTES + b"]}"):
        issuer.body = body
        guarded.clock.advance(10)
        assert await status(guarded, issuer.token(now_s(guarded))) == 503, body[:20]


async def test_strange_keys_are_left_out_and_the_others_work(guarded: Guarded, issuer: Issuer) -> None:
    good = issuer.document().decode().removeprefix('{"keys": [').removesuffix("]}")
    strange = (
        '{"kty": "oct", "kid": "one", "k": "AAAA"}, 3, {"kid": 4}, {"kty": "RSA", "kid": "x", "n": "!", "e": "AQ"}'
    )
    issuer.body = f'{{"keys": [{strange}, {good}]}}'.encode()

    assert await status(guarded, issuer.token(now_s(guarded))) == 200


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_weak_key_signs_nothing(guarded: Guarded, issuer: Issuer) -> None:
    issuer.published["weak"] = key("weak", 1_024)
    claims = jwt.decode(issuer.token(now_s(guarded)), options={"verify_signature": False})

    assert await status(guarded, jwt.encode(claims, key("weak", 1_024), "RS256", {"kid": "weak"})) == 401


async def test_whoever_serves_the_keys_sends_the_hub_nowhere_else(guarded: Guarded, issuer: Issuer) -> None:
    issuer.status, issuer.location = 302, f"{issuer.url}/elsewhere"

    assert await status(guarded, issuer.token(now_s(guarded))) == 503
    assert issuer.asked == 1


async def test_in_open_mode_a_wrong_token_of_a_person_is_refused_all_the_same(
    migrated_sqlite: Path, tmp_path: Path, issuer: Issuer
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "hub.db")
    settings = HubSettings(data=tmp_path, auth_mode="clerk", clerk_issuer=issuer.url)
    async with guarded_hub(settings, hub_auth_password=None, hub_auth_token=None) as hub:
        assert await hub.status(None) == 200
        assert await hub.status(issuer.token(now_s(hub), exp=1)) == 401
        assert await hub.status(issuer.token(now_s(hub))) == 404


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({}, "CLERK_ISSUER"),
        ({"clerk_issuer": "http://clerk.example.com"}, "https://"),
        ({"clerk_issuer": "https://c.example.com", "clerk_jwks_url": "ftp://x/"}, "CLERK_JWKS_URL"),
        ({"clerk_issuer": "clerk.example.com"}, "CLERK_ISSUER"),
    ],
)
def test_what_clerk_needs_is_said_at_the_start(tmp_path: Path, more: dict[str, str], named: str) -> None:
    settings = HubSettings(data=tmp_path, auth_mode="clerk", hub_auth_password=SecretStr(PASSWORD), **more)  # type: ignore[arg-type]

    with pytest.raises(BadConfiguration, match=named):
        create_app(settings)

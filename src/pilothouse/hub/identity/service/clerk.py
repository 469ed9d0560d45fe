"""People who sign in with Clerk: their tokens, and the keys that those are signed with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from pilothouse.hub.identity.domain.clerk import claimed
from pilothouse.hub.identity.service.known_tokens import CHALLENGES
from pilothouse.hub.identity.service.people import Vouched
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.web import CredentialsWrong

if TYPE_CHECKING:
    import httpx2
    from jwt import PyJWK
    from jwt.types import Options

# However many tokens with unknown keys come in, the issuer is asked at most so often.
ASK_AGAIN_NS = 10 * NS_PER_S
# A key that its issuer withdrew is not believed for longer than this.
KEYS_GOOD_FOR_NS = 3_600 * NS_PER_S
TIMEOUT_S = 5.0
MOST_BYTES = 256 * 1024
MOST_KEYS = 50
LONGEST_TOKEN = 16_000
LEAST_KEY_BITS = 2_048

log = get_logger(__name__)


class SigningKeysUnavailable(Unavailable):
    """The keys that people's tokens are signed with cannot be had from {url}; try again."""


class SigningKeys:
    """The keys at one address, by their names. What is known goes on working while the address does not answer."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._read_at_ns: int | None = None
        self._asked_at_ns: int | None = None
        self._asking = asyncio.Lock()
        self._answers = True

    async def find(self, kid: str) -> PyJWK | None:
        """The key of this name, None when there is none; raises SigningKeysUnavailable when none was ever had."""
        if kid not in self._keys or self._is_old():
            async with self._asking:
                if (kid not in self._keys or self._is_old()) and self._may_ask():
                    await self._ask()
        if self._read_at_ns is None:
            raise SigningKeysUnavailable(url=self._url)
        return self._keys.get(kid)

    def _is_old(self) -> bool:
        return self._read_at_ns is None or self._clock.monotonic_ns() - self._read_at_ns >= KEYS_GOOD_FOR_NS

    def _may_ask(self) -> bool:
        return self._asked_at_ns is None or self._clock.monotonic_ns() - self._asked_at_ns >= ASK_AGAIN_NS

    async def _ask(self) -> None:
        import httpx2

        self._asked_at_ns = self._clock.monotonic_ns()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                document = await self._fetch()
            keys = _keys(document)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, ValueError) as error:
            if self._answers:
                self._answers = False
                log.warning("signing keys cannot be read", url=self._url, reason=str(error) or type(error).__name__)
            return
        if not self._answers:
            self._answers = True
            log.info("signing keys are read again", url=self._url)
        self._keys, self._read_at_ns = keys, self._clock.monotonic_ns()

    async def _fetch(self) -> bytes:
        import httpx2

        # The address is the operator's; whoever answers there sends us nowhere else, and not without end.
        async with (
            httpx2.AsyncClient(follow_redirects=False, timeout=TIMEOUT_S) as client,
            client.stream("GET", self._url, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status_code != 200:
                raise ValueError(f"status {answer.status_code}")
            return await _bounded(answer)


async def _bounded(answer: httpx2.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES} bytes")
    return bytes(body)


def _keys(document: bytes) -> dict[str, PyJWK]:
    """The usable keys of a document: RSA, for signatures, long enough."""
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    try:
        listed = msgspec.json.decode(document, type=dict[str, Any]).get("keys")
    except msgspec.DecodeError as error:
        raise ValueError(f"no JSON: {error}") from None
    if not isinstance(listed, list):
        raise ValueError("no list of keys")
    found: dict[str, PyJWK] = {}
    for key in listed[:MOST_KEYS]:
        if not _is_usable(key):
            continue
        try:
            loaded = PyJWK(key, algorithm="RS256")
        except (PyJWTError, ValueError, TypeError):
            continue
        if loaded.key.key_size >= LEAST_KEY_BITS:
            found[key["kid"]] = loaded
    return found


def _is_usable(key: object) -> bool:
    if not isinstance(key, Mapping) or not isinstance(key.get("kid"), str) or "d" in key:
        return False
    fits = key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("alg", "RS256") == "RS256"
    return fits and isinstance(key.get("n"), str) and isinstance(key.get("e"), str)


class Clerk:
    """Knows whom Clerk vouches for."""

    def __init__(self, settings: HubSettings, clock: Clock) -> None:
        self._issuer = settings.clerk_issuer or ""
        self._parties = frozenset(settings.clerk_authorized_parties)
        self._owners = frozenset(settings.clerk_owners)
        self._clock = clock
        self._keys = SigningKeys(settings.clerk_keys_url, clock)

    async def check(self, presented: str) -> Vouched | None:
        """Whom a token speaks for, None when it is no such token at all.

        Raises CredentialsWrong for one that is not signed by Clerk, not for us or not for now, and
        SigningKeysUnavailable when that cannot be found out.
        """
        if presented.count(".") != 2:
            return None
        kid = _kid(presented) if len(presented) <= LONGEST_TOKEN else None
        key = None if kid is None else await self._keys.find(kid)
        claims = None if key is None else _claims(presented, key)
        if claims is None:
            raise CredentialsWrong(challenges=CHALLENGES)
        person = claimed(
            claims, issuer=self._issuer, parties=self._parties, now_s=self._clock.now_ns() / NS_PER_S
        )  # fmt: skip
        if person is None:
            raise CredentialsWrong(challenges=CHALLENGES)
        subject = f"{self._issuer} {person.subject}"
        return Vouched(subject, person.name, person.email, owns_home=person.subject in self._owners)


def _kid(token: str) -> str | None:
    """The name of the key a token says it is signed with; believed only as far as that key fits."""
    from jwt import get_unverified_header
    from jwt.exceptions import PyJWTError

    try:
        header = get_unverified_header(token)
    except (PyJWTError, ValueError, RecursionError):
        return None
    kid = header.get("kid")
    return kid if isinstance(kid, str) and header.get("alg") == "RS256" else None


def _claims(token: str, key: PyJWK) -> dict[str, Any] | None:
    """What is signed; times, issuer and party are judged by whoever has the clock and the settings."""
    import jwt

    unjudged: Options = {
        "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "verify_iss": False,
        "verify_sub": False, "verify_jti": False,
    }  # fmt: skip
    try:
        return jwt.decode(token, key, algorithms=["RS256"], options=unjudged)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None

"""Reading and checking credentials; who they belong to is each service's own business."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal

from fastapi.security import HTTPBearer
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from pilothouse.kit.errors import Unauthenticated

# 256 random bits: guessing is out of the question, so a fast hash is enough to keep what is stored from being used.
SECRET_BYTES = 32
_PREFIX_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_PREFIX_LENGTH = 12


class CredentialsMissing(Unauthenticated):
    """A credential is needed here."""


class CredentialsWrong(Unauthenticated):
    """This credential is not known, no longer valid, or wrong."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an ``Authorization`` header presents; for Basic ``secret`` is the password."""

    scheme: Literal["basic", "bearer"]
    secret: str
    user: str = ""

    @classmethod
    def parse(cls, header: str | None) -> Credentials | None:
        """Read the header; None when there is none or it cannot be read."""
        scheme, _, rest = (header or "").strip().partition(" ")
        value = rest.strip()
        if not value:
            return None
        if scheme.lower() == "bearer":
            return cls("bearer", value)
        return cls._basic(value) if scheme.lower() == "basic" else None

    @classmethod
    def _basic(cls, value: str) -> Credentials | None:
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None
        user, separator, password = _decoded(raw).partition(":")
        return cls("basic", password, user) if separator else None


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What is stored of a token: enough to find and to check it, not enough to use it."""

    prefix: str
    secret_hash: str


def mint_token(kind: str) -> tuple[str, TokenRecord]:
    """A new token ``kind_xxxxxxxxxxxx.secret``, shown once, and the record of it."""
    prefix = f"{kind}_{''.join(secrets.choice(_PREFIX_LETTERS) for _ in range(_PREFIX_LENGTH))}"
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return f"{prefix}.{secret}", TokenRecord(prefix, hash_secret(secret))


def split_token(token: str) -> tuple[str, str] | None:
    """Prefix and secret of a token; None when it is none of ours."""
    prefix, separator, secret = token.partition(".")
    return (prefix, secret) if separator and prefix and secret else None


def hash_secret(secret: str) -> str:
    """SHA-256 of the secret part, in hexadecimal."""
    return hashlib.sha256(_bytes(secret)).hexdigest()


def same(presented: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(hashlib.sha256(_bytes(presented)).digest(), hashlib.sha256(_bytes(expected)).digest())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class LocalToken(HTTPBearer):
    """Dependency for a service on a robot: its one token as Bearer, or nothing when none is configured."""

    def __init__(self, token: SecretStr | None) -> None:
        super().__init__(auto_error=False, scheme_name="localToken", description="The token of this service")
        self._token = token

    async def __call__(self, connection: HTTPConnection) -> None:
        if self._token is None:
            return
        presented = Credentials.parse(connection.headers.get("authorization"))
        if presented is None:
            raise CredentialsMissing(challenges=("Bearer",))
        if presented.scheme != "bearer" or not same(presented.secret, self._token.get_secret_value()):
            raise CredentialsWrong(challenges=("Bearer",))


def require_local_token(token: SecretStr | None) -> LocalToken:
    """``dependencies=[Depends(require_local_token(settings.token))]`` on a router or route."""
    return LocalToken(token)

"""Find out who is calling."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pilothouse.hub.identity.domain import HOME, OPEN, Caller, CallerKind, operator
from pilothouse.hub.identity.service.known_tokens import CHALLENGES
from pilothouse.hub.identity.service.tokens import Tokens
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.logs import get_logger
from pilothouse.web import Credentials, CredentialsMissing, CredentialsWrong, same

LOCAL_TOKEN_FILE = "local-auth-token"  # noqa: S105 - a file name

# 256 random bits.
SECRET_BYTES = 32

log = get_logger(__name__)


class Identity:
    """Knows the credentials that settings name, the one the hub made when they name none, and the tokens."""

    def __init__(self, settings: HubSettings, tokens: Tokens) -> None:
        self._tokens = tokens
        self._password = settings.password
        self._shared_token = settings.shared_token
        self._local_token = settings.local_token
        if self._password is None and self._local_token is None:
            self._local_token = local_token(settings.data)
        self.is_open = settings.mode == "single" and self._password is None

    def warn_if_open(self) -> None:
        """Say once, at the start, what anybody on the network may do."""
        if self.is_open:
            log.warning(
                "recordings and heartbeats are open to everybody who reaches this port; set MD_HUB_AUTH_PASSWORD"
            )

    async def identify(self, credentials: Credentials | None) -> Caller:
        """The caller; raises CredentialsMissing or CredentialsWrong.

        Where the network is trusted, whoever shows nothing or something unknown may do what anybody may. A token of
        ours that was revoked or has expired is refused there too.
        """
        known = await self._known(credentials) if credentials else None
        if known is not None:
            return known
        if self.is_open:
            return OPEN
        if credentials is None:
            raise CredentialsMissing(challenges=CHALLENGES)
        raise CredentialsWrong(challenges=CHALLENGES)

    async def _known(self, credentials: Credentials) -> Caller | None:
        if credentials.scheme == "basic":
            fits = _fits(credentials.secret, self._password)
            return operator(_name(credentials.user)) if fits else None
        return self._configured(credentials.secret) or await self._tokens.check(credentials.secret)

    def _configured(self, secret: str) -> Caller | None:
        if _fits(secret, self._local_token):
            return operator()
        # Without a password nothing is checked, so a token alone proves nothing.
        if self._password is None or not _fits(secret, self._shared_token):
            return None
        # Whoever shows the password as Bearer has it, and could as well show it as Basic.
        if self._shared_token == self._password:
            return operator()
        return Caller(CallerKind.SHARED, organization_id=HOME)


def _name(user: str) -> str:
    """What somebody calls themselves, as it can be kept and shown."""
    return "".join(letter for letter in user if letter.isprintable())[:100]


def _fits(presented: str, expected: str | None) -> bool:
    return expected is not None and same(presented, expected)


def local_token(directory: Path) -> str:
    """The operator's token that is kept in the data directory; made when there is none."""
    file = directory / LOCAL_TOKEN_FILE
    try:
        if kept := file.read_text(encoding="utf-8").strip():
            return kept
    except FileNotFoundError:
        pass
    made = secrets.token_urlsafe(SECRET_BYTES)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as writing:
        writing.write(f"{made}\n")
    unfinished.replace(file)
    return made

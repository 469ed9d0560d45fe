"""Find out who is calling."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from pilothouse.hub.identity.domain import HOME, LOCAL_USER, OPEN, Caller, CallerKind, operator
from pilothouse.hub.identity.domain.membership import UnknownOrganization
from pilothouse.hub.identity.service.clerk import Clerk
from pilothouse.hub.identity.service.known_tokens import CHALLENGES
from pilothouse.hub.identity.service.people import People
from pilothouse.hub.identity.service.tokens import Tokens
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.kept_secret import kept_secret
from pilothouse.kit.logs import get_logger
from pilothouse.web import Credentials, CredentialsMissing, CredentialsWrong, same

LOCAL_TOKEN_FILE = "local-auth-token"  # noqa: S105 - a file name

# 256 random bits.
SECRET_BYTES = 32

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request shows of who sends it; an agent's token is looked at first, a cookie last."""

    credentials: Credentials | None = None
    agent_token: str | None = None
    cookie: str | None = None
    organization_id: str | None = None

    @property
    def is_by_cookie(self) -> bool:
        """Whether a browser sends the credential by itself, on behalf of whatever page."""
        return self.cookie is not None and self.agent_token is None and self.credentials is None

    @property
    def is_by_any_page(self) -> bool:
        """Whether a page of any site could have had a browser send this: it keeps passwords, and needs no credential
        where none is asked for."""
        return self.agent_token is None and (self.credentials is None or self.credentials.scheme == "basic")


class Identity:
    """Knows the credentials that settings name, the one the hub made when they name none, tokens, and Clerk's."""

    def __init__(self, settings: HubSettings, tokens: Tokens, people: People, clerk: Clerk | None = None) -> None:
        self._tokens = tokens
        self._people = people
        self._clerk = clerk
        self._password = settings.password
        self._shared_token = settings.shared_token
        self._local_token = operators_token(settings)
        self.is_open = settings.mode == "single" and self._password is None

    def warn_if_open(self) -> None:
        """Say once, at the start, what anybody on the network may do."""
        if self.is_open:
            log.warning(
                "recordings and heartbeats are open to everybody who reaches this port; set MD_HUB_AUTH_PASSWORD"
            )

    async def identify(self, presented: Presented) -> Caller:
        """The caller; raises CredentialsMissing, CredentialsWrong, and UnknownOrganization for one that is not theirs.

        Where the network is trusted, whoever shows nothing or something unknown may do what anybody may. A token of
        ours that was revoked or has expired is refused there too.
        """
        known = await self._known(presented)
        if known is not None:
            return await self._acting(known, presented.organization_id)
        shows_nothing = presented == Presented(organization_id=presented.organization_id)
        if self.is_open and presented.agent_token is None:
            return replace(OPEN, shows_unknown=not shows_nothing)
        if shows_nothing:
            raise CredentialsMissing(challenges=CHALLENGES)
        raise CredentialsWrong(challenges=CHALLENGES)

    async def _known(self, presented: Presented) -> Caller | None:
        if presented.agent_token is not None:
            caller = await self._tokens.check(presented.agent_token)
            return caller if caller is not None and caller.kind == CallerKind.AGENT else None
        if presented.credentials is not None:
            return await self._by_credentials(presented.credentials)
        return None if presented.cookie is None else await self._tokens.check(presented.cookie, in_cookie=True)

    async def _by_credentials(self, credentials: Credentials) -> Caller | None:
        if credentials.scheme == "basic":
            fits = _fits(credentials.secret, self._password)
            return operator(_name(credentials.user)) if fits else None
        secret = credentials.secret
        return self._configured(secret) or await self._tokens.check(secret) or await self._vouched(secret)

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

    async def _vouched(self, secret: str) -> Caller | None:
        person = None if self._clerk is None else await self._clerk.check(secret)
        if person is None:
            return None
        return Caller(CallerKind.OPERATOR, user_id=await self._people.vouched(person))

    async def _acting(self, caller: Caller, organization_id: str | None) -> Caller:
        """The caller in the organization they name, or in the one they chose."""
        if not caller.is_person:
            if organization_id not in (None, caller.organization_id):
                raise UnknownOrganization(organization_id=organization_id)
            return caller
        # Several people may hold the password: none of them chooses for the others where they act.
        by_password = caller.user_id == LOCAL_USER and caller.token_id is None
        if by_password and organization_id in (None, HOME):
            return caller
        acting = await self._people.acting(caller.user_id or "", organization_id)
        if acting is None:
            raise CredentialsWrong(challenges=CHALLENGES)
        if organization_id is not None and acting.role is None:
            raise UnknownOrganization(organization_id=organization_id)
        named = caller.name or acting.name
        return replace(caller, name=named, organization_id=acting.organization_id, role=acting.role)


def _name(user: str) -> str:
    """What somebody calls themselves, as it can be kept and shown."""
    return "".join(letter for letter in user if letter.isprintable())[:100]


def _fits(presented: str, expected: str | None) -> bool:
    return expected is not None and same(presented, expected)


def operators_token(settings: HubSettings) -> str | None:
    """The operator's token: the configured one, or without any credential the one in the data directory."""
    if settings.has_credential:
        return settings.local_token
    return local_token(settings.data)


def operators_secret(settings: HubSettings) -> str:
    """What changes when the operator's credentials do."""
    known = f"{settings.password or ''}\n{operators_token(settings) or ''}"
    return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()


def local_token(directory: Path) -> str:
    """The operator's token that is kept in the data directory; made when there is none."""
    return kept_secret(directory / LOCAL_TOKEN_FILE, lambda: secrets.token_urlsafe(SECRET_BYTES))

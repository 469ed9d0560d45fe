"""Find out who is calling."""

from __future__ import annotations

from pilothouse.hub.identity.domain import OPEN, Caller, CallerKind
from pilothouse.hub.settings import HubSettings
from pilothouse.web import Credentials, CredentialsMissing, CredentialsWrong, same

CHALLENGES = ("Basic", "Bearer")


class Identity:
    """Knows the credentials that settings name."""

    def __init__(self, settings: HubSettings, local_token: str | None = None) -> None:
        self._password = settings.password
        self._shared_token = settings.shared_token
        configured = settings.local_auth_token.get_secret_value() if settings.local_auth_token else None
        self._local_token = configured or local_token
        self.is_open = settings.mode == "single" and self._password is None

    def identify(self, credentials: Credentials | None) -> Caller:
        """The caller; raises CredentialsMissing or CredentialsWrong."""
        known = self._known(credentials) if credentials else None
        if known is not None:
            return known
        if self.is_open:
            return OPEN
        if credentials is None:
            raise CredentialsMissing(challenges=CHALLENGES)
        raise CredentialsWrong(challenges=CHALLENGES)

    def _known(self, credentials: Credentials) -> Caller | None:
        if credentials.scheme == "basic":
            fits = _fits(credentials.secret, self._password)
            return Caller(CallerKind.OPERATOR, credentials.user) if fits else None
        if _fits(credentials.secret, self._local_token):
            return Caller(CallerKind.OPERATOR)
        # Without a password nothing is checked, so a token alone proves nothing.
        if self._password is not None and _fits(credentials.secret, self._shared_token):
            return Caller(CallerKind.SHARED)
        return None


def _fits(presented: str, expected: str | None) -> bool:
    return expected is not None and same(presented, expected)

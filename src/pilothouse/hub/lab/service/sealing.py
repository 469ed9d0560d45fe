"""Secrets of repositories as they are kept: sealed by a key that is not in the database."""

from __future__ import annotations

import base64
import hashlib
import secrets

from pilothouse.hub.lab.domain.problems import SecretUnreadable
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.kept_secret import kept_secret

KEY_FILE = "lab-secrets.key"
_KEY_BYTES = 32


class Sealing:
    """The key is the setting that replicas and workers share, or a file of the data directory, made when first needed.
    The library behind it costs some MiB: it is loaded by whoever has secrets."""

    def __init__(self, settings: HubSettings) -> None:
        self._settings = settings

    def seal(self, value: str) -> str:
        """What may be written down."""
        from cryptography.fernet import Fernet

        return Fernet(_from(self._key(make=True))).encrypt(value.encode("utf-8", "surrogatepass")).decode("ascii")

    def open(self, name: str, sealed: str) -> str:
        """What was sealed; raises SecretUnreadable."""
        from cryptography.fernet import Fernet, InvalidToken

        try:
            opened = Fernet(_from(self._key(make=False))).decrypt(sealed.encode())
        except (InvalidToken, FileNotFoundError):
            raise SecretUnreadable(name=name) from None
        return opened.decode("utf-8", "surrogatepass")

    def _key(self, *, make: bool) -> bytes:
        if self._settings.lab_secrets_key is not None:
            return self._settings.lab_secrets_key.get_secret_value().encode()
        file = self._settings.data / KEY_FILE
        kept = kept_secret(file, lambda: secrets.token_hex(_KEY_BYTES)) if make else file.read_text(encoding="utf-8")
        return kept.strip().encode()


def _from(key: bytes) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(key).digest())

"""Who to be when a repository is fetched; read anew at each fetch, so that a file may change."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pilothouse.kit.errors import BadConfiguration

Credentials = Callable[[str], tuple[str, str] | None]
"""User name and password for a remote address, or None; asked at each fetch, handed over on a pipe."""


@dataclass(frozen=True, slots=True)
class CredentialFile:
    """A file as git's own `store` helper keeps it, a line for each host: ``https://USER:PASSWORD@HOST[:PORT]``."""

    path: Path

    def __call__(self, remote_url: str) -> tuple[str, str] | None:
        wanted = urlsplit(remote_url)
        if wanted.scheme not in ("https", "http"):
            return None
        for line in self._lines():
            held = urlsplit(line.strip())
            same_place = (held.scheme, held.hostname, held.port) == (wanted.scheme, wanted.hostname, wanted.port)
            if same_place and held.username is not None and held.password is not None:
                return _one_line(held.username), _one_line(held.password)
        return None

    def _lines(self) -> list[str]:
        try:
            if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                raise BadConfiguration(problem=f"{self.path} holds credentials and others may read it: chmod 600 it")
            return self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise BadConfiguration(problem=f"the credentials in {self.path} cannot be read: {reason}") from None


def _one_line(word: str) -> str:
    text = unquote(word)
    if not text.isprintable():
        raise BadConfiguration(problem="a credential for git holds control characters")
    return text

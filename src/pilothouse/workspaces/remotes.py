"""Which addresses repositories may be fetched from. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pilothouse.workspaces.problems import CredentialsInUrl, NotARemote, ProtocolNotAllowed

LONGEST_URL = 2_000
# `host:path` as scp writes it; what looks like a scheme or a Windows drive is not meant.
_SCP = re.compile(r"(?P<user>[A-Za-z0-9._][A-Za-z0-9._-]*@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]+):(?P<path>[^:].*)")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_SSH_USER = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*")
_PROTOCOLS = ("https", "http", "ssh", "git", "file")


@dataclass(frozen=True, slots=True)
class Remote:
    """An address that may be given to git: its protocol is the one git will use."""

    url: str
    protocol: str
    host: str | None


def remote_of(url: str, allowed: tuple[str, ...]) -> Remote:
    """The remote an address names, when its protocol is allowed and it holds no credentials."""
    if not url or len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise NotARemote(url=url[:80], reason="it is empty, too long, or holds spaces or control characters")
    if url.startswith("-") or "::" in url.partition("/")[0]:
        raise ProtocolNotAllowed(protocol=url.partition("::")[0][:40], allowed=_listed(allowed))
    remote = _absolute(url) if "://" in url else _path(url) if url.startswith("/") else _scp(url)
    if remote.protocol not in allowed:
        raise ProtocolNotAllowed(protocol=remote.protocol, allowed=_listed(allowed))
    return remote


def _absolute(url: str) -> Remote:
    try:
        parts = urlsplit(url)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        raise NotARemote(url=_without_credentials(url), reason="its host or port cannot be read") from None
    protocol = parts.scheme.lower()
    if protocol not in _PROTOCOLS:
        raise ProtocolNotAllowed(protocol=protocol[:40] or "nothing", allowed="its settings")
    _refuse_credentials(protocol, parts.username, parts.password, query=parts.query or parts.fragment)
    if protocol == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise NotARemote(url=url, reason="a file's address is file:///PATH")
        return Remote(url, protocol, None)
    if not port_is_one or not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise NotARemote(url=url, reason="its host or port cannot be read")
    if parts.path in ("", "/") or parts.path.startswith("/-"):
        raise NotARemote(url=url, reason="it names no path")
    return Remote(url, protocol, parts.hostname)


def _refuse_credentials(protocol: str, user: str | None, password: str | None, *, query: str) -> None:
    # Over HTTP a user name alone is a token as often as not, and so is a query; ssh needs its user.
    if password is not None or query or (user is not None and protocol != "ssh"):
        raise CredentialsInUrl
    if user is not None and not _SSH_USER.fullmatch(user):
        raise CredentialsInUrl


def _path(url: str) -> Remote:
    return Remote(url, "file", None)


def _scp(url: str) -> Remote:
    found = _SCP.fullmatch(url)
    if found is None:
        if "@" in url and ":" in url.partition("@")[0]:
            raise CredentialsInUrl
        raise NotARemote(url=url[:80], reason="it is neither an address nor an absolute path")
    if found["user"] is None and "@" in found["path"].partition("/")[0]:
        raise CredentialsInUrl  # somebody meant USER:PASSWORD@HOST:PATH
    if found["path"].startswith("-"):
        raise NotARemote(url=url[:80], reason="its path begins with '-'")
    return Remote(url, "ssh", found["host"])


def _without_credentials(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"[:80]


def _listed(allowed: tuple[str, ...]) -> str:
    return ", ".join(allowed) or "none at all"

"""What a caller may name a commit by. Pure."""

from __future__ import annotations

import re

from pilothouse.workspaces.problems import NotARevision

_HEX = re.compile(r"[0-9a-fA-F]{4,64}")
_FULL = (40, 64)
_NAMED = ("refs/heads/", "refs/tags/")
# git's own rules for names (git check-ref-format), and no name that could be taken for an option.
_NEVER = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)")
LONGEST_REF = 255


def is_commit(revision: str) -> bool:
    """Whether it can only be meant as a commit: hexadecimal, in full."""
    return len(revision) in _FULL and _HEX.fullmatch(revision) is not None


def may_be_commit(revision: str) -> bool:
    """Whether it can be the beginning of a commit."""
    return _HEX.fullmatch(revision) is not None


def refs_named(revision: str) -> tuple[str, ...]:
    """The refs a name may stand for, in the order in which they are tried."""
    name = next((revision.removeprefix(prefix) for prefix in _NAMED if revision.startswith(prefix)), revision)
    malformed = (
        not name
        or len(revision.encode(errors="surrogatepass")) > LONGEST_REF
        or name[0] in "-/."
        or name[-1] in "/."
        or name == "@"
        or _NEVER.search(name) is not None
        or not name.isprintable()
    )
    if malformed:
        raise NotARevision(revision=revision[:80])
    if name is not revision:
        return (revision,)
    return tuple(f"{prefix}{name}" for prefix in _NAMED)

"""Patches: refused when they reach outside, applied as a whole or not at all, and a failure names file and hunk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from pilothouse.kit.errors import Problem
from pilothouse.workspaces.git import Git, TookTooLong
from pilothouse.workspaces.problems import PatchDoesNotApply, PatchForbidden, PatchUnreadable

_APPLY_S = 60.0
_NAMES = re.compile(rb"(?:--- |\+\+\+ |rename from |rename to |copy from |copy to )(.*)")
_OLD_LINES = re.compile(rb"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")
_FAILED_AT = re.compile(r"error: patch failed: (?P<file>.+):(?P<line>\d+)$", re.MULTILINE)
_FAILED = re.compile(r"error: (?P<file>.+?): (?P<reason>.+)$", re.MULTILINE)
_FORBIDDEN = (
    (re.compile(r"error: invalid path '(?P<file>.+)'"), "it lies outside the workspace or belongs to git"),
    (re.compile(r"error: affected file '(?P<file>.+)' is beyond a symbolic link"), "a symbolic link leads there"),
    (re.compile(r"error: (?P<file>.+?): symbolic link outside"), "a symbolic link leads there"),
)
# What HFS+ ignores in a name, and what NTFS takes for `.git`; git itself refuses them too.
_IGNORED = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])
_GITS = frozenset((".git", "git~1"))
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_QUOTED = re.compile(rb'"(?:\\.|[^"\\])*"')
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)")


def patch_hash(patch: bytes) -> str:
    """SHA-256 of a patch, hexadecimal."""
    return hashlib.sha256(patch).hexdigest()


def files_of(patch: bytes) -> Iterator[str]:
    """The files that a patch names, as they are written in it, without the ``a/`` and ``b/`` before them."""
    in_hunk = 0
    for line in patch.splitlines():
        if line.startswith((b"@@ ", b"GIT binary patch")):
            in_hunk = 1
        elif line.startswith((b"diff ", b"Index: ")):
            in_hunk = 0
            yield from (_stripped(name) for name in _both(line))
        elif (found := _NAMES.match(line)) is not None and not (in_hunk and line[3:4] != b" "):
            name = _unquoted(found[1])
            if name != b"/dev/null":
                is_prefixed = line.startswith((b"--- ", b"+++ "))
                yield _stripped(name) if is_prefixed else name.decode(errors="surrogateescape")


def refuse_outside(patch: bytes) -> None:
    """Raise PatchForbidden for a file that no patch may touch, before git sees it."""
    for file in files_of(patch):
        if reason := _outside(file):
            raise PatchForbidden(file=_readable(file), reason=reason)


async def apply_patch(git: Git, patch: bytes, *, tree: Path, git_directory: Path, commit: str) -> None:
    """Apply a patch to a tree that no guest has seen yet."""
    if not patch.strip():
        raise PatchUnreadable(reason="it is empty")
    refuse_outside(patch)
    words = ("apply", "--whitespace=nowarn", "--binary", "-")
    try:
        said = await git.run(*words, git_directory=git_directory, work_tree=tree, content=patch, timeout_s=_APPLY_S)
    except TookTooLong:
        raise PatchUnreadable(reason=f"applying it takes more than {_APPLY_S:g} s") from None
    if said.code != 0:
        raise _problem(said.message, patch, commit)


def _problem(message: str, patch: bytes, commit: str) -> Problem:
    for pattern, reason in _FORBIDDEN:
        if found := pattern.search(message):
            return PatchForbidden(file=found["file"], reason=reason)
    if found := _FAILED_AT.search(message):
        hunk = _hunk_at(patch, found["file"], int(found["line"]))
        reason = f"what it expects at line {found['line']} is not there"
        return PatchDoesNotApply(commit=commit[:12], file=found["file"], hunk=hunk, reason=reason)
    if (found := _FAILED.search(message)) and found["file"] in map(_readable, files_of(patch)):
        return PatchDoesNotApply(commit=commit[:12], file=found["file"], hunk=1, reason=found["reason"])
    first = next((line for line in message.splitlines() if line.startswith(("error: ", "fatal: "))), message)
    return PatchUnreadable(reason=first.partition(": ")[2][:300] or "git does not say why")


def _hunk_at(patch: bytes, file: str, line: int) -> int:
    """Which hunk of a file begins at a line of the old file; git names the line alone."""
    current, hunk = "", 0
    for text in patch.splitlines():
        if (found := _NAMES.match(text)) is not None and text.startswith((b"--- ", b"+++ ")):
            name = _unquoted(found[1])
            if name != b"/dev/null":
                current = name.partition(b"/")[2].decode(errors="replace")
            hunk = 0
        elif (found := _OLD_LINES.match(text)) is not None:
            hunk += 1
            if current == file and int(found[1]) == line:
                return hunk
    return max(hunk, 1) if current == file else 1


def _outside(file: str) -> str | None:
    parts = file.split("/")
    if file.startswith("/") or not file:
        return "its path is absolute"
    if ".." in parts:
        return "its path leads out of the workspace"
    plain = [part.translate(_IGNORED).lower().rstrip(". ") for part in parts]
    if any(part in _GITS or part.startswith(".git:") for part in plain):
        return "it belongs to git"
    return "its name holds a NUL" if "\0" in file else None


def _stripped(name: bytes) -> str:
    return (name.partition(b"/")[2] or name).decode(errors="surrogateescape")


def _both(line: bytes) -> tuple[bytes, ...]:
    """The names in a line `diff --git A B`: nothing else tells them when a file is empty or only its mode changes."""
    if not line.startswith(b"diff --git "):
        return ()
    names = line.removeprefix(b"diff --git ").rstrip(b"\r")
    quoted = _QUOTED.findall(names)
    if quoted:
        return tuple(map(_unquoted, quoted))
    # Unquoted names may hold spaces; then they are the same, but for the letter before them.
    half = len(names) // 2
    old, new = names[:half], names[half + 1 :]
    return (old, new) if _stripped(old) == _stripped(new) else ()


def _unquoted(name: bytes) -> bytes:
    if name.startswith(b'"'):
        inner = name[1:].rpartition(b'"')[0]
        return _ESCAPED.sub(lambda found: _letter(found[1]), inner)
    return name.partition(b"\t")[0].rstrip(b"\r")  # after a tab stands the time of the file


def _letter(code: bytes) -> bytes:
    return bytes([int(code, 8) & 0xFF]) if code.isdigit() and len(code) == 3 else _ESCAPES.get(code, code)


def _readable(file: str) -> str:
    return file.encode(errors="surrogateescape").decode(errors="replace")[:200]

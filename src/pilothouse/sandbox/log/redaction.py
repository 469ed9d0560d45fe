"""Values that must not be written down, taken out of a stream of bytes."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import BinaryIO
from urllib.parse import quote

MASK = b"***"
# Shorter values would take ordinary text apart and protect nothing.
_LEAST_BYTES = 4
_LEAST_LINE_BYTES = 8
_PIECE_BYTES = 1 << 20


class Redactor:
    """One stream. What could be the beginning of a secret is held back until more is known."""

    def __init__(self, secrets: Iterable[str]) -> None:
        needles = sorted({one for secret in secrets for one in spellings(secret)}, key=lambda one: (-len(one), one))
        self._needles = needles
        self._longest = max(map(len, needles), default=0)
        self._pattern = re.compile(b"|".join(map(re.escape, needles))) if needles else None
        self._held = b""

    def feed(self, content: bytes) -> bytes:
        """What can be said of everything fed so far."""
        if self._pattern is None:
            return content
        whole = self._held + content
        if any(one in whole for one in self._needles):
            return self._masked(whole)
        keep = self._beginning(whole)
        self._held = whole[keep:]
        return whole[:keep]

    def flush(self) -> bytes:
        """The stream has ended: what was held back was not the beginning of a secret, but may contain one."""
        held, self._held = self._held, b""
        return held if self._pattern is None else self._pattern.sub(MASK, held)

    def _masked(self, whole: bytes) -> bytes:
        assert self._pattern is not None
        # A line of a secret may be the beginning of all of it: what follows decides.
        keep = self._beginning(whole)
        pieces: list[bytes] = []
        at = 0
        for found in self._pattern.finditer(whole):
            if found.start() >= keep:
                break
            pieces += [whole[at : found.start()], MASK]
            at = found.end()
        keep = keep if keep >= at else at + self._beginning(whole[at:])
        self._held = whole[keep:]
        return b"".join([*pieces, whole[at:keep]])

    def _beginning(self, whole: bytes) -> int:
        """Where the longest end that is the beginning of a secret starts."""
        first = len(whole)
        for needle in self._needles:
            at = whole.find(needle[:1], max(0, len(whole) - len(needle) + 1), first)
            while at != -1:
                if needle.startswith(whole[at:]):
                    first = at
                    break
                at = whole.find(needle[:1], at + 1, first)
        return first


def spellings(secret: str) -> set[bytes]:
    """The value as it may turn up: plain, by line, as terminals end lines, in JSON, in an address, in base64."""
    raw = secret.encode("utf-8", "surrogateescape")
    if len(raw) < _LEAST_BYTES:
        return set()
    found = {raw, raw.replace(b"\n", b"\r\n"), json.dumps(secret)[1:-1].encode(), quote(secret, safe="").encode()}
    lines = raw.splitlines()
    if len(lines) > 1:
        found |= {line.strip() for line in lines if len(line.strip()) >= _LEAST_LINE_BYTES}
    for shift in range(3):
        # The letters at the borders depend on the neighbours; those between are always the same.
        encoded = base64.b64encode(b"\0" * shift + raw)
        inner = encoded[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6]
        if len(inner) >= _LEAST_LINE_BYTES:
            found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def redacted(secrets: Iterable[str], content: bytes) -> bytes:
    """Some bytes without the secrets."""
    redactor = Redactor(secrets)
    return redactor.feed(content) + redactor.flush()


def redact(secrets: Iterable[str], source: BinaryIO, sink: BinaryIO) -> bool:
    """Copy a file without the secrets; says whether any was found."""
    redactor = Redactor(secrets)
    changed = False
    taken = given = 0
    while piece := source.read(_PIECE_BYTES):
        clean = redactor.feed(piece)
        taken, given = taken + len(piece), given + len(clean)
        changed = changed or MASK in clean
        sink.write(clean)
    rest = redactor.flush()
    sink.write(rest)
    return taken != given + len(rest) or changed

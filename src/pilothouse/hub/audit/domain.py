"""Entries, their hashes, and what a broken chain looks like. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
"""What the first entry follows."""
MAX_DETAILS = 64_000


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts in a transaction, and in which request."""

    name: str
    kind: str
    request_id: str = ""


SYSTEM = Actor("the hub itself", "system")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. ``details`` is canonical JSON with ``before`` and ``after``, kept as text: a database must not
    write a number another way and so break the chain."""

    sequence: int
    recorded_at: datetime
    actor: str
    actor_kind: str
    request_id: str
    action: str
    subject: str
    details: str
    previous: str
    hash: str = ""

    def digest(self) -> str:
        """SHA-256 over everything else, the hash of the entry before included."""
        moment = self.recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
        parts = (
            str(self.sequence), moment, self.actor, self.actor_kind, self.request_id, self.action, self.subject,
            self.details, self.previous,
        )  # fmt: skip
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far the log had come, and the hash it had there."""

    sequence: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Verdict:
    """``problem`` says what is wrong and where; None when the log is whole."""

    entries: int
    problem: str | None = None


def canonical(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """Details of an entry: always the same text for the same facts, and never without bounds."""
    facts = {name: value for name, value in (("before", before), ("after", after)) if value is not None}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    if len(text) <= MAX_DETAILS:
        return text
    cut = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "length": len(text), "first": text[: MAX_DETAILS // 2]}
    return json.dumps(cut, sort_keys=True, separators=(",", ":"))


class Chain:
    """Walks the log from its beginning, a page at a time."""

    def __init__(self, anchors: Iterable[tuple[str, Anchor]]) -> None:
        self._anchors = list(anchors)
        self._last = Anchor()
        self.problem: str | None = None

    def walk(self, entries: Iterable[Entry]) -> None:
        """Go on with the entries that follow; stops at the first problem."""
        for entry in entries:
            if self.problem is not None:
                return
            self.problem = self._wrong(entry)
            self._last = Anchor(entry.sequence, entry.hash)

    def end(self) -> Verdict:
        """The verdict once everything was walked: the anchors must have been met."""
        for name, anchor in self._anchors:
            if self.problem is None and anchor.sequence > self._last.sequence:
                missing = f"entries {self._last.sequence + 1} to {anchor.sequence}"
                self.problem = f"the log was cut off: {missing} are missing, which {name} knows of"
        return Verdict(self._last.sequence, self.problem)

    def _wrong(self, entry: Entry) -> str | None:
        expected = self._last.sequence + 1
        if entry.sequence != expected:
            return f"entry {expected} was deleted: entry {entry.sequence} stands in its place"
        if entry.previous != self._last.hash:
            return f"entry {entry.sequence} does not follow the one before it: one of the two was replaced"
        if entry.digest() != entry.hash:
            return f"entry {entry.sequence} was edited: its hash does not fit what it says"
        for name, anchor in self._anchors:
            if anchor.sequence == entry.sequence and anchor.hash != entry.hash:
                return f"the log up to entry {entry.sequence} was written anew: {name} knows another hash"
        return None

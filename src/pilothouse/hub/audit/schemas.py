"""The audit log as it is answered."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from pilothouse.hub.audit.domain import Entry
from pilothouse.wire.base import Moment


class AuditEntry(BaseModel):
    """One change: who, when, what, in which request, and the fields that differ."""

    sequence: int
    recorded_at: Moment
    actor: str
    actor_kind: str
    request_id: str
    action: str
    subject: str
    details: dict[str, Any]
    hash: str

    @classmethod
    def of(cls, entry: Entry) -> AuditEntry:
        facts = {name: getattr(entry, name) for name in cls.model_fields if name != "details"}
        return cls(**facts, details=json.loads(entry.details))


class AuditList(BaseModel):
    items: list[AuditEntry]
    total: int
    limit: int
    offset: int


class AuditVerification(BaseModel):
    """Whether the log is whole; ``problem`` is the first thing that is wrong with it."""

    ok: bool
    entries: int
    problem: str | None

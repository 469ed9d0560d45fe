"""Who changed what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from pilothouse.hub.audit import Sought
from pilothouse.hub.audit.schemas import AuditList, AuditVerification
from pilothouse.hub.identity.auth import Admin, Reading, ThisHub
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


async def _sought(
    actor: Annotated[str | None, Query(max_length=200)] = None,
    action: Annotated[str | None, Query(max_length=200, description="Such as `incident.changed`")] = None,
    subject: Annotated[str | None, Query(max_length=500, description="What was changed, such as an incident")] = None,
    request_id: Annotated[str | None, Query(max_length=128)] = None,
    since: Annotated[AwareDatetime | None, Query()] = None,
    until: Annotated[AwareDatetime | None, Query()] = None,
) -> Sought:
    return Sought(actor, action, subject, request_id, since, until)


@router.get("", summary="List who changed what, the latest first")
async def list_audit(
    _caller: Admin, hub: ThisHub, session: Reading, page: Paging, sought: Annotated[Sought, Depends(_sought)]
) -> AuditList:
    """Every decision of a person, a program or the hub itself; not what robots report many times a minute."""
    return await hub.audit.page(session, sought, page.limit, page.offset)


@router.get("/verify", summary="Prove that nothing was taken out of the audit log")
async def verify_audit(_caller: Admin, hub: ThisHub) -> AuditVerification:
    """Walks the whole chain: edited, deleted and cut-off entries are named. `pilothouse audit verify` does the same."""
    return await hub.audit.verify()

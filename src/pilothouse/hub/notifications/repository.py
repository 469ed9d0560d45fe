"""The SQL of notifications."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Cursor
from pilothouse.hub.notifications.models import NotificationCursorRow


def cursor(session: AsyncSession) -> Cursor:
    """How far the hub's events have been followed."""
    return Cursor(session, NotificationCursorRow)

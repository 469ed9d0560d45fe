"""What happened in an organization, by whom, and what it was before: one log, one number for each change."""

from pilothouse.hub.activity.domain import THE_HUB, Doer
from pilothouse.hub.activity.service import Activity

__all__ = ["THE_HUB", "Activity", "Doer"]

"""Ranges of time. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class Range(StrEnum):
    DAY = "24h"
    WEEK = "7d"
    FORTNIGHT = "14d"
    MONTH = "30d"
    QUARTER = "90d"

    @property
    def span(self) -> timedelta:
        return timedelta(hours=24) if self is Range.DAY else timedelta(days=int(self.value[:-1]))

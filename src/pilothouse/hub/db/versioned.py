"""Rows with a version: whoever changes one names the version they saw."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class Versioned(Protocol):
    """Any stands for a column, which SQLAlchemy reads as one type and writes as another."""

    version: Any
    changed_at: Any


def change_row(row: Versioned, values: Mapping[str, Any], now: datetime) -> None:
    """Set columns, and note that the row was changed."""
    for name, value in values.items():
        setattr(row, name, value)
    touch(row, now)


def touch(row: Versioned, now: datetime) -> None:
    """Note that a row was changed: it is at its next version."""
    row.version += 1
    row.changed_at = now

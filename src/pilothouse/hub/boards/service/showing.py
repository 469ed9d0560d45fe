"""Rows as everybody sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from pilothouse.hub.boards.schemas.tasks import Task

_TASKS = TypeAdapter(list[Task])


def show(views: Sequence[dict[str, Any]]) -> list[Task]:
    """Checked, for whoever goes on with them."""
    return _TASKS.validate_python(views)

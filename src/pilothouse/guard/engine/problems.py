"""What can be wrong with how an engine is put together or used."""

from __future__ import annotations

from pilothouse.kit.errors import NotFound


class UnknownTask(NotFound):
    """There is no task {task!r}; there are: {known}."""

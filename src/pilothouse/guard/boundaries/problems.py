"""What can be wrong with a boundary when it is compiled."""

from __future__ import annotations

from pilothouse.kit.errors import BadConfiguration


class BoundaryDoesNotFit(BadConfiguration):
    """Boundary {boundary!r}: {problem}."""

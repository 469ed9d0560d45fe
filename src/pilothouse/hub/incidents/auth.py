"""Who may see, report and decide about incidents."""

from __future__ import annotations

from pilothouse.hub.identity.auth import Operator, Reader, Writer

__all__ = ["Operator", "Reader", "Writer"]

"""A sink that moves nothing."""

from __future__ import annotations

from pilothouse.guard.model import Action


class DiscardSink:
    """For replays and trials."""

    def apply(self, action: Action) -> None:
        """Nothing happens."""

    def emergency_stop(self) -> None:
        """Nothing moves."""

    def stop(self) -> None:
        """Nothing to end."""

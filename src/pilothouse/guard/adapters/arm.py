"""A simulated arm as a sink, whichever simulation moves it."""

from __future__ import annotations

from typing import Protocol

from pilothouse.guard.model import Action


class Arm(Protocol):
    """What the simulations have in common for whoever moves them."""

    def apply(self, action: Action) -> None: ...

    def brake(self) -> None:
        """Hold where it is, until the next action. Waits for nobody."""
        ...


class ArmSink:
    """Moves the arm."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def apply(self, action: Action) -> None:
        self._arm.apply(action)

    def emergency_stop(self) -> None:
        self._arm.brake()

    def stop(self) -> None:
        self._arm.brake()

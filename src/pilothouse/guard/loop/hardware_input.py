"""The emergency stop as a button on the robot: a function that is asked again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from pilothouse.guard.loop.emergency import EmergencyStop

# Well within a cycle of 20 ms; of one of 1 ms a button made of metal knows nothing.
LOOK_S = 0.004


class HardwareInput:
    """Asks ``pressed`` on a thread of its own. True, an exception, or no answer is the emergency stop."""

    def __init__(self, pressed: Callable[[], object], emergency: EmergencyStop) -> None:
        self.since_ns = 0
        """When the question under way was asked, ``time.monotonic_ns``; the watchdog reads it."""
        self._pressed = pressed
        self._emergency = emergency
        self._was_pressed = False
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="estop-input", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(0.2)

    def look(self) -> None:
        """Ask once. A button that stays pressed keeps the stop: a reset is followed by the next one."""
        self.since_ns = time.monotonic_ns()
        reason = "the input is pressed"
        try:
            is_pressed = bool(self._pressed())
        except BaseException as error:  # noqa: BLE001 - an input that cannot be read may be pressed
            is_pressed, reason = True, f"the input cannot be read: {type(error).__name__}: {error}"
        self.since_ns = 0
        if is_pressed and not (self._was_pressed and self._emergency.is_latched):
            self._emergency.trigger("hardware", reason)
        self._was_pressed = is_pressed

    def _work(self) -> None:
        while not self._ending.is_set():
            self.look()
            self._ending.wait(LOOK_S)

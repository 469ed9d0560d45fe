"""When a violation, message by message, amounts to a firing: held long enough, not too soon after the last one."""

from __future__ import annotations

from pilothouse.kit.clock import NS_PER_S


class Excursion:
    """Fires once per excursion, after ``duration_s`` in violation, at most once per ``cooldown_s``.

    With ``repeats`` it fires again every ``cooldown_s`` while the same excursion lasts. An excursion that starts
    during the cooldown fires when the cooldown ends, if it still lasts then. When message time steps back, the
    duration and the cooldown count anew from the earlier time; neither waits for the old time to come round again.
    """

    __slots__ = ("_cooldown_ns", "_duration_ns", "_fired", "_last_fired_ns", "_repeats", "_since_ns")

    def __init__(self, *, duration_s: float = 0.0, cooldown_s: float = 0.0, repeats: bool = False) -> None:
        self._duration_ns = round(duration_s * NS_PER_S)
        self._cooldown_ns = round(cooldown_s * NS_PER_S)
        self._repeats = repeats
        self._since_ns: int | None = None
        self._last_fired_ns: int | None = None
        self._fired = False

    def observe(self, time_ns: int, *, violated: bool) -> bool:
        """Whether this observation fires."""
        if self._last_fired_ns is not None:
            self._last_fired_ns = min(self._last_fired_ns, time_ns)
        if not violated:
            self._since_ns, self._fired = None, False
            return False
        since_ns = self._since_ns = time_ns if self._since_ns is None else min(self._since_ns, time_ns)
        if self._fired and not self._repeats:
            return False
        if time_ns - since_ns < self._duration_ns or not self._rested(time_ns):
            return False
        self._fired, self._last_fired_ns = True, time_ns
        return True

    def _rested(self, time_ns: int) -> bool:
        return self._last_fired_ns is None or time_ns - self._last_fired_ns >= self._cooldown_ns

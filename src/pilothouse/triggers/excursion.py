"""When a violation, message by message, amounts to a firing: held long enough, not too soon after the last one."""

from __future__ import annotations

from pilothouse.kit.clock import NS_PER_S


class Excursion:
    """Fires once per excursion, after ``duration_s`` in violation, at most once per ``cooldown_s``.

    With ``repeats`` it fires again every ``cooldown_s`` while the same excursion lasts. An excursion that starts
    during the cooldown fires when the cooldown ends, if it still lasts then. No excursion outlives a silence longer
    than ``stale_s``. When message time steps back, the duration and the cooldown count anew from the earlier time;
    neither waits for the old time to come round again.
    """

    __slots__ = (
        "_cooldown_ns",
        "_duration_ns",
        "_fired",
        "_last_fired_ns",
        "_repeats",
        "_seen_ns",
        "_since_ns",
        "_stale_ns",
    )

    def __init__(
        self, *, duration_s: float = 0.0, cooldown_s: float = 0.0, repeats: bool = False, stale_s: float | None = None
    ) -> None:
        self._duration_ns = round(duration_s * NS_PER_S)
        self._cooldown_ns = round(cooldown_s * NS_PER_S)
        self._stale_ns = None if stale_s is None else round(stale_s * NS_PER_S)
        self._repeats = repeats
        self._since_ns: int | None = None
        self._seen_ns: int | None = None
        self._last_fired_ns: int | None = None
        self._fired = False

    def observe(self, time_ns: int, *, violated: bool) -> bool:
        """Whether this observation fires."""
        if self._last_fired_ns is not None and time_ns < self._last_fired_ns:
            self._last_fired_ns = time_ns
        if not violated:
            self._since_ns, self._fired, self._seen_ns = None, False, time_ns
            return False
        if not self.lasts(time_ns):
            self._since_ns, self._fired = time_ns, False
        self._seen_ns = time_ns
        since_ns = self._since_ns = time_ns if self._since_ns is None else min(self._since_ns, time_ns)
        if self._fired and not self._repeats:
            return False
        if time_ns - since_ns < self._duration_ns or not self._rested(time_ns):
            return False
        self._fired, self._last_fired_ns = True, time_ns
        return True

    def lasts(self, now_ns: int) -> bool:
        """Whether the last observation was a violation, and is recent enough to count."""
        if self._since_ns is None:
            return False
        return self._stale_ns is None or self._seen_ns is None or now_ns - self._seen_ns <= self._stale_ns

    def is_ripe(self, now_ns: int) -> bool:
        """Whether a violation lasts that has been held for ``duration_s``, fired or not."""
        if self._since_ns is None or self._seen_ns is None or not self.lasts(now_ns):
            return False
        return self._seen_ns - self._since_ns >= self._duration_ns

    def _rested(self, time_ns: int) -> bool:
        return self._last_fired_ns is None or time_ns - self._last_fired_ns >= self._cooldown_ns

"""Captures whose post-roll has not passed yet: which are due, and why. Pure; time is handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.ids import new_id
from pilothouse.wire import MergedTrigger, TriggerFired

NEVER_NS = 1 << 63
"""Later than any message time."""

# A live stream may hiccup; a replay below real time has gaps longer than its message time says.
SILENCE_GRACE_S = 0.5
# Topics arrive a little out of order. Further back than this, the clock was set.
STEP_BACK_S = 1.0


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """Somebody asked for what happened around ``fired_at_ns`` (message time)."""

    session_id: str
    reason: str
    label: str
    fired_at_ns: int
    pre_s: float
    post_s: float
    requested_at_ns: int
    trigger: TriggerFired | None = None
    incident_id: str = field(default_factory=partial(new_id, "inc"))
    """What everything that follows from this is known by, at the hub too."""
    steady_ns: int | None = None
    """When it was asked for, in a time that does not jump."""
    merged: tuple[MergedTrigger, ...] = ()
    """Other triggers whose windows it holds."""

    @property
    def start_ns(self) -> int:
        return self.fired_at_ns - round(self.pre_s * NS_PER_S)

    @property
    def end_ns(self) -> int:
        return self.fired_at_ns + round(self.post_s * NS_PER_S)

    def widened(self, start_ns: int, end_ns: int, *, max_post_s: float) -> CaptureRequest | None:
        """This capture grown to hold another window too; None when its post-roll may not grow so long."""
        post_s = (end_ns - self.fired_at_ns) / NS_PER_S
        if post_s > max(max_post_s, self.post_s):
            return None
        pre_s = (self.fired_at_ns - start_ns) / NS_PER_S
        return replace(self, pre_s=max(self.pre_s, pre_s), post_s=max(self.post_s, post_s))


@dataclass(frozen=True, slots=True)
class Due:
    """A capture to seal now; ``cut`` says why its post-roll is shorter than asked for."""

    request: CaptureRequest
    cut: str | None = None


class PostRolls:
    """The waiting captures, in the order of their ends."""

    def __init__(self) -> None:
        self._waiting: list[CaptureRequest] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def waiting(self) -> tuple[CaptureRequest, ...]:
        return tuple(self._waiting)

    @property
    def next_end_ns(self) -> int:
        """A message later than this completes a post-roll."""
        return self._waiting[0].end_ns if self._waiting else NEVER_NS

    def add(self, request: CaptureRequest) -> None:
        self._waiting.append(request)
        self._waiting.sort(key=lambda one: one.end_ns)

    def extend(self, asked: CaptureRequest, *, max_post_s: float) -> CaptureRequest | None:
        """Let a waiting capture hold this window too, the one that lasts longest; None when there is none that may."""
        for running in reversed(self._waiting):
            if running.start_ns <= asked.fired_at_ns <= running.end_ns:
                widened = running.widened(asked.start_ns, asked.end_ns, max_post_s=max_post_s)
                if widened is not None:
                    self._waiting.remove(running)
                    self.add(widened)
                    return widened
        return None

    def passed(self, message_ns: int) -> list[Due]:
        """Those that a message of this time completes: it lies after their end, so all before has arrived."""
        return [Due(one) for one in self._take(lambda one: one.end_ns < message_ns)]

    def abandoned(self, newest_ns: int, silent_s: float) -> list[Due]:
        """Those whose rest will not come in message time: the stream has stopped, or its clock was set back."""
        stepped = self._take(lambda one: newest_ns < one.fired_at_ns - round(STEP_BACK_S * NS_PER_S))
        silent = self._take(lambda one: silent_s > (one.end_ns - newest_ns) / NS_PER_S + SILENCE_GRACE_S)
        return [Due(one, "the clock was set back during the post-roll") for one in stepped] + [
            Due(one, "no message arrived in the rest of the post-roll") for one in silent
        ]

    def cut_short(self, reason: str) -> list[Due]:
        """All of them, now."""
        return [Due(one, reason) for one in self._take(lambda _: True)]

    def _take(self, ready: Callable[[CaptureRequest], bool]) -> list[CaptureRequest]:
        taken = [one for one in self._waiting if ready(one)]
        self._waiting = [one for one in self._waiting if not ready(one)]
        return taken

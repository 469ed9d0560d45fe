"""Where message time is, when the clocks of the sources disagree. Pure."""

from __future__ import annotations

from collections.abc import Collection


def present_ns(last_ns: int, lately: Collection[int], window_ns: int) -> int:
    """Now, for what is asked for now: the time of the last message, unless most channels are elsewhere.

    ``lately`` has, for each channel that spoke lately, when it spoke last. One source whose clock is far off may have
    sent the very last message: a window before that would hold nothing of the others.
    """
    if not lately:
        return last_ns
    typical_ns = sorted(lately)[len(lately) // 2]
    agree = [sum(abs(one - moment) < window_ns for one in lately) for moment in (typical_ns, last_ns)]
    return typical_ns if agree[0] > agree[1] else last_ns

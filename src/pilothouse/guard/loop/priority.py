"""Real-time priority for the calling thread, where the system grants it (CAP_SYS_NICE, or an rtprio limit)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pilothouse.kit.logs import get_logger

log = get_logger("pilothouse.guard")


def raise_priority(priority: int) -> bool:
    """Before every ordinary thread of the machine from now on; False, and nothing changes, when it is not granted."""
    if priority <= 0 or not hasattr(os, "sched_setscheduler"):
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        log.debug("real-time priority is not granted; a busy machine may make cycles late", priority=priority)
        return False
    return True


@contextmanager
def raised_priority(priority: int) -> Iterator[None]:
    """While the block runs."""
    was_raised = raise_priority(priority)
    try:
        yield
    finally:
        if was_raised:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

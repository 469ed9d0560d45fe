"""The guard, put together: Stackfile, engine, adapters, loop, and all that hears of its cycles."""

from pilothouse.guard.runtime.answers import health_of, problems_of, status_of
from pilothouse.guard.runtime.assembly import assemble
from pilothouse.guard.runtime.boundaries import RunningBoundaries
from pilothouse.guard.runtime.counters import GuardCollector
from pilothouse.guard.runtime.problems import NoStackfile, RestartNeeded, TaskGone
from pilothouse.guard.runtime.runtime import Part, Runtime, SessionListener
from pilothouse.guard.runtime.status import LoopStatus, ReloadOutcome

__all__ = [
    "GuardCollector",
    "LoopStatus",
    "NoStackfile",
    "Part",
    "ReloadOutcome",
    "RestartNeeded",
    "RunningBoundaries",
    "Runtime",
    "SessionListener",
    "TaskGone",
    "assemble",
    "health_of",
    "problems_of",
    "status_of",
]

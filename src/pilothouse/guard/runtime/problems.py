"""Why a running guard keeps what it has."""

from __future__ import annotations

from pilothouse.kit.errors import BadConfiguration, Conflict, Forbidden, Unavailable


class RestartNeeded(Conflict):
    """The new Stackfile changes {sections}, which a running guard cannot; stop the program and start it again."""


class TaskGone(Conflict):
    """The task {task!r} is running and is not in the new Stackfile; stop it first."""


class StaleVersion(Conflict):
    """The boundaries are at version {version} by now; read them again and repeat the change."""


class BoundaryExists(Conflict):
    """There is a boundary {name!r} already; PUT /api/boundaries/{name} replaces it."""


class StrangeCallback(Forbidden):
    """The Stackfile runs no function {function!r}, and the API imports none: write it into the Stackfile and reload,
    or start the guard with PILOTHOUSE_CALLBACKS_OVER_API=true."""


class NoStackfile(BadConfiguration):
    """There is no Stackfile to run: set PILOTHOUSE_STACKFILE, or start with `pilothouse guard run STACKFILE`."""


class GuardDataUnusable(BadConfiguration):
    """Cannot keep the guard's data in {directory}: {reason}; give another --data."""


class GuardDataInUse(BadConfiguration):
    """Another guard keeps its records in {directory}, and may move a robot; give this one a --data of its own."""


class EstopInputUnusable(BadConfiguration):
    """The emergency stop input cannot be read, check PILOTHOUSE_ESTOP_FUNCTION: {reason}"""


class ChangeNotKept(Unavailable):
    """The change cannot be written down and is not made: {reason}; see to the disk under --data."""

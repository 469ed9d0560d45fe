"""The quadratic program of a cycle, solved by daqp: the target closest to a wanted one within a box and half-spaces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import add, sub
from typing import Any

from pilothouse.guard.boundaries.boundary import Joints

FAR = 1e30
"""No bound, to daqp."""

TOLERANCE = 1e-10
"""Of daqp, on rows it scales to length 1."""


class SolverFailed(Exception):
    """The solver said something other than solved or infeasible, or called nonsense solved."""


class Program:
    """One problem of fixed size. Memory is allocated once; each solution starts from what bound the last one.

    numpy and daqp are loaded here, when a task that needs them is started, not when a robot process begins.
    """

    def __init__(self, joints: int, rows: int) -> None:
        import daqp  # type: ignore[import-not-found]
        import numpy

        self._joints, self._rows = joints, rows
        self._array = numpy.array
        self._f = numpy.zeros(joints)
        self._a = numpy.zeros((rows, joints))
        self._upper = numpy.full(joints + rows, FAR)
        self._lower = numpy.full(joints + rows, -FAR)
        self._model: Any = daqp.Model()
        self._model.settings = {"primal_tol": TOLERANCE}
        code, _ = self._model.setup(numpy.eye(joints), self._f, self._a, self._upper, self._lower)
        if code < 0:
            raise SolverFailed(f"daqp could not be set up: {code}")

    def solve(
        self,
        wanted: Joints,
        lower: Joints,
        upper: Joints,
        slopes: Sequence[Sequence[float]],
        ends: tuple[Sequence[float], Sequence[float]],
        at: Joints,
    ) -> Joints | None:
        """The target closest to ``wanted`` in the box with ``slopes @ (target - at)`` between ``ends``, or None.

        Raises :class:`SolverFailed`.
        """
        joints = self._joints
        # Around what is wanted: the cost has no linear part, and small numbers are exact ones.
        self._a[:] = slopes
        self._upper[:joints] = list(map(sub, upper, wanted))
        self._lower[:joints] = list(map(sub, lower, wanted))
        self._lower[joints:], self._upper[joints:] = ends
        if at is not wanted:
            shift = self._array(list(map(sub, at, wanted)))
            offset = self._a @ shift
            self._lower[joints:] += offset
            self._upper[joints:] += offset
        code = self._model.update(f=self._f, A=self._a, bupper=self._upper, blower=self._lower)
        if code < 0:
            # -1 is daqp's word for bounds that contradict each other.
            if code == -1:
                return None
            raise SolverFailed(f"daqp refused the problem: {code}")
        shift, _, code, _ = self._model.solve()
        if code == -1:
            return None
        if code != 1:
            raise SolverFailed(f"daqp ended with {code}")
        moves = shift.tolist()
        if not math.isfinite(sum(moves)):
            raise SolverFailed("daqp answered with something that is not a number")
        return tuple(map(min, upper, map(max, lower, map(add, wanted, moves))))

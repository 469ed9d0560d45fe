"""What boundaries in space have in common: distances that must not vanish, and how each joint changes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pilothouse.guard.boundaries.boundary import Boundary, Joints, Moment
from pilothouse.guard.boundaries.space import Space
from pilothouse.guard.kinematics.rotations import Vector

Margins = tuple[float, ...]
"""Distances to what is forbidden, metres or radians; negative is beyond."""

Slopes = Sequence[Sequence[float]]
"""One row per margin: by how much it grows with each joint."""

TOUCHING = 1e-9
"""What two ways of computing the same distance may differ by."""

OUTSIDE = 1e-6
"""Beyond a wall by less than this is at it: a command that was let through and rounded."""


class SpatialBoundary(Boundary):
    """A discrete-time control barrier: of the distance ``h`` left now, one step leaves at least ``(1 - gain) h``.

    A robot found beyond a margin is rejected; with ``allow_return`` it may come back, never go further.
    """

    allow_return = False
    gain: float
    size: int
    unit: ClassVar[str] = "m"
    opposed: ClassVar[bool] = False
    """The second half of the margins are those of walls opposite to the first half's: one slope stands for two."""

    def margins(self, space: Space, target: Joints) -> Margins:
        """All distances at a target."""
        raise NotImplementedError

    def slopes(self, space: Space, target: Joints) -> tuple[Margins, Slopes]:
        """All distances at a target and how they change there; of opposed ones only the first half's slopes."""
        raise NotImplementedError

    def swept(self, space: Space, start: Joints, target: Joints) -> Margins:
        """The smallest distances on the way, less what is uncertain; just those at the target unless overridden."""
        return self.certain(space, target, self.margins(space, target))

    def certain(self, space: Space, target: Joints, margins: Margins) -> Margins:
        """The margins at a target, less what is uncertain there."""
        metres, radians = space.doubt(target)
        if not metres and not radians:
            return margins
        less = metres if self.unit == "m" else radians
        return tuple([one - less for one in margins])

    def required(self, margins: Margins, most: float = 1.0) -> Margins | None:
        """What must be left after a step from these margins; None when nothing will do. No more of them than the part
        ``most`` may be used up."""
        keep = 1.0 - min(self.gain, most)
        if min(margins) >= 0.0:
            return tuple([one * keep for one in margins])
        if min(margins) < -OUTSIDE and not self.allow_return:
            return None
        return tuple([one * keep if one >= 0.0 else 0.0 if one >= -OUTSIDE else one for one in margins])

    def why(self, moment: Moment, target: Joints) -> str:
        """What a target does that it must not, for people; empty when it is fine."""
        margins = self.margins(moment.space, moment.reference)
        required = self.required(margins)
        if required is None:
            return self.already(margins)
        return self.shortfall(self.swept(moment.space, moment.reference, target), required)

    def already(self, margins: Margins) -> str:
        """What is passed before anything moves, for people."""
        number = margins.index(min(margins))
        return f"{self.side(number)} is passed by {-margins[number]:.4g} {self.unit} already"

    def shortfall(self, left: Margins, required: Margins) -> str:
        """Which margin is not kept, for people; empty when all are."""
        for number, (one, least) in enumerate(zip(left, required, strict=True)):
            if not one >= least - TOUCHING:
                if one < 0.0:
                    return f"{self.side(number)} would be passed by {-one:.4g} {self.unit}"
                return f"{self.side(number)} would be approached too fast: {one:.4g} of {least:.4g} {self.unit} left"
        return ""

    def side(self, number: int) -> str:
        """What a margin is the distance to."""
        raise NotImplementedError


def linear(direction: Vector, rows: Slopes) -> tuple[float, ...]:
    """How a distance along a direction changes with each joint; ``rows`` are the Jacobian's three of that kind."""
    x, y, z = direction
    return tuple([x * a + y * b + z * c for a, b, c in zip(*rows, strict=True)])

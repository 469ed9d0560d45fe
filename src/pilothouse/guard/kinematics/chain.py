"""A serial chain: links one after the other, each on a fixed place of the one before and perhaps moved by a joint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pilothouse.guard.kinematics.rotations import IDENTITY, ORIGIN, Matrix, Vector

Joints = Sequence[float]
Rows = tuple[tuple[float, ...], ...]
Frame = tuple[Vector, Matrix]
"""Position in metres and rotation, row by row, in the base frame."""

Place = tuple[Vector, Matrix, Rows]
"""A frame and the Jacobian there: rows linear x, y, z, then angular x, y, z; one column per joint."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link: where its frame lies on the link before, then what its joint does to it (None: it is fixed).

    ``axis`` is a unit vector in this link's frame, through ``anchor``. A revolute joint turns about it by the joint
    position less ``zero``, a prismatic one shifts along it by that much.
    """

    name: str
    position: Vector = ORIGIN
    rotation: Matrix = IDENTITY
    joint: str | None = None
    axis: Vector = (0.0, 0.0, 1.0)
    prismatic: bool = False
    anchor: Vector = ORIGIN
    zero: float = 0.0


@dataclass(frozen=True, slots=True)
class Chain:
    """Links from the base to the tip; metres and radians. ``joint_names`` says whose each number of a vector is.

    Joints of the vector that move no link of the chain have zeros in the Jacobian.
    """

    links: tuple[Link, ...]
    joint_names: tuple[str, ...]

    def with_tool(self, position: Vector, rotation: Matrix) -> Chain:
        """The chain with a tool's point on its tip."""
        return replace(self, links=(*self.links, Link("tool", position, rotation)))

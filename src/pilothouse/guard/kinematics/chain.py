"""A serial chain: links one after the other, each on a fixed place of the one before and perhaps moved by a joint."""

from __future__ import annotations

from dataclasses import dataclass

Vector = tuple[float, float, float]
Matrix = tuple[float, float, float, float, float, float, float, float, float]
"""Row by row."""

IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
ORIGIN: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Link:
    """A link: where its frame lies on the link before, then what its joint does to it (None: it is fixed).

    ``axis`` is a unit vector in this link's frame. A revolute joint turns about it by the joint position less ``zero``,
    a prismatic one shifts along it by that much.
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
    """Links from the base to the tip; metres and radians. ``joint_names`` says whose each number of a vector is."""

    links: tuple[Link, ...]
    joint_names: tuple[str, ...]

"""Where the simulated arm's joints and tool are, in plain numbers: a robot need not load numpy for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pilothouse.guard.model import Pose

Vector = tuple[float, float, float]
Rows = tuple[Vector, Vector, Vector]

# Base, shoulder, upper arm, forearm and wrist, as many small arms are built; further joints begin again.
AXES = "zyyzyz"
LENGTHS_M = (0.15, 0.15, 0.35, 0.25, 0.05, 0.08)
TOOL_M = 0.10


@dataclass(frozen=True, slots=True)
class Placed:
    """The arm in one posture, base frame, metres: every joint from base to tool, the tool's pose, the Jacobian."""

    points: tuple[Vector, ...]
    pose: Pose
    jacobian: tuple[tuple[float, ...], ...]


def place(positions: Sequence[float], prismatic: Sequence[bool]) -> Placed:
    """The arm at these joint positions."""
    rotation: Rows = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    here: Vector = (0.0, 0.0, 0.0)
    points: list[Vector] = [here]
    axes: list[Vector] = []
    for index, position in enumerate(positions):
        here = _along(here, _column(rotation, 2), LENGTHS_M[index % len(LENGTHS_M)])
        letter = AXES[index % len(AXES)]
        axis = _column(rotation, "xyz".index(letter))
        if prismatic[index]:
            here = _along(here, axis, position)
        else:
            rotation = _turned(rotation, letter, position)
        points.append(here)
        axes.append(axis)
    tool = _along(here, _column(rotation, 2), TOOL_M)
    columns = [
        (*axis, 0.0, 0.0, 0.0) if slides else (*_cross(axis, _minus(tool, point)), *axis)
        for axis, point, slides in zip(axes, points[1:], prismatic, strict=True)
    ]
    jacobian = tuple(tuple(column[row] for column in columns) for row in range(6))
    return Placed((*points, tool), Pose(tool, _quaternion(rotation)), jacobian)


def _column(rotation: Rows, number: int) -> Vector:
    return rotation[0][number], rotation[1][number], rotation[2][number]


def _along(start: Vector, direction: Vector, length: float) -> Vector:
    return (
        start[0] + direction[0] * length,
        start[1] + direction[1] * length,
        start[2] + direction[2] * length,
    )


def _minus(first: Vector, second: Vector) -> Vector:
    return first[0] - second[0], first[1] - second[1], first[2] - second[2]


def _cross(first: Vector, second: Vector) -> Vector:
    return (
        first[1] * second[2] - first[2] * second[1],
        first[2] * second[0] - first[0] * second[2],
        first[0] * second[1] - first[1] * second[0],
    )


def _turned(rotation: Rows, letter: str, angle: float) -> Rows:
    """The rotation, followed by one about its own y or z."""
    cos, sin = math.cos(angle), math.sin(angle)
    rows: list[Vector] = []
    for x, y, z in rotation:
        rows.append(
            (x * cos - z * sin, y, x * sin + z * cos) if letter == "y" else (x * cos + y * sin, y * cos - x * sin, z)
        )
    return rows[0], rows[1], rows[2]


def _quaternion(rotation: Rows) -> tuple[float, float, float, float]:
    """x, y, z, w of a rotation, by its largest part, so that nothing is divided by almost nothing."""
    (a, b, c), (d, e, f), (g, h, i) = rotation
    squares = (1 + a - e - i, 1 - a + e - i, 1 - a - e + i, 1 + a + e + i)
    largest = max(range(4), key=squares.__getitem__)
    scale = 0.5 / math.sqrt(squares[largest])
    quarter = squares[largest] * scale
    if largest == 3:
        return ((h - f) * scale, (c - g) * scale, (d - b) * scale, quarter)
    if largest == 0:
        return (quarter, (b + d) * scale, (c + g) * scale, (h - f) * scale)
    if largest == 1:
        return ((b + d) * scale, quarter, (f + h) * scale, (c - g) * scale)
    return ((c + g) * scale, (f + h) * scale, quarter, (d - b) * scale)

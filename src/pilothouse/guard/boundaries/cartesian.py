"""The tool in space (L1, and the task's box in L2): box, spheres to keep out of, orientation."""

from __future__ import annotations

import math

from pilothouse.guard.boundaries.boundary import Joints
from pilothouse.guard.boundaries.cartesian_settings import Box, KeepOutSpheresConfig, OrientationLimitConfig
from pilothouse.guard.boundaries.space import Space
from pilothouse.guard.boundaries.spatial import Margins, Slopes, SpatialBoundary, linear
from pilothouse.guard.kinematics import RobotModel
from pilothouse.guard.kinematics.rotations import Vector, cross, dot, turned, unit


class WorkspaceBox(SpatialBoundary):
    """Six walls; the tool's point stays between them. Source: forward kinematics, or pose and Jacobian observed."""

    size = 6
    opposed = True

    def __init__(self, name: str, config: Box, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.lower, self.upper = config.lower_m, config.upper_m
        self.gain = config.approach_gain
        self.allow_return = config.allow_return

    def margins(self, space: Space, target: Joints) -> Margins:
        x, y, z = space.point(target)
        (a, b, c), (d, e, f) = self.lower, self.upper
        return (x - a, y - b, z - c, d - x, e - y, f - z)

    def swept(self, space: Space, start: Joints, target: Joints) -> Margins:
        # As the margins less what is uncertain, written out: this is asked in every cycle.
        x, y, z = space.point(target)
        less = space.doubt(target)[0]
        (a, b, c), (d, e, f) = self.lower, self.upper
        return (x - a - less, y - b - less, z - c - less, d - x - less, e - y - less, f - z - less)

    def slopes(self, space: Space, target: Joints) -> tuple[Margins, Slopes]:
        (x, y, z), rows = space.course(target)
        (a, b, c), (d, e, f) = self.lower, self.upper
        return (x - a, y - b, z - c, d - x, e - y, f - z), rows[:3]

    def side(self, number: int) -> str:
        return f"the {'lower' if number < 3 else 'upper'} {'xyz'[number % 3]} wall"


class KeepOutSpheres(SpatialBoundary):
    """The tool, a sphere itself, stays outside spheres, also between two commands (taken as a straight line)."""

    def __init__(self, name: str, config: KeepOutSpheresConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.spheres = tuple((one.center_m, one.radius_m + config.tool_radius_m) for one in config.spheres)
        self.gain = config.approach_gain
        self.size = len(self.spheres)

    def margins(self, space: Space, target: Joints) -> Margins:
        position = space.point(target)
        return tuple([math.dist(position, center) - radius for center, radius in self.spheres])

    def swept(self, space: Space, start: Joints, target: Joints) -> Margins:
        before, after = space.point(start), space.point(target)
        margins = tuple([distance_to_way(center, before, after) - radius for center, radius in self.spheres])
        return self.certain(space, target, margins)

    def slopes(self, space: Space, target: Joints) -> tuple[Margins, Slopes]:
        position, rows = space.course(target)
        margins, slopes = [], []
        for center, radius in self.spheres:
            distance = math.dist(position, center)
            margins.append(distance - radius)
            # At the very centre no direction leads out; the margin alone says enough.
            away = [
                (here - there) / distance if distance else 0.0 for here, there in zip(position, center, strict=True)
            ]
            slopes.append(linear((away[0], away[1], away[2]), rows[:3]))
        return tuple(margins), tuple(slopes)

    def side(self, number: int) -> str:
        return f"sphere {number + 1}"


def distance_to_way(point: Vector, start: Vector, end: Vector) -> float:
    """From a point to a straight way, metres."""
    way = (end[0] - start[0], end[1] - start[1], end[2] - start[2])
    seen = (point[0] - start[0], point[1] - start[1], point[2] - start[2])
    length = dot(way, way)
    share = min(1.0, max(0.0, dot(seen, way) / length)) if length > 0.0 else 0.0
    return math.dist(point, (start[0] + share * way[0], start[1] + share * way[1], start[2] + share * way[2]))


class OrientationLimit(SpatialBoundary):
    """The angle between an axis of the tool and a direction, in radians, below a limit."""

    size = 1
    unit = "rad"

    def __init__(self, name: str, config: OrientationLimitConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.tool_axis, self.base_axis = unit(config.tool_axis), unit(config.base_axis)
        self.maximum = config.maximum_angle_rad
        self.gain = config.approach_gain

    def margins(self, space: Space, target: Joints) -> Margins:
        axis = turned(space.frame(target)[1], self.tool_axis)
        across = cross(axis, self.base_axis)
        return (self.maximum - math.atan2(math.sqrt(dot(across, across)), dot(axis, self.base_axis)),)

    def slopes(self, space: Space, target: Joints) -> tuple[Margins, Slopes]:
        _, rotation, rows = space.place(target)
        axis = turned(rotation, self.tool_axis)
        across = cross(axis, self.base_axis)
        sine = math.sqrt(dot(across, across))
        margin = self.maximum - math.atan2(sine, dot(axis, self.base_axis))
        # Exactly aligned (or opposed) every turn is as good as any other.
        direction: Vector = (across[0] / sine, across[1] / sine, across[2] / sine) if sine > 1e-9 else (0.0, 0.0, 0.0)
        return (margin,), (linear(direction, rows[3:]),)

    def side(self, number: int) -> str:
        return f"the limit of {self.maximum:.4g} rad"

"""Links, dressed in capsules, and how far they are from obstacles and from each other (L1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pilothouse.guard.boundaries.boundary import Joints
from pilothouse.guard.boundaries.cartesian_settings import Capsule, LinkCapsule, LinkDistanceConfig
from pilothouse.guard.boundaries.problems import BoundaryDoesNotFit
from pilothouse.guard.boundaries.space import Space
from pilothouse.guard.boundaries.spatial import Margins, Slopes, SpatialBoundary
from pilothouse.guard.kinematics import Chain, ChainDoesNotFit, RobotModel, compiled_links
from pilothouse.guard.kinematics.rotations import ORIGIN, Matrix, Vector, cross, dot, plus, scaled, turned

Segment = tuple[Vector, Vector]
Frames = tuple[tuple[Vector, Matrix], ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A capsule on a link (``frame`` is its place among the frames), or in the base frame (None)."""

    name: str
    frame: int | None
    segment: Segment
    radius: float
    joints: frozenset[int] = frozenset()


class LinkDistance(SpatialBoundary):
    """One margin per pair of bodies. Needs the robot's kinematics; half way between two commands counts as well."""

    def __init__(self, name: str, config: LinkDistanceConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        if robot.chain is None:
            raise BoundaryDoesNotFit(boundary=name, problem="links can be followed only with the robot's kinematics")
        links = list(dict.fromkeys(one.link for one in config.links))
        try:
            self._links = compiled_links(robot.chain, links)
        except ChainDoesNotFit as problem:
            raise BoundaryDoesNotFit(boundary=name, problem=f"links: {problem.facts['problem']}") from problem
        moving = [_on_link(robot.chain, links, one) for one in config.links]
        still = [_obstacle(number, one) for number, one in enumerate(config.obstacles)]
        self.pairs = tuple(_pairs(moving, still, config.self_pairs))
        self.minimum = config.minimum_m
        self.gain = config.approach_gain
        self.size = len(self.pairs)
        slides = {one.joint for one in robot.chain.links if one.prismatic}
        self._slides = tuple(one.name in slides for one in robot.joints)

    def margins(self, space: Space, target: Joints) -> Margins:
        frames, _ = self._links(target)
        return tuple([_closest(a, b, frames)[0] - a.radius - b.radius - self.minimum for a, b in self.pairs])

    def swept(self, space: Space, start: Joints, target: Joints) -> Margins:
        half = tuple([(here + there) / 2 for here, there in zip(start, target, strict=True)])
        return tuple(map(min, self.margins(space, half), self.margins(space, target)))

    def slopes(self, space: Space, target: Joints) -> tuple[Margins, Slopes]:
        frames, axes = self._links(target)
        margins, slopes = [], []
        for a, b in self.pairs:
            distance, at_a, at_b = _closest(a, b, frames)
            margins.append(distance - a.radius - b.radius - self.minimum)
            between = (at_a[0] - at_b[0], at_a[1] - at_b[1], at_a[2] - at_b[2])
            away = scaled(between, 1 / distance) if distance else ORIGIN
            slopes.append(
                tuple(
                    [
                        (self._speed(away, axes[n], n, at_a) if n in a.joints else 0.0)
                        - (self._speed(away, axes[n], n, at_b) if n in b.joints else 0.0)
                        for n in range(len(axes))
                    ]
                )
            )
        return tuple(margins), tuple(slopes)

    def _speed(self, away: Vector, axis: tuple[Vector, Vector], joint: int, point: Vector) -> float:
        direction, through = axis
        if self._slides[joint]:
            return dot(away, direction)
        arm = (point[0] - through[0], point[1] - through[1], point[2] - through[2])
        return dot(away, cross(direction, arm))

    def side(self, number: int) -> str:
        a, b = self.pairs[number]
        return f"the distance of {a.name} to {b.name}"


def _on_link(chain: Chain, links: list[str], capsule: LinkCapsule) -> Body:
    # A body that several joints move is several links of one name.
    last = max(number for number, link in enumerate(chain.links) if link.name == capsule.link)
    moved = [link.joint for link in chain.links[: last + 1] if link.joint is not None]
    segment = (capsule.from_m, capsule.to_m or capsule.from_m)
    return Body(
        capsule.link,
        links.index(capsule.link),
        segment,
        capsule.radius_m,
        frozenset(map(chain.joint_names.index, moved)),
    )


def _obstacle(number: int, capsule: Capsule) -> Body:
    return Body(f"obstacle {number + 1}", None, (capsule.from_m, capsule.to_m or capsule.from_m), capsule.radius_m)


def _pairs(moving: list[Body], still: list[Body], chosen: tuple[tuple[str, str], ...]) -> Iterator[tuple[Body, Body]]:
    for one in moving:
        for other in still:
            yield one, other
    for first, second in chosen:
        for one in moving:
            for other in moving:
                if one.name == first and other.name == second:
                    yield one, other


def _closest(a: Body, b: Body, frames: Frames) -> tuple[float, Vector, Vector]:
    (p, q), (r, s) = _placed(a, frames), _placed(b, frames)
    at_a, at_b = closest_points(p, q, r, s)
    return math.dist(at_a, at_b), at_a, at_b


def _placed(body: Body, frames: Frames) -> Segment:
    if body.frame is None:
        return body.segment
    position, rotation = frames[body.frame]
    start, end = body.segment
    return plus(position, turned(rotation, start)), plus(position, turned(rotation, end))


def closest_points(p: Vector, q: Vector, r: Vector, s: Vector) -> Segment:
    """The two points, one on the segment p-q and one on r-s, that are closest; segments may be points."""
    u, v, w = _way(p, q), _way(r, s), _way(r, p)
    a, e, f = dot(u, u), dot(v, v), dot(v, w)
    if a <= 0.0:
        return p, _along(r, v, _share(f, e))
    c = dot(u, w)
    if e <= 0.0:
        return _along(p, u, _share(-c, a)), r
    b = dot(u, v)
    area = a * e - b * b
    first = _share(b * f - c * e, area) if area > 1e-12 * a * e else 0.0
    second = (b * first + f) / e
    if not 0.0 <= second <= 1.0:
        second = min(1.0, max(0.0, second))
        first = _share(b * second - c, a)
    return _along(p, u, first), _along(r, v, second)


def _way(start: Vector, end: Vector) -> Vector:
    return (end[0] - start[0], end[1] - start[1], end[2] - start[2])


def _along(start: Vector, way: Vector, share: float) -> Vector:
    return (start[0] + way[0] * share, start[1] + way[1] * share, start[2] + way[2] * share)


def _share(part: float, whole: float) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0.0 else 0.0

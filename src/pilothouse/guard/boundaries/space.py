"""Where the tool is for joint targets: by the robot's kinematics, or from what the source brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from pilothouse.guard.kinematics import Chain, Frame, Place, RobotModel, compiled_forward, compiled_placing
from pilothouse.guard.kinematics.rotations import Vector, about, from_quaternion, product
from pilothouse.guard.model import Observation, Pose

Joints = tuple[float, ...]
Rows = Sequence[Sequence[float]]

FURTHEST_RAD = 0.25
"""How far from the observed joints a given Jacobian is believed: an arm of 1 m is then within 3 cm of the truth."""


class ToolUnknown(Exception):
    """Nobody can say where the tool is."""


Doubt = tuple[float, float]
"""By how much a frame may be wrong: metres, radians."""

CERTAIN: Doubt = (0.0, 0.0)


class Space(Protocol):
    """Frames in the base frame, metres; raises :class:`ToolUnknown`."""

    def see(self, observation: Observation, joints: Joints) -> None:
        """A new cycle."""

    def point(self, target: Joints) -> Vector:
        """Where the tool's point is when the joints are there."""

    def frame(self, target: Joints) -> Frame:
        """The same with the tool's orientation."""

    def place(self, target: Joints) -> Place:
        """The same with the Jacobian there."""

    def course(self, target: Joints) -> tuple[Vector, Rows]:
        """The tool's point and the Jacobian there, when nobody asks for its orientation."""

    def doubt(self, target: Joints) -> Doubt:
        """By how much :meth:`frame` may be wrong there."""

    def way_doubt(self, start: Joints, target: Joints) -> float:
        """By how many metres the distance between two frames may be wrong."""


class KnownSpace:
    """By the robot's own kinematics, exactly."""

    def __init__(self, chain: Chain) -> None:
        self.frame = compiled_forward(chain)
        self.place = compiled_placing(chain)

    def point(self, target: Joints) -> Vector:
        return self.frame(target)[0]

    def course(self, target: Joints) -> tuple[Vector, Rows]:
        position, _, rows = self.place(target)
        return position, rows

    def see(self, observation: Observation, joints: Joints) -> None:
        """Nothing of it depends on what is observed."""

    def doubt(self, target: Joints) -> Doubt:
        return CERTAIN

    def way_doubt(self, start: Joints, target: Joints) -> float:
        return 0.0


Shift = tuple[float, float, float, float, float]
"""Of the tool in x, y, z; the joints' motions together; the largest of them."""


class ObservedSpace:
    """To first order around the observed pose and Jacobian, and only near them.

    What that leaves out is bounded: the second derivative of the tool's position by two joints is no longer than the
    Jacobian's longest column, so a motion is off by at most half of that times the square of all joint motions' sum.
    """

    def __init__(self, joints: int) -> None:
        self._shift = _compiled_shift(joints)
        self._pose: Pose | None = None
        self._rows: Rows = ()
        self._joints: Joints = ()
        self._known: dict[int, tuple[Joints, Shift, Doubt]] = {}
        self._reach: float | None = None

    def see(self, observation: Observation, joints: Joints) -> None:
        pose, rows = observation.end_effector, observation.jacobian
        self._pose = None if rows is None else pose
        self._reach = None
        self._known.clear()
        if pose is not None and rows is not None:
            self._rows, self._joints = rows, joints

    def point(self, target: Joints) -> Vector:
        dx, dy, dz, _, _ = self._shifted(target)[1]
        assert self._pose is not None
        x, y, z = self._pose.position
        return x + dx, y + dy, z + dz

    def frame(self, target: Joints) -> Frame:
        position = self.point(target)
        assert self._pose is not None
        rotation = from_quaternion(*self._pose.quaternion)
        rx, ry, rz = self._shift(self._rows[3:], self._joints, target)[:3]
        angle = (rx * rx + ry * ry + rz * rz) ** 0.5
        if angle > 0.0:
            rotation = product(about((rx / angle, ry / angle, rz / angle), angle), rotation)
        return position, rotation

    def place(self, target: Joints) -> Place:
        position, rotation = self.frame(target)
        return position, rotation, tuple(map(tuple, self._rows))

    def course(self, target: Joints) -> tuple[Vector, Rows]:
        return self.point(target), self._rows

    def doubt(self, target: Joints) -> Doubt:
        return self._shifted(target)[2]

    def way_doubt(self, start: Joints, target: Joints) -> float:
        motion = max(self._shifted(start)[1][3], self._shifted(target)[1][3])
        between = sum([abs(there - here) for here, there in zip(start, target, strict=True)])
        return self._longest() * motion * (1.0 + motion) * between

    def _shifted(self, target: Joints) -> tuple[Joints, Shift, Doubt]:
        known = self._known.get(id(target))
        if known is not None:
            return known
        if self._pose is None:
            raise ToolUnknown("the robot has no kinematics, and the observation brings no tool pose or no Jacobian")
        shift = self._shift(self._rows, self._joints, target)
        if shift[4] > FURTHEST_RAD:
            raise ToolUnknown(f"a joint is {shift[4]:.3g} rad from where the given Jacobian holds")
        motion = shift[3]
        # The columns grow on the way as well, by at most the motion's part of themselves.
        bend = 0.5 * motion * motion * (1.0 + motion)
        reach = self._longest()
        if reach <= 0.0 and not any(map(any, self._rows)):
            raise ToolUnknown("the given Jacobian is all zeros: it says that no joint moves the tool")
        # The target is kept with its number: no other one can have it as long as this one lives.
        known = self._known[id(target)] = (target, shift, (bend * reach, bend))
        return known

    def _longest(self) -> float:
        if self._reach is None:
            first, second, third = self._rows[:3]
            longest = max([x * x + y * y + z * z for x, y, z in zip(first, second, third, strict=True)])
            self._reach = longest**0.5
        return self._reach


def _compiled_shift(joints: int) -> Callable[[Rows, Joints, Joints], Shift]:
    """Straight-line code for so many joints: what the first three rows make of a motion."""
    names = [f"d{number}" for number in range(joints)]
    lines = ["def shift(rows, start, end):"]
    for letter, vector in (("a", "rows[0]"), ("b", "rows[1]"), ("c", "rows[2]"), ("s", "start"), ("e", "end")):
        lines.append(f"    {''.join(f'{letter}{number}, ' for number in range(joints))} = {vector}")
    lines += [f"    {name} = e{number} - s{number}" for number, name in enumerate(names)]
    sums = [" + ".join(f"{letter}{number} * {name}" for number, name in enumerate(names)) for letter in "abc"]
    lines += [f"    z{number} = {name} if {name} >= 0.0 else -{name}" for number, name in enumerate(names)]
    sizes = [f"z{number}" for number in range(joints)]
    largest = f"max({', '.join(sizes)})" if joints > 1 else sizes[0]
    lines.append(f"    return {', '.join(sums)}, {' + '.join(sizes)}, {largest}")
    space: dict[str, Any] = {}
    exec(compile("\n".join(lines), "<shift of a tool>", "exec"), space)  # noqa: S102 - loop indices only
    function: Callable[[Rows, Joints, Joints], Shift] = space["shift"]
    return function


def space_of(robot: RobotModel) -> Space:
    """What is known of a robot's tool."""
    return ObservedSpace(len(robot.joints)) if robot.chain is None else KnownSpace(robot.chain)

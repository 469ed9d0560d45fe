"""Where the tool is for joint targets: by the robot's kinematics, or from what the source brings."""

from __future__ import annotations

from typing import Protocol

from pilothouse.guard.kinematics import Chain, Frame, Place, compiled_forward, compiled_placing
from pilothouse.guard.kinematics.rotations import about, from_quaternion, product
from pilothouse.guard.model import Observation

Joints = tuple[float, ...]

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

    def frame(self, target: Joints) -> Frame:
        """Where the tool is when the joints are there."""

    def place(self, target: Joints) -> Place:
        """The same with the Jacobian there."""

    def doubt(self, target: Joints) -> Doubt:
        """By how much :meth:`frame` may be wrong there."""

    def way_doubt(self, start: Joints, target: Joints) -> float:
        """By how many metres the distance between two frames may be wrong."""


class KnownSpace:
    """By the robot's own kinematics, exactly."""

    def __init__(self, chain: Chain) -> None:
        self.frame = compiled_forward(chain)
        self.place = compiled_placing(chain)

    def see(self, observation: Observation, joints: Joints) -> None:
        """Nothing of it depends on what is observed."""

    def doubt(self, target: Joints) -> Doubt:
        return CERTAIN

    def way_doubt(self, start: Joints, target: Joints) -> float:
        return 0.0


class ObservedSpace:
    """To first order around the observed pose and Jacobian, and only near them.

    What that leaves out is bounded: the second derivative of the tool's position by two joints is no longer than the
    Jacobian's longest column, so a motion is off by at most half of that times the square of all joint motions' sum.
    """

    def __init__(self) -> None:
        self._place: Place | None = None
        self._joints: Joints = ()
        self._reach: float | None = None

    def see(self, observation: Observation, joints: Joints) -> None:
        self._place = self._reach = None
        pose, rows = observation.end_effector, observation.jacobian
        if pose is None or rows is None:
            return
        x, y, z = map(float, pose.position)
        self._place = ((x, y, z), from_quaternion(*map(float, pose.quaternion)), tuple(rows))
        self._joints = joints

    def frame(self, target: Joints) -> Frame:
        (x, y, z), rotation, rows = self._known()
        if target == self._joints:
            return (x, y, z), rotation
        shift = [there - here for here, there in zip(self._joints, target, strict=True)]
        if max(shift) > FURTHEST_RAD or min(shift) < -FURTHEST_RAD:
            raise ToolUnknown(f"a joint is {max(map(abs, shift)):.3g} rad from where the given Jacobian holds")
        dx, dy, dz, rx, ry, rz = [sum([one * by for one, by in zip(row, shift, strict=True)]) for row in rows]
        angle = (rx * rx + ry * ry + rz * rz) ** 0.5
        if angle > 0.0:
            rotation = product(about((rx / angle, ry / angle, rz / angle), angle), rotation)
        return (x + dx, y + dy, z + dz), rotation

    def place(self, target: Joints) -> Place:
        position, rotation = self.frame(target)
        return position, rotation, self._known()[2]

    def doubt(self, target: Joints) -> Doubt:
        motion = _motion(self._joints, target)
        # The columns grow on the way as well, by at most the motion's part of themselves.
        bend = 0.5 * motion * motion * (1.0 + motion)
        return bend * self._longest(), bend

    def way_doubt(self, start: Joints, target: Joints) -> float:
        motion = max(_motion(self._joints, start), _motion(self._joints, target))
        return self._longest() * motion * (1.0 + motion) * _motion(start, target)

    def _longest(self) -> float:
        if self._reach is None:
            first, second, third = self._known()[2][:3]
            longest = max([x * x + y * y + z * z for x, y, z in zip(first, second, third, strict=True)])
            self._reach = longest**0.5
        return self._reach

    def _known(self) -> Place:
        if self._place is None:
            raise ToolUnknown("the robot has no kinematics, and the observation brings no tool pose or no Jacobian")
        return self._place


def _motion(start: Joints, end: Joints) -> float:
    return sum([abs(there - here) for here, there in zip(start, end, strict=True)])


def space_of(chain: Chain | None) -> Space:
    """What is known of a robot's tool."""
    return ObservedSpace() if chain is None else KnownSpace(chain)

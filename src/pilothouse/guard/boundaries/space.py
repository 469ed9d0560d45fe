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


class Space(Protocol):
    """Frames in the base frame, metres; raises :class:`ToolUnknown`."""

    def see(self, observation: Observation, joints: Joints) -> None:
        """A new cycle."""

    def frame(self, target: Joints) -> Frame:
        """Where the tool is when the joints are there."""

    def place(self, target: Joints) -> Place:
        """The same with the Jacobian there."""


class KnownSpace:
    """By the robot's own kinematics, exactly."""

    def __init__(self, chain: Chain) -> None:
        self.frame = compiled_forward(chain)
        self.place = compiled_placing(chain)

    def see(self, observation: Observation, joints: Joints) -> None:
        """Nothing of it depends on what is observed."""


class ObservedSpace:
    """To first order around the observed pose and Jacobian, and only near them."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self._joints: Joints = ()

    def see(self, observation: Observation, joints: Joints) -> None:
        self._place = None
        pose, rows = observation.end_effector, observation.jacobian
        if pose is None or rows is None:
            return
        x, y, z = map(float, pose.position)
        self._place = ((x, y, z), from_quaternion(*map(float, pose.quaternion)), tuple(rows))
        self._joints = joints

    def frame(self, target: Joints) -> Frame:
        (x, y, z), rotation, rows = self._known()
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

    def _known(self) -> Place:
        if self._place is None:
            raise ToolUnknown("the robot has no kinematics, and the observation brings no tool pose or no Jacobian")
        return self._place


def space_of(chain: Chain | None) -> Space:
    """What is known of a robot's tool."""
    return ObservedSpace() if chain is None else KnownSpace(chain)

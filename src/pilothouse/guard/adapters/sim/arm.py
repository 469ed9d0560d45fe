"""The simulated arm: servos with inertia, heat and current. As time is told to it, it always moves the same way."""

from __future__ import annotations

import math
import threading
from random import Random

from pilothouse.guard.adapters.sim.geometry import place
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile.adapters import SimSourceConfig
from pilothouse.guard.stackfile.robot import JointConfig, RobotConfig
from pilothouse.kit.clock import NS_PER_S, Clock

STEP_S = 0.002
STEP_NS = round(STEP_S * NS_PER_S)
# Nobody asked for longer than this: the arm stood where it was.
LONGEST_STEPS = round(1.0 / STEP_S)
# A servo that settles within about 0.2 s, without swinging over.
STIFFNESS, DAMPING = 625.0, 50.0
BRAKES_RAD_S2 = 60.0
# Mechanical ends, beyond the limits a Stackfile gives.
BEYOND_RAD = 0.2
GRIPPER_M_S = 0.1
AMBIENT_C = 25.0
SUPPLY_V = 48.0


class _Joint:
    """One servo."""

    __slots__ = ("config", "current_a", "lower", "position", "speed", "strongest", "target", "temperature_c", "upper")

    def __init__(self, config: JointConfig, position: float) -> None:
        self.config = config
        self.position = self.target = position
        self.speed = 0.0
        self.current_a = 0.0
        self.temperature_c = AMBIENT_C
        self.lower = -math.inf if config.lower is None else config.lower - BEYOND_RAD
        self.upper = math.inf if config.upper is None else config.upper + BEYOND_RAD
        self.strongest = 2 * (config.acceleration or BRAKES_RAD_S2 / 2)

    def step(self, *, braking: bool) -> None:
        if braking:
            change = min(abs(self.speed), BRAKES_RAD_S2 * STEP_S)
            acceleration = -math.copysign(change, self.speed) / STEP_S
        else:
            wanted = STIFFNESS * (self.target - self.position) - DAMPING * self.speed
            acceleration = max(-self.strongest, min(self.strongest, wanted))
        self.speed += acceleration * STEP_S
        self.position += self.speed * STEP_S
        if not self.lower <= self.position <= self.upper:
            self.position = max(self.lower, min(self.upper, self.position))
            self.speed = 0.0
        self.current_a = 0.4 + 0.12 * abs(acceleration) + 0.5 * abs(self.speed)
        heat = 0.6 * self.current_a**2 - 0.05 * (self.temperature_c - AMBIENT_C)
        self.temperature_c = min(200.0, self.temperature_c + heat * STEP_S)


class SimArm:
    """Source and sink in one: what is applied moves what is read. For any number of threads."""

    def __init__(self, robot: RobotConfig, config: SimSourceConfig, clock: Clock) -> None:
        self._robot = robot
        self._clock = clock
        self._noise_rad = config.noise_rad
        self._random = Random(config.seed)  # noqa: S311 - noise of a sensor
        start = config.start or tuple(middle(joint) for joint in robot.joints)
        self._joints = [_Joint(joint, position) for joint, position in zip(robot.joints, start, strict=True)]
        self._prismatic = tuple(joint.type == "prismatic" for joint in robot.joints)
        self._gripper = self._gripper_target = robot.gripper.upper_m if robot.gripper else None
        self._lock = threading.Lock()
        self._is_braking = False
        self._reached_ns = clock.monotonic_ns()

    @property
    def positions(self) -> tuple[float, ...]:
        """Where the joints really are now, without noise."""
        with self._lock:
            self._advance()
            return tuple(one.position for one in self._joints)

    @property
    def prismatic(self) -> tuple[bool, ...]:
        return self._prismatic

    def observe(self) -> Observation:
        """What its sensors say now."""
        with self._lock:
            self._advance()
            now_ns = self._clock.now_ns()
            positions = tuple(one.position + self._noise() for one in self._joints)
            speeds = tuple(one.speed for one in self._joints)
            gripper, channels = self._gripper, self._channels()
        placed = place(positions, self._prismatic)
        return Observation(
            timestamp=now_ns / NS_PER_S,
            joint_positions=positions,
            joint_velocities=speeds,
            end_effector=placed.pose,
            jacobian=placed.jacobian,
            gripper=gripper,
            channels=channels,
            features=(*positions, *speeds),
        )

    def apply(self, action: Action) -> None:
        """Move to these targets from now on; what is no finite number moves nothing."""
        if len(action.joint_positions) != len(self._joints) or not all(map(math.isfinite, action.joint_positions)):
            raise ValueError(f"the arm has {len(self._joints)} joints and moves to finite targets only")
        with self._lock:
            self._advance()
            self._is_braking = False
            for joint, target in zip(self._joints, action.joint_positions, strict=True):
                joint.target = target
            if action.gripper is not None and self._robot.gripper is not None and math.isfinite(action.gripper):
                self._gripper_target = max(
                    self._robot.gripper.lower_m, min(self._robot.gripper.upper_m, action.gripper)
                )

    def brake(self) -> None:
        """Stop as fast as the brakes can, until the next action. Waits for nobody."""
        self._is_braking = True

    def _noise(self) -> float:
        return self._random.gauss(0.0, self._noise_rad) if self._noise_rad else 0.0

    def _advance(self) -> None:
        due = (self._clock.monotonic_ns() - self._reached_ns) // STEP_NS
        self._reached_ns += due * STEP_NS
        for _ in range(min(due, LONGEST_STEPS)):
            braking = self._is_braking
            for joint in self._joints:
                joint.step(braking=braking)
            if self._gripper is not None and self._gripper_target is not None and not braking:
                way = self._gripper_target - self._gripper
                self._gripper += max(-GRIPPER_M_S * STEP_S, min(GRIPPER_M_S * STEP_S, way))

    def _channels(self) -> dict[str, float]:
        channels: dict[str, float] = {}
        for joint in self._joints:
            channels[f"{joint.config.name}.temperature_c"] = joint.temperature_c
            channels[f"{joint.config.name}.current_a"] = joint.current_a
        channels["voltage_v"] = SUPPLY_V - 0.05 * sum(joint.current_a for joint in self._joints)
        return channels


def middle(joint: JointConfig) -> float:
    """Half way between a joint's limits; 0 for one without."""
    return 0.0 if joint.lower is None or joint.upper is None else (joint.lower + joint.upper) / 2

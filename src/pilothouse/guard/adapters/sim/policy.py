"""A policy for the simulated arm: calm, and on request not."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

from pilothouse.guard.adapters.sim.arm import middle
from pilothouse.guard.model import Observation
from pilothouse.guard.stackfile.adapters import SimPolicyConfig
from pilothouse.guard.stackfile.robot import JointConfig, RobotConfig

# It begins where the arm is, and is in full swing after this.
EASE_IN_S = 3.0
JUMP_RAD = 1.0
LATE_S = 0.5
MIXTURE = ("jump", "overreach", "nan", "partial")


class SimPolicy:
    """Swings every joint around its middle. Its time is that of the observations, so it does the same each time."""

    def __init__(self, config: SimPolicyConfig, robot: RobotConfig) -> None:
        self._config = config
        self._robot = robot
        self._began_s: float | None = None
        self._from: tuple[float, ...] = ()

    def reset(self) -> None:
        self._began_s = None

    def predict(self, observation: Observation) -> Sequence[float]:
        if self._began_s is None:
            self._began_s, self._from = observation.timestamp, observation.joint_positions
        elapsed_s = observation.timestamp - self._began_s
        return self._misbehaved(elapsed_s, self._calm(elapsed_s))

    def _calm(self, elapsed_s: float) -> list[float]:
        share = min(1.0, elapsed_s / EASE_IN_S)
        ease = share * share * (3 - 2 * share)
        phase = 2 * math.pi * elapsed_s / self._config.period_s
        wave = [
            middle(joint) + self._config.reach * _half(joint) * math.sin(phase + number)
            for number, joint in enumerate(self._robot.joints)
        ]
        targets = [start + ease * (goal - start) for start, goal in zip(self._from, wave, strict=True)]
        gripper = self._robot.gripper
        if gripper is None:
            return targets
        return [*targets, gripper.lower_m + (gripper.upper_m - gripper.lower_m) * (0.5 + 0.5 * math.cos(phase))]

    def _misbehaved(self, elapsed_s: float, targets: list[float]) -> Sequence[float]:
        config = self._config
        number, since_s = divmod(elapsed_s, config.misbehave_every_s)
        if config.misbehave == "none" or number < 1 or since_s >= config.misbehave_for_s:
            return targets
        kind = MIXTURE[(int(number) - 1) % len(MIXTURE)] if config.misbehave == "mixed" else config.misbehave
        match kind:
            case "jump":
                return [targets[0] + JUMP_RAD, *targets[1:]]
            case "overreach":
                return [10.0 + abs(targets[0]), *targets[1:]]
            case "nan":
                return [math.nan, *targets[1:]]
            case "partial":
                return targets[:1]
            case "late":
                threading.Event().wait(LATE_S)
                return targets
            case _:
                raise RuntimeError("the policy was told to crash")


def _half(joint: JointConfig) -> float:
    return 1.0 if joint.lower is None or joint.upper is None else (joint.upper - joint.lower) / 2

"""An environment of Gymnasium as a robot."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile.adapters import GymnasiumSourceConfig
from pilothouse.guard.stackfile.robot import RobotConfig
from pilothouse.kit.clock import NS_PER_S, Clock


class GymnasiumWorld:
    """One environment; time passes in it when it is stepped. An episode that ends is followed by the next."""

    def __init__(self, env: Any, robot: RobotConfig, config: GymnasiumSourceConfig) -> None:
        self._env = env
        self._config = config
        self._lock = threading.Lock()
        self._size = len(robot.joints) + (robot.gripper is not None)
        if getattr(env.action_space, "shape", None) != (self._size,):
            raise ValueError(f"its actions are {env.action_space}, and the robot's are {self._size} numbers")
        first, _ = env.reset(seed=config.seed)
        self.newest = self._observed(first)

    @classmethod
    def open(cls, robot: RobotConfig, config: GymnasiumSourceConfig) -> GymnasiumWorld:
        """Raises whatever gymnasium.make does, and ValueError for an environment of another size."""
        import gymnasium

        return cls(gymnasium.make(config.env, **config.options), robot, config)

    def step(self, action: Action) -> None:
        import numpy as np

        numbers = [*action.joint_positions, *(() if action.gripper is None else (action.gripper,))]
        if len(numbers) != self._size:
            raise ValueError(f"the action has {len(numbers)} numbers, and a step takes {self._size}")
        with self._lock:
            space = self._env.action_space
            found, _, terminated, truncated, _ = self._env.step(np.asarray(numbers, dtype=space.dtype))
            if terminated or truncated:
                found, _ = self._env.reset()
            self.newest = self._observed(found)

    def close(self) -> None:
        self._env.close()

    def _observed(self, found: Any) -> Observation:
        import numpy as np

        flat = np.asarray(found, dtype=float).ravel().tolist()
        longest = max((*self._config.positions, *(self._config.velocities or ())))
        if longest >= len(flat):
            raise ValueError(f"its observation has {len(flat)} numbers, and number {longest} is asked for")
        speeds = self._config.velocities
        return Observation(
            timestamp=0.0,
            joint_positions=tuple(flat[index] for index in self._config.positions),
            joint_velocities=None if speeds is None else tuple(flat[index] for index in speeds),
            features=tuple(flat) if self._config.features else None,
        )


class GymnasiumSource:
    """What the environment showed last. It stands still between steps, so that is what is true now."""

    def __init__(self, world: GymnasiumWorld, clock: Clock) -> None:
        self._world = world
        self._clock = clock

    def start(self) -> None:
        """It is there."""

    def read(self) -> Observation | None:
        return replace(self._world.newest, timestamp=self._clock.now_ns() / NS_PER_S)

    def stop(self) -> None:
        self._world.close()


class GymnasiumSink:
    """Steps the environment."""

    def __init__(self, world: GymnasiumWorld) -> None:
        self._world = world

    def apply(self, action: Action) -> None:
        self._world.step(action)

    def emergency_stop(self) -> None:
        """It moves only when it is stepped."""

    def stop(self) -> None:
        """Its source closes it."""

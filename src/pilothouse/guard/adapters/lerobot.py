"""A robot of LeRobot. Its library is imported when it is opened; nothing else here knows it."""

from __future__ import annotations

import math
import threading
from importlib import import_module
from io import BytesIO
from typing import Any

from pilothouse.guard.adapters.watching import WatchingSource
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile.adapters import LeRobotSourceConfig
from pilothouse.guard.stackfile.robot import RobotConfig
from pilothouse.kit.clock import NS_PER_S, Clock

POSITION = ".pos"
# How long an emergency waits for the serial line before it speaks on it all the same.
PATIENCE_S = 0.05


class LeRobotWorld:
    """One robot. Its line takes one speaker at a time: reading and moving take turns."""

    def __init__(self, device: Any, robot: RobotConfig, config: LeRobotSourceConfig, clock: Clock) -> None:
        self._device = device
        self._robot = robot
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, float] = {}

    @classmethod
    def open(cls, robot: RobotConfig, config: LeRobotSourceConfig, clock: Clock) -> LeRobotWorld:
        """Raises ModuleNotFoundError without lerobot, and whatever its robots do."""
        robots = import_module("lerobot.robots")
        # Robots make themselves known to LeRobot when their module is imported; some share one.
        for name in (config.robot, config.robot.rpartition("_")[0]):
            try:
                import_module(f"lerobot.robots.{name}")
            except ModuleNotFoundError as error:
                if error.name != f"lerobot.robots.{name}":
                    raise
        kind = robots.RobotConfig.get_choice_class(config.robot)
        return cls(robots.make_robot_from_config(kind(**config.options)), robot, config, clock)

    def connect(self) -> None:
        self._device.connect()

    def close(self) -> None:
        with self._lock:
            self._device.disconnect()

    @property
    def period_s(self) -> float:
        return 1 / self._config.rate_hz

    def observe(self) -> Observation:
        with self._lock:
            found = self._device.get_observation()
            now_ns = self._clock.now_ns()
        self._seen = {name: float(value) for name, value in found.items() if name.endswith(POSITION)}
        positions = tuple(self._radians(self._seen[name + POSITION]) for name in self._robot.joint_names)
        images = {name: _jpeg(value) for name, value in found.items() if getattr(value, "ndim", 0) == 3}
        return Observation(now_ns / NS_PER_S, positions, gripper=self._gripper(), images=images)

    def move(self, action: Action) -> None:
        targets = {
            name + POSITION: math.degrees(target) if self._config.degrees else target
            for name, target in zip(self._robot.joint_names, action.joint_positions, strict=True)
        }
        gripper, joint = self._robot.gripper, self._config.gripper_joint
        if gripper is not None and joint is not None and action.gripper is not None:
            targets[joint + POSITION] = action.gripper / gripper.upper_m * self._config.gripper_scale
        with self._lock:
            self._device.send_action(targets)

    def hold(self) -> None:
        """Stay where it was last seen. Waits for a turn on the line, but not for long."""
        has_turn = self._lock.acquire(timeout=PATIENCE_S)
        try:
            if self._seen:
                self._device.send_action(dict(self._seen))
        finally:
            if has_turn:
                self._lock.release()

    def _radians(self, position: float) -> float:
        return math.radians(position) if self._config.degrees else position

    def _gripper(self) -> float | None:
        gripper, joint = self._robot.gripper, self._config.gripper_joint
        if gripper is None or joint is None or joint + POSITION not in self._seen:
            return None
        return self._seen[joint + POSITION] / self._config.gripper_scale * gripper.upper_m


def _jpeg(pixels: Any) -> bytes:
    from PIL import Image

    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


class LeRobotSource(WatchingSource):
    """What the robot observes."""

    def __init__(self, world: LeRobotWorld) -> None:
        super().__init__("lerobot", world.period_s)
        self._world = world

    def start(self) -> None:
        self._world.connect()
        super().start()

    def look(self) -> Observation:
        return self._world.observe()

    def stop(self) -> None:
        is_connected = self._thread.is_alive()
        super().stop()
        if is_connected:
            self._world.close()


class LeRobotSink:
    """Moves the robot."""

    def __init__(self, world: LeRobotWorld) -> None:
        self._world = world

    def apply(self, action: Action) -> None:
        self._world.move(action)

    def emergency_stop(self) -> None:
        self._world.hold()

    def stop(self) -> None:
        self._world.hold()

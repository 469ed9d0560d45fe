"""The simulated arm as a source."""

from __future__ import annotations

from dataclasses import replace

from pilothouse.guard.adapters.sim.arm import SimArm
from pilothouse.guard.adapters.sim.cameras import open_cameras
from pilothouse.guard.model import Observation
from pilothouse.guard.stackfile.adapters import SimSourceConfig


class SimSource:
    """Reads the arm; the frames of its cameras are the newest there are."""

    def __init__(self, arm: SimArm, config: SimSourceConfig) -> None:
        self._arm = arm
        self._cameras = open_cameras(config.cameras, arm)

    def start(self) -> None:
        if self._cameras:
            # Now, not in the first cycles: an import holds everybody up.
            from PIL import Image, ImageDraw, JpegImagePlugin  # noqa: F401

    def read(self) -> Observation | None:
        observation = self._arm.observe()
        if not self._cameras:
            return observation
        frames = {name: camera.newest() for name, camera in self._cameras.items()}
        return replace(observation, images={name: frame for name, frame in frames.items() if frame is not None})

    def stop(self) -> None:
        for camera in self._cameras.values():
            camera.stop()

"""Cameras that see the simulated arm: real JPEG files, drawn on a thread of their own, and only if somebody looks."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from pilothouse.guard.adapters.sim.arm import SimArm
from pilothouse.guard.adapters.sim.geometry import Vector, place
from pilothouse.guard.stackfile.adapters import CameraConfig

if TYPE_CHECKING:
    from PIL import Image

BACKGROUND, FLOOR, ARM, JOINT, TOOL = "#10161d", "#2a3542", "#8fb8de", "#e8eef4", "#f2a33a"
# What is seen, in metres across the smaller side of the picture.
SEEN_M = 1.6
END_S = 1.0


class SimCamera:
    """One camera: `top` looks down, `front` along x, any other from the side."""

    def __init__(self, name: str, config: CameraConfig, arm: SimArm) -> None:
        self.name = name
        self._config = config
        self._arm = arm
        self._stop = threading.Event()
        self._seen = threading.Event()
        self._thread: threading.Thread | None = None
        self._frame: bytes | None = None

    def newest(self) -> bytes | None:
        """The newest frame, the same object until there is another; None before the first."""
        if self._thread is None and not self._stop.is_set():
            self._thread = threading.Thread(target=self._watch, name=f"camera-{self.name}", daemon=True)
            self._thread.start()
        return self._frame

    def wait(self, timeout_s: float) -> bytes | None:
        """The newest frame, waiting for the first."""
        self.newest()
        self._seen.wait(timeout_s)
        return self._frame

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(END_S)

    def _watch(self) -> None:
        number = 0
        while not self._stop.is_set():
            self._frame = self._shoot(number)
            self._seen.set()
            number += 1
            self._stop.wait(1 / self._config.rate_hz)

    def _shoot(self, number: int) -> bytes:
        from PIL import Image, ImageDraw  # a robot without cameras has no need of it

        width, height = self._config.width, self._config.height
        picture = Image.new("RGB", (width, height), BACKGROUND)
        draw = ImageDraw.Draw(picture)
        points = [self._seen_at(point) for point in place(self._arm.positions, self._arm.prismatic).points]
        if self.name != "top":
            floor = self._seen_at((0.0, 0.0, 0.0))[1]
            draw.line([(0, floor), (width, floor)], fill=FLOOR, width=2)
        thickness = max(2, min(width, height) // 30)
        draw.line(points, fill=ARM, width=thickness, joint="curve")
        for x, y in points[:-1]:
            draw.ellipse([x - thickness / 2, y - thickness / 2, x + thickness / 2, y + thickness / 2], fill=JOINT)
        x, y = points[-1]
        draw.ellipse([x - thickness, y - thickness, x + thickness, y + thickness], outline=TOOL, width=2)
        draw.text((4, 2), f"{self.name} {number}", fill=JOINT)
        return self._jpeg(picture)

    def _jpeg(self, picture: Image.Image) -> bytes:
        file = BytesIO()
        picture.save(file, "JPEG", quality=self._config.quality)
        return file.getvalue()

    def _seen_at(self, point: Vector) -> tuple[float, float]:
        x, y, z = point
        across, up = {"top": (y, x), "front": (y, z - 0.6)}.get(self.name, (x, z - 0.6))
        scale = min(self._config.width, self._config.height) / SEEN_M
        return self._config.width / 2 + across * scale, self._config.height / 2 - up * scale


def open_cameras(configs: Mapping[str, CameraConfig], arm: SimArm) -> dict[str, SimCamera]:
    """A camera for each configuration; none draws before somebody looks."""
    return {name: SimCamera(name, config, arm) for name, config in configs.items()}

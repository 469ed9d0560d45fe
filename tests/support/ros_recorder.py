"""A recorder among the nodes of a ROS 2 in memory, which fill its window and then say something large.

`python -m tests.support.ros_recorder WINDOW_MIB`, and then what follows `pilothouse`. It is as lean as the real one.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

from tests.support import fake_ros

MIB = 1 << 20
FRAME_BYTES, SMALL_PER_FRAME = 300_000, 20


class _Patch:
    """Nothing is undone: the process ends."""

    def setitem(self, mapping: dict[str, Any], key: str, value: Any) -> None:
        mapping[key] = value


def speak(graph: fake_ros.Graph, window_mib: int) -> None:
    """Fill the window, then a grid of a quarter of it, one of a byte more, and a small one."""
    kinds = {"/camera": "sensor_msgs/msg/Image", "/state": "std_msgs/msg/String", "/grid": "nav_msgs/msg/OccupancyGrid"}
    by_topic = {topic: graph.publisher(topic, kind) for topic, kind in kinds.items()}

    def say(topic: str, size: int) -> None:
        graph.publish(by_topic[topic], os.urandom(size))
        while graph.waiting:
            time.sleep(fake_ros.SMALLEST_WAIT_S)

    while not all(graph.subscribed(topic) for topic in kinds):
        time.sleep(fake_ros.SMALLEST_WAIT_S)
    for _ in range(5 * window_mib * MIB // (4 * FRAME_BYTES)):
        for _ in range(SMALL_PER_FRAME):
            graph.publish(by_topic["/state"], os.urandom(100))
        say("/camera", FRAME_BYTES)
    quarter = window_mib * MIB // 4
    for size in (quarter, quarter + 1, 100):
        say("/grid", size)


def main() -> None:
    graph = fake_ros.install(_Patch())  # type: ignore[arg-type]
    threading.Thread(target=speak, args=(graph, int(sys.argv[1])), daemon=True).start()
    from pilothouse.cli import main as pilothouse

    sys.argv = ["pilothouse", *sys.argv[2:]]
    sys.exit(pilothouse())


if __name__ == "__main__":
    main()

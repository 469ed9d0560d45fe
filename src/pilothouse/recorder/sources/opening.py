"""From configuration to source; a new kind of source is one more line. Its libraries are imported here, not before."""

from __future__ import annotations

from pilothouse.kit.clock import Clock
from pilothouse.recorder.sources.base import Source
from pilothouse.recorder.sources.config import FoxgloveConfig, MqttConfig, Ros2Config, SourceConfig, ZenohConfig


def open_source(config: SourceConfig, clock: Clock) -> Source:
    """The source a configuration describes; raises SourceUnusable, ExtraMissing or RosMissing when it cannot work."""
    match config:
        case FoxgloveConfig():
            from pilothouse.recorder.sources.foxglove import Foxglove

            return Foxglove(config)
        case ZenohConfig():
            from pilothouse.recorder.sources.zenoh import Zenoh

            return Zenoh.open(config, clock)
        case MqttConfig():
            from pilothouse.recorder.sources.mqtt import Mqtt

            return Mqtt.open(config, clock)
        case Ros2Config():
            from pilothouse.recorder.sources.ros2 import Ros2

            return Ros2.open(config, clock)
        case _:
            from pilothouse.recorder.sources.replay import Replay

            return Replay.open(config, clock)

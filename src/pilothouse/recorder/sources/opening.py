"""From configuration to source; a new kind of source is one more line."""

from __future__ import annotations

from pilothouse.kit.clock import Clock
from pilothouse.recorder.settings import SourceConfig
from pilothouse.recorder.sources.base import Source
from pilothouse.recorder.sources.replay import Replay


def open_source(config: SourceConfig, clock: Clock) -> Source:
    """The source a configuration describes; raises SourceUnusable when it cannot work."""
    return Replay.open(config, clock)

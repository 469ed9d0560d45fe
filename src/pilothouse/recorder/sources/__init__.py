"""Where messages come from. A source is anything that puts them into a sink until it is told to stop."""

from pilothouse.recorder.sources.base import Progress, Sink, Source
from pilothouse.recorder.sources.opening import open_source
from pilothouse.recorder.sources.runner import SourceRunner, SourceState

__all__ = ["Progress", "Sink", "Source", "SourceRunner", "SourceState", "open_source"]

"""What connects the guard to a robot: sources, policies, sinks."""

from pilothouse.guard.adapters.base import Adapters, Policy, Sink, Source, merged
from pilothouse.guard.adapters.opening import open_adapters

__all__ = ["Adapters", "Policy", "Sink", "Source", "merged", "open_adapters"]

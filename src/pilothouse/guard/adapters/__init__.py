"""What connects the guard to a robot: sources, policies, sinks."""

from pilothouse.guard.adapters.base import Adapters, Elsewhere, Policy, PolicyAway, Sink, Source, merged
from pilothouse.guard.adapters.opening import is_apart, open_adapters, open_policy

__all__ = [
    "Adapters",
    "Elsewhere",
    "Policy",
    "PolicyAway",
    "Sink",
    "Source",
    "is_apart",
    "merged",
    "open_adapters",
    "open_policy",
]

"""The simulated arm, its cameras and its policy."""

from pilothouse.guard.adapters.sim.arm import SimArm
from pilothouse.guard.adapters.sim.policy import SimPolicy
from pilothouse.guard.adapters.sim.source import SimSource

__all__ = ["SimArm", "SimPolicy", "SimSource"]

"""The simulated arm, its cameras and its policy."""

from pilothouse.guard.adapters.sim.arm import SimArm
from pilothouse.guard.adapters.sim.ends import SimSink, SimSource
from pilothouse.guard.adapters.sim.policy import SimPolicy

__all__ = ["SimArm", "SimPolicy", "SimSink", "SimSource"]

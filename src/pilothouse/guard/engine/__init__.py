"""The judgement of the guard: compiled once, asked every cycle."""

from pilothouse.guard.engine.engine import Engine
from pilothouse.guard.engine.problems import UnknownTask
from pilothouse.guard.engine.spec import EngineSpec, GuardSpec, TaskSpec

__all__ = ["Engine", "EngineSpec", "GuardSpec", "TaskSpec", "UnknownTask"]

"""All an engine needs to know, checked and frozen before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pilothouse.guard.boundaries import Boundary
from pilothouse.guard.kinematics import RobotModel
from pilothouse.guard.model import Enforcement, Layer

__all__ = ["EngineSpec", "GuardSpec", "TaskSpec"]


@dataclass(frozen=True, slots=True)
class GuardSpec:
    """A guard: boundaries of one layer that are reported together. ``mode`` can only weaken the engine's."""

    name: str
    layer: Layer
    boundaries: tuple[Boundary, ...]
    mode: Enforcement = Enforcement.ENFORCE


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """Which boundaries hold during a task, by name; what steps in when one without its own fallback rejects."""

    boundaries: tuple[str, ...]
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """Seconds, radians, metres.

    ``period_s`` is the time from one command to the next: no step is ever longer than this allows. ``budget_s`` is
    what one decision may take (None: not watched). ``fallback_ranks`` says how severe each fallback is, more being
    more severe: of two boundaries that reject, the one with the more severe fallback decides. ``on_no_task`` is the
    fallback of every action while no task is active; None leaves it to whoever asked.
    """

    robot: RobotModel
    guards: tuple[GuardSpec, ...]
    tasks: Mapping[str, TaskSpec]
    period_s: float = 0.02
    budget_s: float | None = 0.02
    max_obs_age_s: float = 0.2
    future_tolerance_s: float = 0.05
    mode: Enforcement = Enforcement.ENFORCE
    on_no_task: str | None = None
    fallback_ranks: Mapping[str, int] = field(default_factory=dict)

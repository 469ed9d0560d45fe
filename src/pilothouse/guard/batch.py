"""Many environments at once, in numpy: joint limits as boxes, a workspace with given poses and Jacobians.

For training and for replaying datasets. What it decides for an environment is what the engine decides for a robot
without kinematics under ``joint_position``, ``joint_velocity`` and ``workspace_box``, in the first cycle after a start:
what numpy cannot see to be fine at once is handed to an engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pilothouse.guard.boundaries import Boundary, compile_boundary
from pilothouse.guard.boundaries.cartesian_settings import WorkspaceBoxConfig
from pilothouse.guard.boundaries.motion_settings import JointPositionConfig, JointVelocityConfig
from pilothouse.guard.boundaries.spatial import TOUCHING
from pilothouse.guard.engine import Engine, EngineSpec, GuardSpec, TaskSpec
from pilothouse.guard.engine.integrity import ABSURD
from pilothouse.guard.kinematics import JointModel, RobotModel
from pilothouse.guard.model import Action, Decision, Layer, Observation, Pose

__all__ = ["DECISIONS", "BatchedGuard", "BatchedVerdict"]

DECISIONS = (Decision.PASS, Decision.CLAMP, Decision.REJECT, Decision.FAULT)
"""What the numbers of a batch of verdicts mean."""

_PASS, _CLAMP, _REJECT = range(3)
_TASK = "default"


@dataclass(frozen=True, slots=True)
class BatchedVerdict:
    """Verdicts on N actions: ``decisions`` (N,), indices into :data:`DECISIONS`, and ``targets`` (N, joints).

    Targets of environments that were rejected are NaN: nothing may be sent there.
    """

    decisions: Any
    targets: Any


class BatchedGuard:
    """The same limits for every environment. Radians, metres, seconds.

    ``lower``, ``upper`` and ``velocity`` have one number per joint; ``workspace`` is two corners in the base frame.
    Raises :class:`~pilothouse.guard.boundaries.BoundaryDoesNotFit` or pydantic's error for limits that cannot be held.
    """

    def __init__(
        self,
        *,
        lower: Sequence[float],
        upper: Sequence[float],
        velocity: Sequence[float],
        period_s: float = 0.02,
        workspace: tuple[Sequence[float], Sequence[float]] | None = None,
        approach_gain: float = 0.5,
    ) -> None:
        import numpy

        self._numpy = numpy
        limits = zip(lower, upper, velocity, strict=True)
        joints = tuple(JointModel(f"joint_{number}", *limit) for number, limit in enumerate(limits))
        robot = RobotModel("batch", joints)
        boundaries: list[Boundary] = [
            compile_boundary("limits", JointPositionConfig(), robot),
            compile_boundary("speed", JointVelocityConfig(), robot),
        ]
        self._walls: Any = None
        if workspace is not None:
            low, high = (tuple(map(float, corner)) for corner in workspace)
            box = WorkspaceBoxConfig.model_validate({"lower_m": low, "upper_m": high, "approach_gain": approach_gain})
            boundaries.append(compile_boundary("workspace", box, robot))
            self._walls = numpy.array([box.lower_m, box.upper_m])
        self._keep = 1.0 - approach_gain
        self._lower, self._upper = numpy.array(lower, dtype=float), numpy.array(upper, dtype=float)
        self._step = numpy.array(velocity, dtype=float) * period_s
        guards = (GuardSpec("MotionGuard", Layer.L1, tuple(boundaries)),)
        tasks = {_TASK: TaskSpec(tuple(one.name for one in boundaries))}
        self._engine = Engine(EngineSpec(robot, guards, tasks, period_s, budget_s=None))

    def decide(self, positions: Any, targets: Any, tools: Any = None, jacobians: Any = None) -> BatchedVerdict:
        """Verdicts on N ``targets`` (N, joints) of robots at ``positions`` (N, joints).

        ``tools`` (N, 3) are tool positions and ``jacobians`` (N, 3, joints) their linear rows; both are needed with a
        workspace. Raises ValueError for arrays of other shapes; numbers that are not finite are rejected.
        """
        numpy = self._numpy
        arrays = self._shaped(positions, targets, tools, jacobians)
        here, wanted, tools, jacobians = arrays
        fit = numpy.ones(len(here), dtype=bool)
        for one in arrays:
            if one is not None:
                flat = one.reshape(len(one), -1)
                fit &= (numpy.abs(flat) <= ABSURD).all(axis=1)
        with numpy.errstate(invalid="ignore", over="ignore"):
            low, high = numpy.maximum(self._lower, here - self._step), numpy.minimum(self._upper, here + self._step)
            found = numpy.minimum(numpy.maximum(wanted, low), high)
            fine = fit & (low <= high).all(axis=1)
            if self._walls is not None:
                fine &= self._inside(here, found, tools, jacobians)
        decisions = numpy.where((found == wanted).all(axis=1), _PASS, _CLAMP)
        decisions[~fit] = _REJECT
        found[~fit] = numpy.nan
        for number in numpy.flatnonzero(fit & ~fine):
            decisions[number], found[number] = self._one(int(number), *arrays)
        return BatchedVerdict(decisions, found)

    def _shaped(self, positions: Any, targets: Any, tools: Any, jacobians: Any) -> tuple[Any, Any, Any, Any]:
        numpy, joints = self._numpy, len(self._lower)
        here = numpy.asarray(positions, dtype=float)
        shapes = [(len(here), joints), (len(here), joints), (len(here), 3), (len(here), 3, joints)]
        arrays: list[Any] = []
        for name, given, shape in zip(
            ("positions", "targets", "tools", "jacobians"), (here, targets, tools, jacobians), shapes, strict=True
        ):
            if given is None and (name in ("tools", "jacobians") and self._walls is None):
                arrays.append(None)
                continue
            array = numpy.asarray(given, dtype=float)
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}; {shape} is needed")
            arrays.append(array)
        return arrays[0], arrays[1], arrays[2], arrays[3]

    def _inside(self, here: Any, found: Any, tools: Any, jacobians: Any) -> Any:
        """Who is well inside the workspace, now and then, whatever the given Jacobian leaves out."""
        numpy, (lower, upper) = self._numpy, self._walls
        shift = found - here
        ahead = tools + numpy.einsum("nij,nj->ni", jacobians, shift)
        now = numpy.concatenate([tools - lower, upper - tools], axis=1)
        then = numpy.concatenate([ahead - lower, upper - ahead], axis=1)
        motion = numpy.abs(shift).sum(axis=1)
        longest = numpy.sqrt((jacobians**2).sum(axis=1).max(axis=1))
        doubt = 0.5 * motion * motion * (1.0 + motion) * longest
        # Where it is close, or the given Jacobian is far from holding, the engine decides.
        near = (numpy.abs(shift) <= 0.1).all(axis=1)
        return near & (now >= 0).all(axis=1) & (then - doubt[:, None] >= self._keep * now + TOUCHING).all(axis=1)

    def _one(self, number: int, here: Any, wanted: Any, tools: Any, jacobians: Any) -> tuple[int, Any]:
        joints = tuple(here[number].tolist())
        pose = rows = None
        if tools is not None and jacobians is not None:
            x, y, z = tools[number].tolist()
            still = (0.0,) * len(joints)
            pose, rows = Pose((x, y, z)), (*map(tuple, jacobians[number].tolist()), still, still, still)
        self._engine.start(_TASK)
        observation = Observation(0.0, joints, end_effector=pose, jacobian=rows)
        action = Action(tuple(wanted[number].tolist()))
        verdict = self._engine.decide(observation, action, now_s=0.0, monotonic_s=0.0)
        decision = DECISIONS.index(verdict.decision)
        return decision, self._numpy.nan if verdict.action is None else verdict.action.joint_positions

"""Is this still what the policy knows? (L0.) numpy is loaded only by who uses these."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pilothouse.guard.boundaries.boundary import Boundary, Moment
from pilothouse.guard.boundaries.distribution_settings import MemoryBankConfig, RunningZScoreConfig, Signal
from pilothouse.guard.boundaries.problems import BoundaryDoesNotFit
from pilothouse.guard.kinematics import RobotModel


class SignalBoundary(Boundary):
    """Looks at one vector of each cycle; a missing one is rejected."""

    def __init__(self, name: str, config: RunningZScoreConfig | MemoryBankConfig, robot: RobotModel) -> None:
        import numpy

        super().__init__(name, config, robot)
        self.signal: Signal = config.signal
        self._numpy = numpy

    def judge(self, moment: Moment) -> str:
        vector = self._vector(moment)
        if vector is None:
            return f"the observation has no {self.signal}"
        return self.judge_vector(self._numpy.array(vector, dtype=float))

    def judge_vector(self, vector: Any) -> str:
        """``vector`` is a one-dimensional array of finite floats."""
        raise NotImplementedError

    def _vector(self, moment: Moment) -> Sequence[float] | None:
        if self.signal == "features":
            return moment.observation.features
        if self.signal == "joint_velocities":
            return moment.observation.joint_velocities
        return moment.joints if self.signal == "joint_positions" else moment.requested


class RunningZScore(SignalBoundary):
    """Mean and deviation by Welford's method. What is rejected teaches nothing."""

    def __init__(self, name: str, config: RunningZScoreConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self._config = config
        self.looks_at_action = config.signal == "action"
        self.start()

    def start(self, elapsed_s: float = 0.0) -> None:
        self.count = 0
        self._mean: Any = None
        self._squares: Any = None

    def adopt(self, before: Boundary) -> None:
        assert isinstance(before, RunningZScore)
        self.count, self._mean, self._squares = before.count, before._mean, before._squares

    def judge_vector(self, vector: Any) -> str:
        numpy, config = self._numpy, self._config
        if self._mean is None:
            self._mean, self._squares = numpy.zeros(len(vector)), numpy.zeros(len(vector))
        if len(vector) != len(self._mean):
            return f"{self.signal} has {len(vector)} numbers; it had {len(self._mean)}"
        if self.count < config.warm_up:
            self._learn(vector)
            return "" if config.while_warming_up == "pass" else f"still learning: {self.count} of {config.warm_up}"
        deviation = numpy.maximum(numpy.sqrt(self._squares / (self.count - 1)), config.minimum_deviation)
        z = numpy.abs(vector - self._mean) / deviation
        number = int(z.argmax())
        if not z[number] <= config.maximum_z:
            return (
                f"{self.signal}[{number}] is {z[number]:.4g} deviations from its mean; {config.maximum_z:g} are allowed"
            )
        self._learn(vector)
        return ""

    def _learn(self, vector: Any) -> None:
        self.count += 1
        away = vector - self._mean
        self._mean = self._mean + away / self.count
        self._squares = self._squares + away * (vector - self._mean)


class MemoryBank(SignalBoundary):
    """The mean distance to the nearest known vectors."""

    def __init__(self, name: str, config: MemoryBankConfig, robot: RobotModel, *, folder: Path | None = None) -> None:
        super().__init__(name, config, robot)
        numpy = self._numpy
        self.looks_at_action = config.signal == "action"
        self._bank = (
            numpy.array(config.vectors, dtype=float) if config.file is None else self._read(config.file, folder)
        )
        if self._bank.ndim != 2 or 0 in self._bank.shape or not numpy.isfinite(self._bank).all():
            shape = "x".join(map(str, self._bank.shape))
            problem = f"file: the bank must be finite and of shape (known, length); it is {shape}"
            raise BoundaryDoesNotFit(boundary=name, problem=problem)
        if len(self._bank) < config.neighbours:
            problem = f"neighbours is {config.neighbours}, but the bank holds {len(self._bank)} vectors"
            raise BoundaryDoesNotFit(boundary=name, problem=problem)
        self._sizes = (self._bank**2).sum(axis=1)
        self._neighbours = config.neighbours
        self._maximum = config.maximum_distance

    def judge_vector(self, vector: Any) -> str:
        numpy = self._numpy
        if len(vector) != self._bank.shape[1]:
            return f"{self.signal} has {len(vector)} numbers; those of the bank have {self._bank.shape[1]}"
        # Finding the nearest by products is fast, measuring them by differences is exact.
        rough = self._sizes - 2.0 * (self._bank @ vector)
        k = self._neighbours
        nearest = self._bank[numpy.argpartition(rough, k - 1)[:k]]
        distance = float(numpy.sqrt(((nearest - vector) ** 2).sum(axis=1)).mean())
        if not distance <= self._maximum:
            return f"{self.signal} is {distance:.4g} from what is known; {self._maximum:g} is allowed"
        return ""

    def _read(self, file: str, folder: Path | None) -> Any:
        path = (folder or Path()) / file
        try:
            read = self._numpy.load(path, allow_pickle=False)
            bank = read if isinstance(read, self._numpy.ndarray) else read[read.files[0]]
            return bank.astype(float)
        except Exception as error:
            problem = f"file: {path} cannot be read as .npy or .npz: {error}"
            raise BoundaryDoesNotFit(boundary=self.name, problem=problem) from error

"""Functions and classes of the user's own as source, policy and sink."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pilothouse.guard.adapters.watching import WatchingSource
from pilothouse.guard.guardrail import observation_of
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile.callables import resolve
from pilothouse.guard.stackfile.robot import RobotConfig
from pilothouse.guard.stackfile.yours import PythonPolicyConfig, PythonSinkConfig, PythonSourceConfig
from pilothouse.kit.clock import NS_PER_S, Clock


class PythonSource(WatchingSource):
    """Asks a function, or the ``read`` of an object that is made at the first look."""

    def __init__(self, config: PythonSourceConfig, robot: RobotConfig, clock: Clock, directory: Path) -> None:
        super().__init__("python-source", 1 / config.rate_hz)
        self._config = config
        self._robot = robot
        self._clock = clock
        self._directory = directory
        self._ask: Callable[..., Any] | None = None

    def look(self) -> Observation | None:
        if self._ask is None:
            self._ask, _ = bound(self._config.function, self._config.parameters, self._directory, "read")
        given = self._ask()
        return None if given is None else observation_of(given, self._robot, self._clock.now_ns() / NS_PER_S)


class PythonPolicy:
    """A function, or the ``predict`` of an object that is made at the first call."""

    def __init__(self, config: PythonPolicyConfig, directory: Path) -> None:
        self._config = config
        self._directory = directory
        self._bound: tuple[Callable[..., Any], Any] | None = None

    def predict(self, observation: Observation) -> Any:
        return self._ready()[0](observation)

    def reset(self) -> None:
        reset = getattr(self._ready()[1], "reset", None)
        if reset is not None:
            reset()

    def stop(self) -> None:
        stop = getattr(self._bound[1], "stop", None) if self._bound is not None else None
        if stop is not None:
            stop()

    def _ready(self) -> tuple[Callable[..., Any], Any]:
        if self._bound is None:
            self._bound = bound(self._config.function, self._config.parameters, self._directory, "predict")
        return self._bound


class PythonSink:
    """A function, or the ``apply`` of an object. Its emergency stop is ready before the first action."""

    def __init__(self, config: PythonSinkConfig, directory: Path) -> None:
        self._apply, owner = bound(config.function, config.parameters, directory, "apply")
        self._emergency_stop: Callable[[], Any] = (
            resolve(config.emergency_stop, directory) if config.emergency_stop else owner.emergency_stop
        )
        self._owner = owner

    def apply(self, action: Action) -> None:
        self._apply(action)

    def emergency_stop(self) -> None:
        self._emergency_stop()

    def stop(self) -> None:
        stop = getattr(self._owner, "stop", None)
        if stop is not None:
            stop()


def bound(reference: str, parameters: dict[str, Any], directory: Path, method: str) -> tuple[Callable[..., Any], Any]:
    """What to call, and whose it is: a class is made, and its method called, or else the object itself."""
    function = resolve(reference, directory)
    if not isinstance(function, type):
        return (partial(function, **parameters) if parameters else function), None
    owner = function(**parameters)
    call: Callable[..., Any] = getattr(owner, method, owner)
    return call, owner

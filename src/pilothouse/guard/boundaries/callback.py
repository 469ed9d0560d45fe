"""A function of the operator's decides (L2), on a thread of its own and within its time."""

from __future__ import annotations

import difflib
import importlib
import inspect
import queue
import threading
from collections.abc import Callable
from typing import Any

from pilothouse.guard.boundaries.boundary import Boundary, Moment
from pilothouse.guard.boundaries.problems import BoundaryDoesNotFit
from pilothouse.guard.boundaries.task_settings import CallbackConfig
from pilothouse.guard.kinematics import RobotModel
from pilothouse.guard.model import Action, Observation

Question = tuple[int, Observation, Action]
Answer = tuple[int, object, BaseException | None]


class CallbackLate(Exception):
    """It has not answered in time."""


class CallbackAnswered(Exception):
    """It answered with something that is neither True, nor False, nor a reason."""


class Callback(Boundary):
    """A late one does not hold up the loop: until it returns, every cycle is FAULT at once."""

    looks_at_action = True

    def __init__(self, name: str, config: CallbackConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self._function = _found(name, config.function)
        _check(name, self._function, config)
        self._config = config
        self._budget_s = config.budget_ms / 1e3
        self._worker: Worker | None = None

    def start(self, elapsed_s: float = 0.0) -> None:
        # A worker still busy stays the one to wait for: a second one would only hide that the first hangs.
        if self._worker is None:
            self._worker = Worker(self.name, self._function, self._config.parameters)

    def hurry(self, within_s: float) -> None:
        self._budget_s = min(self._budget_s, within_s)

    def adopt(self, before: Boundary) -> None:
        assert isinstance(before, Callback)
        if before._worker is not None:
            self.stop()
            self._worker, before._worker = before._worker, None

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def judge(self, moment: Moment) -> str:
        assert moment.candidate is not None
        if self._worker is None:
            raise CallbackLate("it was never started")
        answer = self._worker.ask(moment.observation, Action(moment.candidate, moment.gripper), self._budget_s)
        if answer is True:
            return ""
        if answer is False:
            return f"{self._config.function} says no"
        if isinstance(answer, str) and answer:
            return answer
        raise CallbackAnswered(f"{answer!r}, which is neither True, nor False, nor a reason")


class Worker:
    """A daemon thread that answers one question at a time."""

    def __init__(self, name: str, function: Callable[..., object], parameters: dict[str, Any]) -> None:
        self._questions: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._asked = self._answered = 0
        work = (self._questions, self._answers, function, parameters)
        self._thread = threading.Thread(target=_work, args=work, name=f"guard-callback-{name}", daemon=True)
        self._thread.start()

    def ask(self, observation: Observation, action: Action, timeout_s: float) -> object:
        """What the function returns; raises what it raises, or :class:`CallbackLate`."""
        while self._answered < self._asked:
            try:
                self._answered = self._answers.get_nowait()[0]
            except queue.Empty:
                raise CallbackLate("it is still busy with an earlier cycle") from None
        self._asked += 1
        self._questions.put((self._asked, observation, action))
        try:
            self._answered, answer, failure = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            raise CallbackLate(f"it did not answer within {timeout_s * 1e3:g} ms") from None
        if failure is not None:
            raise CallbackBroke(f"{type(failure).__name__}: {failure}") from failure
        return answer

    def stop(self) -> None:
        """Let the thread go; one that hangs is left behind, as nobody can end it."""
        self._questions.put(None)


class CallbackBroke(Exception):
    """It raised something."""


def _work(
    questions: queue.SimpleQueue[Question | None],
    answers: queue.SimpleQueue[Answer],
    function: Callable[..., object],
    parameters: dict[str, Any],
) -> None:
    while (question := questions.get()) is not None:
        number, observation, action = question
        try:
            answers.put((number, function(observation, action, **parameters), None))
        except BaseException as failure:  # noqa: BLE001 - a SystemExit in a callback is a failure like any other
            answers.put((number, None, failure))


def _found(name: str, path: str) -> Callable[..., object]:
    module_name, _, attribute = path.partition(":")
    try:
        found: object = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except ImportError as error:
        raise BoundaryDoesNotFit(
            boundary=name, problem=f"function: {module_name!r} cannot be imported: {error}"
        ) from error
    except AttributeError as error:
        near = difflib.get_close_matches(part, dir(found), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise BoundaryDoesNotFit(boundary=name, problem=f"function: {path!r} does not exist{hint}") from error
    except Exception as error:
        problem = f"function: importing {module_name!r} raised {type(error).__name__}: {error}"
        raise BoundaryDoesNotFit(boundary=name, problem=problem) from error
    if not callable(found):
        raise BoundaryDoesNotFit(boundary=name, problem=f"function: {path!r} is not a function")
    return found


def _check(name: str, function: Callable[..., object], config: CallbackConfig) -> None:
    if inspect.iscoroutinefunction(function):
        raise BoundaryDoesNotFit(
            boundary=name, problem=f"function: {config.function!r} is async; the guard cannot wait"
        )
    try:
        signature = inspect.signature(function)
    except ValueError as error:
        raise BoundaryDoesNotFit(boundary=name, problem=f"function: {config.function!r} has no signature") from error
    try:
        signature.bind(None, None, **config.parameters)
    except TypeError as error:
        known = list(signature.parameters)
        wrong = next((one for one in config.parameters if one not in known), None)
        near = difflib.get_close_matches(wrong, known, 1) if wrong else []
        hint = f"; did you mean {near[0]!r}?" if near else ""
        problem = f"parameters: {config.function}{signature} called with (observation, action) and these: {error}{hint}"
        raise BoundaryDoesNotFit(boundary=name, problem=problem) from error

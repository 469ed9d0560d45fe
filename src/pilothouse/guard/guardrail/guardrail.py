"""The guard without a loop: one call, one verdict."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pilothouse.guard.engine import Engine
from pilothouse.guard.guardrail.conversion import Unmappable, action_of, observation_of
from pilothouse.guard.model import Decision, Verdict
from pilothouse.guard.problems import UnknownTask
from pilothouse.guard.stackfile import Stackfile, compile_spec, load
from pilothouse.guard.stackfile.faults import did_you_mean
from pilothouse.kit.clock import NS_PER_S, Clock, SystemClock

Found = TypeVar("Found")

# What the engine says of an observation or an action that is not there.
NOTHING_SEEN, NOTHING_ASKED = "observation: there is no observation", "action: there is no action"


class Guardrail:
    """Judges actions against a Stackfile. For one thread at a time: it remembers what it let through last.

    ``stack`` is a path, a mapping or a loaded Stackfile; a problem of :mod:`pilothouse.guard.problems` is raised when
    it is not in order, or has no such task. Calling it never raises: what goes wrong is REJECT or FAULT.
    """

    def __init__(
        self,
        stack: str | os.PathLike[str] | Mapping[str, Any] | Stackfile,
        task: str = "default",
        *,
        clock: Clock | None = None,
    ) -> None:
        self.stack = load(stack)
        self._clock = clock or SystemClock()
        self._engine = Engine(compile_spec(self.stack), timer=self._passed_s)
        self._task = task
        self.start(task)

    @property
    def task(self) -> str:
        """The active task."""
        return self._task

    def start(self, task: str | None = None) -> None:
        """Begin a task (the same again when absent) and forget what was: the next action is compared with the robot's
        observed position."""
        task = self._task if task is None else task
        if task not in self.stack.tasks:
            raise UnknownTask(task=task, hint=did_you_mean(task, self.stack.tasks))
        self._task = task
        self._engine.start(task)

    def __call__(self, observation: Any, action: Any, *, now: float | None = None) -> Verdict:
        """Judge an action, proposed on an observation.

        Both are mappings, or arrays in joint order; radians (metres for prismatic joints) and seconds. ``now`` is
        seconds since the epoch: give it when time is simulated or recorded, in every call. An observation that brings
        no ``timestamp`` is taken as made now.

        Without ``now`` each call is one cycle of the Stackfile's ``control_frequency_hz``, however soon it comes after
        the last, so that a test or an environment may call in a tight loop: who moves a robot calls at that frequency.
        With ``now`` a step is held to the time that has passed, and to one period at most.

        The verdict's ``action`` is what may be sent, and None when nothing may. What it lets through counts as sent:
        limits of speed and acceleration are held from one call to the next.
        """
        now_s = self._clock.now_ns() / NS_PER_S if now is None else now
        monotonic_s = self._passed_s() if now is None else now
        robot = self.stack.robot
        observed, unseen = _read(lambda: observation_of(observation, robot, now_s))
        asked, unheard = _read(lambda: action_of(action, robot))
        verdict = self._engine.decide(observed, asked, now_s=now_s, monotonic_s=monotonic_s, whole_period=now is None)
        if unseen or unheard:
            verdict = refused(verdict, unseen=unseen, unheard=unheard)
        self._engine.executed(verdict.action, monotonic_s)
        return verdict

    def _passed_s(self) -> float:
        return self._clock.monotonic_ns() / NS_PER_S


def _read(read: Callable[[], Found]) -> tuple[Found | None, str]:
    try:
        return read(), ""
    except Unmappable as reason:
        return None, str(reason)
    except Exception as error:  # noqa: BLE001 - what callers hand over may raise anything when it is looked at
        return None, f"cannot be read: {type(error).__name__}: {error!s:.200}"


def refused(verdict: Verdict, *, unseen: str = "", unheard: str = "") -> Verdict:
    """What cannot be understood is never passed, whatever mode the guard is in; why it could not be stands in place of
    the engine's word that there was nothing."""
    decision = verdict.decision if verdict.decision is Decision.FAULT else Decision.REJECT
    better = {NOTHING_SEEN: unseen, NOTHING_ASKED: unheard}
    said = [reason for reason in verdict.reasons if not better.get(reason)]
    why = [f"{whose}: {reason}" for whose, reason in (("observation", unseen), ("action", unheard)) if reason]
    return replace(verdict, decision=decision, action=None, reasons=(*why, *said))

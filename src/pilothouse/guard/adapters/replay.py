"""A recording as a robot: it observes what was observed, and asks for what was asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

from pilothouse.guard.adapters.recorded import RecordedCycle, Topics, recorded_cycles
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile import Stackfile
from pilothouse.guard.stackfile.adapters import ReplaySourceConfig
from pilothouse.kit.clock import NS_PER_S, Clock


class Playback:
    """Where a replay has come to; its source and its policy share it. For any number of threads."""

    def __init__(self, stack: Stackfile, config: ReplaySourceConfig, clock: Clock) -> None:
        self._stack = stack
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._cycles = self._open()
        # The first is read at once: a file that cannot be replayed is refused before anything runs.
        first = next(self._cycles)
        self._first_ns = first.time_ns
        self._next: RecordedCycle | None = first
        self._now: RecordedCycle | None = None
        self._began_ns: int | None = None

    def _open(self) -> Iterator[RecordedCycle]:
        topics = Topics(self._config.joint_states, self._config.actions, self._config.gripper_joint)
        return recorded_cycles(self._stack.path(self._config.path), self._stack.robot, topics)

    def observe(self) -> Observation | None:
        """The newest observation by now, at the time it would have been made had it begun when it was first asked."""
        with self._lock:
            self._advance()
            cycle = self._now
            if cycle is None or cycle.observation is None:
                return None
            observed_s = cycle.observation.timestamp - self._first_ns / NS_PER_S
            return replace(cycle.observation, timestamp=self._wall_s + observed_s / self._config.speed)

    def asked(self) -> Action | None:
        """What was asked for in the newest cycle."""
        with self._lock:
            return self._now.requested if self._now else None

    def _advance(self) -> None:
        if self._began_ns is None:
            self._began_ns = self._clock.monotonic_ns()
            self._wall_s = self._clock.now_ns() / NS_PER_S
        passed_ns = (self._clock.monotonic_ns() - self._began_ns) * self._config.speed
        while self._next is not None and self._next.time_ns - self._first_ns <= passed_ns:
            self._now, self._next = self._next, next(self._cycles, None)
        if self._next is None and self._config.loop:
            self._cycles = self._open()
            self._next = next(self._cycles)
            # From the top at the next question, on a time line of its own.
            self._began_ns = None


class ReplaySource:
    """Observations of a recording."""

    def __init__(self, playback: Playback) -> None:
        self._playback = playback

    def start(self) -> None:
        """It begins when it is first read."""

    def read(self) -> Observation | None:
        return self._playback.observe()

    def stop(self) -> None:
        """Nothing is left open."""


class ReplayPolicy:
    """Actions of the recording that the replay source of the same world plays."""

    def __init__(self, playback: Playback) -> None:
        self._playback = playback

    def predict(self, observation: Observation) -> Action:
        """What was asked for then; raises when that could not be understood."""
        action = self._playback.asked()
        if action is None:
            raise ValueError("the recording holds no action here that can be understood")
        return action

    def reset(self) -> None:
        """A recording does not begin anew because a task does."""

"""The robot and its policy as the loop meets them: everything third-party on a thread of its own, nothing waited for
longer than there is time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pilothouse.guard.adapters.base import Adapters, Sink, Source, merged
from pilothouse.guard.guardrail.conversion import Unmappable
from pilothouse.guard.loop.counters import Counters
from pilothouse.guard.loop.emergency import EmergencyStop
from pilothouse.guard.loop.errands import Errand
from pilothouse.guard.loop.pacing import NS_PER_S, Pacer
from pilothouse.guard.model import Action, Observation
from pilothouse.kit.logs import get_logger

# Ending waits for the call under way at most so long; a hung one is left behind.
END_S = 0.5
WARM_UP_LOOK_S = 0.05

log = get_logger("pilothouse.guard")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the policy said in time, or why it did not."""

    action: Action | None
    failure_type: str | None = None


class Rig:
    """One owner, the loop's thread; ``calls`` is for the watchdog."""

    def __init__(
        self,
        adapters: Adapters,
        *,
        emergency: EmergencyStop,
        pacer: Pacer,
        counters: Counters,
        understand: Callable[[Any], Action],
    ) -> None:
        self.is_live = False
        """Whether what goes wrong out there matters: while cycles run."""
        self._adapters = adapters
        self.unmappable = ""
        """What about the policy's last answer could not be understood."""
        self._emergency = emergency
        self._pacer = pacer
        self._counters = counters
        self._understand = understand
        self._newest: dict[str, Observation] = {}
        self._sources = {
            name: Errand(f"source-{name}", partial(self._watched, "source", name, partial(_read, source)))
            for name, source in adapters.sources.items()
        }
        self._policy: Errand[Observation | None, Action | None] = Errand(
            "policy", partial(self._watched, "policy", "policy", self._predict)
        )
        self._sinks: dict[str, Errand[Action, None]] = {
            name: Errand(f"sink-{name}", partial(self._watched, "sink", name, partial(self._apply, sink)))
            for name, sink in adapters.sinks.items()
        }

    def start(self) -> None:
        for errand in self.errands():
            errand.start()
        for source in self._adapters.sources.values():
            source.start()

    def errands(self) -> list[Errand[Any, Any]]:
        return [*self._sources.values(), self._policy, *self._sinks.values()]

    def calls(self) -> list[tuple[str, str, int]]:
        """Kind, name and start (0: none under way) of each call."""
        kinds = (("source", self._sources), ("policy", {"policy": self._policy}), ("sink", self._sinks))
        return [(kind, name, one.since_ns) for kind, found in kinds for name, one in found.items()]

    def begin(self, keep_waiting: Callable[[], bool]) -> None:
        """A session starts: old observations do not count, and the policy may take the time it needs to get ready."""
        self._newest.clear()
        self.is_live = True
        policy = self._policy
        while keep_waiting() and not policy.is_free:
            policy.wait(WARM_UP_LOOK_S)
        if keep_waiting():
            policy.ask(None)
            while keep_waiting() and not policy.wait(WARM_UP_LOOK_S):
                pass

    def observe(self, until_ns: int) -> Observation | None:
        """The newest observation of every source, in one; that of a late source is the one before."""
        for errand in self._sources.values():
            if errand.is_free:
                errand.ask(None)
        for name, errand in self._sources.items():
            if not errand.wait(self._left_s(until_ns)):
                self._counters.late_sources += 1
            elif errand.answer is not None:
                self._newest[name] = errand.answer
        found = list(self._newest.values())
        if len(found) < len(self._sources) or not found:
            return None
        return found[0] if len(found) == 1 else merged(found)

    def ask(self, observation: Observation, until_ns: int) -> Answer:
        """The policy's action, if it is back in time; a late one is never used."""
        policy = self._policy
        if policy.is_free:
            policy.ask(observation)
            if policy.wait(self._left_s(until_ns)):
                if policy.failure is not None:
                    return Answer(None, "policy_exception")
                action = policy.answer
                return Answer(action, None if action is not None else "policy_unusable")
        self._counters.late_policies += 1
        return Answer(None, "policy_late")

    def apply(self, action: Action, until_ns: int) -> bool:
        """Hand an action to every sink and wait while there is time; False when one has not taken it."""
        taken = True
        for errand in self._sinks.values():
            if errand.is_free:
                errand.ask(action)
            else:
                taken = False
        for errand in self._sinks.values():
            taken = errand.wait(self._left_s(until_ns)) and taken
        if not taken:
            self._counters.late_sinks += 1
        return taken

    def stop(self) -> None:
        """Tell every adapter to stop, all at once; whatever one raises or how long it takes, the others are told."""
        self.is_live = False
        adapters = {f"sink {name}": sink.stop for name, sink in self._adapters.sinks.items()}
        adapters |= {f"source {name}": source.stop for name, source in self._adapters.sources.items()}
        stop_policy = getattr(self._adapters.policy, "stop", None)
        if stop_policy is not None:
            adapters["policy"] = stop_policy
        telling = [threading.Thread(target=_tell, args=one, daemon=True) for one in adapters.items()]
        for thread in telling:
            thread.start()
        until_ns = self._pacer.monotonic_ns() + round(END_S * NS_PER_S)
        for thread in telling:
            thread.join(max(0.0, self._left_s(until_ns)))

    def rearm(self) -> None:
        """Sinks that want to know of it hear that the emergency is over."""
        for name, sink in self._adapters.sinks.items():
            reset = getattr(sink, "reset", None)
            if reset is not None:
                _tell(f"sink {name}", reset)

    def end(self) -> None:
        for errand in self.errands():
            errand.end(END_S / max(1, len(self.errands())))

    @property
    def late_policies_discarded(self) -> int:
        return self._policy.late

    def _left_s(self, until_ns: int) -> float:
        return (until_ns - self._pacer.monotonic_ns()) / NS_PER_S

    def _watched(self, kind: str, name: str, do: Callable[[Any], Any], asked: Any) -> Any:
        try:
            return do(asked)
        except BaseException as error:
            # From here, not from the loop: it may have stopped waiting for this call long ago.
            if self.is_live:
                self._emergency.trigger(
                    kind, f"{kind} {name} raised {type(error).__name__}: {error}", failure_type=f"{kind}_exception"
                )
            raise

    def _predict(self, observation: Observation | None) -> Action | None:
        if observation is None:
            self._adapters.policy.reset()
            return None
        try:
            return self._understand(self._adapters.policy.predict(observation))
        except Unmappable as problem:
            # Refused in this cycle; a policy that says nonsense once may be right in the next.
            self.unmappable = str(problem)
            return None

    def _apply(self, sink: Sink, action: Action) -> None:
        if self._emergency.is_latched:
            return
        sink.apply(action)
        if self._emergency.is_latched:
            # The stop may have come between the two lines above: the last word must be the stop.
            self._emergency.repeat()


def _read(source: Source, _: None) -> Observation | None:
    return source.read()


def _tell(what: str, stop: Callable[[], None]) -> None:
    try:
        stop()
    except Exception:
        log.warning("an adapter raised when it was told to stop", adapter=what, exc_info=True)

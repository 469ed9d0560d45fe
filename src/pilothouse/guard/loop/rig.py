"""The robot and its policy as the loop meets them: everything third-party on a thread of its own, nothing waited for
longer than there is time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pilothouse.guard.adapters.base import Adapters, Elsewhere, Policy, PolicyAway, Sink, Source, merged
from pilothouse.guard.adapters.host import Host
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
# When a person resets or starts the guard, a call that has taken so long hangs.
GIVEN_UP_S = 1.0

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
        host: Host | None = None,
    ) -> None:
        self.is_live = False
        """Whether what goes wrong out there matters: while cycles run."""
        self._adapters = adapters
        self.unmappable = ""
        """What about the policy's last answer could not be understood."""
        self._is_getting_ready = False
        self._emergency = emergency
        self._pacer = pacer
        self._counters = counters
        self._understand = understand
        self._host = host
        self._newest: dict[str, Observation] = {}
        self._sources = {
            name: Errand(f"source-{name}", partial(self._watched, "source", name, partial(_read, source)))
            for name, source in adapters.sources.items()
        }
        self._policy: Errand[Observation | None, Action | str] = Errand(
            "policy", partial(self._watched, "policy", "policy", self._predict)
        )
        self._sinks: dict[str, Errand[tuple[Action, int], None]] = {
            name: Errand(f"sink-{name}", partial(self._watched, "sink", name, partial(self._apply, name, sink)))
            for name, sink in adapters.sinks.items()
        }

    def start(self) -> None:
        for errand in self.errands():
            errand.start()
        for source in self._adapters.sources.values():
            source.start()
        _do(self._adapters.policy, "start")

    def errands(self) -> list[Errand[Any, Any]]:
        return [*self._sources.values(), self._policy, *self._sinks.values()]

    def calls(self) -> list[tuple[str, str, int]]:
        """Kind, name and start (0: none under way) of each call."""
        kinds = (("source", self._sources), ("policy", {"policy": self._policy}), ("sink", self._sinks))
        return [(kind, name, one.since_ns) for kind, found in kinds for name, one in found.items()]

    def begin(self, keep_waiting: Callable[[], bool]) -> None:
        """A session starts: old observations do not count, and the policy may take the time it needs to get ready."""
        self._newest.clear()
        policy = self._policy
        while keep_waiting() and not policy.is_free:
            self._give_up_a_hung_policy()
            policy.wait(WARM_UP_LOOK_S)
        # What a call of the session before still comes to is no failure of this one.
        self.is_live = True
        if keep_waiting():
            self._is_getting_ready = True
            policy.ask(None)
            while keep_waiting() and not policy.wait(WARM_UP_LOOK_S):
                pass

    def observe(self, until_ns: int) -> Observation | None:
        """The newest observation of every source, in one; that of a late source is the one before."""
        for errand in self._sources.values():
            if errand.is_free:
                errand.ask(None)
        for name, errand in self._sources.items():
            if not errand.wait(self._pacer.left_s(until_ns)):
                self._counters.late_sources += 1
            elif errand.answer is not None:
                self._newest[name] = errand.answer
        found = list(self._newest.values())
        if len(found) < len(self._sources) or not found:
            return None
        observation = found[0] if len(found) == 1 else merged(found)
        host = self._host.channels() if self._host is not None else None
        return replace(observation, channels={**host, **observation.channels}) if host else observation

    def ask(self, observation: Observation, until_ns: int) -> Answer:
        """The policy's action, if it is back in time; a late one is never used."""
        policy = self._policy
        if policy.is_free:
            self._is_getting_ready = False
            policy.ask(observation)
            if policy.wait(self._pacer.left_s(until_ns)):
                if policy.failure is not None:
                    return Answer(None, "policy_exception")
                said = policy.answer
                if isinstance(said, Action):
                    return Answer(said)
                return Answer(None, said or "policy_unusable")
        self._counters.late_policies += 1
        return Answer(None, "policy_late")

    def apply(self, action: Action, until_ns: int) -> bool:
        """Hand an action to every sink, and wait while there is time. False, and none gets it, while one is still at
        an earlier one: what a sink has not been given must not count as sent."""
        sinks = self._sinks.values()
        stops = self._emergency.count
        busy = [errand for errand in sinks if not errand.is_free]
        if not busy:
            for errand in sinks:
                errand.ask((action, stops))
        late = [errand for errand in sinks if not errand.wait(self._pacer.left_s(until_ns))]
        if busy or late:
            self._counters.late_sinks += 1
        return not busy

    def stop(self) -> None:
        """Tell every adapter to stop, all at once; whatever one raises or how long it takes, the others are told."""
        self.is_live = False
        adapters = {f"sink {name}": sink.stop for name, sink in self._adapters.sinks.items()}
        adapters |= {f"source {name}": source.stop for name, source in self._adapters.sources.items()}
        adapters["policy"] = partial(_do, self._adapters.policy, "stop")
        telling = [threading.Thread(target=_tell, args=one, daemon=True) for one in adapters.items()]
        for thread in telling:
            thread.start()
        until_s = time.monotonic() + END_S
        for thread in telling:
            thread.join(max(0.0, until_s - time.monotonic()))

    def exchange(self, policy: Policy) -> None:
        """From the next cycle on another policy is asked; it is ready. What the one before still says is not heard."""
        before, self._adapters = self._adapters.policy, replace(self._adapters, policy=policy)
        threading.Thread(target=_tell, args=("policy", partial(_do, before, "stop")), daemon=True).start()

    def give_up(self, kind: str) -> None:
        """End the call of a policy that hangs, where it can be ended: it has a process of its own."""
        if kind == "policy":
            _do(self._adapters.policy, "kill")

    def rearm(self) -> None:
        """Sinks that want to know of it hear that the emergency is over; a policy that still hangs is given up."""
        self._give_up_a_hung_policy()
        for name, sink in self._adapters.sinks.items():
            _tell(f"sink {name}", partial(_do, sink, "reset"))

    def end(self) -> None:
        for errand in self.errands():
            errand.end(END_S / max(1, len(self.errands())))

    @property
    def late_policies_discarded(self) -> int:
        return self._policy.late

    @property
    def policy_restarts(self) -> int:
        """How often the process of the policy was begun again."""
        restarts: int = getattr(self._adapters.policy, "restarts", 0)
        return restarts

    def _watched(self, kind: str, name: str, do: Callable[[Any], Any], asked: Any) -> Any:
        try:
            return do(asked)
        except BaseException as error:
            # From here, not from the loop: it may have stopped waiting for this call long ago.
            if self.is_live:
                words = str(error) if isinstance(error, Elsewhere) else f"{type(error).__name__}: {error}"
                what = kind if kind == name else f"{kind} {name}"
                self._emergency.trigger(kind, f"{what} raised {words}", failure_type=f"{kind}_exception")
            raise

    def _give_up_a_hung_policy(self) -> None:
        since_ns = self._policy.since_ns
        taken_ns = time.monotonic_ns() - since_ns if since_ns else 0
        # Getting ready may take minutes, and is not begun again for a second start.
        if taken_ns > GIVEN_UP_S * NS_PER_S and not self._is_getting_ready:
            self.give_up("policy")

    def _predict(self, observation: Observation | None) -> Action | str:
        policy = self._adapters.policy
        try:
            if observation is None:
                policy.reset()
                return "policy_unusable"
            return self._understand(policy.predict(observation))
        except Unmappable as problem:
            # Refused in this cycle; a policy that says nonsense once may be right in the next.
            self.unmappable = str(problem)
            return "policy_unusable"
        except PolicyAway:
            return "policy_away"
        except Exception:
            if policy is self._adapters.policy:
                raise
            return "policy_late"  # another has taken its place: what becomes of it concerns nobody

    def _apply(self, name: str, sink: Sink, asked: tuple[Action, int]) -> None:
        action, stops = asked
        emergency = self._emergency
        if emergency.is_latched or emergency.count != stops:
            return
        sink.apply(action)
        if emergency.is_latched:
            # The stop may have come between the two lines above: the last word must be the stop.
            emergency.repeat()
        elif emergency.count != stops:
            # Stopped and reset while the sink was at it: what it has done now nobody wants any more.
            emergency.trigger("sink", f"sink {name} came back after a reset from an action before the stop")


def _read(source: Source, _: None) -> Observation | None:
    return source.read()


def _do(adapter: object, name: str) -> None:
    """What an adapter may be told, if it wants to hear it."""
    do = getattr(adapter, name, None)
    if do is not None:
        do()


def _tell(what: str, stop: Callable[[], None]) -> None:
    try:
        stop()
    except Exception:
        log.warning("an adapter raised when it was told to stop", adapter=what, exc_info=True)

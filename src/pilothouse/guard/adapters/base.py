"""The interfaces between the guard and a robot. Their methods run on threads of their own, never on the loop's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pilothouse.guard.model import Action, Observation


class Source(Protocol):
    """Where observations come from."""

    def start(self) -> None:
        """Connect; called once, before the first ``read``."""
        ...

    def read(self) -> Observation | None:
        """The newest observation, at once; None when there is none yet. Raises when the robot cannot be observed."""
        ...

    def stop(self) -> None: ...


class PolicyAway(Exception):
    """Nobody can be asked just now, and will be again: the fallback acts until then."""


class Elsewhere(Exception):
    """What was raised in another process; its text begins with the kind."""


class Policy(Protocol):
    """Who decides what to do.

    It may have a ``start``, called once before it is asked anything, a ``stop``, and a ``kill``, which any thread may
    call to end the call under way.
    """

    def predict(self, observation: Observation) -> Action | Mapping[str, Any] | Sequence[float]:
        """Joint targets: an action, a mapping, or numbers in joint order (any array)."""
        ...

    def reset(self) -> None:
        """A task begins."""
        ...


class Sink(Protocol):
    """Where actions go."""

    def apply(self, action: Action) -> None:
        """Send one action to the robot."""
        ...

    def emergency_stop(self) -> None:
        """Stop the robot at once. Any thread may call it, at any time, also while ``apply`` hangs."""
        ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Adapters:
    """What a guard is connected to, by name."""

    sources: Mapping[str, Source]
    policy: Policy
    sinks: Mapping[str, Sink]


def merged(observations: Sequence[Observation]) -> Observation:
    """What several sources observed, as one observation: each part from the first that has it, as old as the oldest.

    Sources that bring images alone do not make it older: a camera is slow by nature.
    """
    first = next((one for one in observations if one.joint_positions), observations[0])
    parts = [first, *(one for one in observations if one is not first)]
    telling = [one for one in parts if one.joint_positions or one.channels or one.features is not None]
    times = [one.timestamp for one in telling or parts]
    return Observation(
        # A time that is no number must not be hidden behind one that is.
        timestamp=math.nan if any(map(math.isnan, times)) else min(times),
        joint_positions=first.joint_positions,
        joint_velocities=_first(one.joint_velocities for one in parts),
        end_effector=_first(one.end_effector for one in parts),
        jacobian=_first(one.jacobian for one in parts),
        gripper=_first(one.gripper for one in parts),
        channels={name: value for one in reversed(parts) for name, value in one.channels.items()},
        features=_first(one.features for one in parts),
        images={name: image for one in reversed(parts) for name, image in one.images.items()},
    )


def _first(values: Any) -> Any:
    return next((one for one in values if one is not None), None)

"""What to ask for so that everything that is offered on a ROS 2 topic is heard. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# A publisher that keeps nothing (or everything) says 0; a reader this slow has other worries.
SMALLEST_DEPTH, LARGEST_DEPTH = 10, 1000


@dataclass(frozen=True, slots=True)
class Offer:
    """What one publisher promises."""

    reliable: bool
    transient_local: bool
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """What a subscription asks for. Who asks for more than a publisher offers hears nothing of it."""

    reliable: bool
    transient_local: bool
    depth: int

    def hears(self, offers: Sequence[Offer]) -> bool:
        """Whether it is compatible with every offer."""
        return not any(
            (self.reliable and not one.reliable) or (self.transient_local and not one.transient_local) for one in offers
        )


def request_for(offers: Sequence[Offer]) -> Request:
    """The most that all of them offer: one best-effort publisher makes it best effort, one volatile one volatile.

    With mixed durability, what the latched publisher said before the recorder came is not heard; what it says later is.
    """
    depth = max([SMALLEST_DEPTH, *(one.depth for one in offers)])
    return Request(
        reliable=all(one.reliable for one in offers),
        transient_local=all(one.transient_local for one in offers),
        depth=min(depth, LARGEST_DEPTH),
    )

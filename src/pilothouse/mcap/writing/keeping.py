"""How long, how much and how dearly a topic is kept in the ring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from pilothouse.mcap.model import Group

Priority = Literal["high", "normal", "low"]

LEAVES_FIRST: dict[Priority, int] = {"low": 0, "normal": 1, "high": 2}


@dataclass(frozen=True, slots=True)
class Keep:
    """What the ring does with a topic.

    ``priority`` says which topics of a group leave first when the group is over its share; ``keep_s`` is message time,
    the ring's window when None; above ``max_bytes`` the topic's own oldest chunks leave, nobody else's.
    """

    priority: Priority = "normal"
    keep_s: float | None = None
    max_bytes: int | None = None


USUAL = Keep()


def usual(topic: str) -> Keep:
    """Every topic alike."""
    del topic
    return USUAL


class Place(NamedTuple):
    """Where chunks stand. Channels of one place share chunks; a topic with its own budget has its own place."""

    group: Group
    keep: Keep = USUAL
    topic: str = ""

    @classmethod
    def of(cls, group: Group, keep: Keep, topic: str) -> Place:
        """The place of a topic."""
        return cls(group, keep, "" if keep.max_bytes is None else topic)

"""Which answers of a hub are final: sending the same again would be answered the same."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Forbidden, Invalid, NotFound, Problem, TooLarge

Refusal = (Invalid, Conflict, NotFound, TooLarge)

# A robot that was enrolled anew under another name still holds what it recorded under the one before.
_OTHER_ROBOT = "other_robot"


def is_refusal(problem: Problem) -> bool:
    """Whether the hub will not have this as it is; everything else may pass."""
    return isinstance(problem, Refusal) or (isinstance(problem, Forbidden) and problem.code == _OTHER_ROBOT)


def is_unknown_route(problem: Problem) -> bool:
    """Whether the hub is older than what it was asked."""
    return isinstance(problem, NotFound) or problem.facts.get("status") == 405

"""Who may see a robot live, speak to its guard, and be the robot."""

from pilothouse.hub.identity import Caller, check_may_tend
from pilothouse.hub.identity.auth import Viewer, Writer
from pilothouse.hub.relay.schemas import LiveRequest
from pilothouse.wire.relay import RelayMode, lets_through

__all__ = ["Viewer", "Writer", "check_may_ask"]


def check_may_ask(caller: Caller, request: LiveRequest) -> None:
    """Whoever may look may ask questions, and stop the robot: that is forbidden to nobody who is let in at all. What
    moves it or its limits is for operators; raises OperatorsOnly, ScopeMissing."""
    if not lets_through(RelayMode.WATCH, request.method, request.path):
        check_may_tend(caller)

"""Which state the loop is in, and which commands lead where. Pure."""

from __future__ import annotations

from enum import StrEnum

from pilothouse.kit.errors import Conflict


class State(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    EMERGENCY = "emergency"


class Command(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    ESTOP = "estop"
    RESET = "reset"


class NotNow(Conflict):
    """Cannot {command} while {state}; possible now: {possible}."""


class ResetUnderWay(Conflict):
    """A reset is under way already, and waits for a sink."""


TRANSITIONS: dict[tuple[State, Command], State] = {
    (State.IDLE, Command.START): State.RUNNING,
    (State.RUNNING, Command.PAUSE): State.PAUSED,
    (State.RUNNING, Command.STOP): State.STOPPED,
    (State.PAUSED, Command.RESUME): State.RUNNING,
    (State.PAUSED, Command.STOP): State.STOPPED,
    (State.STOPPED, Command.START): State.RUNNING,
    (State.STOPPED, Command.RESET): State.IDLE,
    (State.EMERGENCY, Command.RESET): State.IDLE,
    # Stopping is never forbidden, and an e-stop twice is an e-stop.
    **{(state, Command.ESTOP): State.EMERGENCY for state in State},
}


def possible(state: State) -> tuple[Command, ...]:
    """The commands a state takes."""
    return tuple(command for command in Command if (state, command) in TRANSITIONS)


def after(state: State, command: Command) -> State:
    """The state that a command leads to; raises NotNow, which names the state."""
    found = TRANSITIONS.get((state, command))
    if found is None:
        raise NotNow(command=command.value, state=state.value, possible=", ".join(possible(state)))
    return found

"""Which commands lead where, row by row."""

from __future__ import annotations

import pytest

from pilothouse.guard.loop import Command, NotNow, State, after, possible

LEGAL = {
    (State.IDLE, Command.START): State.RUNNING,
    (State.RUNNING, Command.PAUSE): State.PAUSED,
    (State.RUNNING, Command.STOP): State.STOPPED,
    (State.PAUSED, Command.RESUME): State.RUNNING,
    (State.PAUSED, Command.STOP): State.STOPPED,
    (State.STOPPED, Command.START): State.RUNNING,
    (State.STOPPED, Command.RESET): State.IDLE,
    (State.EMERGENCY, Command.RESET): State.IDLE,
}
ROWS = [(state, command) for state in State for command in Command]


@pytest.mark.parametrize(("state", "command"), ROWS)
def test_every_row_of_the_table(state: State, command: Command) -> None:
    expected = State.EMERGENCY if command is Command.ESTOP else LEGAL.get((state, command))

    if expected is None:
        with pytest.raises(NotNow) as refused:
            after(state, command)
        assert state.value in refused.value.sentence
        assert command not in possible(state)
    else:
        assert after(state, command) is expected
        assert command in possible(state)

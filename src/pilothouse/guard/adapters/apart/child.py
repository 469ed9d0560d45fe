"""The process that is a policy, and nothing else: ``python -c "from …apart.child import main; main()" LINE PARENT``."""

from __future__ import annotations

import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from pilothouse.guard.adapters.apart.words import Answer, Ask, Begin, Done, End, Line, Raised, Request, Said, Unusable
from pilothouse.guard.adapters.base import Policy
from pilothouse.guard.guardrail import Unmappable, action_of
from pilothouse.guard.model import Action
from pilothouse.guard.stackfile import RobotConfig
from pilothouse.guard.stackfile.yours import PluginPolicyConfig, PythonPolicyConfig

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_KILL = 9


def main() -> None:
    """Answer until the guard says to end, or is gone."""
    line = Line(socket.socket(fileno=int(sys.argv[1])), Request)
    _live_no_longer_than(int(sys.argv[2]))
    asked: Any = None
    actor = _Actor()
    while not isinstance(asked, End):
        try:
            asked = line.hear()
        except EOFError:
            os._exit(0)
        answer = actor.answer(asked)
        try:
            line.say(answer)
        except TypeError as error:
            line.say(Unusable(str(error)))
    sys.stdout.flush()
    # Threads that a policy left behind do not keep the process.
    os._exit(0)


class _Actor:
    """Does what is asked; what goes wrong is an answer too."""

    def __init__(self) -> None:
        self._policy: Policy | None = None
        self._robot: RobotConfig | None = None

    def answer(self, asked: Request) -> Answer:
        try:
            return self._done(asked)
        except Unmappable as problem:
            return Unusable(str(problem))
        except BaseException as error:  # noqa: BLE001 - whatever a policy raises, the guard shall hear of it
            return Raised(_words(error), traceback.format_exc()[-8000:])

    def _done(self, asked: Request) -> Answer:
        match asked:
            case Begin():
                self._robot = RobotConfig.model_validate(asked.robot)
                self._policy = _opened(asked, self._robot)
            case Ask():
                assert self._policy is not None
                assert self._robot is not None
                return Said(_numbers(action_of(self._policy.predict(asked.observation), self._robot)))
            case _:
                call = getattr(self._policy, "reset" if not isinstance(asked, End) else "stop", None)
                if call is not None:
                    call()
        return Done()


def _opened(begin: Begin, robot: RobotConfig) -> Policy:
    from pilothouse.guard.adapters.policies import policy_here

    sys.path[:] = begin.path
    yours = PythonPolicyConfig if begin.config["type"] == "python" else PluginPolicyConfig
    config = yours.model_validate(begin.config)
    return policy_here(config, robot, Path(begin.directory))


def _numbers(action: Action) -> Action:
    """The same in plain numbers: what a policy built itself may hold anything."""
    try:
        positions = tuple(float(one) for one in action.joint_positions)
        return Action(positions, None if action.gripper is None else float(action.gripper))
    except Exception as error:  # noqa: BLE001 - whatever its parts raise, they are no numbers
        raise Unmappable(f"the action cannot be understood: {_words(error)}") from None


def _words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:2000]
    except Exception:  # noqa: BLE001 - an exception may not even be able to say what it is
        return type(error).__name__


def _live_no_longer_than(parent: int) -> None:
    """Where the system can, it ends this process with the guard's, also while a policy keeps the interpreter."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, _KILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)

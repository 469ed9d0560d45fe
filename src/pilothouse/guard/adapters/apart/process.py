"""The guard's side of a policy in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from pilothouse.guard.adapters.apart.words import Answer, Ask, Begin, End, Garbled, Line, Raised, Request, Reset, Said
from pilothouse.guard.adapters.apart.words import Unusable as UnusableAnswer
from pilothouse.guard.adapters.base import Elsewhere, PolicyAway
from pilothouse.guard.guardrail import Unmappable
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile import RobotConfig
from pilothouse.guard.stackfile.yours import PluginPolicyConfig, PythonPolicyConfig
from pilothouse.kit.logs import get_logger

_COMMAND = "from pilothouse.guard.adapters.apart.child import main; main()"
# A policy that closes what it has open gets so long; the guard has little more to end all it has.
END_S = 0.3
# A line that is closed is followed by the end of its process.
ENDED_S = 1.0

log = get_logger("pilothouse.guard")


class PolicyProcess:
    """A policy as the loop asks it; where it runs is its own business.

    One that ends, or says what makes no sense, is begun again so often as ``restarts`` says, while nobody can be asked;
    then it is a failure. ``kill`` may come from any thread: the call under way fails.
    """

    def __init__(self, begin: Begin, *, restarts: int = 0) -> None:
        self.restarts = 0
        """How often it was begun again since the guard runs."""
        self._begin = begin
        self._is_stopped = False
        self._allowed = restarts
        self._left = restarts
        self._child: _Child | None = None
        self._is_ready = False

    @classmethod
    def of(cls, config: PythonPolicyConfig | PluginPolicyConfig, robot: RobotConfig, directory: Path) -> PolicyProcess:
        begin = Begin(config.model_dump(mode="json"), robot.model_dump(mode="json"), str(directory), sys.path)
        return cls(begin, restarts=config.restarts)

    def start(self) -> None:
        """Begin to get ready; nobody waits."""
        self._child = _Child(self._begin)

    @property
    def pid(self) -> int | None:
        """Of its process, while there is one."""
        return None if self._child is None else self._child.pid

    def predict(self, observation: Observation) -> Action:
        child = self._child
        if child is None or not self._is_ready:
            child = self._back()
        match self._asked(child, Ask(observation)):
            case Said(action):
                return action
            case UnusableAnswer(reason):
                raise Unmappable(reason)
            case other:
                raise self._lost(child, f"it answered {type(other).__name__} to an observation")

    def reset(self) -> None:
        """A task begins; a process that is gone is begun again, and waited for."""
        self._left = self._allowed
        child = self._child
        if child is None or child.is_over or child.is_unwanted:
            child = self._again()
        if not self._is_ready:
            self._settle(child)
        self._asked(child, Reset())

    def kill(self) -> None:
        """Now, whatever it does."""
        child = self._child
        if child is not None:
            child.kill()

    def stop(self) -> None:
        self._is_stopped = True
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _back(self) -> _Child:
        """The process that was begun again, once it is ready; raises PolicyAway until then."""
        child = self._child
        if child is None or child.is_over:
            raise self._lost(child, "it ended" if child is None else child.wait_for_end())
        if not child.has_spoken:
            raise PolicyAway("the process of the policy is being started again")
        self._settle(child)
        self._asked(child, Reset())
        return child

    def _settle(self, child: _Child) -> None:
        """Wait until it is ready, or says why it never will be."""
        try:
            self._understood(child.answer())
        except (OSError, EOFError, Garbled) as error:
            raise self._lost(child, self._ending(child, error)) from None
        except Elsewhere:
            child.kill()
            raise
        self._is_ready = True

    def _again(self) -> _Child:
        if self._is_stopped:
            raise Elsewhere("the guard ends")
        if self._child is not None:
            self._child.leave()
            self.restarts += 1
        self._is_ready = False
        self._child = child = _Child(self._begin)
        return child

    def _asked(self, child: _Child, request: Request) -> Answer:
        try:
            child.line.say(request)
            answer = child.answer()
        except (OSError, EOFError, Garbled) as error:
            raise self._lost(child, self._ending(child, error)) from None
        return self._understood(answer)

    def _understood(self, answer: Answer) -> Answer:
        if isinstance(answer, Raised):
            log.error("the policy raised", reason=answer.words, traceback=answer.traceback)
            raise Elsewhere(answer.words)
        return answer

    def _ending(self, child: _Child, error: Exception) -> str:
        if isinstance(error, Garbled):
            return f"it said what makes no sense: {error!s:.200}"
        return child.wait_for_end()

    def _lost(self, child: _Child | None, reason: str) -> Exception:
        """What to raise for a process that is of no more use: away while it may come back, and else a failure."""
        was_unwanted = child is not None and child.is_unwanted
        if child is not None:
            child.leave()
        if was_unwanted or self._left <= 0:
            self._is_ready = False
            return Elsewhere(f"PolicyProcessEnded: {reason}")
        self._left -= 1
        self._again()
        log.warning("the process of the policy is started again", reason=reason, left=self._left)
        return PolicyAway(f"the process of the policy is being started again: {reason}")


class _Child:
    """One process and the line to it."""

    def __init__(self, begin: Begin) -> None:
        own, other = socket.socketpair()
        self.line = Line(own, Answer)
        self.pid: int | None = None
        self.is_unwanted = False
        """Whether it was killed from here."""
        self._own = own
        self._reason = ""
        self._lock = threading.Lock()
        self._over = threading.Event()
        # Its parent, as the system sees it, is the thread that made it: this one stays as long as it does.
        self._keeper = threading.Thread(target=self._keep, args=(other,), name="policy-process", daemon=True)
        self._keeper.start()
        with suppress(OSError):
            self.line.say(begin)

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def has_spoken(self) -> bool:
        """Whether there is an answer to read, or nobody left to give one."""
        try:
            self._own.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def answer(self) -> Answer:
        found: Answer = self.line.hear()
        return found

    def kill(self) -> None:
        with self._lock:
            self.is_unwanted = True
            self._kill()

    def leave(self) -> None:
        """Kill it and hear no more of it; only while nobody else asks it."""
        self.kill()
        self.line.close()

    def end(self) -> None:
        """Let it close what it has open, and make sure that it is gone."""
        with self._lock:
            self.is_unwanted = True
        with suppress(OSError):
            self.line.say_at_once(End())
        if not self._over.wait(END_S):
            self.kill()
            self._over.wait(ENDED_S)
        self.line.close()

    def wait_for_end(self) -> str:
        """Why it ended."""
        self._over.wait(ENDED_S)
        return self._reason or "it closed the line"

    def _kill(self) -> None:
        if self.pid is not None and not self._over.is_set():
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)

    def _keep(self, other: socket.socket) -> None:
        """From its first moment to its last."""
        try:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-P", "-X", "faulthandler", "-c", _COMMAND, str(other.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL, stdout=2, pass_fds=(other.fileno(),), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._reason = f"it cannot be started: {error}"
            self._over.set()
            return
        finally:
            other.close()
        with self._lock:
            self.pid = process.pid
            if self.is_unwanted:
                self._kill()
        _wait_for(process)
        with self._lock:
            self._kill()  # what it has begun itself
            self._reason = _how(process.wait())
            self._over.set()


def _wait_for(process: subprocess.Popen[bytes]) -> None:
    """Until it ends; it is not taken away yet, so that its number and that of its group are nobody else's."""
    if hasattr(os, "waitid"):  # not on macOS before Python 3.13
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    else:
        process.wait()


def _how(code: int) -> str:
    if code >= 0:
        return f"it ended with code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    return f"it was ended by {name}"

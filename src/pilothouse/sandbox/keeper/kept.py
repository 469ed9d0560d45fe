"""One command the keeper has started: its processes, its limits, its end."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from typing import Any

from pilothouse.sandbox.keeper.cgroups import Group, Hierarchies
from pilothouse.sandbox.keeper.counting import beneath, in_namespace_of, resident_bytes
from pilothouse.sandbox.keeper.identities import hand_over
from pilothouse.sandbox.keeper.order import Order

_GONE_WITHIN_S = 5.0
_SIGNALS_FROM = 128
_UNSTOPPABLE = (signal.SIGKILL, signal.SIGSTOP)
_MIB = 1024 * 1024


class Kept:
    """A child, from before it has a command until nothing of it is left."""

    def __init__(
        self,
        pid: int,
        channel: socket.socket,
        status: int,
        group: Group,
        uid: int | None,
        hierarchies: Hierarchies,
        *,
        isolated: bool,
    ) -> None:
        self._hierarchies, self._isolated = hierarchies, isolated
        self.pid, self.pidfd = pid, os.pidfd_open(pid)
        self.socket, self.status, self.group, self.uid = channel, status, group, uid
        self.number = 0
        self.beside: int | None = None
        """A process that is there for the command and no part of it."""
        self._order: Order | None = None
        self._owner: tuple[int, int] | None = None
        self._began = 0.0
        self._said = b""
        self._inside: int | None = None
        self._inside_fd: int | None = None
        self._exit_code: int | None = None
        self._problem = ""
        self._reason = ""
        self._kill_at: float | None = None
        self._signals: list[tuple[int, int | None]] = []

    def adopt(self, number: int, order: Order) -> None:
        """From now on it is this command."""
        self.number, self._order, self._began = number, order, time.monotonic()
        if self.uid is not None:
            found = os.stat(order.workspace)  # noqa: PTH116
            self._owner = (found.st_uid, found.st_gid)

    def read_status(self) -> bool:
        """What bubblewrap, or the child before it, says; False at the end."""
        piece = os.read(self.status, 65536)
        self._said += piece
        *lines, self._said = self._said.split(b"\n")
        for line in lines:
            self._heard(json.loads(line))
        return bool(piece)

    def _heard(self, fact: dict[str, Any]) -> None:
        self._problem = fact.get("problem", self._problem)
        self._exit_code = fact.get("exit-code", self._exit_code)
        if "child-pid" in fact:
            self._inside = int(fact["child-pid"])
            with contextlib.suppress(ProcessLookupError):
                self._inside_fd = os.pidfd_open(self._inside)

    def look_after(self) -> None:
        """Deliver waiting signals, notice limits that were reached, and keep the deadline of the grace."""
        if self._signals and self.members():
            waiting, self._signals = self._signals, []
            for number, group in waiting:
                self.signal(number, group)
        if not self._reason and (reason := self._limit_reached()):
            self.end(reason, 0)
        if self._kill_at is not None and time.monotonic() >= self._kill_at:
            self._kill_at = None
            self.kill()

    def _limit_reached(self) -> str:
        order = self._order
        if order is None:
            return ""
        if order.memory_mb is not None:
            if self.group.out_of_memory():
                return "oom"
            if not self._hierarchies.has("memory") and resident_bytes(self.members()) > order.memory_mb * _MIB:
                return "oom"
        if order.pids is not None:
            if self.group.out_of_pids():
                return "pids"
            if not self._hierarchies.has("pids") and len(self.members()) >= order.pids:
                return "pids"
        return ""

    def look_again_s(self, sample_s: float, soon_s: float) -> float | None:
        """In how many seconds at the latest `look_after` has something to do."""
        waits = []
        if self._order is not None and (self._order.memory_mb is not None or self._order.pids is not None):
            waits.append(sample_s)
        if self._signals:
            waits.append(soon_s)
        if self._kill_at is not None:
            waits.append(max(0.0, self._kill_at - time.monotonic()))
        return min(waits, default=None)

    def members(self) -> list[int]:
        """The processes of the command itself, without those that hold it."""
        if self.group.lists:
            found = self.group.pids()
        elif self._inside is None:
            found = []
        elif self._isolated:
            found = in_namespace_of(self._inside)
        else:
            return beneath(self.pid)
        holding = (self.pid, self._inside, self.beside) if self._isolated else (self.pid,)
        return [one for one in found if one not in holding]

    def end(self, reason: str, grace_s: float) -> None:
        """SIGTERM to every process now, SIGKILL after the grace. The first reason stands."""
        self._reason = self._reason or reason
        if grace_s <= 0:
            self.kill()
            return
        if self._kill_at is None:
            self._kill_at = time.monotonic() + grace_s
            for pid in self.members():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)

    def signal(self, number: int, group: int | None = None) -> None:
        """To a process group, by default the command's own; kept until the command has begun."""
        if self._inside is None or not self.members():
            self._signals.append((number, group))
            return
        with contextlib.suppress(ProcessLookupError):
            group = group or os.getpgid(self._inside)
            if number not in _UNSTOPPABLE:
                os.killpg(group, number)
                return
        # These would reach pid 1 inside as well, which has to say how the command ended.
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(pid) == group:
                    os.kill(pid, number)

    def kill(self) -> None:
        """SIGKILL to all of it: the group, pid 1 inside (with which its namespace ends), and what holds it."""
        self.group.kill()
        if not self._isolated:
            self._kill_descendants()
        for descriptor in (self._inside_fd, self.pidfd):
            if descriptor is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)

    def _kill_descendants(self) -> None:
        """Without a namespace: the process that stands by collects the orphans, and is the last to go."""
        until = time.monotonic() + _GONE_WITHIN_S
        while (found := beneath(self.pid)) and time.monotonic() < until:
            for pid in found:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.002)

    def reap(self) -> dict[str, Any]:
        """Wait until nothing is left, and say how it went."""
        _, status, usage = os.wait4(self.pid, 0)
        wall_s = time.monotonic() - self._began
        while self.read_status():
            pass
        gone = self._wait_for_namespace()
        result: dict[str, Any] = {
            "wall_s": wall_s,
            "cpu_s": self.group.cpu_s() or usage.ru_utime + usage.ru_stime,
            "peak_memory_bytes": self.group.peak_memory() or usage.ru_maxrss * 1024,
            **self._ending(status, usage.ru_maxrss * 1024),
        }
        if not gone or not self._inside_fd:
            self.group.remove()
        self._give_workspace_back()
        return result

    def put_away(self) -> bool:
        """Free what it held, once its end was told; False when something of it will not die."""
        self.socket.close()
        for descriptor in (self.status, self.pidfd, self._inside_fd):
            if descriptor is not None:
                os.close(descriptor)
        return self.group.remove()

    def _wait_for_namespace(self) -> bool:
        if self._inside_fd is None:
            return True
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._inside_fd, signal.SIGKILL)
        return bool(select.select([self._inside_fd], [], [], _GONE_WITHIN_S)[0])

    def _ending(self, status: int, largest_bytes: int) -> dict[str, Any]:
        code = self._exit_code
        order = self._order
        number = code - _SIGNALS_FROM if code is not None and _SIGNALS_FROM < code <= _SIGNALS_FROM + 64 else None
        if self._reason:
            reason = self._reason
        elif reached := self._limit_reached() or self._grew_too_large(largest_bytes):
            reason = reached
        elif code is None and os.WIFSIGNALED(status):
            reason, number = "signal", os.WTERMSIG(status)
        elif code is None:
            reason = "setup_failed"
        elif number == signal.SIGXFSZ and order is not None and order.disk_mb is not None:
            reason = "disk"
        else:
            reason = "exit" if number is None else "signal"
        return {"termination_reason": reason, "exit_code": code, "signal": number, "problem": self._problem}

    def _grew_too_large(self, largest_bytes: int) -> str:
        """Where nobody counts for the whole tree: whether one process had more than all of them may."""
        limit = None if self._order is None else self._order.memory_mb
        uncounted = limit is not None and not self._hierarchies.has("memory")
        return "oom" if limit is not None and uncounted and largest_bytes > limit * _MIB else ""

    def _give_workspace_back(self) -> None:
        """Files that could not be shown as the command's own were made its own; they are the owner's again."""
        if self._order is None or self._owner is None or self.uid is None:
            return
        with contextlib.suppress(OSError, RecursionError):
            if os.stat(self._order.workspace).st_uid == self.uid:  # noqa: PTH116
                from pathlib import Path

                hand_over(Path(self._order.workspace), *self._owner)

"""A command that was started: its streams, its deadlines, its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from signal import SIGKILL
from typing import Any

from pilothouse.sandbox.channels import END_OF_INPUT, Channels
from pilothouse.sandbox.disk import DiskWatch
from pilothouse.sandbox.keeping import KeeperLink
from pilothouse.sandbox.log import OutputLog
from pilothouse.sandbox.model import Command, Ending, TerminationReason
from pilothouse.sandbox.problems import CommandEnded
from pilothouse.sandbox.proxy import AllowListProxy

_READ_BYTES = 1 << 18
# Nothing of the command is alive when its end is reported, so its pipes are at their end, but for what they still hold.
_DRAIN_WITHIN_S = 30.0
_LAST_WORDS_BYTES = 8192
_NOT_EXECUTABLE, _NOT_FOUND, _SIGNALS_FROM = 126, 127, 128


class Running:
    """A command that was started. All of it belongs to the event loop that started it."""

    def __init__(
        self, command: Command, log: OutputLog, channels: Channels, link: KeeperLink, proxy: AllowListProxy | None
    ) -> None:
        self._command, self._log, self._channels, self._link, self._proxy = command, log, channels, link, proxy
        self._loop = asyncio.get_running_loop()
        self._number = 0
        self._began = self._last_output = time.monotonic()
        self._started: asyncio.Future[int] = self._loop.create_future()
        self._ended: asyncio.Future[Ending] = self._loop.create_future()
        self._reported: dict[str, Any] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._disk: DiskWatch | None = None
        self._input = asyncio.Lock()
        self.pid = 0

    async def start(self, descriptors: Sequence[int]) -> None:
        """Order it from the keeper and read what it says."""
        for descriptor in self._channels.readers:
            self._loop.add_reader(descriptor, self._read, descriptor)
        try:
            self._number = await self._link.start(self, descriptors)
        except BaseException:
            self._stop_reading()
            self._channels.close_all()
            raise
        self._channels.close_theirs()
        try:
            self.pid = await asyncio.shield(self._started)
        except asyncio.CancelledError:
            # Nobody will have a handle on it.
            self._end_by(TerminationReason.CANCELLED)
            raise
        if self._command.timeout_s is not None:
            self._later(self._command.timeout_s, self._end_by, TerminationReason.TIMEOUT)
        if self._command.idle_timeout_s is not None:
            self._later(self._command.idle_timeout_s, self._look_for_output)
        if self._command.limits.disk_mb is not None and not self._ended.done():
            self._disk = DiskWatch(self._command.workspace, self._command.limits.disk_mb)
            self._spawn(self._watch_disk(self._disk))

    async def wait(self) -> Ending:
        """How it ended. Cancelling the wait does not end the command."""
        return await asyncio.shield(self._ended)

    async def send(self, content: bytes) -> None:
        """Write to its standard input; waits while the command does not read."""
        stdin = self._channels.stdin
        async with self._input:
            view = memoryview(content)
            while view:
                if self._ended.done() or stdin is None or not self._channels.is_open(stdin):
                    raise CommandEnded
                try:
                    view = view[os.write(stdin, view) :]
                    self._last_output = time.monotonic()
                except BlockingIOError:
                    await self._writable(stdin)
                except OSError as problem:
                    raise CommandEnded from problem

    async def close_stdin(self) -> None:
        """End of its standard input (for a terminal: Ctrl-D)."""
        stdin = self._channels.stdin
        if stdin is None or not self._channels.is_open(stdin):
            return
        if self._channels.terminal:
            await self.send(END_OF_INPUT)
            return
        async with self._input:
            self._channels.close(stdin)

    async def signal(self, number: int) -> None:
        """Send a signal to the foreground process group inside."""
        if self._ended.done():
            raise CommandEnded
        await self._link.signal(self._number, number, self._channels.foreground_group())

    async def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal its new size; nothing happens without one."""
        self._channels.resize(rows, columns)

    async def cancel(self, reason: TerminationReason = TerminationReason.CANCELLED) -> None:
        """SIGTERM to everything in it, SIGKILL after its grace; returns when nothing is left."""
        # Whoever fills the disk would go on filling it.
        grace_s = 0.0 if reason is TerminationReason.DISK else self._command.grace_s
        if not self._ended.done():
            with contextlib.suppress(Exception):
                await self._link.end(self._number, reason.value, grace_s)
            await self.wait()

    def heard(self, event: str, facts: dict[str, Any], listener: socket.socket | None) -> None:
        """From the keeper."""
        if event == "started":
            self._started.set_result(int(facts["pid"]))
        elif event == "listening" and listener is not None:
            assert self._proxy is not None
            self._spawn(self._proxy.serve(listener))
        elif event == "ended":
            self._reported = facts
            if not self._started.done():
                self._started.set_result(0)
            self._later(_DRAIN_WITHIN_S, self._stop_reading)
            self._conclude_if_drained()

    def lost(self) -> None:
        """The keeper is gone, and with it, by the kernel's hand, everything it had started."""
        facts = {"termination_reason": "lost", "wall_s": time.monotonic() - self._began}
        self.heard("ended", facts, None)

    def _read(self, descriptor: int) -> None:
        try:
            content = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            content = b""  # a terminal whose last process is gone
        if content:
            self._last_output = time.monotonic()
            self._log.append(self._channels.readers[descriptor], content)
            return
        self._loop.remove_reader(descriptor)
        del self._channels.readers[descriptor]
        if descriptor != self._channels.stdin:
            self._channels.close(descriptor)
        self._conclude_if_drained()

    def _stop_reading(self) -> None:
        for descriptor in tuple(self._channels.readers):
            self._loop.remove_reader(descriptor)
            del self._channels.readers[descriptor]
        self._conclude_if_drained()

    def _conclude_if_drained(self) -> None:
        if self._reported is not None and not self._channels.readers and not self._ended.done():
            facts, self._reported = self._reported, None
            self._spawn(self._conclude(facts))

    async def _conclude(self, facts: dict[str, Any]) -> None:
        for timer in self._timers:
            timer.cancel()
        ending = _ending_of(facts)
        by_itself = ending.termination_reason in (TerminationReason.EXIT, TerminationReason.SIGNAL)
        if by_itself and self._disk is not None and await self._disk.full():
            ending = _ending_of({**facts, "termination_reason": "disk"})
        if ending.termination_reason is TerminationReason.SETUP_FAILED and not ending.detail:
            ending = self._never_began(ending)
        self._channels.close_all()
        if self._proxy is not None:
            self._proxy.close()
            ending = _with_refusals(ending, self._proxy.refused)
        self._log.close(ending)
        self._ended.set_result(ending)
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()

    def _never_began(self, ending: Ending) -> Ending:
        """Bubblewrap says in words why; for a program that is not there this is what a shell would say."""
        said = (
            b"".join(frame.content for frame in self._log.read(0, _LAST_WORDS_BYTES)).decode(errors="replace").strip()
        )
        if said.startswith(f"bwrap: execvp {self._command.argv[0]}: "):
            is_there = "ermission" in said
            why = _not_run(self._command.argv[0], is_there=is_there)
            code = _NOT_EXECUTABLE if is_there else _NOT_FOUND
            return replace(ending, termination_reason=TerminationReason.EXIT, exit_code=code, detail=why)
        if not said.startswith("bwrap: "):
            # It had begun; what held it was killed from outside, by the kernel for want of memory for one.
            return replace(
                ending, termination_reason=TerminationReason.SIGNAL, signal=SIGKILL, exit_code=_SIGNALS_FROM + SIGKILL
            )
        return replace(ending, detail=said)

    async def _watch_disk(self, disk: DiskWatch) -> None:
        await disk.until_full()
        self._end_by(TerminationReason.DISK)

    def _look_for_output(self) -> None:
        assert self._command.idle_timeout_s is not None
        silent_s = time.monotonic() - self._last_output
        if silent_s >= self._command.idle_timeout_s:
            self._end_by(TerminationReason.IDLE_TIMEOUT)
        else:
            self._later(self._command.idle_timeout_s - silent_s, self._look_for_output)

    def _end_by(self, reason: TerminationReason) -> None:
        self._spawn(self.cancel(reason))

    async def _writable(self, descriptor: int) -> None:
        ready: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_writer(descriptor, _mark, ready)
        try:
            await asyncio.wait((ready, self._ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._loop.remove_writer(descriptor)

    def _later(self, delay_s: float, act: Any, *arguments: Any) -> None:
        self._timers.append(self._loop.call_later(delay_s, act, *arguments))

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _mark(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _not_run(program: str, *, is_there: bool) -> str:
    if is_there:
        return f"{program[:200]!r} is no program that may be executed"
    words = "; each word is an argument of its own, and a line for a shell follows sh -c" if " " in program else ""
    return f"there is no program {program[:200]!r} in the sandbox{words}"


def _with_refusals(ending: Ending, refused: Sequence[str]) -> Ending:
    """A command that failed after it was refused a connection says which."""
    if not refused or ending.exit_code == 0 or ending.detail:
        return ending
    return replace(ending, detail=f"the network of the session refused: {'; '.join(refused)}")


def _ending_of(facts: dict[str, Any]) -> Ending:
    problem = str(facts.get("problem", ""))
    reason = TerminationReason(facts.get("termination_reason", TerminationReason.SETUP_FAILED))
    return Ending(
        termination_reason=reason,
        exit_code=facts.get("exit_code"),
        signal=facts.get("signal"),
        wall_s=float(facts.get("wall_s", 0.0)),
        cpu_s=facts.get("cpu_s"),
        peak_memory_bytes=facts.get("peak_memory_bytes"),
        detail=problem,
    )

"""Output on its way from the sandbox's log to where every hub can read it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from pilothouse.hub.db import Database
from pilothouse.hub.lab.domain.output import OutputFrame, merged, runs, stream_of
from pilothouse.hub.lab.repository import CommandRows, OutputRows
from pilothouse.hub.lab.service.output import Outputs
from pilothouse.hub.lab.service.signals import Signals, of_session
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.sandbox.log import Frame, OutputLog
from pilothouse.wire.lab import LabStream

log = get_logger(__name__)
Result = TypeVar("Result")

# The first bytes leave at once. After that the pace slows down with what was sent already: somebody who watches sees
# lines within a tenth of a second, and a command that writes for hours does not make a row of each.
FIRST_PACE_S = 0.05
SLOWEST_PACE_S = 1.0
PIECE_BYTES = 1 << 20
# What may wait in memory before the reader of the log has to wait.
MOST_WAITING_BYTES = 4 << 20
RETRY_S = 1.0
# More pieces than this are put together when the command is over.
MANY_PIECES = 16


class Shipper:
    """Ships the log of one command, as it grows."""

    def __init__(
        self, database: Database, outputs: Outputs, signals: Signals, session_id: str, command_id: str
    ) -> None:
        self._database = database
        self._outputs = outputs
        self._signals = signals
        self._session_id = session_id
        self._command_id = command_id
        self._waiting: list[OutputFrame] = []
        self._waiting_bytes = 0
        self._has_some = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._ended = False
        self._pieces = 0
        self._written = (0, 0)
        self._pace_s = FIRST_PACE_S

    async def ship(self, source: OutputLog) -> None:
        """Until the log is closed and everything is on its way; then once more as a whole, if it came in crumbs."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send())
            group.create_task(self._take(source))
        dropped = source.status().dropped
        if self._pieces > MANY_PIECES or dropped is not None:
            lost = 0 if dropped is None else dropped[1] - dropped[0]
            await self._until_it_works(lambda: self._replace(source, lost))

    async def _take(self, source: OutputLog) -> None:
        try:
            async for frame in source.follow():
                self._waiting.append(_frame(frame))
                self._waiting_bytes += len(frame.content)
                self._has_some.set()
                if self._waiting_bytes >= MOST_WAITING_BYTES:
                    self._has_room.clear()
                    await self._has_room.wait()
        finally:
            self._ended = True
            self._has_some.set()

    async def _send(self) -> None:
        while True:
            await self._has_some.wait()
            self._has_some.clear()
            frames, self._waiting, self._waiting_bytes = self._waiting, [], 0
            self._has_room.set()
            if frames:
                await self._write(frames)
                self._pace_s = min(SLOWEST_PACE_S, self._pace_s * 1.05)
            elif self._ended:
                return
            if self._ended:
                self._has_some.set()
            else:
                await self._rest()

    async def _rest(self) -> None:
        """Let more come together; the end does not wait for it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace_s):
                while not self._is_urgent():
                    self._has_some.clear()
                    await self._has_some.wait()
        if self._waiting or self._ended:
            self._has_some.set()

    def _is_urgent(self) -> bool:
        return self._ended or self._waiting_bytes >= PIECE_BYTES

    async def _until_it_works(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """A database that is away for a moment costs time; the log on disk has everything."""
        while True:
            try:
                return await work()
            except Unavailable as problem:
                log.warning("output waits until it can be stored", command_id=self._command_id, reason=problem.sentence)
            await asyncio.sleep(RETRY_S)

    async def _write(self, frames: Sequence[OutputFrame]) -> None:
        pieces = [
            await self._until_it_works(functools.partial(self._outputs.keep, one, self._command_id))
            for one in runs(merged(frames), PIECE_BYTES)
        ]
        self._written = _counted(self._written, frames)
        await self._until_it_works(lambda: self._add(pieces, frames[-1].end))
        self._pieces += len(pieces)

    async def _add(self, pieces: Sequence[dict[str, object]], end: int) -> None:
        """Twice is once: whether a commit was carried out is not always known."""
        stdout, stderr = self._written
        async with self._database.transaction() as session:
            await OutputRows(session).add(pieces)
            await CommandRows(session).set_output(self._command_id, end=end, stdout=stdout, stderr=stderr, dropped=0)
            self._signals.after(session, of_session(self._session_id))

    async def _replace(self, source: OutputLog, dropped_bytes: int) -> None:
        """What the log holds now, in large pieces: the small ones, and what the cap has dropped since, go."""
        pieces: list[dict[str, object]] = []
        end, kept = source.status().size_bytes, (0, 0)
        place = 0
        while frames := [_frame(one) for one in await asyncio.to_thread(source.read, place, PIECE_BYTES)]:
            pieces += [await self._outputs.keep(one, self._command_id) for one in runs(merged(frames), PIECE_BYTES)]
            place = frames[-1].end
            kept = _counted(kept, frames)
        async with self._database.transaction() as session:
            old = await self._outputs.remove(session, self._command_id)
            await OutputRows(session).add(pieces)
            await CommandRows(session).set_output(
                self._command_id, end=end, stdout=kept[0], stderr=kept[1], dropped=dropped_bytes
            )
        await self._outputs.forget(old)


def _counted(before: tuple[int, int], frames: Sequence[OutputFrame]) -> tuple[int, int]:
    """Bytes of standard output and of standard error, these frames included."""
    stdout = sum(len(one.content) for one in frames if one.stream is LabStream.STDOUT)
    return before[0] + stdout, before[1] + sum(len(one.content) for one in frames) - stdout


def _frame(frame: Frame) -> OutputFrame:
    return OutputFrame(frame.offset, stream_of(int(frame.stream)), frame.time_ns, frame.content)

"""Write and read the output of one command."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from weakref import WeakSet, WeakValueDictionary

from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.sandbox.log import lines, segments
from pilothouse.sandbox.log.model import Frame, Lines, LogCaps, LogStatus, Stream
from pilothouse.sandbox.log.writing import Writer
from pilothouse.sandbox.model import Ending, TerminationReason
from pilothouse.sandbox.problems import LogDamaged

_ENDING = "ending.json"
_READ_BYTES = 1 << 20
# How often a follower looks that cannot be woken, because another process writes.
_POLL_S = 0.1

# Who writes here, so that whoever follows in the same process is woken instead of polling.
_WRITTEN_HERE: WeakValueDictionary[Path, OutputLog]


class OutputLog:
    """One directory per command. One writer; any number of readers in any process (``OutputLog.open``).

    Offsets count every byte of the command in the order it came (after secrets were taken out), kept or dropped.
    """

    def __init__(self, directory: Path, writer: Writer | None) -> None:
        self._directory, self._writer = directory, writer
        self._followers: WeakSet[asyncio.Event] = WeakSet()
        self._ending: Ending | None = None

    @classmethod
    def create(
        cls, directory: Path, clock: Clock | None = None, *, caps: LogCaps | None = None, secrets: Iterable[str] = ()
    ) -> OutputLog:
        """A new, empty log to write; what a former attempt left in the directory is removed."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        segments.remove_all(directory)
        (directory / _ENDING).unlink(missing_ok=True)
        log = cls(directory.resolve(), Writer(directory, clock or SystemClock(), caps or LogCaps(), secrets))
        _WRITTEN_HERE[log._directory] = log
        return log

    @classmethod
    def open(cls, directory: Path) -> OutputLog:
        """An existing log to read; it may still grow."""
        return cls(directory.resolve(), None)

    def hide(self, secrets: Iterable[str]) -> None:
        """Values never to be written from now on."""
        assert self._writer is not None
        self._writer.hide(secrets)

    def append(self, stream: Stream, content: bytes) -> None:
        """Add what was just read from the command."""
        assert self._writer is not None
        self._writer.append(stream, content)
        self._wake()

    def close(self, ending: Ending) -> None:
        """Nothing more will come. Where the writer has died, a reader may say so; the first ending stands."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        place = self._directory / _ENDING
        if not place.exists():
            fresh = place.with_suffix(".new")
            fresh.write_text(json.dumps(asdict(ending)))
            fresh.rename(place)
        self._wake()

    def status(self) -> LogStatus:
        """How much there is, and whether more may come."""
        ending = self._read_ending()
        starts = segments.segments(self._directory)
        if self._writer is not None:
            size = self._writer.size
        else:
            size = segments.end_of(self._directory, starts[-1]) if starts else 0
        return LogStatus(size, segments.dropped(self._directory, starts), ending)

    def read(self, start: int = 0, limit: int = _READ_BYTES, stream: Stream | None = None) -> list[Frame]:
        """Frames from an offset on, at most `limit` bytes of content. A dropped range is skipped: compare offsets."""
        found: list[Frame] = []
        for frame in self._frames(start, stream):
            if limit <= 0:
                break
            found.append(frame if len(frame.content) <= limit else replace(frame, content=frame.content[:limit]))
            limit -= len(frame.content)
        return found

    def head(self, count: int, stream: Stream | None = None) -> Lines:
        """The first lines."""
        return self._with_dropped(lines.first(self._unbroken(0, stream), count), 0)

    def tail(self, count: int, stream: Stream | None = None) -> Lines:
        """The last lines."""
        found = lines.last(self._backwards(stream), count, self.status().size_bytes)
        return self._with_dropped(found, found.lines[0].offset if found.lines else 0)

    def grep(
        self,
        needle: bytes,
        *,
        start: int = 0,
        limit: int = 100,
        stream: Stream | None = None,
        ignore_case: bool = False,
    ) -> Lines:
        """Lines that contain the needle, from an offset on; go on from ``next_offset``."""
        fold = bytes.lower if ignore_case else bytes
        size = self.status().size_bytes
        if not needle:
            return Lines((), size)
        found = lines.matching(self._unbroken(start, stream), needle, limit, size, fold=fold)
        return self._with_dropped(found, start)

    async def follow(self, start: int = 0, stream: Stream | None = None) -> AsyncIterator[Frame]:
        """Frames as they come, until the log is closed and everything was given."""
        woken = asyncio.Event()
        source = _WRITTEN_HERE.get(self._directory)
        if source is not None:
            source._followers.add(woken)
        while True:
            woken.clear()
            closed = self._read_ending() is not None
            frames = await asyncio.to_thread(self.read, start, _READ_BYTES, stream)
            for frame in frames:
                start = frame.end
                yield frame
            if frames:
                continue
            if closed:
                return
            if source is None:
                await asyncio.sleep(_POLL_S)
            else:
                await woken.wait()

    def _frames(self, start: int, stream: Stream | None) -> Iterator[Frame]:
        starts = segments.segments(self._directory)
        for segment in starts[segments.containing(starts, start) :]:
            for frame in segments.frames(self._directory, segment, start):
                if stream is None or frame.stream is stream:
                    yield frame

    def _unbroken(self, start: int, stream: Stream | None) -> Iterator[Frame]:
        """With a line break where the cap has dropped something: what is before and after is not one line."""
        dropped = segments.dropped(self._directory, segments.segments(self._directory))
        before: Frame | None = None
        for frame in self._frames(start, stream):
            if dropped and before and before.end <= dropped[0] and frame.offset >= dropped[1]:
                dropped = None
                if not before.content.endswith(b"\n"):
                    yield replace(before, offset=before.end, content=b"\n")
            yield frame
            before = frame

    def _backwards(self, stream: Stream | None) -> Iterator[list[Frame]]:
        starts = segments.segments(self._directory)
        dropped = segments.dropped(self._directory, starts)
        for segment in reversed(starts):
            run = [one for one in segments.frames(self._directory, segment) if stream is None or one.stream is stream]
            if dropped and run and run[-1].end <= dropped[0]:
                dropped = None
                if not run[-1].content.endswith(b"\n"):
                    run.append(replace(run[-1], offset=run[-1].end, content=b"\n"))
            yield run

    def _with_dropped(self, found: Lines, start: int) -> Lines:
        dropped = segments.dropped(self._directory, segments.segments(self._directory))
        if dropped is None:
            return found
        overlap = min(dropped[1], found.next_offset) - max(dropped[0], start)
        return replace(found, dropped_bytes=max(0, overlap))

    def _read_ending(self) -> Ending | None:
        if self._ending is None:
            place = self._directory / _ENDING
            try:
                facts = json.loads(place.read_text())
                facts["termination_reason"] = TerminationReason(facts["termination_reason"])
                self._ending = Ending(**facts)
            except FileNotFoundError:
                return None
            except (ValueError, TypeError, KeyError) as problem:
                raise LogDamaged(path=os.fspath(place), problem=problem) from problem
        return self._ending

    def _wake(self) -> None:
        for one in tuple(self._followers):
            one.set()


_WRITTEN_HERE = WeakValueDictionary()

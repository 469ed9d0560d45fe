"""One session on its way to the disk: chunks into files, a new file when one is large or old."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

from pilothouse.guard.loopback.channels import Telling
from pilothouse.guard.loopback.facts import Counts, opening_metadata
from pilothouse.guard.loopback.lanes import Lanes, Packed
from pilothouse.guard.loopback.names import file_name
from pilothouse.guard.loopback.retention import delete_oldest, keep_within
from pilothouse.guard.model import Cycle
from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.logs import get_logger
from pilothouse.mcap.model import Compression
from pilothouse.mcap.problems import StorageFull
from pilothouse.mcap.records import Registry
from pilothouse.mcap.writing.live import LiveRecording, Written

MIB = 1 << 20
# What may wait for a disk that is full; chunks with violations are the last to go.
MOST_UNWRITTEN_BYTES = 16 * MIB
RETRY_NS = NS_PER_S

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LoopbackOptions:
    """How sessions are recorded; the defaults are the Stackfile's."""

    robot_id: str = "robot"
    rotate_bytes: int = 512 * MIB
    rotate_s: float = 3600.0
    compression: Compression = "zstd"
    images: bool = True
    image_rate_hz: float = 10.0
    max_total_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class LivePart:
    """The file being written, as it is at a moment."""

    session_id: str
    name: str
    written: Written
    counts: Counts


class SessionWriter:
    """Used by the thread of the loopback; any thread may look at ``live``."""

    def __init__(
        self, directory: Path, session_id: str, options: LoopbackOptions, clock: Clock, *, config_hash: str
    ) -> None:
        self.session_id = session_id
        self.problem: str | None = None
        self.live: LivePart | None = None
        """What the file being written holds: replaced, never changed, so that no disk makes anybody wait for it."""
        self.lost_cycles = 0
        self._directory = directory
        self._options = options
        self._clock = clock
        self._config_hash = config_hash
        self._registry = Registry()
        self._telling = Telling(images=options.images, image_rate_hz=options.image_rate_hz)
        self._lanes = Lanes(self._registry, options.compression)
        self._unwritten: deque[Packed] = deque()
        self._retry_at_ns = 0
        self._part = 0
        self._file: LiveRecording | None = None
        self._file_since_ns = 0
        self._counts = Counts()

    @property
    def open_file(self) -> int | None:
        """The file being written, for syncing."""
        return None if self._file is None else self._file.file

    def add(self, cycle: Cycle) -> None:
        """Pack a cycle."""
        now_ns, time_ns = self._clock.monotonic_ns(), max(0, round(cycle.timestamp * NS_PER_S))
        for told in self._telling.messages(cycle, time_ns):
            self._lanes.add(cycle, told, time_ns, now_ns)
        self._lanes.count(cycle)
        self.write_due()

    def write_due(self, *, every: bool = False) -> None:
        """Seal and write what is due."""
        now_ns = self._clock.monotonic_ns()
        self._unwritten.extend(self._lanes.sealed(now_ns, every=every))
        if self._unwritten and (every or now_ns >= self._retry_at_ns):
            self._write(now_ns)

    def end(self, reason: str, *, give_up: bool = False) -> bool:
        """Write what is left and finish the file; False while the disk has no room for it, unless it is given up.

        A file that cannot be finished stays ``.active``, for recovery.
        """
        self.write_due(every=True)
        if self._unwritten and not give_up:
            return False
        self._lose(0)
        self._finish(reason)
        return True

    def _write(self, now_ns: int) -> None:
        try:
            while self._unwritten:
                self._write_one(self._unwritten[0])
                self._unwritten.popleft()
                self._rotate_if_due()
        except OSError as error:
            self._wait_for_room(f"{self._directory} cannot be written ({error.strerror or error})", now_ns)
        except StorageFull as problem:
            self._wait_for_room(problem.sentence, now_ns)
        else:
            if self.problem is not None:
                log.info("session is recorded again", lost_cycles=self.lost_cycles)
                self.problem = None

    def _write_one(self, packed: Packed) -> None:
        while True:
            try:
                file = self._file or self._open()
                file.add_chunk(packed.chunk)
                self._counts.chunks.append((packed.tally.first, packed.tally.last))
                for cycle_id, is_violation, is_clamp in packed.tally.cycles:
                    self._counts.add(cycle_id, is_violation=is_violation, is_clamp=is_clamp)
                counts = replace(self._counts, chunks=list(self._counts.chunks))
                self.live = LivePart(self.session_id, file.path.name, file.written(), counts)
                return
            except StorageFull:
                # The newest history is worth more than our own oldest.
                if not delete_oldest(self._directory):
                    raise

    def _open(self) -> LiveRecording:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / file_name(self.session_id, self._part)
        metadata = opening_metadata(
            path.stem, self._options.robot_id, session_id=self.session_id, part=self._part,
            config_hash=self._config_hash,
        )  # fmt: skip
        self._file = LiveRecording(path, self._registry, metadata=metadata)
        self._file_since_ns = self._clock.monotonic_ns()
        self._counts = Counts()
        return self._file

    def _rotate_if_due(self) -> None:
        file = self._file
        if file is None:
            return
        age_s = (self._clock.monotonic_ns() - self._file_since_ns) / NS_PER_S
        if file.size_bytes >= self._options.rotate_bytes or age_s >= self._options.rotate_s:
            self._finish("rotated")

    def _finish(self, reason: str) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        self._part += 1
        try:
            file.finish(self._counts.metadata(reason=reason))
        except (OSError, StorageFull) as error:
            file.abandon()
            log.error("session file stays unfinished until the next start", file=file.path.name, reason=str(error))
        self.live = None
        keep_within(self._directory, self._options.max_total_bytes)

    def _wait_for_room(self, problem: str, now_ns: int) -> None:
        if self.problem is None:
            log.error("session not recorded; chunks wait in memory", reason=problem)
        self.problem = problem
        self._retry_at_ns = now_ns + RETRY_NS
        self._lose(MOST_UNWRITTEN_BYTES)

    def _lose(self, most_bytes: int) -> None:
        while sum(one.chunk.size_bytes for one in self._unwritten) > most_bytes:
            harmless = next((one for one in self._unwritten if not one.tally.has_violation), self._unwritten[0])
            self._unwritten.remove(harmless)
            self.lost_cycles += len(harmless.tally.cycles)

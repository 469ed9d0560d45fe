"""The recorded sessions, as their files say: summaries are read once, messages only where they are asked for."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pilothouse.guard.loopback.channels import IMAGES
from pilothouse.guard.loopback.facts import COUNTS_METADATA, CYCLES_METADATA, Counts, total
from pilothouse.guard.loopback.lanes import SEQUENCE_MASK
from pilothouse.guard.loopback.loopback import Loopback
from pilothouse.guard.loopback.names import ACTIVE_SUFFIX, parsed
from pilothouse.guard.loopback.problems import CyclesBackwards, NoSuchFile, NoSuchSession, NothingRecorded
from pilothouse.guard.loopback.recovery import counted
from pilothouse.guard.loopback.session_writer import LivePart
from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.logs import get_logger
from pilothouse.mcap.cutting.cutting import Cutting
from pilothouse.mcap.cutting.pieces import Piece, Wanted
from pilothouse.mcap.problems import Damaged
from pilothouse.mcap.reading.reading import open_recording

# A download of a session under way should reach to now; a disk that hangs must not hold it up longer than this.
FLUSH_S = 2.0
# A file can be renamed between being seen and being opened.
ATTEMPTS = 3
CUT_METADATA = "pilothouse.guard.cut"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a session."""

    path: Path
    counts: Counts
    size_bytes: int
    start_ns: int | None
    end_ns: int | None
    topics: tuple[str, ...]
    compression: str
    closed_at: float | None
    """Seconds since the epoch; None while it is written."""
    live: LivePart | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """One session, over all its files."""

    session_id: str
    parts: tuple[Part, ...]
    is_live: bool

    @property
    def filename(self) -> str:
        return self.parts[0].path.name.removesuffix(ACTIVE_SUFFIX)

    @property
    def size_mb(self) -> float:
        return round(sum(one.size_bytes for one in self.parts) / 1e6, 3)

    @property
    def start_s(self) -> float | None:
        times = [one.start_ns for one in self.parts if one.start_ns is not None]
        return min(times) / NS_PER_S if times else None

    @property
    def end_s(self) -> float | None:
        """None while it is recorded."""
        times = [one.end_ns for one in self.parts if one.end_ns is not None]
        return max(times) / NS_PER_S if times and not self.is_live else None

    @property
    def closed_at(self) -> float | None:
        return None if self.is_live else self.parts[-1].closed_at

    @property
    def counts(self) -> Counts:
        return total([one.counts for one in self.parts])

    @property
    def topics(self) -> list[str]:
        return sorted({topic for one in self.parts for topic in one.topics}, key=_reading_order)

    @property
    def has_images(self) -> bool:
        return any(topic.startswith(IMAGES) for topic in self.topics)

    @property
    def compression(self) -> str:
        used = Counter(one.compression for one in self.parts)
        return max(used, key=lambda name: (name != "none", used[name]))


def _reading_order(topic: str) -> tuple[int, str]:
    first = ("/dam/cycle", "/dam/obs", "/dam/action")
    return (first.index(topic) if topic in first else len(first) + topic.startswith(IMAGES), topic)


class Sessions:
    """Any thread may ask. ``directory`` is None when sessions are not recorded."""

    def __init__(self, directory: Path | None, loopback: Loopback | None = None) -> None:
        self._directory = directory
        self._loopback = loopback
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, int, Part]] = {}  # name -> size, time of change, what it holds

    def every(self) -> list[SessionFacts]:
        """All sessions, newest first; raises NothingRecorded when there is none."""
        found = self._sessions()
        if not found:
            raise NothingRecorded(reason="no cycle was written yet; POST /api/control/start begins a session")
        return sorted(found.values(), key=lambda one: one.session_id, reverse=True)

    def get(self, session_id: str) -> SessionFacts:
        """One session; raises NoSuchSession."""
        found = self._sessions().get(session_id)
        if found is None:
            raise NoSuchSession(session_id=session_id[:100])
        return found

    def cut(
        self, session_id: str, *, start_cycle: int = 0, end_cycle: int = -1, topics: Sequence[str] | None = None
    ) -> Cutting:
        """The cycles from ``start_cycle`` to ``end_cycle`` (both included, -1 is the last), ready to be streamed."""
        if end_cycle != -1 and end_cycle < start_cycle:
            raise CyclesBackwards(start_cycle=start_cycle, end_cycle=end_cycle)
        window = (start_cycle, SEQUENCE_MASK if end_cycle == -1 else end_cycle)
        wanted = Wanted(None if topics is None else frozenset(topics), sequences=window)
        if self._loopback is not None and self.get(session_id).is_live:
            self._loopback.flush(FLUSH_S)
        for _ in range(ATTEMPTS):
            parts = [one for one in self.get(session_id).parts if _overlaps(one.counts, window)]
            try:
                pieces = _opened(parts)
                about = _metadata(pieces, session_id=session_id, start_cycle=start_cycle, end_cycle=end_cycle,
                                  topics=None if topics is None else ",".join(topics))  # fmt: skip
                return Cutting(pieces, wanted, metadata=about)
            except FileNotFoundError:
                continue
        raise NoSuchSession(session_id=session_id)

    def open_file(self, filename: str) -> Piece:
        """A file of a session by its name, for reading; raises NoSuchFile."""
        for _ in range(ATTEMPTS):
            parts = [part for one in self._sessions().values() for part in one.parts]
            found = [one for one in parts if one.path.name.removesuffix(ACTIVE_SUFFIX) == filename]
            try:
                if found:
                    return _opened(found)[0]
            except FileNotFoundError:
                continue
        raise NoSuchFile

    def _sessions(self) -> dict[str, SessionFacts]:
        if self._directory is None:
            raise NothingRecorded(reason="loopback.backend is not mcap in the Stackfile")
        live = None if self._loopback is None else self._loopback.live()
        parts: dict[str, list[tuple[int, Part]]] = {}
        for path in self._directory.glob("session_*"):
            key = parsed(path.name)
            if key is None or self._is_just_begun(path, key[0], live):
                continue
            part = self._part(path, live)
            # The last frames of a session may have a file to themselves: it counts no cycle, and belongs to them.
            if part is not None and (part.counts.total_cycles or part.counts.chunks):
                parts.setdefault(key[0], []).append((key[1], part))
        ordered = {key: sorted(found, key=lambda one: one[0]) for key, found in parts.items()}
        recording = None if self._loopback is None else self._loopback.session_id
        return {
            key: SessionFacts(key, tuple(part for _, part in found), is_live=key == recording)
            for key, found in ordered.items()
            if any(part.counts.total_cycles for _, part in found)
        }

    def _is_just_begun(self, path: Path, session_id: str, live: LivePart | None) -> bool:
        """True for the file under way, unless it is known what it holds."""
        if self._loopback is None or not path.name.endswith(ACTIVE_SUFFIX):
            return False
        return session_id == self._loopback.session_id and (live is None or path != live.written.path)

    def _part(self, path: Path, live: LivePart | None) -> Part | None:
        if path.name.endswith(ACTIVE_SUFFIX) and live is not None and path == live.written.path:
            return _live_part(live)
        try:
            facts = path.stat()
            with self._lock:
                known = self._known.get(path.name)
            if known is None or known[:2] != (facts.st_size, facts.st_mtime_ns):
                known = facts.st_size, facts.st_mtime_ns, _finished_part(path, facts.st_size, facts.st_mtime)
                with self._lock:
                    self._known[path.name] = known
            return known[2]
        except FileNotFoundError:
            return None
        except Damaged as problem:
            log.warning("session file not listed", reason=problem.sentence)
            return None


def _finished_part(path: Path, size_bytes: int, modified_s: float) -> Part:
    with open_recording(path) as recording:
        summary = recording.summary()
    counts = Counts.parse(summary.metadata)
    return Part(
        path=path,
        counts=counted(path) if counts is None else counts,
        size_bytes=size_bytes,
        start_ns=summary.start_ns,
        end_ns=summary.end_ns,
        topics=summary.topics,
        compression=_compression(summary.compressions),
        closed_at=modified_s,
    )


def _live_part(live: LivePart) -> Part:
    chunks = live.written.chunks
    spoken = {number for chunk in chunks for number in chunk.message_index_offsets}
    return Part(
        path=live.written.path,
        counts=live.counts,
        size_bytes=live.written.size_bytes,
        start_ns=min((one.message_start_time for one in chunks), default=None),
        end_ns=max((one.message_end_time for one in chunks), default=None),
        topics=tuple(sorted(one.topic for number, one in live.written.registry.channels.items() if number in spoken)),
        compression=_compression({one.compression or "none" for one in chunks}),
        closed_at=None,
        live=live,
    )


def _compression(used: Iterable[str]) -> str:
    # Frames do not shrink and are stored as they are: what the others are compressed with is what was asked for.
    return min(used, key=lambda name: name == "none", default="none")


def _overlaps(counts: Counts, window: tuple[int, int]) -> bool:
    # Frames of a cycle can stand in the file before or after it.
    ranges = counts.chunks or [(counts.first_cycle, counts.last_cycle)]
    return any(first <= window[1] and window[0] <= last for first, last in ranges)


def _opened(parts: list[Part]) -> list[Piece]:
    pieces: list[Piece] = []
    try:
        for one in parts:
            ranges = [(first & SEQUENCE_MASK, last & SEQUENCE_MASK) for first, last in one.counts.chunks]
            if one.live is not None:
                pieces.append(Piece.of_live(one.live.written, sequences=ranges))
            else:
                pieces.append(Piece.open(one.path, sequences=ranges or None))
    except BaseException:
        for piece in pieces:
            piece.source.close()
        raise
    return pieces


def _metadata(pieces: list[Piece], **cut: object) -> dict[str, dict[str, str]]:
    """What the first file said when it began, and what was cut."""
    first = pieces[0].metadata if pieces else {}
    opening = {name: values for name, values in first.items() if name not in (COUNTS_METADATA, CYCLES_METADATA)}
    return {**opening, CUT_METADATA: {key: str(value) for key, value in cut.items() if value is not None}}

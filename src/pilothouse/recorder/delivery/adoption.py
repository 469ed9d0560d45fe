"""Finished recordings of another program on the robot become this robot's: each once, whatever is killed when."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Problem
from pilothouse.kit.ids import new_id
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import open_recording, sha256_of
from pilothouse.mcap.model import Summary
from pilothouse.mcap.writing.disk import sync_directory
from pilothouse.recorder.capture.writing import recording_path
from pilothouse.recorder.delivery.urgency import GUARD_REASON
from pilothouse.recorder.delivery_settings import AdoptConfig
from pilothouse.recorder.outbox.database import OutboxUnwritable, Run
from pilothouse.recorder.outbox.outbox import CaptureState, Outbox
from pilothouse.recorder.worker import Worker
from pilothouse.wire import RECORDING_METADATA, CaptureFacts
from pilothouse.wire.base import sendable

LOOK_S = 2.0
# What the guard says of a session comes about as soon as its file: this late it is here.
SETTLED_NS = 3 * NS_PER_S
# A file system that knows no hard links, or another one than that of the recordings.
_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS})

log = get_logger("pilothouse.recorder")


@dataclass(frozen=True, slots=True)
class Found:
    """A file, as it was when it was looked at; the same name with another content is another file."""

    path: Path
    label: str
    size_bytes: int
    modified_ns: int

    @property
    def key(self) -> str:
        return f"{self.name}|{self.size_bytes}|{self.modified_ns}"

    @property
    def name(self) -> str:
        """Its path as text: a path is bytes, and no database keeps what is no text of it."""
        return str(self.path).encode("utf-8", "backslashreplace").decode()


class Adoption(Worker):
    """One thread that looks into the directories again and again. What it takes is linked, or copied if it must be."""

    def __init__(
        self, *, outbox: Outbox, sessions: Path, directories: Sequence[AdoptConfig], clock: Clock,
        steady_ns: Callable[[], int], on_sealed: Callable[[], None],
        incident_of: Callable[[str, int, int], str | None] = lambda guard_session_id, first_ns, last_ns: None,
    ) -> None:  # fmt: skip
        super().__init__("adoption")
        self._outbox = outbox
        self._sessions = sessions
        self.directories = tuple(directories)
        self._clock = clock
        self._steady_ns = steady_ns
        self._on_sealed = on_sealed
        self._incident_of = incident_of
        self._done: set[str] = set()
        self._problem: str | None = None

    def _work(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(LOOK_S)

    def look(self) -> None:
        """Adopt what is new."""
        problem = None
        for found in self._found():
            if self._stop.is_set():
                return
            try:
                self._adopt(found)
            except (OutboxUnwritable, OSError) as error:
                problem = str(error)
            except Exception:
                # One file that nobody foresaw must not keep the others back; the next start tries it again.
                log.exception("a finished recording is left where it is", file=repr(found.path))
                self._done.add(found.key)
        if problem and self._problem is None:
            log.error("a finished recording cannot be taken over yet; trying again", problem=problem)
        self._problem = problem

    def _found(self) -> Iterator[Found]:
        for one in self.directories:
            try:
                paths = sorted(one.directory.glob("*.mcap"))
            except OSError:
                continue  # it comes with the first file of the other program
            for path in paths:
                try:
                    status = path.stat()
                except OSError:
                    continue  # gone again
                if 0 <= self._clock.now_ns() - status.st_mtime_ns < SETTLED_NS:
                    continue
                yield Found(path.absolute(), one.label, status.st_size, status.st_mtime_ns)

    def _adopt(self, found: Found) -> None:
        if found.key in self._done:
            return
        session_id, is_done = self._reserved(found)
        if not is_done:
            try:
                summary = self._take(found, session_id)
            except FileNotFoundError:
                return  # removed by its own program between two looks
            self._note(found, session_id, summary)
        self._done.add(found.key)

    def _reserved(self, found: Found) -> tuple[str, bool]:
        """The id this file has, or gets now; and whether it is a recording already."""
        query = "SELECT session_id, done FROM adopted WHERE file = ?"
        rows = self._outbox.database.rows(query, (found.key,))
        if rows:
            return str(rows[0][0]), bool(rows[0][1])
        with self._outbox.database.lock:
            session_id = self._outbox.free_id(found.modified_ns, self._taken)
            with self._outbox.database.transaction() as run:
                run(
                    "INSERT INTO adopted (file, path, label, session_id, incident_id, found_at_ns)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (found.key, found.name, found.label, session_id, new_id("inc"), self._clock.now_ns()),
                )
        return session_id, False

    def _taken(self, session_id: str) -> bool:
        return recording_path(self._sessions, session_id).exists()

    def _take(self, found: Found, session_id: str) -> Summary | Problem:
        """Have the file under its new name, durably; raises OSError, and then can be called again."""
        path = recording_path(self._sessions, session_id)
        if not path.exists():
            _link_or_copy(found.path, path)
        try:
            with open_recording(path) as recording:
                return recording.summary()
        except Problem as problem:
            path.unlink(missing_ok=True)
            return problem

    def _note(self, found: Found, session_id: str, summary: Summary | Problem) -> None:
        """The recording and that this file has become it: both or neither."""
        with self._outbox.database.transaction() as run:
            if isinstance(summary, Problem):
                why = f"{sendable(found.path.name)} cannot be read: {summary.sentence}"
                self._insert(run, found, session_id, CaptureState.REFUSED, why, {})
            else:
                self._insert(run, found, session_id, CaptureState.SEALED, None, self._described(summary, session_id))
            run("UPDATE adopted SET done = 1 WHERE file = ?", (found.key,))
        if isinstance(summary, Problem):
            log.error("a finished recording cannot be read", file=found.name, problem=summary.sentence)
            return
        log.info("recording taken over", recording=session_id, file=found.name)
        self._on_sealed()

    def _described(self, summary: Summary, session_id: str) -> dict[str, object]:
        import msgspec

        path = recording_path(self._sessions, session_id)
        facts = _facts_in(summary)
        about: dict[str, object] = {
            "size_bytes": path.stat().st_size, "message_count": summary.message_count, "sha256": sha256_of(path),
            "start_ns": _storable(summary.start_ns), "end_ns": _storable(summary.end_ns),
            "topics": msgspec.json.encode(summary.topics).decode(),
        }  # fmt: skip
        if facts is not None:
            about["label"] = facts.label or None
            about["incident_id"] = facts.incident_id or self._incident(summary)
            about["trigger"] = facts.trigger.model_dump_json() if facts.trigger else None
        return {name: value for name, value in about.items() if value is not None}

    def _incident(self, summary: Summary) -> str | None:
        """That of the guard's events in this file; the last of them is often why it ended, a moment after its end."""
        guard_session_id = summary.metadata[RECORDING_METADATA].get("guard_session_id")
        if not guard_session_id or summary.start_ns is None or summary.end_ns is None:
            return None
        return self._incident_of(guard_session_id, summary.start_ns - NS_PER_S, summary.end_ns + NS_PER_S)

    def _insert(
        self, run: Run, found: Found, session_id: str, state: CaptureState, why: str | None, about: dict[str, object]
    ) -> None:
        ((incident_id, found_at_ns),) = self._outbox.database.rows(
            "SELECT incident_id, found_at_ns FROM adopted WHERE file = ?", (found.key,)
        )
        row: dict[str, object] = {
            "session_id": session_id, "state": state, "why": why, "reason": GUARD_REASON, "label": found.label,
            "fired_at_ns": about.get("end_ns", found.modified_ns), "pre_s": 0.0, "post_s": 0.0,
            "requested_at_ns": found_at_ns, "incident_id": incident_id, "steady_ns": self._steady_ns(), **about,
        }  # fmt: skip
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        run(f"INSERT OR IGNORE INTO captures ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - our own names


def _storable(time_ns: int | None) -> int | None:
    """Times of other programs' files may be beyond what a database counts to."""
    return time_ns if time_ns is not None and time_ns < 1 << 63 else None


def _facts_in(summary: Summary) -> CaptureFacts | None:
    record = summary.metadata.get(RECORDING_METADATA)
    try:
        return CaptureFacts.from_metadata(record) if record else None
    except (ValueError, RecursionError):
        return None


def _link_or_copy(source: Path, target: Path) -> None:
    """A second name for the file, or a copy where there can be none; whole under its name, and durable."""
    with source.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        half = target.with_name(f"{target.name}.active")
        try:
            shutil.copyfile(source, half)
            with half.open("rb") as file:
                os.fsync(file.fileno())
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)
    sync_directory(target.parent)

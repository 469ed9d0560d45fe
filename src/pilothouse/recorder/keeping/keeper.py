"""Removes recordings whose time has come, and makes room for new ones; the rows say what went and why."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from pilothouse.kit.logs import get_logger
from pilothouse.recorder.capture.writing import RECORDING_SUFFIX, recording_path
from pilothouse.recorder.keeping.disk_room import DiskRoom, Space, space_of
from pilothouse.recorder.keeping.retention import Retention, Stored, freeing
from pilothouse.recorder.keeping.stored_recordings import GONE, StoredRecordings
from pilothouse.recorder.outbox.outbox import OutboxUnwritable
from pilothouse.recorder.problems import NoRoom, UnknownRecording
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.steady_time import SteadyTime
from pilothouse.recorder.worker import Worker

SWEEP_S = 60.0
FOR_ROOM = "it made room for a new recording (min_free_bytes, min_free_percent)"

log = get_logger("pilothouse.recorder")


class Keeper(Worker):
    """Sweeps once a minute and when a recording is finished; any thread may ask it for room.

    The row is changed before the file goes, so that a sweep that is killed in between is finished by the next.
    """

    def __init__(
        self, *, stored: StoredRecordings, sessions: Path, steady: SteadyTime, settings: RecorderSettings,
        measure: Callable[[Path], Space] = space_of,
    ) -> None:  # fmt: skip
        super().__init__("keeper")
        self._stored = stored
        self._sessions = sessions
        self._steady = steady
        self._measure = measure
        self._hint = threading.Event()
        self._one_at_a_time = threading.RLock()
        self._cannot_remove: set[str] = set()
        self.removed = 0
        self.use(settings)

    def use(self, settings: RecorderSettings) -> None:
        """Other limits from now on."""
        undelivered = settings.delete_undelivered
        self._retention = Retention(
            max_age_s=settings.recordings_max_age_s,
            max_bytes=settings.recordings_max_bytes,
            delete_undelivered=settings.hub_url is None if undelivered is None else undelivered,
        )
        self._deletes_for_room = settings.when_full == "delete_oldest_delivered"
        self.room = DiskRoom(self._sessions, settings.min_free_bytes, settings.min_free_percent, self._measure)
        self._hint.set()

    def hint(self) -> None:
        """A recording is finished, or delivered."""
        self._hint.set()

    def ask_to_stop(self) -> None:
        super().ask_to_stop()
        self._hint.set()

    def pin(self, session_id: str, *, is_pinned: bool) -> None:
        """Keep a recording whatever retention says, or let it go again; raises UnknownRecording."""
        if not self._stored.pin(session_id, is_pinned=is_pinned):
            raise UnknownRecording(session_id=session_id)

    def make_room(self, size: int) -> None:
        """See that a recording of this size may be written; raises NoRoom."""
        space = self.room.space()
        lacking = self.room.lacking(size, space)
        if lacking and self._deletes_for_room:
            with self._one_at_a_time:
                for one in freeing(self._present(), lacking):
                    self._remove(one, FOR_ROOM)
            space = self.room.space()
            lacking = self.room.lacking(size, space)
        if lacking:
            raise NoRoom(directory=self._sessions, free=space.free_bytes, floor=self.room.floor(space), size=size)

    def room_problem(self) -> str | None:
        """Why nothing can be written now, if nothing can: it is to be known before there is something to write."""
        space = self.room.space()
        lacking = self.room.lacking(0, space)
        if not lacking or (self._deletes_for_room and freeing(self._stored.all(), lacking)):
            return None
        return (
            f"{space.free_bytes} bytes are free on the disk of {self._sessions}, {self.room.floor(space)} of them are"
            " to stay so (min_free_bytes, min_free_percent): no recording can be made until you free some space"
        )

    def sweep(self) -> None:
        """Remove what has outlived its time, and finish what a killed sweep began; raises OutboxUnwritable."""
        with self._one_at_a_time:
            present = self._present()
            for one, why in self._retention.outlived(present, self._steady.now_ns()):
                self._remove(one, why)

    def _present(self) -> list[Stored]:
        """The recordings that are here, after what should not be here has gone."""
        rows = self._stored.all()
        here = {path.stem for path in self._sessions.iterdir() if path.suffix == RECORDING_SUFFIX}
        for session_id in here - {one.session_id for one in rows}:
            if self._stored.was_removed(session_id):
                self._unlink(session_id)
        for one in rows:
            if one.is_delivered and one.session_id not in here:
                self._stored.remove(one, GONE)
        return [one for one in rows if one.session_id in here]

    def _remove(self, one: Stored, why: str) -> None:
        try:
            if not self._stored.remove(one, why):
                return
        except OutboxUnwritable as problem:
            # A disk so full that not even this can be noted: what the hub has makes room first, and is noted after.
            if not (problem.facts["full"] and one.is_delivered and not one.is_pinned):
                raise
            self._unlink(one.session_id)
            self._stored.remove(one, why)
            return
        self._unlink(one.session_id)
        log.info("a recording was removed", recording=one.session_id, bytes=one.size_bytes, why=why)

    def _unlink(self, session_id: str) -> None:
        try:
            recording_path(self._sessions, session_id).unlink(missing_ok=True)
        except OSError as error:
            if session_id not in self._cannot_remove:
                self._cannot_remove.add(session_id)
                log.error("a recording cannot be removed; trying again", recording=session_id, problem=error.strerror)
            return
        self._cannot_remove.discard(session_id)
        self.removed += 1

    def _work(self) -> None:
        while not self._stop.is_set():
            self._hint.clear()
            try:
                self.sweep()
                self._steady.keep()
            except OutboxUnwritable as problem:
                log.debug("the outbox cannot be written", problem=problem.sentence)
            except OSError as error:
                log.error("recordings cannot be looked through; trying again", problem=str(error))
            except Exception:
                # Whatever this is must not end all retention.
                log.exception("recordings cannot be looked through; trying again")
            self._hint.wait(SWEEP_S)

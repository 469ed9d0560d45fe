"""What is asked of a recorder by other ways than HTTP: signals, and files dropped in a directory."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Protocol

from pilothouse.kit.errors import Problem, Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.recorder.asking.drop_directory import DropDirectory, DroppedFile
from pilothouse.recorder.asking.signals import RELOAD, SAVE, Signals
from pilothouse.recorder.backoff import Backoff
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState, Outbox, SaveKey
from pilothouse.recorder.problems import BufferEmpty
from pilothouse.recorder.worker import Worker

# How often the directory is looked at: a file is noticed at the second look.
LOOK_S = 0.25
# What cannot be saved yet is tried again: soon at first, for the buffer fills; rarely later, for the disk is full.
AGAIN_S, AGAIN_MOST_S = 0.5, 60.0

log = get_logger("pilothouse.recorder")


class Save(Protocol):
    def __call__(self, label: str, key: SaveKey | None = None) -> CaptureRow: ...


class Requests(Worker):
    """One thread. Nothing that is asked is given up because it cannot be done at the moment."""

    def __init__(
        self, *, signals: Signals | None, directory: DropDirectory | None, outbox: Outbox, save: Save,
        reload: Callable[[], object],
    ) -> None:  # fmt: skip
        super().__init__("requests")
        self._signals = signals or Signals()
        self._outbox = outbox
        self._save = save
        self._reload = reload
        self._save_is_asked = False
        self._backoff = Backoff(initial_s=AGAIN_S, maximum_s=AGAIN_MOST_S)
        self._again_at = 0.0
        self._told: set[str] = set()
        self.directory = directory

    def ask_to_stop(self) -> None:
        super().ask_to_stop()
        self._signals.say("")

    def _work(self) -> None:
        while not self._stop.is_set():
            heard = self._signals.next(LOOK_S if self.directory or self._save_is_asked else AGAIN_MOST_S)
            try:
                self._answer(heard)
            except Exception:
                log.exception("a request failed")

    def _answer(self, heard: frozenset[str]) -> None:
        if RELOAD in heard:
            self._reload_now()
        self._save_is_asked = self._save_is_asked or SAVE in heard
        if self._stop.is_set() or monotonic() < self._again_at:
            return
        if self._save_is_asked:
            self._save_is_asked = not self._saved_for_a_signal()
        directory = self.directory
        for file in directory.look() if directory else ():
            if self._stop.is_set() or not self._take_or_leave(file):
                return

    def _saved_for_a_signal(self) -> bool:
        try:
            return self._saved(SAVE, None)
        except Problem as problem:
            log.error("a signal makes no recording", problem=problem.sentence)
            return True

    def _take_or_leave(self, file: DroppedFile) -> bool:
        """Whatever one file does, the others are taken."""
        try:
            return self._take(file)
        except Exception:
            if file.key.key not in self._told:
                log.exception("a dropped file is left where it is", file=repr(file.path))
            self._told.add(file.key.key)
            return True

    def _take(self, file: DroppedFile) -> bool:
        """Whether the next one may be looked at."""
        assert self.directory is not None
        if self._is_being_recovered(file.key):
            return True
        try:
            if not self._saved(file.label, file.key):
                return False
        except Problem as problem:
            self.directory.refuse(file, problem.sentence)
        else:
            self.directory.consume(file)
        return True

    def _is_being_recovered(self, key: SaveKey) -> bool:
        """Killed while this file's recording was written: recovery makes it, and then it is the first for this key."""
        known = self._outbox.saved_under(key.key)
        row = self._outbox.find(known[1]) if known else None
        return row is not None and row.state is CaptureState.WAITING

    def _saved(self, label: str, key: SaveKey | None) -> bool:
        """False when it has to be tried again; raises a problem that would not go away."""
        try:
            row = self._save(label, key)
        except (Unavailable, BufferEmpty) as problem:
            self._again_at = monotonic() + self._backoff.next_s()
            if label not in self._told:
                log.warning("cannot be saved yet, and is tried again", label=label, problem=problem.sentence)
            self._told.add(label)
            return False
        self._backoff.reset()
        self._told.discard(label)
        log.info("saved", label=label, recording=row.session_id)
        return True

    def _reload_now(self) -> None:
        try:
            self._reload()
        except Problem as problem:
            log.error("the configuration stays as it was", problem=problem.sentence)

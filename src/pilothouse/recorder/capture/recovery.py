"""What a killed run has left behind becomes recordings, each exactly once however often this is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import Problem, Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Captured, Spool, open_recording, recover_spool, remove_leftover, sha256_of, verify
from pilothouse.recorder.capture.attachments import collect
from pilothouse.recorder.capture.writing import RobotFacts, metadata_of, recording_path
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState, Outbox
from pilothouse.recorder.outbox.post_rolls import CaptureRequest
from pilothouse.recorder.steady_time import SteadyTime
from pilothouse.recorder.worker import Worker
from pilothouse.wire import MergedTrigger

RECOVERED = "recovered"
LOST = "the recorder was killed before it was written, and its spool held nothing of it"
# What a recovered recording is called that nobody asked for.
UNASKED = "the recorder ended without being told to"
# How often recovery is tried again while the disk is full.
RETRY_S = 5.0

log = get_logger("pilothouse.recorder")


class Recovery(Worker):
    """Made before anything new is recorded, run in a thread of its own, so that recording need not wait for it."""

    def __init__(
        self, *, outbox: Outbox, sessions: Path, spool: Path, about: RobotFacts, clock: Clock, steady: SteadyTime,
        window_s: float, on_sealed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        super().__init__("recovery")
        self._outbox = outbox
        self._sessions = sessions
        self._about = about
        self._clock = clock
        self._steady = steady
        self._on_sealed = on_sealed
        self._window_s = window_s
        self._leftovers = Spool.leftovers(spool)
        self._unfinished = outbox.in_state(CaptureState.WAITING)
        self._halves = list(sessions.glob("*.mcap.active"))

    def run(self) -> None:
        """Recover everything; raises Unavailable when the disk is full, and can then be run again."""
        while self._halves:
            self._halves.pop().unlink(missing_ok=True)
        self._unfinished = [row for row in self._unfinished if not self._adopted(row)]
        while self._leftovers and not self._stop.is_set():
            self._recover(self._leftovers[0], last=len(self._leftovers) == 1)
            remove_leftover(self._leftovers.pop(0))
        if not self._leftovers:
            for row in self._unfinished:
                log.error("a capture was lost", recording=row.session_id, why=LOST)
                self._outbox.refuse(row.session_id, LOST)
            self._unfinished = []

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                return self.run()
            except Unavailable as problem:
                log.error("cannot recover the last run yet; trying again", problem=problem.sentence)
                self._stop.wait(RETRY_S)
            except Exception:
                log.exception("cannot recover the last run; its spool is kept for the next start")
                return None
        return None

    def _adopted(self, row: CaptureRow) -> bool:
        """Killed between the last byte of a file and its row: the file is whole, only the row does not say so."""
        path = recording_path(self._sessions, row.session_id)
        if not path.is_file() or not verify(path).ok:
            return False
        self._seal(row.session_id, _described(path), reason=RECOVERED if row.leftover else None)
        return True

    def _recover(self, leftover: Path, *, last: bool) -> None:
        if self._outbox.recovered_from(leftover.name):
            return
        # What had not been written when the last run died can only be in the newest leftover.
        captures = self._unfinished if last else []
        first = captures[0] if captures else None
        request = _request(first) if first else self._ask(leftover.name)
        if first:
            self._outbox.claim(first.session_id, leftover.name)
        path = recording_path(self._sessions, request.session_id)
        path.unlink(missing_ok=True)
        # As they are now: the robot may have been off since.
        attachments, missing = collect(self._about.attachments, request.fired_at_ns)
        metadata = metadata_of(
            self._with_merged(request, captures[1:]), self._about, reason=RECOVERED, missing_attachments=missing
        )
        try:
            asked = [_request(row) for row in captures]
            captured = recover_spool(
                leftover, path, metadata=metadata, window_s=self._window_s, attachments=attachments,
                windows=[(one.start_ns, one.end_ns) for one in asked],
            )  # fmt: skip
        except Problem as problem:
            if isinstance(problem, Unavailable):
                raise
            log.error("the spool of the last run cannot be recovered", problem=problem.sentence)
            captured = None
        if captured is None:
            if first is None:
                self._outbox.withdraw(request.session_id)
            return
        self._seal(request.session_id, captured, reason=RECOVERED)
        self._merge(captures[1:], request.session_id)
        if captures:
            self._unfinished = []

    def _ask(self, leftover: str) -> CaptureRequest:
        now_ns = self._clock.now_ns()
        known = self._outbox.recovering(leftover)
        if known is not None:
            return _request(known)
        return self._outbox.ask(
            lambda session_id: CaptureRequest(
                session_id=session_id, reason=RECOVERED, label=UNASKED, fired_at_ns=now_ns, pre_s=0.0, post_s=0.0,
                requested_at_ns=now_ns, steady_ns=self._steady.now_ns(),
            ),
            now_ns=now_ns, leftover=leftover,
            taken=lambda session_id: recording_path(self._sessions, session_id).exists(),
        )  # fmt: skip

    def _seal(self, session_id: str, captured: Captured, *, reason: str | None) -> None:
        self._outbox.seal(session_id, captured, reason=reason)
        log.info("recording recovered", recording=session_id, messages=captured.message_count)
        self._on_sealed()

    def _with_merged(self, request: CaptureRequest, others: Sequence[CaptureRow]) -> CaptureRequest:
        """The capture, and every other trigger its file holds."""
        held = [request.session_id, *(row.session_id for row in others)]
        rows = [*others, *(row for session_id in held for row in self._outbox.merged_into(session_id))]
        merged = (
            MergedTrigger(
                session_id=row.session_id, label=row.label, trigger=row.trigger, more=row.more,
                last_fired_at_ns=row.last_fired_at_ns,
            )
            for row in rows
        )  # fmt: skip
        return replace(request, merged=tuple(merged))

    def _merge(self, captures: Sequence[CaptureRow], into: str) -> None:
        for row in captures:
            self._outbox.merge(row.session_id, into)


def _request(row: CaptureRow) -> CaptureRequest:
    return CaptureRequest(
        session_id=row.session_id,
        reason=row.reason,
        label=row.label,
        fired_at_ns=row.fired_at_ns,
        pre_s=row.pre_s,
        post_s=row.post_s,
        requested_at_ns=row.requested_at_ns,
        trigger=row.trigger,
        incident_id=row.incident_id,
    )


def _described(path: Path) -> Captured:
    """What is in a finished file that nobody noted."""
    with open_recording(path) as recording:
        summary = recording.summary()
    return Captured(
        path=path,
        size_bytes=path.stat().st_size,
        message_count=summary.message_count,
        start_ns=summary.start_ns,
        end_ns=summary.end_ns,
        topics=summary.topics,
        sha256=sha256_of(path),
    )

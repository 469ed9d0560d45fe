"""Triggers and people ask; every asking ends as a recording, or as a row that says why not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Problem, Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Captured, Ring
from pilothouse.recorder.capture.asked import AskedCaptures
from pilothouse.recorder.capture.backlog import Backlog, Unwritten
from pilothouse.recorder.capture.budgets import Budgets
from pilothouse.recorder.capture.present import present_ns
from pilothouse.recorder.capture.writing import RobotFacts, Writing
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState, Outbox, OutboxUnwritable, SaveKey, captured_row
from pilothouse.recorder.outbox.post_rolls import NEVER_NS, CaptureRequest, Due, PostRolls
from pilothouse.recorder.problems import BufferEmpty
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.stream import Stream
from pilothouse.wire import TriggerFired

# How often the end of a silent stream is looked for while a post-roll runs.
SILENCE_POLL_S = 0.05
# How often a full disk is tried again.
RETRY_S = 2.0

log = get_logger("pilothouse.recorder")


class Captures:
    """Fed by the pipeline (`trigger`, `advance`) and by people (`save`); one thread writes what triggers asked for."""

    def __init__(
        self, *, ring: Ring, stream: Stream, outbox: Outbox, asked: AskedCaptures, writing: Writing, clock: Clock,
        max_backlog_bytes: int, max_post_s: float = 0.0, on_sealed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._ring = ring
        self._stream = stream
        self._outbox = outbox
        self._asked = asked
        self._writing = writing
        self._clock = clock
        self._on_sealed = on_sealed
        self._wake = threading.Condition()
        self._post_rolls = PostRolls()
        self._backlog = Backlog(max_backlog_bytes)
        self._unsealed: dict[str, tuple[Captured, str | None]] = {}  # files whose rows do not say so yet
        self._storage_problem: str | None = None
        self._stopping = False
        self._heard = -1
        self._silent_since_ns = clock.monotonic_ns()
        self._thread = threading.Thread(target=self._work, name="captures", daemon=True)
        self.max_post_s = max_post_s
        self.next_end_ns = NEVER_NS

    @property
    def waiting(self) -> tuple[CaptureRequest, ...]:
        """Captures whose post-roll runs."""
        with self._wake:
            return self._post_rolls.waiting

    @property
    def unrecorded(self) -> tuple[CaptureRequest, ...]:
        """Captures that only memory knows of, because the disk is full."""
        with self._wake:
            return self._asked.unrecorded

    @property
    def held_up(self) -> frozenset[str]:
        """Captures that are complete but cannot be written at the moment."""
        with self._wake:
            return self._backlog.session_ids if self._storage_problem else frozenset()

    @property
    def storage_problem(self) -> str | None:
        """Why recordings cannot be written at the moment, if they cannot."""
        return self._storage_problem

    def use(self, settings: RecorderSettings) -> None:
        """Other budgets, post-rolls and facts from now on."""
        about = RobotFacts.of(settings)
        with self._wake:
            self._asked.use(Budgets.of(settings))
            self._writing.about = about
            self.max_post_s = settings.max_post_s
            self._backlog.max_bytes = settings.max_bytes

    @property
    def lives(self) -> bool:
        """Whether its thread does."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def cut_short(self, reason: str) -> None:
        """Nothing more will come: what waits for its post-roll is complete now."""
        with self._wake:
            self._complete(self._post_rolls.cut_short(reason))

    def stop(self, deadline_s: float) -> bool:
        """Cut post-rolls short, write what is complete; True when nothing is left over."""
        self.cut_short("the recorder was stopped during the post-roll")
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(deadline_s)
        with self._wake:
            self._bring_to_disk()
        done = self._asked.is_noted and not (self._backlog or self._unsealed)
        return not self._thread.is_alive() and done

    def trigger(
        self, fired: TriggerFired, *, label: str, pre_s: float, post_s: float, extends: bool = False
    ) -> CaptureState:
        """A rule fired: note it at once, capture it when its post-roll has passed.

        WAITING: it will be a recording. MERGED: it is in the one under way. REFUSED: its budget is used up.
        """
        with self._wake:
            asked = self._asked.of(fired, label=label, pre_s=pre_s, post_s=post_s)
            widened = self._post_rolls.extend(asked, max_post_s=self.max_post_s) if extends else None
            became = CaptureState.WAITING
            if widened is not None:
                self._asked.merge(asked, widened)
                became = CaptureState.MERGED
            elif self._asked.refuse(asked) is not None:
                became = CaptureState.REFUSED
            else:
                widened = self._asked.ask(asked)
                self._post_rolls.add(widened)
            self.next_end_ns = self._post_rolls.next_end_ns
            self._wake.notify_all()
        # Those that are merged or refused are counted; a line for each would be a burst of its own.
        if became is CaptureState.WAITING and widened is not None:
            log.info("trigger fired", rule=fired.rule, value=fired.value, recording=widened.session_id)
        return became

    def advance(self, message_ns: int) -> None:
        """A message later than `next_end_ns` is about to be appended: what it completes is taken from the ring now."""
        with self._wake:
            self._complete(self._post_rolls.passed(self._present_ns(message_ns)))

    def save(
        self, *, label: str, window_s: float, reason: str = "manual", alerts: Sequence[str] = (),
        key: SaveKey | None = None,
    ) -> CaptureRow:  # fmt: skip
        """Copy the last `window_s` seconds to a file, now; raises BufferEmpty, NoRoom, StorageFull, CannotWrite.

        An alert may be over its budget: OverBudget. What people ask for is never refused.
        """
        window_ns = round(window_s * NS_PER_S)
        end_ns = self._newest_ns(window_ns)
        snapshot = self._ring.resting(self._ring.snapshot(end_ns - window_ns, end_ns))
        if snapshot.is_empty:
            raise BufferEmpty
        with self._wake:
            self._wake.notify_all()
            asked = self._asked.ask_now(
                reason=reason, label=label, end_ns=end_ns, window_s=window_s, alerts=alerts, key=key
            )
        try:
            captured = self._writing.write(asked, snapshot, self._writing.losses(snapshot, until_ns=NEVER_NS))
        except Exception as error:
            self._give_up(asked, error.sentence if isinstance(error, Problem) else f"{type(error).__name__}: {error}")
            raise
        self._seal(asked, captured)
        return captured_row(asked, captured)

    def _newest_ns(self, window_ns: int) -> int:
        """The end of what is in the ring: now in message time, or a little later where topics are out of order."""
        last_ns, newest_ns = self._stream.last_ns, self._ring.newest_ns
        if last_ns is None:
            raise BufferEmpty
        now_ns = self._present_ns(last_ns)
        return newest_ns if newest_ns is not None and 0 < newest_ns - now_ns < window_ns else now_ns

    def _present_ns(self, last_ns: int) -> int:
        return present_ns(last_ns, self._ring.lately(), self._ring.window_ns)

    def _complete(self, completed: Sequence[Due]) -> None:
        for due in completed:
            request = self._asked.complete(due.request)
            snapshot = self._ring.snapshot(request.start_ns, request.end_ns)
            losses = self._writing.losses(snapshot)
            if self._backlog:  # it may wait longer than the ring keeps what it holds
                snapshot = self._ring.resting(snapshot)
            refusal = self._backlog.add(Unwritten(Due(request, due.cut), snapshot, losses))
            if refusal:
                self._give_up(request, refusal)
        self.next_end_ns = self._post_rolls.next_end_ns
        if completed:
            self._wake.notify_all()

    def _work(self) -> None:
        retry_at_ns = 0
        while (unwritten := self._next(retry_at_ns)) is not None:
            if self._written(unwritten):
                with self._wake:
                    self._backlog.remove_first()
            elif self._stopping:
                return
            else:
                retry_at_ns = self._clock.monotonic_ns() + round(RETRY_S * NS_PER_S)

    def _next(self, retry_at_ns: int) -> Unwritten | None:
        """The next capture to write, when there is one; None at the end."""
        with self._wake:
            while True:
                now_ns = self._clock.monotonic_ns()
                self._look_for_silence(now_ns)
                self._bring_to_disk()
                if self._stopping or now_ns >= retry_at_ns:
                    self._backlog.rest(self._ring.resting)
                    if (unwritten := self._backlog.first()) is not None:
                        return unwritten
                if self._stopping:
                    return None
                again = bool(self._backlog or self._unsealed) or not self._asked.is_noted
                self._wake.wait(SILENCE_POLL_S if self._post_rolls else RETRY_S if again else None)

    def _look_for_silence(self, now_ns: int) -> None:
        if self._heard != self._stream.received:
            self._heard, self._silent_since_ns = self._stream.received, now_ns
        if self._post_rolls and self._stream.last_ns is not None:
            silent_s = (now_ns - self._silent_since_ns) / NS_PER_S
            self._complete(self._post_rolls.abandoned(self._present_ns(self._stream.last_ns), silent_s))

    def _written(self, unwritten: Unwritten) -> bool:
        """Whether this capture is dealt with; False when it must be tried again."""
        request, cut = unwritten.due.request, unwritten.due.cut
        try:
            with self._wake:
                self._asked.record(request.session_id)
            captured = self._writing.write(request, unwritten.snapshot, unwritten.losses, cut=cut)
        except Unavailable as problem:
            self._storage_failed(request, problem.sentence)
            return False
        except Exception as error:
            # One capture that cannot be made must not stop those behind it.
            log.exception("a capture failed", recording=request.session_id)
            self._give_up(request, f"{type(error).__name__}: {error}")
            return True
        self._storage_works()
        self._seal(request, captured, why=cut)
        return True

    def _seal(self, request: CaptureRequest, captured: Captured, *, why: str | None = None) -> None:
        log.info("recording sealed", recording=request.session_id, bytes=captured.size_bytes)
        with self._wake:
            self._unsealed[request.session_id] = (captured, why)
            self._bring_to_disk()

    def _bring_to_disk(self) -> None:
        """Tell the outbox what was asked for and which files stand; what it cannot note now it is told again."""
        try:
            self._asked.write()
            for session_id, (captured, why) in list(self._unsealed.items()):
                self._outbox.seal(session_id, captured, why=why)
                del self._unsealed[session_id]
                self._on_sealed()
        except OutboxUnwritable as problem:
            log.debug("the outbox cannot be written yet", problem=problem.sentence)

    def _storage_failed(self, request: CaptureRequest, reason: str) -> None:
        if self._storage_problem is None:
            log.error("recordings cannot be written; trying again until they can", problem=reason)
        self._storage_problem = reason
        self._note(request, CaptureState.WAITING, reason)

    def _storage_works(self) -> None:
        if self._storage_problem is not None:
            log.info("recordings can be written again")
        self._storage_problem = None

    def _give_up(self, request: CaptureRequest, why: str) -> None:
        log.error("no recording was made", recording=request.session_id, why=why)
        with self._wake:
            self._asked.give_up(request, why)
            self._bring_to_disk()

    def _note(self, request: CaptureRequest, state: CaptureState, why: str) -> None:
        try:
            with self._wake:
                self._asked.record(request.session_id)
            self._outbox.set_state(request.session_id, state, why=why)
        except OutboxUnwritable as problem:
            log.debug("the outbox cannot be written", problem=problem.sentence)

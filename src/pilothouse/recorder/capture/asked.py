"""What was asked for: each asking has an id and a row, or memory stands in for the outbox while the disk is full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pilothouse.kit.clock import Clock
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import StorageFull
from pilothouse.recorder.capture.budgets import DAY_NS, Budgets
from pilothouse.recorder.capture.tallies import Now, Tallies
from pilothouse.recorder.capture.writing import recording_path
from pilothouse.recorder.outbox.outbox import CaptureState, Outbox, OutboxUnwritable, SaveKey, Standing
from pilothouse.recorder.outbox.post_rolls import CaptureRequest
from pilothouse.recorder.problems import OverBudget
from pilothouse.recorder.steady_time import SteadyTime
from pilothouse.wire import MergedTrigger, TriggerFired

# Alerts come from outside and have no rule; together they count as one.
ALERTS = "alert"

log = get_logger("pilothouse.recorder")


class AskedCaptures:
    """The outbox as captures see it. The caller holds a lock."""

    def __init__(self, *, outbox: Outbox, sessions: Path, clock: Clock, steady: SteadyTime, budgets: Budgets) -> None:
        self._outbox = outbox
        self._sessions = sessions
        self._clock = clock
        self._steady = steady
        self._tallies = Tallies(outbox, self._taken)
        self._unrecorded: dict[str, CaptureRequest] = {}  # not in the outbox yet: the disk was full
        self._widened: dict[str, CaptureRequest] = {}  # captures that hold more than their rows say
        self._given_up: dict[str, str] = {}  # captures that will not be, and whose rows do not say so
        self.use(budgets)

    def use(self, budgets: Budgets) -> None:
        """Other budgets from now on; what was made before counts."""
        rows = self._outbox.spent(self._steady.now_ns() - DAY_NS)
        budgets.load((row.trigger.rule if row.trigger else ALERTS, row.steady_ns or 0) for row in rows)
        self._budgets = budgets

    @property
    def unrecorded(self) -> tuple[CaptureRequest, ...]:
        """Captures that only memory knows of, because the disk is full."""
        return tuple(self._unrecorded.values())

    @property
    def is_noted(self) -> bool:
        """Whether the outbox knows everything."""
        return not (self._unrecorded or self._widened or self._given_up) and self._tallies.is_written

    def of(self, fired: TriggerFired, *, label: str, pre_s: float, post_s: float) -> CaptureRequest:
        """What a firing asks for, without an id yet."""
        return CaptureRequest(
            session_id="", reason="trigger", label=label, trigger=fired, pre_s=pre_s, post_s=post_s,
            fired_at_ns=fired.fired_at_ns, requested_at_ns=self._clock.now_ns(), steady_ns=self._steady.now_ns(),
        )  # fmt: skip

    def refuse(self, asked: CaptureRequest) -> str | None:
        """Why the budget does not allow it, told of in a row; None, and counted, when it does."""
        rule, now = _rule(asked), _now(asked)
        why = self._budgets.refusal(rule, now.steady_ns)
        if why is None:
            self._budgets.spend(rule, now.steady_ns)
            return None
        if self._tallies.count((rule, why), partial(_numbered, asked), Standing(CaptureState.REFUSED, why), now):
            log.warning("a trigger makes no recording; more of its kind are only counted", rule=rule, why=why)
        return why

    def merge(self, asked: CaptureRequest, into: CaptureRequest) -> None:
        """This firing is held by a capture under way, which has grown for it."""
        asked = replace(asked, incident_id=into.incident_id)
        standing = Standing(CaptureState.MERGED, "it fired during that recording's post-roll", into.session_id)
        self._tallies.count((into.session_id, _rule(asked), "merged"), partial(_numbered, asked), standing, _now(asked))
        self._widened[into.session_id] = into
        if into.session_id in self._unrecorded:
            self._unrecorded[into.session_id] = into

    def complete(self, request: CaptureRequest) -> CaptureRequest:
        """Nothing more will be merged into it; it says what was."""
        held = self._tallies.close(lambda key: isinstance(key, tuple) and key[0] == request.session_id)
        merged = (
            MergedTrigger(
                session_id=one.request.session_id, label=one.request.label, trigger=one.request.trigger, more=one.more,
                last_fired_at_ns=one.last_fired_at_ns,
            )
            for one in held
        )  # fmt: skip
        return replace(request, merged=tuple(merged))

    def ask(self, asked: CaptureRequest) -> CaptureRequest:
        """Note it at once; it has an id then, whatever the disk says."""
        try:
            return self._outbox.ask(partial(_numbered, asked), now_ns=asked.requested_at_ns, taken=self._taken)
        except OutboxUnwritable as problem:
            log.error("a trigger cannot be noted on disk; it is kept in memory", problem=problem.sentence)
        # Ids from memory must not meet those of the table, which may still be read.
        asked = _numbered(asked, self._outbox.free_id(asked.requested_at_ns, self._taken))
        self._unrecorded[asked.session_id] = asked
        return asked

    def ask_now(
        self, *, reason: str, label: str, end_ns: int, window_s: float, alerts: Sequence[str] = (),
        key: SaveKey | None = None,
    ) -> CaptureRequest:  # fmt: skip
        """A capture that is complete already; raises StorageFull when it cannot be noted, OverBudget for an alert."""
        asked = CaptureRequest(
            session_id="", reason=reason, label=label, pre_s=window_s, post_s=0.0, fired_at_ns=end_ns,
            requested_at_ns=self._clock.now_ns(), steady_ns=self._steady.now_ns(),
        )  # fmt: skip
        if reason == ALERTS and (why := self.refuse(asked)) is not None:
            raise OverBudget(why=why)
        try:
            return self._outbox.ask(
                partial(_numbered, asked), now_ns=asked.requested_at_ns, taken=self._taken, alerts=alerts, key=key
            )
        except OutboxUnwritable as problem:
            if problem.facts["full"]:
                raise StorageFull(path=self._sessions) from problem
            raise

    def give_up(self, request: CaptureRequest, why: str) -> None:
        """There will be no recording of it, nor of what was merged into it."""
        self._given_up[request.session_id] = why

    def record(self, session_id: str) -> None:
        """See that the outbox knows this capture; raises OutboxUnwritable."""
        if session_id in self._unrecorded:
            self._outbox.add(self._unrecorded[session_id])
            del self._unrecorded[session_id]

    def write(self) -> None:
        """Bring to the disk what it does not know; raises OutboxUnwritable."""
        for session_id in list(self._unrecorded):
            self.record(session_id)
        self._tallies.write()
        for session_id, request in list(self._widened.items()):
            self._outbox.widen(session_id, pre_s=request.pre_s, post_s=request.post_s)
            del self._widened[session_id]
        for session_id, why in list(self._given_up.items()):
            self._outbox.refuse(session_id, why)
            del self._given_up[session_id]

    def _taken(self, session_id: str) -> bool:
        unnoted = any(one.session_id == session_id for one in self._tallies.unnoted)
        return unnoted or session_id in self._unrecorded or recording_path(self._sessions, session_id).exists()


def _rule(asked: CaptureRequest) -> str:
    return asked.trigger.rule if asked.trigger else ALERTS


def _now(asked: CaptureRequest) -> Now:
    return Now(asked.fired_at_ns, asked.requested_at_ns, asked.steady_ns or 0)


def _numbered(asked: CaptureRequest, session_id: str) -> CaptureRequest:
    return replace(asked, session_id=session_id)

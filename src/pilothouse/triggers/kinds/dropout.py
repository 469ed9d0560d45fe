"""The kind ``dropout``: a topic that was alive has fallen silent."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers.present import APART_NS
from pilothouse.triggers.rule import RuleConfig, Seconds, Topic
from pilothouse.wire import TriggerFired


class DropoutConfig(RuleConfig):
    """Fires when ``topic``, once heard, is silent for longer than ``max_gap_s``; again only after it has spoken."""

    kind: Literal["dropout"] = "dropout"
    topic: Topic = Field(description="The topic to watch")
    max_gap_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = Field(
        description="The longest silence that is fine"
    )
    cooldown_s: Seconds = Field(0.0, description="Not again within this time after a firing")

    @property
    def condition(self) -> str:
        return f"{self.topic} silent for more than {self.max_gap_s:.12g} s"


class Dropout:
    """A :class:`DropoutConfig` with its memory.

    It fires at the moment the silence became too long, whenever that is noticed: by the next message of any topic, or
    by its own after the gap. When message time steps back, the silence counts from the earlier time. A topic whose
    clock is far from message time has spoken when that was.
    """

    ticks: ClassVar[bool] = True

    def __init__(self, config: DropoutConfig) -> None:
        self.config = config
        self.name = config.called
        self.topics = self.hears = frozenset({config.topic})
        self.reads: frozenset[str] = frozenset()
        self.unmeasured = 0
        self.measured: float | None = None
        self._gap_ns = round(config.max_gap_s * NS_PER_S)
        self._cooldown_ns = round(config.cooldown_s * NS_PER_S)
        self._heard_ns: int | None = None  # by its own clock
        self._met_ns: int | None = None  # in message time
        self._now_ns: int | None = None
        self._last_fired_ns: int | None = None
        self._fired = False

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        is_far = self._now_ns is not None and abs(log_time_ns - self._now_ns) > APART_NS
        fired = None if is_far else self.tick(log_time_ns)
        self._heard_ns, self._met_ns, self._fired = log_time_ns, self._now_ns if is_far else log_time_ns, False
        return fired

    def tick(self, now_ns: int) -> TriggerFired | None:
        self._now_ns = now_ns
        if self._last_fired_ns is not None and now_ns < self._last_fired_ns:
            self._last_fired_ns = now_ns
        heard_ns = self._heard_at(now_ns)
        if heard_ns is None or self._heard_ns is None:
            return None
        self._met_ns = heard_ns
        if abs(self._heard_ns - now_ns) <= APART_NS:
            self._heard_ns = heard_ns
        silence_ns = now_ns - heard_ns
        self.measured = silence_ns / NS_PER_S
        if self._fired or silence_ns <= self._gap_ns:
            return None
        due_ns = heard_ns + self._gap_ns
        if self._last_fired_ns is not None:
            due_ns = max(due_ns, self._last_fired_ns + self._cooldown_ns)
        return self._fire(due_ns, heard_ns) if due_ns <= now_ns else None

    def is_active(self, now_ns: int) -> bool:
        heard_ns = self._heard_at(now_ns)
        return heard_ns is not None and now_ns - heard_ns > self._gap_ns

    def _heard_at(self, now_ns: int) -> int | None:
        """When the topic spoke last, as seen at a time."""
        if self._heard_ns is None or self._met_ns is None:
            return None
        return min(self._heard_ns if abs(self._heard_ns - now_ns) <= APART_NS else self._met_ns, now_ns)

    def _fire(self, time_ns: int, heard_ns: int) -> TriggerFired:
        self._fired, self._last_fired_ns = True, time_ns
        return TriggerFired(
            rule=self.name, kind=self.config.kind, topic=self.config.topic, op="gt", fired_at_ns=time_ns,
            value=(time_ns - heard_ns) / NS_PER_S, threshold=self.config.max_gap_s,
        )  # fmt: skip

"""The kind ``compare``: two numbers of two topics do not fit together."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from pilothouse.triggers.field_path import FieldPathText
from pilothouse.triggers.kinds.limit import Limit, Operator
from pilothouse.triggers.kinds.pair import Latest, Pair
from pilothouse.triggers.rule import HeldConfig, JudgingRule, Seconds, Size, Topic
from pilothouse.wire import TriggerFired


class CompareConfig(HeldConfig):
    """Fires when two fields differ by more than ``value``, or when a is active above it while b is idle."""

    kind: Literal["compare"] = "compare"
    a_topic: Topic = Field(description="One topic")
    a_field: FieldPathText = Field(description="Where its number stands")
    b_topic: Topic = Field(description="The other topic; may be the same")
    b_field: FieldPathText = Field(description="Where its number stands")
    op: Literal["a_active_b_idle", "diverge_gt"] = Field(
        description="diverge_gt: they differ by more than value; a_active_b_idle: |a| > value while |b| < idle_below"
    )
    value: Size = Field(description="The largest difference that is fine, or what makes a active")
    idle_below: Size | None = Field(None, description="What makes b idle; value when absent")
    hysteresis: Size = Field(0.0, description="With diverge_gt, an excursion ends only this much below value")
    stale_s: Seconds | None = Field(
        1.0, description="An older number is not compared; a b silent for longer counts as idle"
    )

    @model_validator(mode="after")
    def _options_fit_the_operator(self) -> Self:
        if self.op == "diverge_gt" and self.idle_below is not None:
            raise ValueError("idle_below goes with a_active_b_idle only")
        if self.op == "a_active_b_idle" and self.hysteresis:
            raise ValueError("hysteresis goes with diverge_gt only")
        return self

    @property
    def condition(self) -> str:
        a, b = f"{self.a_topic}.{self.a_field}", f"{self.b_topic}.{self.b_field}"
        if self.op == "diverge_gt":
            return f"|{a} - {b}| > {self.value:.12g}{self.held}"
        return f"|{a}| > {self.value:.12g} while |{b}| < {self.idle_limit:.12g}{self.held}"

    @property
    def idle_limit(self) -> float:
        return self.value if self.idle_below is None else self.idle_below


class Compare(JudgingRule):
    """A :class:`CompareConfig` with its memory; judged at every message of either topic.

    What is no number violates: it differs from everything, a is then active, b idle.
    """

    def __init__(self, config: CompareConfig) -> None:
        super().__init__(config, [config.a_topic, config.b_topic])
        self.config = config
        self._limit = Limit(Operator.GT, config.value, config.hysteresis)
        self._pair = Pair(
            Latest(config.a_topic, config.a_field, config.stale_s),
            Latest(config.b_topic, config.b_field, config.stale_s),
        )

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        if not self._pair.take(topic, log_time_ns, decoded):
            self.nothing_measured()
            return None
        config = self.config
        diverging = config.op == "diverge_gt"
        violated = self._diverge(log_time_ns) if diverging else self._is_idle(log_time_ns)
        if not self.excursion.observe(log_time_ns, violated=violated):
            return None
        where = (config.a_topic, config.a_field) if diverging else (config.b_topic, config.b_field)
        threshold = config.value if diverging else config.idle_limit
        return self.fired(log_time_ns, topic=where[0], field=where[1], op=config.op, threshold=threshold)

    def _diverge(self, now_ns: int) -> bool:
        a, b = self._pair.a, self._pair.b
        if not a.is_fresh(now_ns) or not b.is_fresh(now_ns):
            self.measured = None
            return False
        measured = self.measured = 0.0 if a.number == b.number else abs(a.number - b.number)
        return self._limit.is_violated(measured, lasting=self.excursion.lasts(now_ns))

    def _is_idle(self, now_ns: int) -> bool:
        config, b = self.config, self._pair.b
        self.measured = abs(b.number) if b.heard else None
        return self._pair.a_active_b_idle(now_ns, active_above=config.value, idle_below=config.idle_limit)

"""The kind ``threshold``: a number in a message stands beyond a limit, for long enough."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from pilothouse.triggers.field_path import MISSING, FieldPath, FieldPathText
from pilothouse.triggers.kinds.limit import DOWNWARD, SYMBOLS, UPWARD, Limit, Operator, as_number
from pilothouse.triggers.rule import HeldConfig, JudgingRule, Number, Size, Topic
from pilothouse.wire import TriggerFired


class ThresholdConfig(HeldConfig):
    """Fires when ``topic``'s ``field`` compares with ``value`` as ``op`` says, for ``duration_s`` of message time."""

    kind: Literal["threshold"] = "threshold"
    topic: Topic = Field(description="The topic to watch")
    field: FieldPathText = Field(description="Where the number stands: data, pose.position.x, ranges[3]")
    op: Operator = Field(description="lt, gt, lte, gte, equals or not_equals")
    value: Number = Field(description="What the number is compared with")
    hysteresis: Size = Field(0.0, description="An excursion ends only this much on the good side of value")

    @model_validator(mode="after")
    def _hysteresis_needs_a_side(self) -> Self:
        if self.hysteresis and self.op not in UPWARD | DOWNWARD:
            raise ValueError("hysteresis needs a side: it goes with lt, gt, lte and gte")
        return self

    @property
    def condition(self) -> str:
        return f"{self.topic}.{self.field} {SYMBOLS[self.op]} {self.value:.12g}{self.held}"


class Threshold(JudgingRule):
    """A :class:`ThresholdConfig` with its memory.

    NaN, null and anything else that is present but not a number violate every threshold: a sensor that has stopped
    measuring is never fine. A message without the field measures nothing: it changes nothing and is counted.
    """

    def __init__(self, config: ThresholdConfig) -> None:
        super().__init__(config, [config.topic])
        self.config = config
        self._path = FieldPath(config.field)
        self._limit = Limit(config.op, config.value, config.hysteresis)

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        found = self._path.find(decoded)
        if found is MISSING:
            self.nothing_measured()
            return None
        measured = self.measured = as_number(found)
        excursion, config = self.excursion, self.config
        violated = self._limit.is_violated(measured, lasting=excursion.lasts(log_time_ns))
        if not excursion.observe(log_time_ns, violated=violated):
            return None
        return self.fired(log_time_ns, topic=topic, field=config.field, op=config.op.value, threshold=config.value)

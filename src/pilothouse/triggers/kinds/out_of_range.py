"""The kind ``out_of_range``: a number leaves the range it should stay in."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from pilothouse.triggers.field_path import MISSING, FieldPath, FieldPathText
from pilothouse.triggers.kinds.limit import Limit, Operator, as_number
from pilothouse.triggers.rule import HeldConfig, JudgingRule, Number, Size, Topic
from pilothouse.wire import TriggerFired


class OutOfRangeConfig(HeldConfig):
    """Fires when ``field`` is below ``min`` or above ``max``; the limits themselves are fine."""

    kind: Literal["out_of_range"] = "out_of_range"
    topic: Topic = Field(description="The topic to watch")
    field: FieldPathText = Field(description="Where the number stands")
    min: Number | None = Field(None, description="The smallest number that is fine")
    max: Number | None = Field(None, description="The largest number that is fine")
    hysteresis: Size = Field(0.0, description="An excursion ends only this much inside the range")

    @model_validator(mode="after")
    def _there_is_a_range(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("a range needs min, max or both")
        if self.min is not None and self.max is not None and self.min + self.hysteresis > self.max - self.hysteresis:
            raise ValueError("min must be below max, with room for the hysteresis at both ends")
        return self

    @property
    def condition(self) -> str:
        low = "" if self.min is None else f"{self.min:.12g}"
        high = "" if self.max is None else f"{self.max:.12g}"
        return f"{self.topic}.{self.field} outside {low}..{high}{self.held}"


class OutOfRange(JudgingRule):
    """An :class:`OutOfRangeConfig` with its memory; what is no number is outside every range."""

    def __init__(self, config: OutOfRangeConfig) -> None:
        super().__init__(config, [config.topic])
        self.config = config
        self._path = FieldPath(config.field)
        ends = ((Operator.LT, config.min), (Operator.GT, config.max))
        self._limits = [Limit(op, value, config.hysteresis) for op, value in ends if value is not None]

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        found = self._path.find(decoded)
        if found is MISSING:
            self.nothing_measured()
            return None
        measured = self.measured = as_number(found)
        lasting = self.excursion.lasts(log_time_ns)
        left = next((one for one in self._limits if one.is_violated(measured, lasting=lasting)), None)
        if not self.excursion.observe(log_time_ns, violated=left is not None):
            return None
        limit = left or self._limits[0]
        return self.fired(log_time_ns, topic=topic, field=self.config.field, op=limit.op.value, threshold=limit.value)

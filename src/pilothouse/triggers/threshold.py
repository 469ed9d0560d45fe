"""The kind ``threshold``: a number in a message stands beyond a limit, for long enough."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal, Self, SupportsFloat

from pydantic import Field, model_validator

from pilothouse.triggers.excursion import Excursion
from pilothouse.triggers.field_path import MISSING, FieldPath, FieldPathText
from pilothouse.triggers.rule import RuleConfig, Seconds, Topic
from pilothouse.wire import TriggerFired


class Operator(StrEnum):
    LT = "lt"
    GT = "gt"
    LTE = "lte"
    GTE = "gte"
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"


SYMBOLS = {
    Operator.LT: "<",
    Operator.GT: ">",
    Operator.LTE: "<=",
    Operator.GTE: ">=",
    Operator.EQUALS: "==",
    Operator.NOT_EQUALS: "!=",
}

_COMPARE: dict[Operator, Callable[[float, float], bool]] = {
    Operator.LT: operator.lt,
    Operator.GT: operator.gt,
    Operator.LTE: operator.le,
    Operator.GTE: operator.ge,
    Operator.EQUALS: operator.eq,
    Operator.NOT_EQUALS: operator.ne,
}


class ThresholdConfig(RuleConfig):
    """Fires when ``topic``'s ``field`` compares with ``value`` as ``op`` says, for ``duration_s`` of message time."""

    kind: Literal["threshold"] = "threshold"
    topic: Topic = Field(description="The topic to watch")
    field: FieldPathText = Field(description="Where the number stands: data, pose.position.x, ranges[3]")
    op: Operator = Field(description="lt, gt, lte, gte, equals or not_equals")
    value: Annotated[float, Field(allow_inf_nan=False)] = Field(description="What the number is compared with")
    duration_s: Seconds = Field(0.0, description="The condition must hold this long before the rule fires")
    cooldown_s: Seconds = Field(0.0, description="Not again within this time after a firing")
    edge: Literal["rising", "level"] = Field(
        "rising", description="rising: once per excursion; level: again every cooldown_s while it lasts"
    )

    @model_validator(mode="after")
    def _level_needs_a_cooldown(self) -> Self:
        if self.edge == "level" and self.cooldown_s == 0:
            raise ValueError("edge 'level' needs a cooldown_s above 0, or every message would be a capture")
        return self

    @property
    def condition(self) -> str:
        held = f" for {self.duration_s:g} s" if self.duration_s else ""
        return f"{self.topic}.{self.field} {SYMBOLS[self.op]} {self.value:g}{held}"


class Threshold:
    """A :class:`ThresholdConfig` with its memory.

    NaN, null and anything else that is present but not a number violate every threshold: a sensor that has stopped
    measuring is never fine. A message without the field measures nothing: it changes nothing and is counted.
    """

    def __init__(self, config: ThresholdConfig) -> None:
        self.config = config
        self.name = config.name or config.condition[:200]
        self.topics = frozenset({config.topic})
        self.unmeasured = 0
        self._path = FieldPath(config.field)
        self._compare = _COMPARE[config.op]
        self._excursion = Excursion(
            duration_s=config.duration_s, cooldown_s=config.cooldown_s, repeats=config.edge == "level"
        )

    def observe(self, log_time_ns: int, decoded: object) -> TriggerFired | None:
        found = self._path.find(decoded)
        if found is MISSING:
            self.unmeasured += 1
            return None
        measured = as_number(found)
        violated = math.isnan(measured) or self._compare(measured, self.config.value)
        if not self._excursion.observe(log_time_ns, violated=violated):
            return None
        return TriggerFired(
            rule=self.name,
            kind=self.config.kind,
            topic=self.config.topic,
            field=self.config.field,
            value=measured if math.isfinite(measured) else None,
            op=self.config.op.value,
            threshold=self.config.value,
            fired_at_ns=log_time_ns,
        )


def as_number(found: object) -> float:
    """The number a decoded value stands for; NaN for null, text, lists and whatever else is none."""
    if type(found) is float:
        return found
    # A numpy array of one element would convert too; it is a list, not a number.
    if isinstance(found, str | bytes | bytearray) or getattr(found, "shape", ()) != ():
        return math.nan
    if not isinstance(found, SupportsFloat):
        return math.nan
    try:
        return float(found)
    except OverflowError:
        return math.inf if found > 0 else -math.inf  # type: ignore[operator]
    except (TypeError, ValueError):
        return math.nan

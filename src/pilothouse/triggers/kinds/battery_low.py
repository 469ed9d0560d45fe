"""The kind ``battery_low``: a battery's charge or voltage is low; told once, until it has been charged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pilothouse.triggers.field_path import MISSING, FieldPath, FieldPathText
from pilothouse.triggers.kinds.limit import Limit, Operator, as_number
from pilothouse.triggers.rule import HeldConfig, JudgingRule, Seconds, Size, Topic
from pilothouse.wire import TriggerFired

# A battery under load sags and recovers by a few percent; more than this is a charger.
RECOVERY = 0.1


class BatteryLowConfig(HeldConfig):
    """Fires when ``field`` is below ``below`` for ``duration_s``; once, until it has risen by the hysteresis above."""

    kind: Literal["battery_low"] = "battery_low"
    topic: Topic = Field("/battery_state", description="The battery's topic")
    field: FieldPathText = Field("percentage", description="Where the number stands: percentage, voltage")
    below: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        description="Low is below this; ROS says 0.2 for 20 percent"
    )
    duration_s: Seconds = Field(5.0, description="It must stay low this long before the rule fires")
    hysteresis: Size | None = Field(
        None, description="It counts as charged only this much above below; a tenth of below when absent"
    )
    edge: Literal["rising"] = Field("rising", description="Once per discharge")

    @property
    def condition(self) -> str:
        return f"{self.topic}.{self.field} < {self.below:.12g}{self.held}"


class BatteryLow(JudgingRule):
    """A :class:`BatteryLowConfig` with its memory; a charge that is no number counts as low."""

    def __init__(self, config: BatteryLowConfig) -> None:
        super().__init__(config, [config.topic])
        self.config = config
        self._path = FieldPath(config.field)
        hysteresis = config.below * RECOVERY if config.hysteresis is None else config.hysteresis
        self._limit = Limit(Operator.LT, config.below, hysteresis)

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        found = self._path.find(decoded)
        if found is MISSING:
            self.nothing_measured()
            return None
        measured = self.measured = as_number(found)
        violated = self._limit.is_violated(measured, lasting=self.excursion.lasts(log_time_ns))
        if not self.excursion.observe(log_time_ns, violated=violated):
            return None
        return self.fired(log_time_ns, topic=topic, field=self.config.field, op="lt", threshold=self.config.below)

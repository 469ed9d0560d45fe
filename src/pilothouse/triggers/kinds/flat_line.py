"""The kind ``flat_line``: a number that should be alive does not change."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from pilothouse.triggers.field_path import MISSING, FieldPath, FieldPathText
from pilothouse.triggers.kinds.limit import as_number
from pilothouse.triggers.rule import HeldConfig, JudgingRule, Size, Topic
from pilothouse.wire import TriggerFired


class FlatLineConfig(HeldConfig):
    """Fires when all numbers of the last ``duration_s`` lie within ``epsilon`` of each other."""

    kind: Literal["flat_line"] = "flat_line"
    topic: Topic = Field(description="The topic to watch")
    field: FieldPathText = Field(description="Where the number stands")
    epsilon: Size = Field(0.0, description="A span this small is no change")
    duration_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = Field(
        description="Flat for this long fires"
    )

    @property
    def condition(self) -> str:
        within = f" within {self.epsilon:.12g}" if self.epsilon else ""
        return f"{self.topic}.{self.field} unchanged{within}{self.held}"


class FlatLine(JudgingRule):
    """A :class:`FlatLineConfig` with its memory.

    A slow drift is a change: the span is that of all numbers since the line went flat. What is no number goes on with
    the line it comes in: a sensor that says nothing but NaN is as flat as they come.
    """

    def __init__(self, config: FlatLineConfig) -> None:
        super().__init__(config, [config.topic])
        self.config = config
        self._path = FieldPath(config.field)
        self._low = math.inf
        self._high = -math.inf

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        found = self._path.find(decoded)
        if found is MISSING:
            self.nothing_measured()
            return None
        measured = self.measured = as_number(found)
        if not self.excursion.lasts(log_time_ns):
            self._low, self._high = math.inf, -math.inf
        if not math.isnan(measured):
            self._stretch(log_time_ns, measured)
        if not self.excursion.observe(log_time_ns, violated=True):
            return None
        return self.fired(
            log_time_ns, topic=topic, field=self.config.field, op="unchanged", threshold=self.config.epsilon
        )

    def _stretch(self, time_ns: int, measured: float) -> None:
        self._low, self._high = min(self._low, measured), max(self._high, measured)
        if self._low != self._high and not self._high - self._low <= self.config.epsilon:
            # A line that begins here: the old one ends, and this message is the first of the next.
            self._low = self._high = measured
            self.excursion.observe(time_ns, violated=False)

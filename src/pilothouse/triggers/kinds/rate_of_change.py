"""The kind ``rate_of_change``: a number changes faster than it should."""

from __future__ import annotations

import math
from collections import deque
from typing import Annotated, Literal

from pydantic import Field

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers.field_path import MISSING, FieldPath, FieldPathText
from pilothouse.triggers.kinds.limit import Limit, Operator, as_number
from pilothouse.triggers.rule import HeldConfig, JudgingRule, Size, Topic
from pilothouse.wire import TriggerFired

# A window keeps at most so many samples, whatever the topic's rate.
MAX_SAMPLES = 1000


class RateOfChangeConfig(HeldConfig):
    """Fires when ``field`` changes by more than ``value`` per second, over ``window_s`` or between two messages."""

    kind: Literal["rate_of_change"] = "rate_of_change"
    topic: Topic = Field(description="The topic to watch")
    field: FieldPathText = Field(description="Where the number stands")
    value: Size = Field(description="The fastest change that is fine, per second")
    direction: Literal["any", "rising", "falling"] = Field("any", description="Which changes count")
    window_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = Field(
        0.0, description="Measure over this long; 0 measures from one message to the next"
    )
    hysteresis: Size = Field(0.0, description="An excursion ends only this much below value")

    @property
    def condition(self) -> str:
        verb = {"any": "changing", "rising": "rising", "falling": "falling"}[self.direction]
        over = f" over {self.window_s:.12g} s" if self.window_s else ""
        return f"{self.topic}.{self.field} {verb} by more than {self.value:.12g} per second{over}{self.held}"


class RateOfChange(JudgingRule):
    """A :class:`RateOfChangeConfig` with its memory.

    The first message measures nothing, nor does one with the time of the one before. What is no number violates, and
    the rate is measured anew from the next number; so it is when message time steps back or after ``stale_s``.
    """

    def __init__(self, config: RateOfChangeConfig) -> None:
        super().__init__(config, [config.topic])
        self.config = config
        self._path = FieldPath(config.field)
        self._limit = Limit(Operator.GT, config.value, config.hysteresis)
        self._window_ns = round(config.window_s * NS_PER_S)
        self._spacing_ns = self._window_ns // MAX_SAMPLES
        self._stale_ns = None if config.stale_s is None else round(config.stale_s * NS_PER_S)
        self._samples: deque[tuple[int, float]] = deque()
        self._seen_ns: int | None = None

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        found = self._path.find(decoded)
        if found is MISSING:
            self.nothing_measured()
            return None
        self._forget(log_time_ns)
        measured = self.measured = self._rate(log_time_ns, as_number(found))
        if measured is None:
            return None
        excursion, config = self.excursion, self.config
        violated = self._limit.is_violated(measured, lasting=excursion.lasts(log_time_ns))
        if not excursion.observe(log_time_ns, violated=violated):
            return None
        return self.fired(log_time_ns, topic=topic, field=config.field, op="gt", threshold=config.value)

    def _forget(self, time_ns: int) -> None:
        if self._seen_ns is not None:
            pause_ns = time_ns - self._seen_ns
            if pause_ns < 0 or (self._stale_ns is not None and pause_ns > self._stale_ns):
                self._samples.clear()
        self._seen_ns = time_ns

    def _rate(self, time_ns: int, number: float) -> float | None:
        """The change per second, its sign turned so that what counts is positive; None when it cannot be told yet."""
        samples = self._samples
        if math.isnan(number):
            samples.clear()
            return number
        while len(samples) > 1 and time_ns - samples[1][0] >= self._window_ns and samples[1][0] < time_ns:
            samples.popleft()
        rate = None
        if samples and time_ns - samples[0][0] >= max(self._window_ns, 1):
            change = (number - samples[0][1]) * NS_PER_S / (time_ns - samples[0][0])
            rate = {"any": abs(change), "rising": change, "falling": -change}[self.config.direction]
        if not samples or time_ns - samples[-1][0] >= max(self._spacing_ns, 1):
            samples.append((time_ns, number))
        return rate

"""The kind ``stall``: commanded, but not moving."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pilothouse.triggers.field_path import FieldPathText
from pilothouse.triggers.kinds.pair import Latest, Pair
from pilothouse.triggers.rule import HeldConfig, JudgingRule, Seconds, Size, Topic
from pilothouse.wire import TriggerFired


class StallConfig(HeldConfig):
    """Fires when the command is above ``command_above`` while the motion is below ``motion_below``, signs left out."""

    kind: Literal["stall"] = "stall"
    command_topic: Topic = Field(description="The topic that says what is wanted")
    command_field: FieldPathText = Field(description="Where its number stands, such as linear.x")
    command_above: Size = Field(description="A command this large, in either direction, should move something")
    motion_topic: Topic = Field(description="The topic that says what happens")
    motion_field: FieldPathText = Field(description="Where its number stands, such as twist.twist.linear.x")
    motion_below: Size = Field(description="Below this, in either direction, nothing moves")
    duration_s: Seconds = Field(1.0, description="The condition must hold this long before the rule fires")
    stale_s: Seconds | None = Field(
        1.0, description="An older command no longer counts; a motion topic silent for longer does not move"
    )

    @property
    def condition(self) -> str:
        return (
            f"|{self.command_topic}.{self.command_field}| > {self.command_above:.12g} while "
            f"|{self.motion_topic}.{self.motion_field}| < {self.motion_below:.12g}{self.held}"
        )


class Stall(JudgingRule):
    """A :class:`StallConfig` with its memory; judged at every message of either topic.

    A command that is no number counts as one, a motion that is none as standing still.
    """

    def __init__(self, config: StallConfig) -> None:
        super().__init__(config, [config.command_topic, config.motion_topic])
        self.config = config
        self._pair = Pair(
            Latest(config.command_topic, config.command_field, config.stale_s),
            Latest(config.motion_topic, config.motion_field, config.stale_s),
        )

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        pair, config = self._pair, self.config
        if not pair.take(topic, log_time_ns, decoded):
            self.nothing_measured()
            return None
        self.measured = abs(pair.b.number) if pair.b.heard else None
        stalled = pair.a_active_b_idle(log_time_ns, active_above=config.command_above, idle_below=config.motion_below)
        if not self.excursion.observe(log_time_ns, violated=stalled):
            return None
        return self.fired(
            log_time_ns, topic=config.motion_topic, field=config.motion_field, op="lt", threshold=config.motion_below
        )

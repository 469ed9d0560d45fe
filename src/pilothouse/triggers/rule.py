"""What every rule is, and what every rule's configuration has."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.wire import TriggerFired
from pilothouse.wire.base import Label

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
RuleName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Topic = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class RuleConfig(BaseModel):
    """What rules of every kind may say about themselves and about the capture they ask for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: RuleName | None = Field(None, description="What people call the rule; made from the condition when absent")
    label: Label | None = Field(None, description="Label of the recording; the rule's name when absent")
    pre_s: Seconds | None = Field(
        None, description="Seconds kept before the firing; the recorder's default when absent"
    )
    post_s: Seconds | None = Field(
        None, description="Seconds kept after the firing; the recorder's default when absent"
    )


class Rule(Protocol):
    """A condition with memory. Fed in order of arrival; never looks at a clock."""

    @property
    def name(self) -> str: ...

    @property
    def topics(self) -> frozenset[str]:
        """The topics whose messages the rule wants decoded."""
        ...

    @property
    def unmeasured(self) -> int:
        """Messages that had nothing where the rule looks."""
        ...

    def observe(self, log_time_ns: int, decoded: object) -> TriggerFired | None:
        """Take one message of one of ``topics``; returns the firing it completes, if it does."""
        ...

"""Every kind of rule. A new kind is a module of its own, one more line in each of the two tables."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pilothouse.triggers.rule import Rule
from pilothouse.triggers.threshold import Threshold, ThresholdConfig

TriggerConfig = Annotated[ThresholdConfig, Field(discriminator="kind")]
"""The configuration of any kind of rule; ``kind`` says which."""

_RULES = {
    ThresholdConfig: Threshold,
}


def build_rule(config: TriggerConfig) -> Rule:
    """A fresh rule, without memory of anything."""
    return _RULES[type(config)](config)

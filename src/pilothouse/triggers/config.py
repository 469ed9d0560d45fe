"""The configuration of any rule, and the rule it asks for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pilothouse.triggers.kinds import SINGLES, SingleConfig
from pilothouse.triggers.rule import Rule

TriggerConfig = Annotated[SingleConfig, Field(discriminator="kind")]
"""The configuration of any kind of rule; ``kind`` says which."""


def build_rule(config: TriggerConfig) -> Rule:
    """A fresh rule, without memory of anything."""
    return SINGLES[type(config)](config)

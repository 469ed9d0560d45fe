"""From a configuration to the rule it asks for."""

from __future__ import annotations

from pilothouse.triggers.composite import AllConfig, AllOf, AnyConfig, AnyOf, TriggerConfig
from pilothouse.triggers.kinds import SINGLES
from pilothouse.triggers.rule import Rule


def build_rule(config: TriggerConfig) -> Rule:
    """A fresh rule, without memory of anything."""
    if isinstance(config, AllConfig):
        return AllOf(config, [build_rule(one) for one in config.of])
    if isinstance(config, AnyConfig):
        return AnyOf(config, [build_rule(one) for one in config.of])
    return SINGLES[type(config)](config)

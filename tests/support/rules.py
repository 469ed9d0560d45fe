"""Feeding rules by hand."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers import Rule, TriggerConfig, build_rule
from pilothouse.wire import TriggerFired

CONFIG: TypeAdapter[TriggerConfig] = TypeAdapter(TriggerConfig)


def rule_of(**config: Any) -> Rule:
    """A fresh rule of any kind."""
    return build_rule(CONFIG.validate_python(config))


def ns(time_s: float) -> int:
    return round(time_s * NS_PER_S)


def firings(rule: Rule, *said: tuple[float, str, object]) -> list[TriggerFired]:
    """What the rule fires on messages of (seconds, topic, content); content ``...`` is time that passes."""
    found = []
    for time_s, topic, content in said:
        fired = rule.tick(ns(time_s)) if content is ... else rule.observe(topic, ns(time_s), content)
        if fired:
            found.append(fired)
    return found


def fires_at(rule: Rule, *said: tuple[float, str, object]) -> list[float]:
    """When it fires, in seconds."""
    return [one.fired_at_ns / NS_PER_S for one in firings(rule, *said)]

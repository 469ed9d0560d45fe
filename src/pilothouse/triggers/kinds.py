"""Every kind of rule that stands alone. A new one is a module of its own and one more line in each of the two lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.triggers.dropout import Dropout, DropoutConfig
from pilothouse.triggers.rule import Rule
from pilothouse.triggers.threshold import Threshold, ThresholdConfig

SingleConfig = ThresholdConfig | DropoutConfig
"""The configuration of a rule that stands alone."""

SINGLES: dict[type[Any], Callable[[Any], Rule]] = {
    ThresholdConfig: Threshold,
    DropoutConfig: Dropout,
}

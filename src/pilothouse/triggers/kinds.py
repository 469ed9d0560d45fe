"""Every kind of rule that stands alone. A new one is a module of its own and one more line in each of the two lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.triggers.battery_low import BatteryLow, BatteryLowConfig
from pilothouse.triggers.compare import Compare, CompareConfig
from pilothouse.triggers.dropout import Dropout, DropoutConfig
from pilothouse.triggers.flat_line import FlatLine, FlatLineConfig
from pilothouse.triggers.log_level import LogLevel, LogLevelConfig
from pilothouse.triggers.out_of_range import OutOfRange, OutOfRangeConfig
from pilothouse.triggers.path_deviation import PathDeviation, PathDeviationConfig
from pilothouse.triggers.rate_of_change import RateOfChange, RateOfChangeConfig
from pilothouse.triggers.rule import Rule
from pilothouse.triggers.stall import Stall, StallConfig
from pilothouse.triggers.threshold import Threshold, ThresholdConfig

SingleConfig = (
    ThresholdConfig
    | RateOfChangeConfig
    | OutOfRangeConfig
    | FlatLineConfig
    | StallConfig
    | CompareConfig
    | PathDeviationConfig
    | DropoutConfig
    | BatteryLowConfig
    | LogLevelConfig
)
"""The configuration of a rule that stands alone."""

SINGLES: dict[type[Any], Callable[[Any], Rule]] = {
    ThresholdConfig: Threshold,
    RateOfChangeConfig: RateOfChange,
    OutOfRangeConfig: OutOfRange,
    FlatLineConfig: FlatLine,
    StallConfig: Stall,
    CompareConfig: Compare,
    PathDeviationConfig: PathDeviation,
    DropoutConfig: Dropout,
    BatteryLowConfig: BatteryLow,
    LogLevelConfig: LogLevel,
}

"""Every kind of rule that stands alone. A new one is a module of its own and one more line in each of the two lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.triggers.kinds.battery_low import BatteryLow, BatteryLowConfig
from pilothouse.triggers.kinds.compare import Compare, CompareConfig
from pilothouse.triggers.kinds.dropout import Dropout, DropoutConfig
from pilothouse.triggers.kinds.flat_line import FlatLine, FlatLineConfig
from pilothouse.triggers.kinds.log_level import LogLevel, LogLevelConfig
from pilothouse.triggers.kinds.out_of_range import OutOfRange, OutOfRangeConfig
from pilothouse.triggers.kinds.path_deviation import PathDeviation, PathDeviationConfig
from pilothouse.triggers.kinds.rate_of_change import RateOfChange, RateOfChangeConfig
from pilothouse.triggers.kinds.stall import Stall, StallConfig
from pilothouse.triggers.kinds.threshold import Threshold, ThresholdConfig
from pilothouse.triggers.rule import Rule

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

"""Rules over decoded messages: pure, so that the robot runs them live and the hub over stored recordings.

Each kind of rule is one module with a configuration class (``kind`` tells it apart) and a rule class; ``config.py``
lists them. Time is message time only: a rule sees the log time of a message and its decoded content, nothing else.
"""

from pilothouse.triggers.config import TriggerConfig, build_rule
from pilothouse.triggers.expression import parse_expression
from pilothouse.triggers.field_path import MISSING, FieldPath
from pilothouse.triggers.rule import Rule, RuleConfig
from pilothouse.triggers.threshold import Operator, Threshold, ThresholdConfig

__all__ = [
    "MISSING",
    "FieldPath",
    "Operator",
    "Rule",
    "RuleConfig",
    "Threshold",
    "ThresholdConfig",
    "TriggerConfig",
    "build_rule",
    "parse_expression",
]

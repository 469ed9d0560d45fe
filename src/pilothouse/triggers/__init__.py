"""Rules over decoded messages: pure, so that the robot runs them live and the hub over stored recordings.

Each kind of rule is one module with a configuration class (``kind`` tells it apart) and a rule class; ``kinds.py``
lists them. Time is message time only: a rule sees a message's topic, log time and decoded content, and is told how far
message time has come; nothing else.

``pilothouse.triggers.backtest`` runs them over stored recordings; a robot does not import it, nor the presets it does
not use.
"""

from pilothouse.triggers.composite import TriggerConfig, Triggers
from pilothouse.triggers.config import build_rule
from pilothouse.triggers.expression import parse_expression
from pilothouse.triggers.field_path import MISSING, FieldPath
from pilothouse.triggers.kinds.limit import Operator
from pilothouse.triggers.kinds.threshold import Threshold, ThresholdConfig
from pilothouse.triggers.rule import UNREAD, Rule, RuleConfig
from pilothouse.triggers.ticker import Ticker

__all__ = [
    "MISSING",
    "UNREAD",
    "FieldPath",
    "Operator",
    "Rule",
    "RuleConfig",
    "Threshold",
    "ThresholdConfig",
    "Ticker",
    "TriggerConfig",
    "Triggers",
    "build_rule",
    "parse_expression",
]

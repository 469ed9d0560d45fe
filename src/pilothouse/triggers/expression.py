"""A threshold in one line: ``/speed.data > 9 for 0.5 s``."""

from __future__ import annotations

import re

from pydantic import ValidationError

from pilothouse.kit.errors import BadConfiguration
from pilothouse.triggers.kinds.limit import SYMBOLS
from pilothouse.triggers.kinds.threshold import ThresholdConfig

_OPERATORS = {symbol: operator for operator, symbol in SYMBOLS.items()} | {
    "=": next(operator for operator, symbol in SYMBOLS.items() if symbol == "==")
}
# The topic ends at the first dot after its last slash: /arm/joint_states.position[2] is field position[2].
_EXPRESSION = re.compile(
    r"\s*(?P<topic>(?:\S*/)?[^\s./]+)\.(?P<field>\S+?)\s*"
    r"(?P<op><=|>=|==|!=|<|>|=)\s*(?P<value>[-+]?[0-9.][0-9.eE+-]*)"
    r"(?:\s+for\s+(?P<duration>[0-9.]+)\s*s)?\s*"
)


def parse_expression(text: str) -> ThresholdConfig:
    """The threshold a line asks for; raises BadConfiguration with an example of how to write it."""
    match = _EXPRESSION.fullmatch(text)
    if match is None:
        raise BadConfiguration(
            problem=f"cannot read the trigger {text!r}; write TOPIC.FIELD OP NUMBER, as in '/speed.data > 9 for 0.5 s'"
        )
    try:
        return ThresholdConfig.model_validate(
            {
                "topic": match["topic"],
                "field": match["field"],
                "op": _OPERATORS[match["op"]],
                "value": match["value"],
                "duration_s": match["duration"] or 0.0,
            }
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadConfiguration(
            problem=f"trigger {text!r}: {where}: {first['msg'].removeprefix('Value error, ')}"
        ) from None

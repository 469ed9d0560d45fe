"""The kind ``log_level``: a program logs something bad."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import SchemaError, SchemaValidator, core_schema

from pilothouse.triggers.excursion import Excursion
from pilothouse.triggers.rule import JudgingRule, RuleConfig, Topic
from pilothouse.wire import TriggerFired

# What is longer is not looked at beyond this; log lines are shorter.
MAX_TEXT = 10_000


class Level(IntEnum):
    """How bad, in the steps of rcl_interfaces/Log."""

    DEBUG = 10
    INFO = 20
    WARN = 30
    ERROR = 40
    FATAL = 50


_WORDS = {
    **{level.name: level for level in Level},
    "TRACE": Level.DEBUG,
    "NOTICE": Level.INFO,
    "WARNING": Level.WARN,
    "ERR": Level.ERROR,
    "CRITICAL": Level.FATAL,
    "ALERT": Level.FATAL,
    "EMERGENCY": Level.FATAL,
    "PANIC": Level.FATAL,
}
_ROS1 = {1: Level.DEBUG, 2: Level.INFO, 4: Level.WARN, 8: Level.ERROR, 16: Level.FATAL}
_FOXGLOVE = {1: Level.DEBUG, 2: Level.INFO, 3: Level.WARN, 4: Level.ERROR, 5: Level.FATAL}


class Pattern:
    """A regular expression that takes time linear in the text, whatever it says (the engine of pydantic is Rust's)."""

    __slots__ = ("_validator",)

    def __init__(self, text: str) -> None:
        try:
            self._validator = SchemaValidator(core_schema.str_schema(pattern=text, regex_engine="rust-regex"))
        except SchemaError as error:
            reason = str(error).rstrip().splitlines()[-1].removeprefix("error: ").strip()
            raise ValueError(f"{text!r} is not a regular expression that can be used: {reason}") from None

    def is_in(self, text: object) -> bool:
        """Whether it matches anywhere in a text."""
        return isinstance(text, str) and self._validator.isinstance_python(text[:MAX_TEXT])


def _checked(text: str) -> str:
    Pattern(text)
    return text


PatternText = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_checked)]


class LogLevelConfig(RuleConfig):
    """Fires on each log message at ``level`` or above that matches the patterns, at most once per ``cooldown_s``."""

    kind: Literal["log_level"] = "log_level"
    topic: Topic = Field("/rosout", description="The topic of the log: rcl_interfaces/Log, foxglove.Log or JSON")
    level: Literal["debug", "info", "warn", "error", "fatal"] = Field("error", description="This bad, or worse")
    name_matches: PatternText | None = Field(None, description="A regular expression found in the logger's name")
    message_matches: PatternText | None = Field(None, description="A regular expression found in the message")
    cooldown_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = Field(
        10.0, description="Not again within this time after a firing"
    )

    @property
    def condition(self) -> str:
        name = f" of {self.name_matches}" if self.name_matches else ""
        said = f" saying {self.message_matches}" if self.message_matches else ""
        return f"{self.topic} logs {self.level} or worse{name}{said}"

    def excursion(self) -> Excursion:
        return Excursion(cooldown_s=self.cooldown_s, repeats=True)


class LogLevel(JudgingRule):
    """A :class:`LogLevelConfig` with its memory; a message whose level cannot be read is counted as unmeasured."""

    def __init__(self, config: LogLevelConfig) -> None:
        super().__init__(config, [config.topic])
        self.config = config
        self._level = Level[config.level.upper()]
        self._name = Pattern(config.name_matches) if config.name_matches else None
        self._message = Pattern(config.message_matches) if config.message_matches else None

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        level = level_of(decoded)
        if level is None or not isinstance(decoded, Mapping):
            self.nothing_measured()
            return None
        self.measured = float(level)
        if level < self._level or not self._matches(decoded):
            return None
        if not self.excursion.observe(log_time_ns, violated=True):
            return None
        return self.fired(log_time_ns, topic=topic, field="level", op="gte", threshold=float(self._level))

    def is_active(self, now_ns: int) -> bool:
        return False

    def _matches(self, line: Mapping[object, object]) -> bool:
        name, message = line.get("name", line.get("logger")), line.get("msg", line.get("message"))
        return (self._name is None or self._name.is_in(name)) and (
            self._message is None or self._message.is_in(message)
        )


def level_of(line: object) -> Level | None:
    """How bad a log message is: words, or numbers on the scale of ROS 2, ROS 1 or Foxglove; None when it says not."""
    if not isinstance(line, Mapping):
        return None
    level = line.get("level", line.get("levelname", line.get("severity")))
    if isinstance(level, str):
        return _WORDS.get(level.strip().upper())
    if "level" not in line:
        return None  # numbers under other names count the other way round, as syslog's do
    try:
        number = operator.index(level)
    except TypeError:
        return None
    if "header" in line:
        return _ROS1.get(number)
    # Programs in Python put levels between the steps; each counts as the step below it.
    return _FOXGLOVE.get(number) or max((one for one in Level if one <= number <= Level.FATAL), default=None)

"""What can be said of topics, whichever source they come from."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pilothouse.mcap import Keep, Priority, default_latched
from pilothouse.recorder.byte_sizes import Bytes
from pilothouse.recorder.sources.selection import RateLimit

SMALLEST_BUDGET = 64 << 10


class TopicRule(BaseModel):
    """How the topics that a pattern matches are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    match: Annotated[str, Field(min_length=1)] = Field(description="Topics this holds for; * also matches slashes")
    max_rate_hz: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] | None = Field(
        None, description="Messages per second that are kept, unless the source says another rate"
    )
    pre_s: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] | None = Field(
        None, description="Seconds before a trigger that are kept; as many as of the other topics when absent"
    )
    priority: Priority = Field(
        "normal", description="When the buffer is full, low leaves before normal and normal before high"
    )
    max_bytes: Annotated[Bytes, Field(ge=SMALLEST_BUDGET)] | None = Field(
        None, description="Memory each of these topics may take; above it the topic loses its own oldest messages only"
    )

    @property
    def summary(self) -> str:
        """The rule in a few words, for people."""
        said = [f"{self.priority} priority"]
        said += [f"at most {self.max_rate_hz:g} Hz"] if self.max_rate_hz else []
        said += [] if self.pre_s is None else [f"{self.pre_s:g} s"]
        said += [] if self.max_bytes is None else [f"{self.max_bytes.human_readable()} each"]
        return f"{self.match}: {', '.join(said)}"


class TopicRules:
    """The first rule that matches a topic holds for it. Pure."""

    def __init__(self, rules: Sequence[TopicRule] = (), *, post_s: float = 0.0) -> None:
        self._rules = tuple(rules)
        # What came before a trigger is still wanted when its post-roll is over.
        self._post_s = post_s

    def keep(self, topic: str) -> Keep:
        """How the ring keeps a topic."""
        rule = self._rule(topic)
        if rule is None:
            return Keep()
        keep_s = None if rule.pre_s is None else rule.pre_s + self._post_s
        return Keep(rule.priority, keep_s, None if rule.max_bytes is None else int(rule.max_bytes))

    def limit(self, topic: str) -> RateLimit | None:
        """What thins a topic out; what is said once and holds from then on is never thinned out."""
        rule = self._rule(topic)
        if rule is None or rule.max_rate_hz is None or default_latched(topic):
            return None
        return RateLimit(rule.max_rate_hz)

    def _rule(self, topic: str) -> TopicRule | None:
        return next((rule for rule in self._rules if fnmatchcase(topic, rule.match)), None)

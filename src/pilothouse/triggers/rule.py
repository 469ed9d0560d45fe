"""What every rule is, and what every rule's configuration has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Final, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pilothouse.triggers.excursion import Excursion
from pilothouse.wire import TriggerFired
from pilothouse.wire.base import Label

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Size = Annotated[float, Field(ge=0, allow_inf_nan=False)]
RuleName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Limit = Annotated[int, Field(ge=0, le=100_000)]
# Stands for the value of a message that was not decoded.
UNREAD: Final = object()
DuringPostRoll = Literal["add", "extend"]
Topic = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class RuleConfig(BaseModel):
    """What rules of every kind may say about themselves and about the capture they ask for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    name: RuleName | None = Field(None, description="What people call the rule; made from the condition when absent")
    label: Label | None = Field(None, description="Label of the recording; the rule's name when absent")
    pre_s: Seconds | None = Field(
        None, description="Seconds kept before the firing; the recorder's default when absent"
    )
    post_s: Seconds | None = Field(
        None, description="Seconds kept after the firing; the recorder's default when absent"
    )
    during_post_roll: DuringPostRoll | None = Field(
        None,
        description="During another's post-roll: add a recording, or extend that one; the recorder's default if absent",
    )
    captures_per_hour: Limit | None = Field(
        None, description="Recordings the rule may make in an hour; the recorder's default when absent"
    )
    captures_per_day: Limit | None = Field(None, description="The same for a day")

    @property
    def condition(self) -> str:
        """What the rule waits for, as a person would write it."""
        raise NotImplementedError

    @property
    def called(self) -> str:
        """The rule's name, given or made."""
        return self.name or self.condition[:200]

    def excursion(self) -> Excursion:
        """When what the rule sees amounts to a firing."""
        return Excursion()


class HeldConfig(RuleConfig):
    """For conditions that last: how long they must hold, and how often they may fire."""

    duration_s: Seconds = Field(0.0, description="The condition must hold this long before the rule fires")
    cooldown_s: Seconds = Field(0.0, description="Not again within this time after a firing")
    edge: Literal["rising", "level"] = Field(
        "rising", description="rising: once per excursion; level: again every cooldown_s while it lasts"
    )
    stale_s: Seconds | None = Field(
        None, description="A silence longer than this ends the excursion; the duration counts anew"
    )

    @model_validator(mode="after")
    def _level_needs_a_cooldown(self) -> Self:
        if self.edge == "level" and self.cooldown_s == 0:
            raise ValueError("edge 'level' needs a cooldown_s above 0, or every message would be a capture")
        return self

    @property
    def held(self) -> str:
        return f" for {self.duration_s:g} s" if self.duration_s else ""

    def excursion(self) -> Excursion:
        return Excursion(
            duration_s=self.duration_s,
            cooldown_s=self.cooldown_s,
            repeats=self.edge == "level",
            stale_s=self.stale_s,
        )


class Rule(Protocol):
    """A condition with memory. Fed in order of arrival; never looks at a clock."""

    @property
    def name(self) -> str: ...

    @property
    def topics(self) -> frozenset[str]:
        """The topics whose messages the rule wants to be told of."""
        ...

    @property
    def reads(self) -> frozenset[str]:
        """Those of them whose messages it wants decoded."""
        ...

    @property
    def hears(self) -> frozenset[str]:
        """Those of them of which it wants to know every message, decoded or not."""
        ...

    @property
    def ticks(self) -> bool:
        """Whether the rule wants to be told that time passes without a message for it."""
        ...

    @property
    def unmeasured(self) -> int:
        """Messages that had nothing where the rule looks."""
        ...

    @property
    def measured(self) -> float | None:
        """What the last observation was judged by; None when it measured nothing."""
        ...

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        """Take one message of one of ``topics``; returns the firing it completes, if it does.

        Of topics that it ``hears``, ``decoded`` may be UNREAD.
        """
        ...

    def tick(self, now_ns: int) -> TriggerFired | None:
        """Message time has come to ``now_ns``; returns the firing that completes, if it does."""
        ...

    def is_active(self, now_ns: int) -> bool:
        """Whether the condition holds now, fired for or not."""
        ...


class JudgingRule:
    """What most rules share: an excursion, and firings that say what was measured."""

    ticks: ClassVar[bool] = False
    hears: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, config: RuleConfig, topics: Iterable[str]) -> None:
        self.name = config.called
        self.kind = config.kind
        self.topics = self.reads = frozenset(topics)
        self.unmeasured = 0
        self.measured: float | None = None
        self.excursion = config.excursion()

    def tick(self, now_ns: int) -> TriggerFired | None:
        return None

    def is_active(self, now_ns: int) -> bool:
        return self.excursion.is_ripe(now_ns)

    def nothing_measured(self) -> None:
        """A message had nothing where the rule looks: it changes nothing and is counted."""
        self.unmeasured += 1
        self.measured = None

    def fired(self, time_ns: int, *, topic: str, field: str | None, op: str, threshold: float | None) -> TriggerFired:
        return TriggerFired(
            rule=self.name, kind=self.kind, topic=topic, field=field, value=self.measured, op=op, threshold=threshold,
            fired_at_ns=time_ns,
        )  # fmt: skip

"""The kinds ``all`` and ``any``: rules made of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers.excursion import Excursion
from pilothouse.triggers.kinds import SingleConfig
from pilothouse.triggers.listing import expand
from pilothouse.triggers.rule import UNREAD, HeldConfig, Rule, RuleConfig, Seconds
from pilothouse.wire import TriggerFired

MAX_PARTS = 20
MAX_DEPTH = 4


def _fitting(parts: tuple[RuleConfig, ...]) -> tuple[RuleConfig, ...]:
    if _depth(parts) > MAX_DEPTH:
        raise ValueError(f"rules can stand inside each other at most {MAX_DEPTH} deep")
    return parts


def _depth(parts: tuple[RuleConfig, ...]) -> int:
    return 1 + max((_depth(one.of) for one in parts if isinstance(one, AllConfig | AnyConfig)), default=0)


def _read(parts: tuple[Any, ...]) -> tuple[RuleConfig, ...]:
    """The parts as configurations. Their schema is made when the first composite is: it takes a robot 250 kB."""
    try:
        return _reader().validate_python(parts)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        # A misspelt key is also a missing one; the misspelling is what can be corrected.
        first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
        said = "unknown setting" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {said}") from None


@cache
def _reader() -> TypeAdapter[tuple[RuleConfig, ...]]:
    return TypeAdapter(tuple[TriggerConfig, ...])


Parts = Annotated[
    tuple[Any, ...],
    Field(min_length=1, max_length=MAX_PARTS),
    BeforeValidator(expand),
    AfterValidator(_read),
    AfterValidator(_fitting),
]


class AllConfig(HeldConfig):
    """Fires when every rule in ``of`` holds, or has fired within the last ``window_s``."""

    kind: Literal["all"] = "all"
    of: Parts = Field(description="Rules of any kind, with options of their own; expressions and presets too")
    window_s: Seconds = Field(0.0, description="A firing counts this long, though its condition has passed")

    @property
    def condition(self) -> str:
        within = f" within {self.window_s:g} s" if self.window_s else ""
        return " and ".join(f"({one.called})" for one in self.of) + within + self.held


class AnyConfig(RuleConfig):
    """Fires when any rule in ``of`` fires."""

    kind: Literal["any"] = "any"
    of: Parts = Field(description="Rules of any kind, with options of their own; expressions and presets too")
    cooldown_s: Seconds = Field(0.0, description="Not again within this time after a firing")

    @property
    def condition(self) -> str:
        return " or ".join(f"({one.called})" for one in self.of)

    def excursion(self) -> Excursion:
        return Excursion(cooldown_s=self.cooldown_s, repeats=True)


TriggerConfig = Annotated[SingleConfig | AllConfig | AnyConfig, Field(discriminator="kind")]
"""The configuration of any kind of rule; ``kind`` says which."""

Triggers = Annotated[tuple[TriggerConfig, ...], BeforeValidator(expand)]
"""What stands under ``triggers:`` in a configuration: rules of any kind, one-line expressions, presets."""


class _Composite:
    """Hands messages and time to its parts; the firing it tells is that of the part that completed it."""

    def __init__(self, config: AllConfig | AnyConfig, parts: Sequence[Rule]) -> None:
        self.config = config
        self.name = config.called
        self.parts = tuple(parts)
        self.topics = frozenset[str]().union(*(one.topics for one in parts))
        self.reads = frozenset[str]().union(*(one.reads for one in parts))
        self.hears = frozenset[str]().union(*(one.hears for one in parts))
        self.ticks = any(one.ticks for one in parts)
        self.measured: float | None = None
        self.excursion = config.excursion()
        self._by_topic = {topic: [one for one in parts if topic in one.topics] for topic in self.topics}

    @property
    def unmeasured(self) -> int:
        return sum(one.unmeasured for one in self.parts)

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        parts = self._by_topic[topic]
        if decoded is UNREAD:
            parts = [one for one in parts if topic in one.hears]
        return self._decide(log_time_ns, parts, lambda part: part.observe(topic, log_time_ns, decoded))

    def tick(self, now_ns: int) -> TriggerFired | None:
        return self._decide(now_ns, self.parts, lambda part: part.tick(now_ns))

    def _decide(
        self, now_ns: int, parts: Sequence[Rule], ask: Callable[[Rule], TriggerFired | None]
    ) -> TriggerFired | None:
        raise NotImplementedError

    def _as_mine(self, fired: TriggerFired, time_ns: int) -> TriggerFired:
        return fired.model_copy(update={"rule": self.name, "kind": self.config.kind, "fired_at_ns": time_ns})


class AnyOf(_Composite):
    """An :class:`AnyConfig` with its memory. A firing during the cooldown is told after it, if what it tells lasts."""

    def __init__(self, config: AnyConfig, parts: Sequence[Rule]) -> None:
        super().__init__(config, parts)
        self._waiting: tuple[Rule, TriggerFired] | None = None
        self._told_ns: int | None = None

    def is_active(self, now_ns: int) -> bool:
        return any(one.is_active(now_ns) for one in self.parts)

    def _decide(
        self, now_ns: int, parts: Sequence[Rule], ask: Callable[[Rule], TriggerFired | None]
    ) -> TriggerFired | None:
        asked = [(one, ask(one)) for one in parts]
        fired = [(one, answer) for one, answer in asked if answer is not None]
        if fired:
            self._waiting = min(fired, key=lambda one: one[1].fired_at_ns)
            time_ns = self._waiting[1].fired_at_ns
            if self._told_ns is not None and time_ns < self._told_ns <= now_ns:
                # A silence is noticed after it became too long: that is no clock that was set back.
                time_ns = self._told_ns
        else:
            time_ns = now_ns
        if self._waiting is None or not (fired or self._waiting[0].is_active(now_ns)):
            self._waiting = None
            return None
        if not self.excursion.observe(time_ns, violated=True):
            return None
        told, self._waiting, self._told_ns = self._waiting[1], None, time_ns
        return self._as_mine(told, time_ns)


class AllOf(_Composite):
    """An :class:`AllConfig` with its memory. When message time steps back, firings count as new."""

    def __init__(self, config: AllConfig, parts: Sequence[Rule]) -> None:
        super().__init__(config, parts)
        self._window_ns = round(config.window_s * NS_PER_S)
        self._last: list[TriggerFired | None] = [None] * len(parts)
        self._last_ns = [0] * len(parts)
        self._latest: TriggerFired | None = None

    def is_active(self, now_ns: int) -> bool:
        return self.excursion.is_ripe(now_ns) and self._holds(now_ns)

    def _decide(
        self, now_ns: int, parts: Sequence[Rule], ask: Callable[[Rule], TriggerFired | None]
    ) -> TriggerFired | None:
        # What has passed since the last message ends an excursion even if this message begins the next one.
        if not self._holds(now_ns):
            self.excursion.observe(now_ns, violated=False)
        for number, part in enumerate(self.parts):
            self._last_ns[number] = min(self._last_ns[number], now_ns)
            if part in parts and (fired := ask(part)) is not None:
                self._last_ns[number], self._latest = fired.fired_at_ns, fired
                self._last[number] = fired
        if not self.excursion.observe(now_ns, violated=self._holds(now_ns)) or self._latest is None:
            return None
        return self._as_mine(self._latest, now_ns)

    def _holds(self, now_ns: int) -> bool:
        return all(self._counts(now_ns))

    def _counts(self, now_ns: int) -> Iterator[bool]:
        for number, part in enumerate(self.parts):
            recent = self._last[number] is not None and now_ns - self._last_ns[number] <= self._window_ns
            yield recent or part.is_active(now_ns)

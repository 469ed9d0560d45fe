"""How many recordings triggers may make, per hour and per day, each rule and all of them together. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile

from pilothouse.kit.clock import NS_PER_S
from pilothouse.recorder.settings import RecorderSettings

HOUR_NS = 3_600 * NS_PER_S
DAY_NS = 24 * HOUR_NS


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many within any hour and within any day; None is without limit."""

    per_hour: int | None = None
    per_day: int | None = None

    @property
    def span_ns(self) -> int:
        """How far back it looks."""
        return DAY_NS if self.per_day is not None else HOUR_NS if self.per_hour is not None else 0


class Spending:
    """The captures that count against one budget, in a time that does not jump."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._at_ns: deque[int] = deque()

    def add(self, now_ns: int) -> None:
        self._at_ns.append(now_ns)
        while self._at_ns[0] <= now_ns - self.budget.span_ns:
            self._at_ns.popleft()
            if not self._at_ns:
                break

    def used_up(self, now_ns: int) -> str | None:
        """What is used up, in words."""
        limits = ((self.budget.per_hour, HOUR_NS, "an hour"), (self.budget.per_day, DAY_NS, "a day"))
        for limit, span_ns, span in limits:
            if limit is not None and self._within(now_ns, span_ns) >= limit:
                return f"{limit} recordings in {span}"
        return None

    def _within(self, now_ns: int, span_ns: int) -> int:
        return sum(1 for _ in takewhile(lambda at_ns: at_ns > now_ns - span_ns, reversed(self._at_ns)))


class Budgets:
    """Asked before each capture of a trigger or an alert. What people ask for themselves is never counted."""

    def __init__(self, *, overall: Budget, each_rule: Budget, rules: Mapping[str, Budget] | None = None) -> None:
        self._overall = Spending(overall)
        self._each_rule = each_rule
        self._of_rule = dict(rules or {})
        self._rules: dict[str, Spending] = {}

    @classmethod
    def of(cls, settings: RecorderSettings) -> Budgets:
        usual = Budget(settings.rule_captures_per_hour, settings.rule_captures_per_day)
        rules = {
            one.called: Budget(
                usual.per_hour if one.captures_per_hour is None else one.captures_per_hour,
                usual.per_day if one.captures_per_day is None else one.captures_per_day,
            )
            for one in settings.triggers
        }
        overall = Budget(settings.captures_per_hour, settings.captures_per_day)
        return cls(overall=overall, each_rule=usual, rules=rules)

    def load(self, captures: Iterable[tuple[str, int]]) -> None:
        """Captures of earlier runs, oldest first: the rule and when."""
        for rule, at_ns in captures:
            self.spend(rule, at_ns)

    def refusal(self, rule: str, now_ns: int) -> str | None:
        """Why this rule may have no capture now; None when it may."""
        if (own := self._rule(rule).used_up(now_ns)) is not None:
            return f"over the budget of this rule: {own}"
        if (every := self._overall.used_up(now_ns)) is not None:
            return f"over the budget of all rules together: {every}"
        return None

    def spend(self, rule: str, now_ns: int) -> None:
        """It gets one."""
        self._rule(rule).add(now_ns)
        self._overall.add(now_ns)

    def _rule(self, rule: str) -> Spending:
        if rule not in self._rules:
            self._rules[rule] = Spending(self._of_rule.get(rule, self._each_rule))
        return self._rules[rule]

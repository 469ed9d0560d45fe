"""The rules over stored messages: what would have fired, and what was measured around it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.errors import Problem
from pilothouse.mcap import Channel, Message
from pilothouse.triggers.rule import UNREAD, Rule
from pilothouse.triggers.ticker import Ticker
from pilothouse.wire import TriggerFired

# What is kept of a rule's measurements, whatever the topic's rate: some seconds at a kilohertz.
MAX_SAMPLES = 20_000

Sample = tuple[int, float]


class Decodes(Protocol):
    """What :class:`pilothouse.mcap.Decoders` does; it may raise any Problem for a message that it cannot read."""

    def decode(self, channel: Channel, content: bytes) -> object: ...


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule fired; ``samples`` are the (log time, value) it judged around that time, empty for rules of rules."""

    fired: TriggerFired
    samples: tuple[Sample, ...]


def backtest(
    rules: Sequence[Rule], messages: Iterable[Message], decoders: Decodes, *, around_s: float = 5.0
) -> Iterator[Firing]:
    """Every firing of fresh rules over messages in log-time order, as soon as ``around_s`` after it has passed."""
    yield from Backtest(rules, decoders, around_s=around_s).run(messages)


class Backtest:
    """One run. Rules whose ``ticks`` is set need the messages of all topics, others only those of theirs."""

    def __init__(self, rules: Sequence[Rule], decoders: Decodes, *, around_s: float = 5.0) -> None:
        self.rules = tuple(rules)
        self.undecodable: Counter[str] = Counter()
        self._decoders = decoders
        self._around_ns = round(around_s * NS_PER_S)
        self._ticker = Ticker([(rule, rule) for rule in rules])
        self._traces: dict[int, deque[Sample]] = {id(rule): deque(maxlen=MAX_SAMPLES) for rule in rules}
        self._waiting: deque[tuple[Rule, TriggerFired]] = deque()

    @property
    def topics(self) -> frozenset[str] | None:
        """The topics it needs; None for all."""
        if any(rule.ticks for rule in self.rules):
            return None
        return frozenset[str]().union(*(rule.topics for rule in self.rules))

    def run(self, messages: Iterable[Message]) -> Iterator[Firing]:
        """Feed the messages, as the recorder does."""
        watching: dict[str, list[Rule]] = {}
        now_ns = None
        for message in messages:
            now_ns, topic = message.log_time_ns, message.channel.topic
            due_ns = self._ticker.due_at(topic, now_ns)
            if due_ns is not None:
                self._tick(due_ns)
            if topic not in watching:
                watching[topic] = [rule for rule in self.rules if topic in rule.topics]
            if watching[topic]:
                self._observe(watching[topic], message)
            yield from self._complete(now_ns)
        if self._ticker.now_ns is not None:
            self._tick(self._ticker.now_ns)
        yield from self._complete(None)

    def _tick(self, now_ns: int) -> None:
        self._waiting.extend(self._ticker.tick(now_ns))

    def _observe(self, rules: Sequence[Rule], message: Message) -> None:
        channel, now_ns = message.channel, message.log_time_ns
        decoded: object = UNREAD
        try:
            if any(channel.topic in rule.reads for rule in rules):
                decoded = self._decoders.decode(channel, message.content)
        except Problem:
            self.undecodable[channel.topic] += 1
        for rule in rules:
            if decoded is UNREAD and channel.topic not in rule.hears:
                continue
            fired = rule.observe(channel.topic, now_ns, decoded)
            if rule.measured is not None:
                self._traces[id(rule)].append((now_ns, rule.measured))
            if fired is not None:
                self._waiting.append((rule, fired))

    def _complete(self, now_ns: int | None) -> Iterator[Firing]:
        """The firings around which all has been seen; all of them at the end."""
        while self._waiting:
            rule, fired = self._waiting[0]
            until_ns = fired.fired_at_ns + self._around_ns
            # Log time that has stepped back will not bring what came after the firing either.
            if now_ns is not None and fired.fired_at_ns - self._around_ns <= now_ns <= until_ns:
                return
            self._waiting.popleft()
            yield Firing(fired, tuple(self._around(rule, fired.fired_at_ns)))

    def _around(self, rule: Rule, fired_ns: int) -> Iterator[Sample]:
        return (one for one in self._traces[id(rule)] if abs(one[0] - fired_ns) <= self._around_ns)

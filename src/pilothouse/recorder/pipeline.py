"""From the sources into the ring, past the rules, to the captures."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Invalid, Problem
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Channel, Ring
from pilothouse.recorder.capture.captures import Captures
from pilothouse.recorder.losses import LeftOut
from pilothouse.recorder.outbox.outbox import CaptureState
from pilothouse.recorder.outbox.post_rolls import NEVER_NS
from pilothouse.recorder.problems import TooMuchToLookInto
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources.base import Content
from pilothouse.recorder.stream import Stream
from pilothouse.triggers import UNREAD, Rule, Ticker, TriggerConfig, build_rule
from pilothouse.wire import TriggerFired

# Room above a message's time for every post-roll there can be.
LATEST_NS = NEVER_NS - 10_000 * NS_PER_S

# What a rule asks for when it fires, as against when it does.
ASKED_FOR = ("pre_s", "post_s", "label", "during_post_roll", "captures_per_hour", "captures_per_day")

log = get_logger("pilothouse.recorder")
# What is decoded for rules at once may take as much as one message may have; a smaller message needs no second look.
NOTICED_BYTES = 16 << 10
MIB = 1 << 20


class Decodes(Protocol):
    """What :class:`pilothouse.mcap.Decoders` does."""

    def takes(self, channel: Channel, content: Content) -> int: ...

    def decode(self, channel: Channel, content: bytes) -> object: ...


@dataclass(slots=True)
class WatchedRule:
    """A rule, what it asks for when it fires, and how often it did."""

    config: TriggerConfig
    rule: Rule
    label: str
    pre_s: float
    post_s: float
    extends: bool = False
    fired: int = 0
    merged: int = 0
    over_budget: int = 0
    last: TriggerFired | None = None

    @classmethod
    def all_of(cls, settings: RecorderSettings) -> tuple[WatchedRule, ...]:
        return tuple(cls._of(config, build_rule(config), settings) for config in settings.triggers)

    def takes_over(self, config: TriggerConfig) -> bool:
        """Whether this rule can go on under another configuration: only what it asks for differs."""
        same = dict.fromkeys(ASKED_FOR)
        return self.config.model_copy(update=same) == config.model_copy(update=same)

    @classmethod
    def _of(cls, config: TriggerConfig, rule: Rule, settings: RecorderSettings) -> WatchedRule:
        pre_s = settings.default_pre_s if config.pre_s is None else config.pre_s
        post_s = settings.post_s if config.post_s is None else config.post_s
        label = rule.name if config.label is None else config.label
        extends = (config.during_post_roll or settings.during_post_roll) == "extend"
        return cls(config=config, rule=rule, label=label, pre_s=pre_s, post_s=post_s, extends=extends)


@dataclass(slots=True)
class Troubles:
    """Messages that could not be used, per topic; the first of each kind is logged."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, topic: str, kind: str, reason: str) -> None:
        self.counts[topic, kind] += 1
        if self.counts[topic, kind] == 1:
            log.warning(
                "a message cannot be used; more of its kind are only counted", topic=topic, kind=kind, reason=reason
            )

    def of(self, kind: str) -> dict[str, int]:
        # A copy first: other threads count on meanwhile.
        return {topic: count for (topic, one), count in dict(self.counts).items() if one == kind}


class Pipeline:
    """The sink of every source. Any number of threads may hand in messages."""

    def __init__(
        self, *, ring: Ring, stream: Stream, captures: Captures, rules: Sequence[WatchedRule],
        make_decoders: Callable[[], Decodes], clock: Clock, rejected: LeftOut,
        most_bytes: Callable[[], int] = lambda: sys.maxsize,
    ) -> None:  # fmt: skip
        self._ring = ring
        self._stream = stream
        self._captures = captures
        self._make_decoders = make_decoders
        self._most_bytes = most_bytes
        self._share = ring.beside.share()
        self._clock = clock
        self._rejected = rejected
        self._decoders: Decodes | None = None
        self._watched: dict[int, tuple[Channel, list[WatchedRule]]] = {}
        self._channels: dict[int, Channel] = {}
        self._rules_lock = threading.Lock()
        self._ticker = Ticker([(one, one.rule) for one in rules])
        self._heard = 0
        self._quiet_since_ns = 0
        self._now_ns: int | None = None  # of the rules, when it was last looked at
        self._still_since_ns = 0
        self.rules = tuple(rules)
        self.troubles = Troubles()

    def channel(self, channel: Channel) -> int:
        channel_id = self._ring.add_channel(channel)
        with self._rules_lock:
            self._channels[channel_id] = channel
            watching = self._watching(channel)
            if watching:
                self._watched[channel_id] = (channel, watching)
        return channel_id

    def watch_with(self, rules: Sequence[WatchedRule]) -> None:
        """Other rules from now on; one whose condition is the same goes on as it is, with its memory and counts."""
        with self._rules_lock:
            known = list(self.rules)
            self.rules = tuple(_continued(one, known) for one in rules)
            self._ticker = Ticker([(one, one.rule) for one in self.rules])
            pairs = {number: (channel, self._watching(channel)) for number, channel in self._channels.items()}
            self._watched = {number: pair for number, pair in pairs.items() if pair[1]}

    def _watching(self, channel: Channel) -> list[WatchedRule]:
        return [one for one in self.rules if channel.topic in one.rule.topics]

    def message(self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None) -> None:
        if log_time_ns > self._captures.next_end_ns or log_time_ns >= LATEST_NS:
            if log_time_ns >= LATEST_NS:
                self._reject(channel_id, f"its log time is {log_time_ns}")
                return
            self._captures.advance(log_time_ns)
        try:
            self._ring.append(channel_id, log_time_ns, content, publish_time_ns)
        except Invalid as problem:
            self._reject(channel_id, problem.sentence)
            return
        self._stream.received += 1
        self._stream.last_ns = log_time_ns
        if self._ticker.is_wanted:
            due_ns = self._ticker.due_at(self._channels[channel_id].topic, log_time_ns)
            if due_ns is not None:
                self._tick(due_ns)
        if channel_id in self._watched:
            self._watch(channel_id, log_time_ns, content)

    @property
    def present_ns(self) -> int | None:
        """Where message time is: at the last message, and when none has come for a while so much later."""
        last_ns, monotonic_ns = self._stream.last_ns, self._clock.monotonic_ns()
        if last_ns is None:
            return None
        return last_ns + (monotonic_ns - self._quiet_since_ns if self._heard == self._stream.received else 0)

    def time_passes(self, monotonic_ns: int) -> None:
        """To be told every second or so: where message time stands still, it goes on with the monotonic clock."""
        if self._heard != self._stream.received:
            self._heard, self._quiet_since_ns = self._stream.received, monotonic_ns
        now_ns = self._ticker.now_ns
        if now_ns != self._now_ns:
            self._now_ns, self._still_since_ns = now_ns, monotonic_ns
        elif now_ns is not None:
            # Also where only topics speak whose clock nobody else shares.
            self._tick(now_ns + monotonic_ns - self._still_since_ns)

    def _tick(self, now_ns: int) -> None:
        with self._rules_lock:
            for one, fired in self._ticker.tick(now_ns):
                self._fire(one, fired)

    def _watch(self, channel_id: int, log_time_ns: int, content: Content) -> None:
        with self._rules_lock:
            channel, watching = self._watched.get(channel_id, (None, []))
            if channel is None:
                return  # its rules have just been taken away
            is_read = any(channel.topic in one.rule.reads for one in watching)
            decoded = self._decoded(channel, content) if is_read else UNREAD
            for one in watching:
                if decoded is not UNREAD or channel.topic in one.rule.hears:
                    self._observe(one, channel.topic, log_time_ns, decoded)
            del decoded
            if self._share.bytes:
                self._share.hold(0)

    def _decoded(self, channel: Channel, content: Content) -> object:
        if self._decoders is None:
            self._decoders = self._make_decoders()
        try:
            if len(content) > NOTICED_BYTES:
                self._make_way(self._decoders.takes(channel, content))
            return self._decoders.decode(channel, bytes(content))
        except Exception as error:  # noqa: BLE001 - whatever one message does to a decoder, recording goes on
            reason = error.sentence if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
            self.troubles.note(channel.topic, "undecodable", reason)
            return UNREAD

    def _make_way(self, size: int) -> None:
        """Before so much is taken: raises TooMuchToLookInto."""
        if size > self._most_bytes():
            raise TooMuchToLookInto(decoded_mib=round(size / MIB), most_mib=self._most_bytes() // MIB)
        self._share.hold(size)

    def _observe(self, one: WatchedRule, topic: str, log_time_ns: int, decoded: object) -> None:
        unmeasured = one.rule.unmeasured
        fired = one.rule.observe(topic, log_time_ns, decoded)
        if one.rule.unmeasured > unmeasured == 0:
            log.warning("a rule found nothing to measure; check its field", rule=one.rule.name)
        if fired is not None:
            self._fire(one, fired)

    def _fire(self, one: WatchedRule, fired: TriggerFired) -> None:
        one.fired, one.last = one.fired + 1, fired
        became = self._captures.trigger(fired, label=one.label, pre_s=one.pre_s, post_s=one.post_s, extends=one.extends)
        one.merged += became is CaptureState.MERGED
        one.over_budget += became is CaptureState.REFUSED

    def _reject(self, channel_id: int, reason: str) -> None:
        channel = self._channels.get(channel_id)
        topic = channel.topic if channel else str(channel_id)
        self.troubles.note(topic, "bad", reason)
        # The time it bears is of no use: it counts when it came.
        self._rejected.add(topic, self.present_ns)


def _continued(one: WatchedRule, known: list[WatchedRule]) -> WatchedRule:
    before = next((other for other in known if other.takes_over(one.config)), None)
    if before is None:
        return one
    known.remove(before)
    return replace(
        one, rule=before.rule, fired=before.fired, merged=before.merged, over_budget=before.over_budget,
        last=before.last,
    )  # fmt: skip

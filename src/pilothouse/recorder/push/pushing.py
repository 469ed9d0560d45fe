"""Takes pushed messages into the recorder, whoever sends them and however many do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from pydantic import BaseModel, Field

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Problem, Unavailable
from pilothouse.mcap import Channel, Schema
from pilothouse.recorder.losses import NO_TOPIC, LeftOut
from pilothouse.recorder.push.reading import Line, Pushed, UnreadableMessage, parse_line, topic_in
from pilothouse.recorder.sources.base import Sink
from pilothouse.recorder.too_large import TooLarge

MOST_TOPICS = 1_000
# A channel is a topic with a schema; both stay for as long as the recorder runs.
MOST_CHANNELS = 4_000
MOST_SCHEMA_BYTES = 4 << 20
# A clock that is further ahead is wrong, and would push everything else out of the window.
AHEAD_S = 60
LISTED = 100


class PushBusy(Unavailable):
    """Too much is being pushed at once; send it again in a moment."""


class PushEnded(Unavailable):
    """This recorder is ending; send it again when it is back."""


class Rejection(BaseModel):
    line: int = Field(description="Which line, message or array member, from 1; blank lines count")
    reason: str


class PushReceipt(BaseModel):
    """What became of pushed messages; those accepted are in the buffer."""

    accepted: int = 0
    rejected: list[Rejection] = Field(default=[], description=f"What is wrong with the first {LISTED} bad ones")
    rejected_total: int = 0

    def reject(self, line: int, reason: str) -> None:
        self.rejected_total += 1
        if len(self.rejected) < LISTED:
            self.rejected.append(Rejection(line=line, reason=reason))


class Share:
    """What one request holds in memory at the moment."""

    def __init__(self, take: Callable[[int], None]) -> None:
        self._take = take
        self.held = 0

    def hold(self, size: int) -> None:
        """From now on this much; raises PushBusy."""
        self._take(size - self.held)
        self.held = size


class Pushing:
    """One for each recorder; any thread may call. A message counts as accepted when it is in the buffer."""

    def __init__(
        self, sink: Sink, clock: Clock, *, oldest_s: float, too_large: TooLarge, rejected: LeftOut,
        present_ns: Callable[[], int | None], hold: Callable[[int], None] = lambda size: None,
    ) -> None:  # fmt: skip
        self._sink = sink
        self._clock = clock
        self._too_large = too_large
        self.use(oldest_s=oldest_s)
        self._lock = threading.Lock()
        # One of its own: whoever counts must not wait for messages that are being taken in.
        self._holding = threading.Lock()
        self._held = 0
        self._hold_beside = hold
        self._ended = False
        self._topics: dict[tuple[str, str], Schema | None] = {}
        self._names: set[str] = set()
        self._channels: dict[Channel, int] = {}
        self._schema_bytes = 0
        self.messages = 0
        self._rejected = rejected
        self._present_ns = present_ns

    def use(self, *, oldest_s: float) -> None:
        """Messages older than this are refused from now on."""
        self._oldest_ns = round(oldest_s * NS_PER_S)

    @property
    def most_bytes(self) -> int:
        """What unfinished requests may take together, and one message: the buffer gives way for them."""
        return self._too_large.most_bytes

    @property
    def is_used(self) -> bool:
        """Whether anybody has pushed anything: then there is a source that can speak at any time."""
        return self.messages > 0

    def new_share(self) -> Share:
        """For one that says itself when it holds nothing any more."""
        return Share(self._hold)

    @contextmanager
    def share(self) -> Iterator[Share]:
        share = self.new_share()
        try:
            yield share
        finally:
            share.hold(0)

    def end(self) -> None:
        """From now on nothing is taken: the buffer is about to close."""
        with self._lock:
            self._ended = True

    def take_lines(self, lines: Iterable[Line], receipt: PushReceipt) -> None:
        """Every line that is a message; the receipt says what is wrong with the others. Raises PushEnded."""
        with self._lock:
            for line in lines:
                try:
                    message = parse_line(line.text, limit=line.limit)
                except UnreadableMessage as problem:
                    self._reject(topic_in(line.beginning if line.text is None else line.text))
                    receipt.reject(line.number, problem.reason)
                    continue
                try:
                    self._take(message)
                except UnreadableMessage as problem:
                    receipt.reject(line.number, problem.reason)
                else:
                    receipt.accepted += 1

    def take(self, message: Pushed) -> None:
        """One message; raises UnreadableMessage, PushEnded."""
        with self._lock:
            self._take(message)

    def note_unreadable(self, topic: str | None = None) -> None:
        """What came was no message, and says at most of which topic."""
        with self._lock:
            self._reject(topic)

    def note_too_large(self, size: int, topic: str | None = None) -> None:
        """What came, of so many bytes at least, was not read to its end."""
        with self._lock:
            self._too_large.turn_away(self._known(topic), size, self._present_ns())

    def _take(self, message: Pushed) -> None:
        if self._ended:
            raise PushEnded
        try:
            self._put(message)
        except UnreadableMessage:
            self._reject(message.topic)
            raise

    def _reject(self, topic: str | None) -> None:
        self._rejected.add(self._known(topic), self._present_ns())

    def _known(self, topic: str | None) -> str:
        """Only topics that are there are counted by name: anybody can make up another."""
        return topic if topic is not None and topic in self._names else NO_TOPIC

    def _put(self, message: Pushed) -> None:
        now_ns = self._clock.now_ns()
        log_time_ns = now_ns if message.log_time_ns is None else message.log_time_ns
        if not now_ns - self._oldest_ns <= log_time_ns <= now_ns + AHEAD_S * NS_PER_S:
            raise UnreadableMessage(
                reason="log_time_ns (Unix nanoseconds) is not within the time kept; left out, it is now"
            )
        self._sink.message(self._channel_id(message), log_time_ns, message.content)
        self.messages += 1

    def _channel_id(self, message: Pushed) -> int:
        """A schema holds for its topic and encoding until another one comes."""
        topic = (message.topic, message.encoding)
        schema = message.schema or self._topics.get(topic)
        channel = Channel(message.topic, message.encoding, schema)
        known = self._channels.get(channel)
        if known is None:
            known = self._add(channel, is_new_topic=topic not in self._topics)
        self._topics[topic] = schema
        self._names.add(message.topic)
        return known

    def _add(self, channel: Channel, *, is_new_topic: bool) -> int:
        size = len(channel.schema.data) if channel.schema else 0
        if is_new_topic and len(self._topics) >= MOST_TOPICS:
            raise UnreadableMessage(reason=f"{MOST_TOPICS} topics have been pushed; that is as many as there can be")
        if len(self._channels) >= MOST_CHANNELS or self._schema_bytes + size > MOST_SCHEMA_BYTES:
            raise UnreadableMessage(reason="too many different schemas have been pushed")
        try:
            channel_id = self._sink.channel(channel)
        except Problem as problem:
            raise UnreadableMessage(reason=problem.sentence) from None
        self._channels[channel] = channel_id
        self._schema_bytes += size
        return channel_id

    def _hold(self, more: int) -> None:
        with self._holding:
            if more > 0 and self._held + more > self.most_bytes:
                raise PushBusy(retry_after_s=1)
            self._held += more
            self._hold_beside(self._held)

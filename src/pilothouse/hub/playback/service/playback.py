"""Questions about the contents of one recording, each answered in a thread: reading and decoding take their time."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from pilothouse.hub.playback.domain import (
    NoFrame,
    NotAnImage,
    NotNumeric,
    UnknownTopic,
    as_json,
    like,
    numeric_fields,
    split,
)
from pilothouse.hub.playback.schemas import DecodedMessage, DecodedMessages, FieldTree, Series, SeriesList, TopicFields
from pilothouse.hub.playback.service.columns import Column, ColumnCache, columns_of
from pilothouse.hub.playback.service.cuts import Cut
from pilothouse.hub.playback.service.images import COMPRESSED, RAW, Picture, picture_of
from pilothouse.hub.playback.service.patience import Patience, Turns
from pilothouse.hub.playback.service.windows import Window, begin_of
from pilothouse.hub.recordings.domain.problems import RecordingFileMissing
from pilothouse.hub.recordings.service import Content
from pilothouse.hub.recordings.service.storage.watched import CHUNK_LIMIT_BYTES, watched
from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.errors import Problem
from pilothouse.mcap import Decoders, RecordingFile, Summary, open_recording
from pilothouse.mcap.model import Message
from pilothouse.mcap.reading.spans import ANY_TIME
from pilothouse.triggers.field_path import FieldPath

# Of decoded messages in one answer, and of messages of one and the same time beyond its limit.
MOST_ANSWER_BYTES = 16 << 20
MOST_OF_ONE_TIME = 1_000
# Fields of all topics in one answer.
MOST_FIELDS = 50_000
# A frame is looked for so far back, then ten times as far, until it is found or the recording begins.
FIRST_LOOK_BACK_NS = NS_PER_S
# A window of less than this share of an unread recording is decoded alone instead of all of it.
SMALL_SHARE = 0.25

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Frame:
    """An image and when it was recorded."""

    picture: Picture
    log_time_ns: int
    time_s: float


class Playback:
    """Looks into recordings; holds no database connection while it does."""

    def __init__(self, cache: ColumnCache | None = None, turns: Turns | None = None) -> None:
        self._cache = cache or ColumnCache()
        self._turns = turns or Turns()
        # Long cuts do not hold up plots, and once begun they wait for each other however long it takes.
        self._cuts = Turns(within_s=None)

    async def fields(self, content: Content, patience: Patience) -> FieldTree:
        """The numbers in every topic's messages."""
        return await self._with(content, patience, lambda file: _fields(file, patience))

    async def messages(
        self, content: Content, patience: Patience, topic: str, *,
        start_s: float | None, end_s: float | None, limit: int,
    ) -> DecodedMessages:  # fmt: skip
        """Messages of one topic in order of time, decoded; raises UnknownTopic, BadWindow."""
        return await self._with(content, patience, lambda file: _messages(file, patience, topic, start_s, end_s, limit))

    async def series(
        self, content: Content, patience: Patience, fields: Sequence[str], *,
        start_s: float | None, end_s: float | None, points: int,
    ) -> SeriesList:  # fmt: skip
        """Fields over time, thinned out; raises UnknownField, NotNumeric, BadWindow, TooMuchToRead."""
        asked = Asked(fields, start_s, end_s, points)
        return await self._with(content, patience, lambda file: self._series(content, patience, file, asked))

    async def frame(
        self, content: Content, patience: Patience, topic: str, time_s: float, *, or_first: bool = False
    ) -> Frame:
        """The image at a time: the last one until then; raises UnknownTopic, NotAnImage, NoFrame."""
        return await self._with(content, patience, lambda file: _frame(file, patience, topic, time_s, or_first))

    async def cut(
        self, contents: Sequence[Content], patience: Patience, topics: Collection[str] | None,
        start_s: float | None, end_s: float | None,
    ) -> Cut:  # fmt: skip
        """A smaller recording of one or several, made while it is read; raises UnknownTopic, BadWindow."""
        return await self._turns.work(patience, lambda: Cut.open(contents, topics, start_s, end_s, self._cuts))

    def _series(self, content: Content, patience: Patience, file: RecordingFile, asked: Asked) -> SeriesList:
        summary = file.summary()
        window = Window.of(summary, asked.start_s, asked.end_s)
        wanted: dict[str, dict[str, FieldPath]] = {}
        placed = [(field, *split(field, summary.topics)) for field in asked.fields]
        for _, topic, path in placed:
            wanted.setdefault(topic, {})[path.text] = path
        reading = _Reading(content.version, patience, file, summary, window)
        columns = {topic: self._columns(reading, topic, paths) for topic, paths in wanted.items()}
        begin_ns = begin_of(summary)
        series = [
            _as_series(field, columns[topic][path.text], window, asked.points, begin_ns)
            for field, topic, path in placed
        ]
        return SeriesList(start_ns=summary.start_ns or 0, duration_s=summary.duration_s, series=series)

    def _columns(self, reading: _Reading, topic: str, paths: dict[str, FieldPath]) -> dict[str, Column]:
        found = self._cache.find(reading.version, topic, paths)
        missing = {name: path for name, path in paths.items() if name not in found}
        if not missing:
            return found
        if reading.is_small:
            return found | columns_of(reading.messages(topic, reading.window), missing)
        read = columns_of(reading.messages(topic, Window(*ANY_TIME)), missing)
        for name, column in read.items():
            if len(column.values) and np.isnan(column.values).all():
                raise NotNumeric(field=f"{topic}.{name}")
        self._cache.keep(reading.version, topic, read)
        return found | read

    async def _with(self, content: Content, patience: Patience, ask: Callable[[RecordingFile], Answer]) -> Answer:
        def work() -> Answer:
            patience.check()
            try:
                with (
                    content.open() as file,
                    open_recording(watched(file, patience.check), chunk_limit_bytes=CHUNK_LIMIT_BYTES) as recording,
                ):
                    return ask(recording)
            except FileNotFoundError:
                raise RecordingFileMissing from None

        return await self._turns.work(patience, work)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for a plot."""

    fields: Sequence[str]
    start_s: float | None
    end_s: float | None
    points: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """A recording that a plot is made of."""

    version: str
    patience: Patience
    file: RecordingFile
    summary: Summary
    window: Window

    @property
    def is_small(self) -> bool:
        """Whether the window alone is worth reading."""
        end_ns = min(self.window.end_ns, self.summary.end_ns or 0)
        return end_ns - self.window.start_ns < SMALL_SHARE * max(1, (self.summary.end_ns or 0) - begin_of(self.summary))

    def messages(self, topic: str, window: Window) -> Iterator[Message]:
        found = self.file.messages(topics=[topic], start_ns=window.start_ns, end_ns=window.end_ns)
        return self.patience.over(found)


def _fields(file: RecordingFile, patience: Patience) -> FieldTree:
    summary = file.summary()
    first = {message.channel.topic: message for message in patience.over(file.examples())}
    decoders = Decoders()
    tree, room = FieldTree(topics=[]), MOST_FIELDS
    for channel in summary.channels:
        patience.check()
        fields: list[str] = []
        problem = None
        if room and channel.message_count and channel.topic in first:
            message = first[channel.topic]
            try:
                fields = numeric_fields(decoders.decode(message.channel, message.content))[:room]
            except Problem as error:
                problem = error.sentence
        room -= len(fields)
        tree.topics.append(
            TopicFields(
                topic=channel.topic,
                message_type=channel.schema_name,
                message_count=channel.message_count,
                fields=fields,
                problem=problem,
            )
        )
    return tree


def _messages(
    file: RecordingFile, patience: Patience, topic: str, start_s: float | None, end_s: float | None, limit: int
) -> DecodedMessages:
    summary = file.summary()
    _check_topic(summary, topic)
    window, begin_ns = Window.of(summary, start_s, end_s), begin_of(summary)
    decoders = Decoders()
    answer, room = DecodedMessages(topic=topic, items=[]), MOST_ANSWER_BYTES
    found = file.messages(topics=[topic], start_ns=window.start_ns, end_ns=window.end_ns)
    for message in patience.over(found):
        time_s = (message.log_time_ns - begin_ns) / NS_PER_S
        is_full = len(answer.items) >= limit or room < 0
        if is_full and message.log_time_ns > answer.items[-1].log_time_ns:
            answer.next_start = time_s
            break
        if len(answer.items) >= limit + MOST_OF_ONE_TIME or room < -MOST_ANSWER_BYTES:
            answer.left_out += 1
            continue
        room -= len(message.content)
        decoded, problem = None, None
        try:
            decoded = as_json(decoders.decode(message.channel, message.content))
        except Problem as error:
            problem = error.sentence
        answer.items.append(
            DecodedMessage(
                time_s=time_s,
                log_time_ns=message.log_time_ns,
                publish_time_ns=message.publish_time_ns,
                message=decoded,
                problem=problem,
            )
        )
    return answer


def _frame(file: RecordingFile, patience: Patience, topic: str, time_s: float, or_first: bool) -> Frame:
    summary = file.summary()
    _check_topic(summary, topic)
    kinds = {channel.schema_name for channel in summary.channels if channel.topic == topic}
    if not kinds & (COMPRESSED | RAW):
        raise NotAnImage(topic=topic, reason=f"its messages are {', '.join(sorted(kinds)) or 'without a schema'}")
    begin_ns = begin_of(summary)
    until_ns = begin_ns + round(time_s * NS_PER_S)
    message = _last_until(file, patience, topic, begin_ns, until_ns)
    if message is None and or_first:
        message = next(iter(patience.over(file.messages(topics=[topic]))), None)
    if message is None:
        raise NoFrame(topic=topic)
    decoded = Decoders().decode(message.channel, message.content)
    return Frame(picture_of(topic, decoded), message.log_time_ns, (message.log_time_ns - begin_ns) / NS_PER_S)


def _last_until(file: RecordingFile, patience: Patience, topic: str, begin_ns: int, until_ns: int) -> Message | None:
    back_ns, end_ns = FIRST_LOOK_BACK_NS, until_ns
    while end_ns >= begin_ns:
        start_ns = max(begin_ns, until_ns - back_ns)
        last = None
        for last in patience.over(file.messages(topics=[topic], start_ns=start_ns, end_ns=end_ns)):  # noqa: B007 - the last is wanted
            pass
        if last is not None:
            return last
        back_ns, end_ns = back_ns * 10, start_ns - 1
    return None


def _check_topic(summary: Summary, topic: str) -> None:
    if topic not in summary.topics:
        raise UnknownTopic(topic=topic, hint=like(topic, summary.topics))


def _as_series(field: str, column: Column, window: Window, points: int, begin_ns: int) -> Series:
    inside = column.window(window.start_ns, window.end_ns)
    thin = inside.thinned(points)
    finite = inside.values[np.isfinite(inside.values)]
    return Series(
        field=field,
        times_s=((thin.times_ns - begin_ns) / NS_PER_S).tolist(),
        values=[value if math.isfinite(value) else None for value in thin.values.tolist()],
        message_count=len(inside.values),
        lowest=float(finite.min()) if len(finite) else None,
        highest=float(finite.max()) if len(finite) else None,
    )

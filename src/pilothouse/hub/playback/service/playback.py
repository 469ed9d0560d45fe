"""Questions about the contents of one recording, each answered in a thread: reading and decoding take their time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from pilothouse.hub.playback.domain import (
    BadWindow,
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
from pilothouse.hub.playback.service.images import COMPRESSED, RAW, Picture, picture_of
from pilothouse.hub.recordings.domain.problems import RecordingFileMissing
from pilothouse.hub.recordings.service import Content
from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.errors import Problem
from pilothouse.mcap import Decoders, RecordingFile, Summary, open_recording
from pilothouse.mcap.cutting import Cutting, Piece, Wanted
from pilothouse.mcap.model import Message
from pilothouse.mcap.spans import ANY_TIME
from pilothouse.triggers.field_path import FieldPath

# Decoding keeps a core busy; more at once would only make all of them slower.
AT_ONCE = 2
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


@dataclass(frozen=True, slots=True)
class Window:
    """Part of a recording, in nanoseconds since the epoch, both ends included."""

    start_ns: int
    end_ns: int

    @classmethod
    def of(cls, summary: Summary, start_s: float | None, end_s: float | None) -> Window:
        """From seconds after the start of a recording; raises BadWindow."""
        begin = summary.start_ns or 0
        start_ns = begin if start_s is None else begin + round(start_s * NS_PER_S)
        end_ns = (summary.end_ns or begin) if end_s is None else begin + round(end_s * NS_PER_S)
        if end_s is not None and end_ns < start_ns:
            raise BadWindow
        return cls(start_ns, end_ns)


class Playback:
    """Looks into recordings; holds no database connection while it does."""

    def __init__(self, cache: ColumnCache | None = None) -> None:
        self._cache = cache or ColumnCache()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def fields(self, content: Content) -> FieldTree:
        """The numbers in every topic's messages."""
        return await self._with(content, _fields)

    async def messages(
        self, content: Content, topic: str, *, start_s: float | None, end_s: float | None, limit: int
    ) -> DecodedMessages:
        """Messages of one topic in order of time, decoded; raises UnknownTopic, BadWindow."""
        return await self._with(content, lambda file: _messages(file, topic, start_s, end_s, limit))

    async def series(
        self, content: Content, fields: Sequence[str], *, start_s: float | None, end_s: float | None, points: int
    ) -> SeriesList:
        """Fields over time, thinned out; raises UnknownField, NotNumeric, BadWindow."""
        return await self._with(content, lambda file: self._series(content, file, fields, start_s, end_s, points))

    async def frame(self, content: Content, topic: str, time_s: float) -> Frame:
        """The image at a time: the last one until then; raises UnknownTopic, NotAnImage, NoFrame."""
        return await self._with(content, lambda file: _frame(file, topic, time_s))

    async def cut(
        self, contents: Sequence[Content], topics: Collection[str] | None, start_s: float | None, end_s: float | None
    ) -> Cut:
        """A smaller recording of one or several, made while it is read; raises UnknownTopic, BadWindow."""
        return await self._in_thread(lambda: Cut.open(contents, topics, start_s, end_s))

    def _series(
        self, content: Content, file: RecordingFile, fields: Sequence[str], start_s: float | None,
        end_s: float | None, points: int,
    ) -> SeriesList:  # fmt: skip
        summary = file.summary()
        window = Window.of(summary, start_s, end_s)
        wanted: dict[str, dict[str, FieldPath]] = {}
        for field in fields:
            topic, path = split(field, summary.topics)
            wanted.setdefault(topic, {})[path.text] = path
        columns = {
            topic: self._columns(content, file, summary, topic, paths, window) for topic, paths in wanted.items()
        }
        series = []
        for field in fields:
            topic, path = split(field, summary.topics)
            series.append(_as_series(field, columns[topic][path.text], window, points, summary.start_ns or 0))
        return SeriesList(start_ns=summary.start_ns or 0, duration_s=summary.duration_s, series=series)

    def _columns(
        self, content: Content, file: RecordingFile, summary: Summary, topic: str, paths: dict[str, FieldPath],
        window: Window,
    ) -> dict[str, Column]:  # fmt: skip
        found = self._cache.find(content.version, topic, paths)
        missing = {name: path for name, path in paths.items() if name not in found}
        if not missing:
            return found
        whole_ns = max(1, (summary.end_ns or 0) - (summary.start_ns or 0))
        if window.end_ns - window.start_ns < SMALL_SHARE * whole_ns:
            messages = file.messages(topics=[topic], start_ns=window.start_ns, end_ns=window.end_ns)
            return found | columns_of(messages, missing)
        read = columns_of(file.messages(topics=[topic]), missing)
        for name, column in read.items():
            if len(column.values) and np.isnan(column.values).all():
                raise NotNumeric(field=f"{topic}.{name}")
        self._cache.keep(content.version, topic, read)
        return found | read

    async def _with(self, content: Content, ask: Callable[[RecordingFile], Answer]) -> Answer:
        def work() -> Answer:
            try:
                with content.open() as file, open_recording(file) as recording:
                    return ask(recording)
            except FileNotFoundError:
                raise RecordingFileMissing from None

        return await self._in_thread(work)

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        async with self._slots:
            return await asyncio.to_thread(work)


class Cut:
    """A cut that was opened; iterate over it once."""

    def __init__(self, cutting: Cutting, files: ExitStack) -> None:
        self._cutting = cutting
        self._files = files

    @classmethod
    def open(
        cls, contents: Sequence[Content], topics: Collection[str] | None, start_s: float | None, end_s: float | None
    ) -> Cut:
        with ExitStack() as files:
            try:
                opened = [files.enter_context(content.open()) for content in contents]
            except FileNotFoundError:
                raise RecordingFileMissing from None
            with open_recording(opened[0]) as first:
                summary = first.summary()
            window = _cut_window(summary, start_s, end_s)
            pieces = [Piece.open(file) for file in opened]
            known = {channel.topic for piece in pieces for channel in piece.registry.channels.values()}
            for topic in topics or ():
                if topic not in known:
                    raise UnknownTopic(topic=topic, hint=like(topic, known))
            wanted = Wanted(None if topics is None else frozenset(topics), windows=(window,))
            return cls(Cutting(pieces, wanted), files.pop_all())

    def __iter__(self) -> Iterator[bytes]:
        with self._files, self._cutting:
            yield from self._cutting


def _cut_window(summary: Summary, start_s: float | None, end_s: float | None) -> tuple[int, int]:
    """Without an end the recordings that follow the first are taken to their own."""
    asked = Window.of(summary, start_s, end_s)
    return (
        ANY_TIME[0] if start_s is None else asked.start_ns,
        ANY_TIME[1] if end_s is None else asked.end_ns,
    )


def _fields(file: RecordingFile) -> FieldTree:
    summary = file.summary()
    first: dict[str, Message] = {}
    wanted = {channel.topic for channel in summary.channels if channel.message_count}
    for topic in sorted(wanted):
        found = next(iter(file.messages(topics=[topic])), None)
        if found is not None:
            first[topic] = found
    decoders = Decoders()
    topics = []
    for channel in summary.channels:
        fields: list[str] = []
        problem = None
        if channel.topic in first:
            message = first[channel.topic]
            try:
                fields = numeric_fields(decoders.decode(message.channel, message.content))
            except Problem as error:
                problem = error.sentence
        topics.append(
            TopicFields(
                topic=channel.topic,
                message_type=channel.schema_name,
                message_count=channel.message_count,
                fields=fields,
                problem=problem,
            )
        )
    return FieldTree(topics=topics)


def _messages(
    file: RecordingFile, topic: str, start_s: float | None, end_s: float | None, limit: int
) -> DecodedMessages:
    summary = file.summary()
    _check_topic(summary, topic)
    window, begin_ns = Window.of(summary, start_s, end_s), summary.start_ns or 0
    decoders = Decoders()
    answer = DecodedMessages(topic=topic, items=[])
    for message in file.messages(topics=[topic], start_ns=window.start_ns, end_ns=window.end_ns):
        time_s = (message.log_time_ns - begin_ns) / NS_PER_S
        if len(answer.items) >= limit and message.log_time_ns > answer.items[-1].log_time_ns:
            answer.next_start = time_s
            break
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


def _frame(file: RecordingFile, topic: str, time_s: float) -> Frame:
    summary = file.summary()
    _check_topic(summary, topic)
    kinds = {channel.schema_name for channel in summary.channels if channel.topic == topic}
    if not kinds & (COMPRESSED | RAW):
        raise NotAnImage(topic=topic, reason=f"its messages are {', '.join(sorted(kinds)) or 'without a schema'}")
    begin_ns = summary.start_ns or 0
    until_ns = begin_ns + round(time_s * NS_PER_S)
    message = _last_until(file, topic, begin_ns, until_ns)
    if message is None:
        raise NoFrame(topic=topic)
    decoded = Decoders().decode(message.channel, message.content)
    return Frame(picture_of(topic, decoded), message.log_time_ns, (message.log_time_ns - begin_ns) / NS_PER_S)


def _last_until(file: RecordingFile, topic: str, begin_ns: int, until_ns: int) -> Message | None:
    back_ns, end_ns = FIRST_LOOK_BACK_NS, until_ns
    while end_ns >= begin_ns:
        start_ns = max(begin_ns, until_ns - back_ns)
        last = None
        for last in file.messages(topics=[topic], start_ns=start_ns, end_ns=end_ns):  # noqa: B007 - the last is wanted
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

"""A few points of what a rule looked at, around the moment it fired: enough for a picture, small enough to go first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.errors import Problem
from pilothouse.mcap import Decoders, RecordingFile
from pilothouse.triggers import FieldPath
from pilothouse.wire import PreviewSeries, TriggerFired

MAX_POINTS = 200
AROUND_S = 30.0
# Decoding takes time on a small computer, and a preview must not hold up what it is for.
MAX_MESSAGES = 20_000

Point = tuple[int, float | None]


def preview_of(recording: RecordingFile, trigger: TriggerFired) -> list[PreviewSeries]:
    """The field a rule fired on, over time; nothing when the rule looked at none, or it cannot be decoded."""
    if trigger.topic is None or trigger.field is None:
        return []
    try:
        points = list(_points(recording, trigger.topic, FieldPath(trigger.field), trigger.fired_at_ns))
    except (Problem, ValueError):
        return []
    kept = thinned(points, MAX_POINTS)
    if not kept:
        return []
    field = f"{trigger.topic}.{trigger.field}"[:500]
    return [PreviewSeries(field=field, times_ns=[one[0] for one in kept], values=[one[1] for one in kept])]


def _points(recording: RecordingFile, topic: str, field: FieldPath, fired_at_ns: int) -> Iterator[Point]:
    decoders = Decoders()
    around_ns = round(AROUND_S * NS_PER_S)
    messages = recording.messages(topics=[topic], start_ns=fired_at_ns - around_ns, end_ns=fired_at_ns + around_ns)
    for message in islice(messages, MAX_MESSAGES):
        yield message.log_time_ns, _number(field.find(decoders.decode(message.channel, message.content)))


def _number(found: object) -> float | None:
    """What there is to draw; None where no finite number was measured."""
    if isinstance(found, str | bytes) or not hasattr(found, "__float__"):
        return None
    number = float(found)
    return number if math.isfinite(number) else None


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most so many points that show the same picture: of each stretch its least and its greatest, and every gap.

    The first and the last point stay.
    """
    if len(points) <= most:
        return list(points)
    stretches = (most - 2) // 3
    inner = range(1, len(points) - 1)
    chosen = {0, len(points) - 1}
    for number in range(stretches):
        stretch = inner[number * len(inner) // stretches : (number + 1) * len(inner) // stretches]
        chosen.update(_extremes(points, stretch))
    return [points[index] for index in sorted(chosen)]


def _extremes(points: Sequence[Point], stretch: Iterable[int]) -> set[int]:
    numbers: list[tuple[float, int]] = []
    gap: set[int] = set()
    for index in stretch:
        value = points[index][1]
        if value is not None:
            numbers.append((value, index))
        elif not gap:
            gap.add(index)
    return gap | ({min(numbers)[1], max(numbers)[1]} if numbers else set())

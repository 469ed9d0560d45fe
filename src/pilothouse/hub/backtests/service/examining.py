"""What rules do with one recording, whatever is in its file."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pilothouse.hub.backtests.domain import MAX_CURVE_POINTS, MAX_FIRINGS_KEPT, MAX_POINTS_KEPT, Stopped, thinned
from pilothouse.hub.backtests.schemas import BacktestFiring
from pilothouse.hub.recordings.domain.problems import RecordingFileMissing
from pilothouse.hub.recordings.service import Content
from pilothouse.hub.recordings.service.storage.watched import CHUNK_LIMIT_BYTES, watched
from pilothouse.kit.errors import Problem, Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Decoders, open_recording
from pilothouse.mcap.model import Message
from pilothouse.triggers import TriggerConfig, build_rule
from pilothouse.triggers.backtest import Backtest as Run
from pilothouse.triggers.backtest import Firing

log = get_logger(__name__)


@dataclass(slots=True)
class Outcome:
    """What the rules did with one recording."""

    firing_count: int = 0
    firings: list[BacktestFiring] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problem: str | None = None
    seconds: float = 0.0


def examine(content: Content, configs: Sequence[TriggerConfig], around_s: float, stop: threading.Event) -> Outcome:
    """Run fresh rules over one file. Whatever the file does to its reader becomes the outcome's problem."""
    outcome = Outcome()
    began = time.monotonic()

    def check() -> None:
        if stop.is_set():
            raise Stopped

    try:
        run = Run([build_rule(config) for config in configs], Decoders(), around_s=around_s)
        opened = content.open()
        with opened, open_recording(watched(opened, check), chunk_limit_bytes=CHUNK_LIMIT_BYTES) as recording:
            topics, room = set(recording.summary().topics), MAX_POINTS_KEPT
            for firing in run.run(_until(stop, recording.messages(topics=run.topics))):
                outcome.firing_count += 1
                if len(outcome.firings) < MAX_FIRINGS_KEPT:
                    shown = _as_firing(firing, min(MAX_CURVE_POINTS, room))
                    room -= len(shown.curve)
                    outcome.firings.append(shown)
        outcome.warnings = list(_warnings(run, topics))
    except Unavailable:
        raise  # not the file's fault: the job comes back
    except FileNotFoundError:
        outcome.problem = RecordingFileMissing().sentence
    except Problem as problem:
        outcome.problem = problem.sentence[:2_000]
    except Exception as error:  # a file is input from outside: whatever it does to a reader, it is the file's fault
        log.exception("a recording broke its reader", file=content.name)
        outcome.problem = f"reading the file failed: {type(error).__name__}"
    outcome.firings.sort(key=lambda one: one.fired.fired_at_ns)
    outcome.seconds = time.monotonic() - began
    return outcome


def _until(stop: threading.Event, messages: Iterator[Message]) -> Iterator[Message]:
    for message in messages:
        if stop.is_set():
            return
        yield message


def _as_firing(firing: Firing, points: int) -> BacktestFiring:
    curve = thinned([one for one in firing.samples if math.isfinite(one[1])], points)
    return BacktestFiring(fired=firing.fired, curve=[(time_ns, value) for time_ns, value in curve])


def _warnings(run: Run, topics: set[str]) -> Iterator[str]:
    for rule in run.rules:
        absent = sorted(rule.topics - topics)
        if absent:
            yield f"{rule.name}: nothing in this recording on {', '.join(absent)}"
        if rule.unmeasured:
            yield f"{rule.name}: {rule.unmeasured} messages had nothing to measure; check its field"
    for topic, count in sorted(run.undecodable.items()):
        yield f"{topic}: {count} messages could not be decoded"

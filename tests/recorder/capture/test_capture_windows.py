"""A capture holds exactly the messages of its window, in order, per channel, whatever comes between."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import open_recording, verify
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState
from tests.support.flights import START_NS, json_channel
from tests.support.processes import eventually
from tests.support.robots import Robot, running_robot

PLENTY = 100_000
TICK_NS = NS_PER_S // 10


class Rule(NamedTuple):
    """What one rule asks for, in ticks."""

    pre: int
    post: int
    extends: bool

    def config(self, number: int) -> dict[str, Any]:
        return {
            "kind": "threshold", "name": f"rule {number}", "topic": "/fire", "field": "data", "op": "equals",
            "value": number, "pre_s": self.pre / 10, "post_s": self.post / 10,
            "during_post_roll": "extend" if self.extends else "add",
        }  # fmt: skip


class Said(NamedTuple):
    """A message: how long after the one before, on which topic, and which rule it fires."""

    wait: int
    topic: int
    fires: int | None


RULES = st.lists(st.builds(Rule, st.integers(0, 30), st.integers(0, 30), st.booleans()), min_size=1, max_size=3)
SAID = st.lists(
    st.builds(Said, st.integers(0, 7), st.integers(0, 2), st.none() | st.integers(0, 2)), min_size=1, max_size=40
)


@contextmanager
def robot_with(rules: Sequence[Rule], max_post: int = 60) -> Iterator[Robot]:
    limits = dict.fromkeys(
        ("captures_per_hour", "captures_per_day", "rule_captures_per_hour", "rule_captures_per_day"), PLENTY
    )
    configs = [rule.config(number) for number, rule in enumerate(rules)]
    with (
        TemporaryDirectory() as directory,
        running_robot(
            Path(directory), triggers=configs, window_s=1, max_post_s=max_post / 10, spool_fsync="never", **limits
        ) as robot,
    ):
        yield robot


def finished(robot: Robot) -> list[CaptureRow]:
    """Every row, once no capture waits any more."""
    eventually(lambda: not robot.rows(CaptureState.WAITING), what="the captures")
    eventually(lambda: robot.recorder.captures._asked.is_noted, what="the rows")
    return robot.rows()


def contents(path: Path) -> dict[str, list[tuple[int, int]]]:
    """Log time and number of each message in a recording, by topic, in the order of the file."""
    found: dict[str, list[tuple[int, int]]] = {}
    with open_recording(path) as recording:
        for message in recording.messages():
            found.setdefault(message.channel.topic, []).append((message.log_time_ns, int(message.content[8:-1])))
    return found


def window(row: CaptureRow, arrived: dict[str, list[tuple[int, int]]]) -> dict[str, list[tuple[int, int]]]:
    """What a capture is to hold."""
    start_ns, end_ns = row.fired_at_ns - round(row.pre_s * NS_PER_S), row.fired_at_ns + round(row.post_s * NS_PER_S)
    inside = {topic: [one for one in said if start_ns <= one[0] <= end_ns] for topic, said in arrived.items()}
    return {topic: said for topic, said in inside.items() if said}


@settings(max_examples=60, deadline=None)
@given(RULES, SAID)
def test_a_capture_holds_exactly_its_window(rules: list[Rule], said: list[Said]) -> None:
    arrived: dict[str, list[tuple[int, int]]] = {}
    fired: list[tuple[int, int]] = []
    with robot_with(rules) as robot:
        sink, now_ns, number = robot.recorder.pipeline, START_NS, 0
        channels = {topic: sink.channel(json_channel(topic)) for topic in ("/fire", "/0", "/1", "/2")}

        def say(topic: str, value: int) -> None:
            arrived.setdefault(topic, []).append((now_ns, value))
            sink.message(channels[topic], now_ns, b'{"data":%d}' % value)

        for wait, topic, fires in said:
            now_ns, number = now_ns + wait * TICK_NS, number + 1
            say(f"/{topic}", number)
            if fires is not None and fires < len(rules):
                say("/fire", fires)
                fired.append((fires, now_ns))
                say("/fire", -1)  # below every limit: the next firing is one of its own
        last_ns = now_ns
        now_ns += 1_000 * TICK_NS
        for topic in channels:  # one source alone would not decide what time it is, and silence takes its seconds
            say(topic, -1)
        rows = finished(robot)

        made = [row for row in rows if row.state is CaptureState.SEALED]
        for row in made:
            assert verify(robot.path(row)).ok
            assert contents(robot.path(row)) == window(row, arrived), (
                row.fired_at_ns - START_NS,
                row.pre_s,
                row.post_s,
            )
        assert len(made) + sum(1 + row.more for row in rows if row.state is CaptureState.MERGED) == len(fired)
        for rule, fired_ns in fired:
            assert is_held(rows, rules[rule], fired_ns), (rule, fired_ns - START_NS)
    assert last_ns < now_ns


def is_held(rows: Sequence[CaptureRow], rule: Rule, fired_ns: int) -> bool:
    """Whether some recording holds all that this firing asked for."""
    start_ns, end_ns = fired_ns - rule.pre * TICK_NS, fired_ns + rule.post * TICK_NS
    return any(
        row.fired_at_ns - round(row.pre_s * NS_PER_S) <= start_ns
        and end_ns <= row.fired_at_ns + round(row.post_s * NS_PER_S)
        for row in rows
        if row.state is CaptureState.SEALED
    )


@settings(max_examples=10, deadline=None)
@given(RULES, st.lists(st.integers(0, 40), min_size=1, max_size=5))
def test_threads_that_speak_at_once_lose_nothing_of_a_window(rules: list[Rule], fires_at: list[int]) -> None:
    topics, steps = ("/a", "/b", "/c"), 60
    with robot_with(rules) as robot:
        sink = robot.recorder.pipeline
        channels = {topic: sink.channel(json_channel(topic)) for topic in (*topics, "/fire")}
        together = threading.Barrier(len(topics) + 1)
        problems: list[BaseException] = []

        def speak(topic: str) -> None:
            try:
                for step in range(steps):
                    together.wait(30)
                    for number in range(3):
                        sink.message(channels[topic], START_NS + step * TICK_NS, b'{"data":%d}' % (step * 3 + number))
            except BaseException as error:
                problems.append(error)

        def fire() -> None:
            try:
                for step in range(steps):
                    together.wait(30)
                    for value in (0, -1) if step in fires_at else ():
                        sink.message(channels["/fire"], START_NS + step * TICK_NS, b'{"data":%d}' % value)
            except BaseException as error:
                problems.append(error)

        threads = [threading.Thread(target=speak, args=(topic,)) for topic in topics] + [threading.Thread(target=fire)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert problems == []
        for topic in channels:
            sink.message(channels[topic], START_NS + 1_000 * TICK_NS, b'{"data":-1}')
        rows = [row for row in finished(robot) if row.state is CaptureState.SEALED]

        assert rows
        for row in rows:
            held = contents(robot.path(row))
            expected = window(row, {topic: every(steps) for topic in topics})
            for topic in topics:
                # A step's messages come in any order of threads; who is later than the end by one step completes it.
                assert held.get(topic, []) == expected.get(topic, [])
                assert all(before <= after for before, after in pairwise(held.get(topic, [])))


def every(steps: int) -> list[tuple[int, int]]:
    """What one thread says."""
    return [(START_NS + step * TICK_NS, step * 3 + number) for step in range(steps) for number in range(3)]

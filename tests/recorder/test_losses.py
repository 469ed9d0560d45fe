"""What a recording says it lacks is what its own window lacks, message for message."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import open_recording
from pilothouse.recorder.losses import LATEST_NS, LeftOut
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources.gate import Thinning
from pilothouse.recorder.sources.selection import Selection
from tests.support.flights import NS_PER_S, START_NS, json_channel
from tests.support.robots import FAST, Robot, running_robot

TEN_HZ_NS = NS_PER_S // 10
THINNED = {"topics": [{"match": "/fast", "max_rate_hz": 2}], "window_s": 4}


def say_fast(robot: Robot, begin: int, end: int) -> None:
    """Ten messages a second, of which two come through."""
    sink = robot.recorder._pushed
    channel_id = sink.channel(json_channel("/fast"))
    for number in range(begin, end):
        sink.message(channel_id, START_NS + number * TEN_HZ_NS, json.dumps({"n": number}).encode())


def numbers_in(path: Path) -> list[int]:
    with open_recording(path) as recording:
        return [json.loads(one.content)["n"] for one in recording.messages(topics=["/fast"])]


def test_what_was_thinned_out_before_the_window_began_is_not_said_to_be_missing(tmp_path: Path) -> None:
    with running_robot(tmp_path, **THINNED) as robot:
        say_fast(robot, 0, 99)
        row = robot.recorder.save("now")
        found, facts = numbers_in(robot.path(row)), robot.facts(row)
        counted = robot.recorder.answers.topics().topics["/fast"].thinned

    # The window ends with the last message that came through, the 96th of 99; the save tells of what followed it, too.
    assert found == list(range(55, 96, 5))
    assert facts.thinned == {"/fast": 44 - len(found)}
    assert counted == 99 - 20


def test_a_capture_of_a_trigger_lacks_exactly_what_its_window_lacks(tmp_path: Path) -> None:
    rule = {**FAST, "pre_s": 2, "post_s": 1}
    with running_robot(tmp_path, triggers=[rule], **THINNED) as robot:
        say_fast(robot, 0, 50)
        robot.say(5, 10)
        say_fast(robot, 50, 90)
        (row,) = robot.sealed()
        found, facts = numbers_in(robot.path(row)), robot.facts(row)

    assert found == list(range(30, 61, 5))
    assert facts.thinned == {"/fast": 31 - len(found)}


def test_what_is_rejected_counts_when_it_came(tmp_path: Path) -> None:
    clock = ManualClock()
    with running_robot(tmp_path, clock=clock, window_s=4) as robot:
        sink = robot.recorder.pipeline
        bad = sink.channel(json_channel("/bad"))
        for second in range(10):
            robot.say(second)
            sink.message(bad, -1, b"{}")
        before = robot.facts(robot.recorder.save("a"))
        robot.recorder.pipeline.time_passes(clock.monotonic_ns())
        robot.recorder.pipeline.time_passes(clock.monotonic_ns())
        clock.advance(50)
        sink.message(bad, -1, b"{}")
        in_silence = robot.recorder.pipeline.present_ns
        robot.say(62)
        after = robot.facts(robot.recorder.save("b"))

    assert before.rejected == {"/bad": 5}
    assert in_silence == START_NS + 59 * NS_PER_S
    assert after.rejected == {"/bad": 1}


def test_any_number_of_threads_may_count() -> None:
    left_out = LeftOut(60)

    def count() -> None:
        for number in range(5_000):
            left_out.add("/a", START_NS + number)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert left_out.counts == {"/a": 20_000}
    assert left_out.within(START_NS, START_NS + 99) == {"/a": 400}


def test_impossible_times_are_counted_all_the_same() -> None:
    left_out = LeftOut(60)
    left_out.add("/a", -5)
    left_out.add("/b", 1 << 70)

    assert left_out.counts == {"/a": 1, "/b": 1}
    assert left_out.within(0, 0) == {"/a": 1}
    assert left_out.within(LATEST_NS, LATEST_NS) == {"/b": 1}


def test_a_limit_that_is_lifted_leaves_what_was_counted(tmp_path: Path) -> None:
    with running_robot(tmp_path, **THINNED) as robot:
        say_fast(robot, 0, 20)
        pushed = robot.recorder._pushed
        pushed.use(RecorderSettings().topic_rules)
        say_fast(robot, 20, 40)

        assert isinstance(pushed, Thinning)
        assert robot.recorder.answers.topics().topics["/fast"].thinned == 16
        assert Selection().limit("/fast") is None


def test_what_is_rejected_before_any_message_counts_in_the_first_recording(tmp_path: Path) -> None:
    with running_robot(tmp_path, window_s=4) as robot:
        robot.recorder.pushing.note_unreadable()
        robot.say(0)
        first = robot.facts(robot.recorder.save("a"))
        robot.say(10)
        second = robot.facts(robot.recorder.save("b"))

    assert first.rejected == {"": 1}
    assert second.rejected == {}


def test_what_was_missed_and_comes_late_is_missed_in_no_window() -> None:
    left_out = LeftOut(60)
    left_out.add("/a", 5 * NS_PER_S, 2)
    left_out.take_back("/a", 5 * NS_PER_S)
    left_out.add("/a", 7 * NS_PER_S, 1_000_000)
    left_out.take_back("/a", 7 * NS_PER_S)

    assert left_out.counts == {"/a": 1_000_000}
    assert left_out.within(0, 6 * NS_PER_S) == {"/a": 1}
    assert left_out.within(6 * NS_PER_S, 8 * NS_PER_S) == {"/a": 999_999}


def test_however_often_much_is_missed_at_once_a_window_has_its_own() -> None:
    left_out = LeftOut(60)
    for number in range(100_000):
        left_out.add("/a", number * NS_PER_S // 10_000, 100_000)

    assert left_out.within(NS_PER_S, 2 * NS_PER_S) == {"/a": 10_001 * 100_000}
    assert left_out.counts == {"/a": 100_000 * 100_000}


def test_one_that_bears_a_time_of_its_own_makes_nobody_forget_the_others() -> None:
    left_out = LeftOut(60)
    for second in (1, 10**9, 2, 10**9, 3):
        left_out.add("/a", second * NS_PER_S)

    assert left_out.within(0, 4 * NS_PER_S) == {"/a": 3}

import threading
from pathlib import Path

import pytest

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import verify
from pilothouse.recorder.outbox.outbox import CaptureState
from pilothouse.recorder.problems import BufferEmpty
from tests.support.flights import START_NS
from tests.support.processes import eventually
from tests.support.robots import FAST, running_robot

PLENTY = 100_000
UNLIMITED = {
    "captures_per_hour": PLENTY, "captures_per_day": PLENTY, "rule_captures_per_hour": PLENTY,
    "rule_captures_per_day": PLENTY,
}  # fmt: skip


def test_a_trigger_becomes_a_recording_of_what_led_up_to_it_and_what_followed(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[{**FAST, "name": "too fast", "pre_s": 3}]) as robot:
        for second in range(12):
            robot.say(second, 10 if second == 6 else 1)
        (row,) = robot.sealed()

        assert robot.times_s(row) == [3, 4, 5, 6, 7]
        facts = robot.facts(row)
        assert (facts.session_id, facts.robot_id, facts.reason) == (row.session_id, "robot", "trigger")
        assert (facts.label, facts.pre_s, facts.post_s) == ("too fast", 3, 1)
        assert facts.trigger is not None
        assert (facts.trigger.value, facts.trigger.fired_at_ns) == (10, START_NS + 6 * NS_PER_S)


def test_each_capture_begins_an_incident_of_its_own_that_its_file_and_row_name(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        for second in range(4):
            robot.say(second, 10 if second == 1 else 1)
        (fired,) = robot.sealed()
        saved = robot.recorder.save("by hand")

        assert robot.facts(fired).incident_id == fired.incident_id
        assert robot.facts(saved).incident_id == saved.incident_id
        assert fired.incident_id != saved.incident_id
        assert fired.incident_id.startswith("inc_")
        answered = {one.session_id: one.incident_id for one in robot.recorder.answers.triggers().recent}
        assert answered == {row.session_id: row.incident_id for row in (fired, saved)}


def test_two_triggers_in_one_second_are_two_recordings(tmp_path: Path) -> None:
    rules = [{**FAST, "name": "a"}, {**FAST, "name": "b", "value": 5}]
    with running_robot(tmp_path, triggers=rules) as robot:
        robot.say(0, 1)
        robot.say(1, 10)
        robot.say(3, 1)
        rows = robot.sealed(2)

        assert {row.trigger.rule for row in rows if row.trigger} == {"a", "b"}
        assert len({row.session_id for row in rows}) == 2
        assert all(verify(robot.path(row)).ok for row in rows)


def test_a_second_trigger_during_post_roll_is_not_lost(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[{**FAST, "post_s": 3, "pre_s": 1}]) as robot:
        for time_s, value in enumerate([1, 10, 1, 10, 1, 1, 1, 1]):
            robot.say(time_s, value)
        first, second = robot.sealed(2)

        assert robot.times_s(first) == [0, 1, 2, 3, 4]
        assert robot.times_s(second) == [2, 3, 4, 5, 6]


def test_the_ring_outruns_the_writer_and_no_pre_roll_is_lost(tmp_path: Path) -> None:
    with running_robot(tmp_path, window_s=5, triggers=[{**FAST, "pre_s": 4, "post_s": 2}]) as robot:
        for tenth in range(6000):  # ten minutes of message time, as fast as they come
            robot.say(tenth / 10, 10 if tenth % 1000 == 500 else 1)
        rows = robot.sealed(6)

        for number, row in enumerate(rows):
            fired_s = 50 + number * 100
            assert robot.times_s(row) == [round(fired_s - 4 + step / 10, 3) for step in range(61)]


def test_a_stream_that_stops_ends_the_post_roll(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[{**FAST, "post_s": 0.2}]) as robot:
        robot.say(0, 1)
        robot.say(1, 10)
        (row,) = robot.sealed()

        assert row.why == "no message arrived in the rest of the post-roll"
        assert robot.times_s(row) == [0, 1]
        assert robot.facts(row).post_s == 0


def test_a_clock_set_back_does_not_hold_a_capture_up(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        robot.say(3600, 10)
        robot.say(1, 1)
        (row,) = robot.sealed()

        assert row.why == "the clock was set back during the post-roll"


def test_the_end_of_the_recorder_seals_what_waits_and_says_so(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[{**FAST, "post_s": 60}]) as robot:
        robot.say(0, 1)
        robot.say(1, 10)
        robot.say(2, 1)
        robot.recorder.stop()
        (path,) = (tmp_path / "sessions").glob("*.mcap")

        assert verify(path).message_count == 3
        assert list((tmp_path / "spool").iterdir()) == []
        robot.recorder.stop()


def test_a_save_copies_and_the_ring_goes_on(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        robot.say(0)
        robot.say(1)
        first = robot.recorder.save("one")
        robot.say(2)
        second = robot.recorder.save("two")

        assert robot.times_s(first) == [0, 1]
        assert robot.times_s(second) == [0, 1, 2]
        assert robot.facts(second).label == "two"
        assert robot.facts(second).reason == "manual"
        assert first.session_id < second.session_id


def test_a_save_holds_the_window_of_message_time_and_no_more(tmp_path: Path) -> None:
    with running_robot(tmp_path, window_s=10) as robot:
        for second in range(40):
            robot.say(second)

        assert robot.times_s(robot.recorder.save("")) == list(range(29, 40))


def test_a_save_after_the_clock_was_set_back_holds_the_present(tmp_path: Path) -> None:
    with running_robot(tmp_path, window_s=10) as robot:
        robot.say(3600)
        for second in range(5):
            robot.say(second)

        assert robot.times_s(robot.recorder.save("")) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("off_s", [-3600, 3600])
def test_a_save_holds_most_topics_though_a_wrong_clock_spoke_last(tmp_path: Path, off_s: int) -> None:
    with running_robot(tmp_path, window_s=10) as robot:
        for second in range(5):
            for topic in ("/speed", "/battery", "/pose"):
                robot.say(second, topic=topic)
            robot.say(second + off_s, topic="/elsewhere")

        before_sealing = robot.times_s(robot.recorder.save("one"))
        robot.recorder.ring.seal()
        after_sealing = robot.times_s(robot.recorder.save("two"))

        assert before_sealing == after_sealing == sorted([0, 1, 2, 3, 4] * 3)


@pytest.mark.parametrize("off_s", [-3600, 3600])
def test_a_wrong_clock_cuts_no_post_roll_short(tmp_path: Path, off_s: int) -> None:
    with running_robot(tmp_path, triggers=[{**FAST, "pre_s": 1, "post_s": 3}]) as robot:
        for second in range(9):
            robot.say(second, topic="/battery")
            robot.say(second, topic="/pose")
            robot.say(second, 10 if second == 2 else 1)
            robot.say(second + off_s, topic="/elsewhere")
        (row,) = robot.sealed()

        assert robot.times_s(row) == sorted([1, 2, 3, 4, 5] * 3)
        assert robot.facts(row).post_s == 3


def test_a_save_after_all_clocks_were_set_back_holds_the_present(tmp_path: Path) -> None:
    with running_robot(tmp_path, window_s=10) as robot:
        for topic in ("/speed", "/battery", "/pose"):
            robot.say(3600, topic=topic)
        robot.recorder.ring.seal()
        for topic in ("/speed", "/battery"):
            robot.say(0, topic=topic)

        assert robot.times_s(robot.recorder.save("")) == [0, 0]


def test_saving_nothing_is_a_fact_of_its_own(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        with pytest.raises(BufferEmpty):
            robot.recorder.save("")

        assert robot.rows() == []


def test_saves_at_the_same_moment_have_ids_of_their_own(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        robot.say(0)
        barrier = threading.Barrier(8)

        def save() -> None:
            barrier.wait()
            robot.recorder.save("")

        threads = [threading.Thread(target=save) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

        assert len({row.session_id for row in robot.rows(CaptureState.SEALED)}) == 8
        assert all(verify(robot.path(row)).message_count == 1 for row in robot.rows())


def test_ids_stay_free_of_collisions_across_restarts_and_foreign_files(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        robot.say(0)
        first = robot.recorder.save("")
        robot.path(first).unlink()
    with running_robot(tmp_path) as robot:
        robot.say(0)
        second = robot.recorder.save("")

        assert first.session_id != second.session_id


def test_a_thousand_triggers_at_once_each_have_a_recording_or_a_reason(tmp_path: Path) -> None:
    with running_robot(tmp_path, window_s=5, triggers=[{**FAST, "pre_s": 1, "post_s": 0.5}], **UNLIMITED) as robot:
        for number in range(1000):
            robot.say(number / 500, 10)
            robot.say(number / 500 + 0.001, 1)
        robot.say(10)
        eventually(lambda: not robot.rows(CaptureState.WAITING), what="a thousand captures")
        rows = robot.rows()

        assert len(rows) == 1000
        assert len({row.session_id for row in rows}) == 1000
        refused = [row for row in rows if row.state is CaptureState.REFUSED]
        assert all(row.why for row in refused)
        assert len(list((tmp_path / "sessions").glob("*.mcap"))) == 1000 - len(refused)
        robot.say(11)
        assert robot.recorder.save("").message_count


def test_drops_within_the_window_are_noted_in_the_recording(tmp_path: Path) -> None:
    with running_robot(tmp_path, max_bytes=32 << 20, compression="none") as robot:
        for number in range(400):
            robot.say_raw(number / 10, b'{"data": "' + b"x" * 100_000 + b'"}')
        row = robot.recorder.save("")

        assert robot.facts(row).drops["/speed"] > 0


def test_a_message_without_a_trigger_in_sight_is_not_decoded(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        robot.say_raw(0, b"not json", topic="/image")
        robot.say_raw(0, b"not json", topic="/speed")
        robot.say_raw(1, b"not json", topic="/speed")
        robot.say(2, 10)

        topics = robot.recorder.answers.topics().topics
        assert topics["/image"].undecodable == 0
        assert topics["/speed"].undecodable == 2
        assert robot.recorder.answers.triggers().rules[0].fired == 1
        assert topics["/speed"].message_count == 3


def test_a_message_with_an_impossible_time_is_counted_and_stops_nothing(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        sink = robot.recorder.pipeline
        robot.say(0, 1)
        for log_time_ns in (-1, 2**63, 2**64, 2**70):
            sink.message(sink.channel(_json()), log_time_ns, b'{"data": 100}')
        robot.say(1, 1)

        assert robot.recorder.answers.topics().topics["/speed"].bad == 4
        assert robot.recorder.answers.topics().topics["/speed"].message_count == 2
        assert robot.recorder.answers.triggers().rules[0].fired == 0


def test_a_rule_that_finds_nothing_to_measure_says_so(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[{**FAST, "field": "velocity"}]) as robot:
        robot.say(0, 100)

        assert robot.recorder.answers.triggers().rules[0].unmeasured == 1
        assert robot.rows() == []


def _json() -> object:
    from tests.support.flights import json_channel

    return json_channel("/speed")

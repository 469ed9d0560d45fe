from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import StorageFull, verify
from pilothouse.recorder.capture import backlog, captures, writing
from pilothouse.recorder.outbox.outbox import CaptureState, OutboxUnwritable
from pilothouse.recorder.push.pushing import PushReceipt
from pilothouse.recorder.push.reading import Line
from tests.support.flights import START_NS
from tests.support.processes import eventually
from tests.support.robots import FAST, Robot, running_robot


class Disk:
    """A disk that can be full, for recordings, for the outbox, or for both."""

    def __init__(self, patched: pytest.MonkeyPatch) -> None:
        self.recordings_full = False
        self.outbox_full = False
        write = writing.write_capture

        def write_capture(snapshot: object, path: Path, **rest: object) -> object:
            if self.recordings_full:
                raise StorageFull(path=path)
            return write(snapshot, path, **rest)  # type: ignore[arg-type]

        patched.setattr(writing, "write_capture", write_capture)
        patched.setattr(captures, "RETRY_S", 0.01)

    def watch(self, robot: Robot) -> None:
        """Let the outbox of this robot be full when the disk is."""
        transaction = robot.recorder.outbox._transaction

        @contextmanager
        def limited() -> Iterator[object]:
            if self.outbox_full:
                raise OutboxUnwritable(reason="database or disk is full", full=True)
            with transaction() as run:
                yield run

        robot.recorder.outbox._transaction = limited  # type: ignore[method-assign, assignment]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def fire(robot: Robot, time_s: float) -> None:
    robot.say(time_s, 10)
    robot.say(time_s + 2, 1)


@pytest.mark.parametrize("outbox_full", [False, True])
def test_a_trigger_waits_for_room_and_says_why(disk: Disk, outbox_full: bool, tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        disk.watch(robot)
        disk.recordings_full, disk.outbox_full = True, outbox_full
        fire(robot, 0)
        fire(robot, 10)
        eventually(lambda: len(robot.recorder.captures.held_up) == 2, what="two captures that wait")

        pending = robot.recorder.answers.triggers().pending
        assert len({one.session_id for one in pending}) == 2
        assert all(one.why for one in pending)
        assert robot.recorder.answers.problems()

        disk.recordings_full = disk.outbox_full = False
        first, second = robot.sealed(2)
        assert robot.times_s(first) == [0]
        assert robot.times_s(second) == [0, 2, 10]
        assert robot.recorder.answers.problems() == []
        assert robot.recorder.answers.triggers().pending == []


def test_ids_stay_apart_while_the_outbox_cannot_be_written(disk: Disk, tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        disk.watch(robot)
        fire(robot, 0)
        robot.sealed(1)
        disk.outbox_full = disk.recordings_full = True
        for number in range(1, 5):
            fire(robot, number * 10)
        disk.outbox_full = disk.recordings_full = False

        assert len({row.session_id for row in robot.sealed(5)}) == 5


def test_a_save_is_refused_as_a_full_disk_when_only_the_outbox_is_full(disk: Disk, tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        disk.watch(robot)
        robot.say(0)
        disk.outbox_full = True
        with pytest.raises(StorageFull):
            robot.recorder.save("")
        disk.outbox_full = False

        assert robot.recorder.save("").message_count == 1


def test_a_recording_whose_row_cannot_be_written_is_noted_later(disk: Disk, tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        disk.watch(robot)
        robot.say(0, 10)
        disk.outbox_full = True
        robot.say(2, 1)
        (path,) = eventually(lambda: list((tmp_path / "sessions").glob("*.mcap")), what="the file")
        assert robot.rows(CaptureState.SEALED) == []
        disk.outbox_full = False
        (row,) = robot.sealed()

        assert row.session_id == path.stem


def test_memory_for_waiting_captures_is_bounded_and_what_is_refused_says_so(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MAX_UNWRITTEN", 3)
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        disk.recordings_full = True
        for number in range(5):
            fire(robot, number * 10)
        refused = robot.rows(CaptureState.REFUSED)
        disk.recordings_full = False

        assert len(robot.sealed(3)) == 3
        assert [row.why for row in refused] == ["3 captures were waiting to be written already"] * 2


def test_what_waits_takes_no_memory_and_is_whole_when_the_buffer_has_long_moved_on(disk: Disk, tmp_path: Path) -> None:
    rules = [{**FAST, "name": name} for name in "abc"]
    with running_robot(tmp_path, triggers=rules) as robot:
        disk.recordings_full = True
        fire(robot, 0)
        captures = robot.recorder.captures
        eventually(lambda: len(captures.held_up) == 3, what="three captures that wait")
        eventually(lambda: captures._backlog.held_bytes == 0, what="what they hold to be in the spool alone")
        for time_s in (1000, 2000):
            robot.say(time_s)
            robot.recorder.ring.seal()
        assert robot.recorder.ring.oldest_ns > START_NS + 500 * NS_PER_S
        disk.recordings_full = False
        rows = robot.sealed(3)

        assert [robot.times_s(row) for row in rows] == [[0]] * 3
        assert all(verify(robot.path(row)).ok for row in rows)


def test_a_recorder_that_ends_on_a_full_disk_keeps_its_spool_for_the_next_start(disk: Disk, tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        disk.recordings_full = True
        fire(robot, 0)
        eventually(lambda: robot.recorder.captures.held_up, what="a capture that waits")
        for time_s in (1000, 2000, 2001):
            robot.say(time_s)
            robot.recorder.ring.seal()
    assert list((tmp_path / "spool").iterdir())

    disk.recordings_full = False
    with running_robot(tmp_path) as robot:
        (row,) = robot.sealed()

        assert row.reason == "recovered"
        assert robot.times_s(row) == [0, 2000, 2001], "what was asked for, and the last minute"
        assert robot.facts(row).trigger is not None


def test_a_capture_that_waited_says_what_was_missing_when_it_was_complete(disk: Disk, tmp_path: Path) -> None:
    bad = PushReceipt()
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        disk.recordings_full = True
        robot.recorder.pushing.take_lines([Line(1, b"no json")], bad)
        fire(robot, 0)
        eventually(lambda: robot.recorder.captures.held_up, what="a capture that waits")
        robot.recorder.pushing.take_lines([Line(1, b"no json")], bad)
        disk.recordings_full = False
        (row,) = robot.sealed()

        assert robot.facts(row).rejected == {"": 1}

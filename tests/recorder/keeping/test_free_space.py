"""Recordings leave the robot room to live: the guard holds them back, or makes room of what the hub has."""

from pathlib import Path
from typing import Any

import pytest

from pilothouse.recorder.capture import captures
from pilothouse.recorder.keeping.disk_room import DiskRoom, Space, space_of
from pilothouse.recorder.outbox.outbox import CaptureState
from pilothouse.recorder.problems import NoRoom
from tests.support.processes import eventually
from tests.support.robots import FAST, FakeHub, Robot, running_robot

MIB = 1 << 20


class Disk:
    """A disk of 1 GiB on which recordings take the room they take, and somebody else as much as it likes."""

    def __init__(self, sessions: Path) -> None:
        self._sessions = sessions
        self.others = 0

    def measure(self, _: Path) -> Space:
        own = sum(path.stat().st_size for path in self._sessions.iterdir())
        return Space(1024 * MIB, 1024 * MIB - self.others - own)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr(captures, "RETRY_S", 0.01)
    return Disk(tmp_path / "sessions")


def guarded(tmp_path: Path, disk: Disk, hub: FakeHub | None = None, **changes: Any) -> Any:
    return running_robot(tmp_path, hub=hub, measure=disk.measure, **{"min_free_bytes": 100 * MIB, **changes})


def fire(robot: Robot, time_s: float) -> None:
    robot.say(time_s, 10)
    robot.say(time_s + 2, 1)


def test_the_larger_of_both_limits_holds() -> None:
    room = DiskRoom(Path("/"), 100, 10.0)

    assert room.floor(Space(500, 0)) == 100
    assert room.floor(Space(5000, 0)) == 500
    assert [room.lacking(size, Space(5000, 510)) for size in (10, 11, 1000)] == [0, 1, 990]


def test_the_real_disk_can_be_measured(tmp_path: Path) -> None:
    space = space_of(tmp_path)

    assert 0 < space.free_bytes <= space.total_bytes


def test_a_capture_waits_while_it_would_take_the_room_to_leave_free(tmp_path: Path, disk: Disk) -> None:
    with guarded(tmp_path, disk, triggers=[FAST]) as robot:
        disk.others = 924 * MIB
        fire(robot, 0)
        fire(robot, 10)
        eventually(lambda: len(robot.recorder.captures.held_up) == 2, what="two captures that wait")
        (problem,) = robot.recorder.answers.problems()
        pending = robot.recorder.answers.triggers().pending

        assert "are to stay so (min_free_bytes, min_free_percent)" in problem
        assert [one.why for one in pending] == [problem] * 2
        assert list((tmp_path / "sessions").iterdir()) == []
        disk.others = 0
        first, second = robot.sealed(2)
        assert (robot.times_s(first), robot.times_s(second)) == ([0], [0, 2, 10])
        assert robot.recorder.answers.problems() == []


def test_a_save_without_room_is_refused_and_its_row_says_why(tmp_path: Path, disk: Disk) -> None:
    with guarded(tmp_path, disk, min_free_percent=50) as robot:
        robot.say(0)
        disk.others = 512 * MIB + 1
        # Whoever watches hears of it before something happens that is worth a recording.
        assert "no recording can be made" in "".join(robot.recorder.answers.problems())
        with pytest.raises(NoRoom):
            robot.recorder.save("")
        (row,) = robot.rows(CaptureState.REFUSED)

        assert row.why is not None
        assert "min_free_percent" in row.why


def test_the_oldest_that_the_hub_has_make_room(tmp_path: Path, disk: Disk) -> None:
    hub = FakeHub()
    with guarded(tmp_path, disk, hub, when_full="delete_oldest_delivered") as robot:
        robot.say(0)
        pinned = robot.recorder.save("pinned")
        rows = [robot.recorder.save("") for _ in range(3)]
        eventually(lambda: len(hub.recordings) == 4, what="deliveries")
        eventually(lambda: len(robot.rows(CaptureState.DELIVERED)) == 4, what="their rows")
        robot.recorder.keeper.pin(pinned.session_id, is_pinned=True)
        own = sum(robot.path(row).stat().st_size for row in [pinned, *rows])
        disk.others = 924 * MIB + 1 - own
        assert robot.recorder.answers.problems() == []
        new = robot.recorder.save("new")
        gone = robot.rows(CaptureState.REMOVED)

        assert [row.session_id for row in gone] == [rows[0].session_id]
        assert gone[0].why == "it made room for a new recording (min_free_bytes, min_free_percent)"
        assert {path.stem for path in (tmp_path / "sessions").iterdir()} == {
            row.session_id for row in (pinned, *rows[1:], new)
        }


def test_what_the_hub_does_not_have_makes_no_room(tmp_path: Path, disk: Disk) -> None:
    hub = FakeHub()
    hub.away = True
    with guarded(tmp_path, disk, hub, when_full="delete_oldest_delivered") as robot:
        robot.say(0)
        kept = robot.recorder.save("")
        disk.others = 924 * MIB
        assert "no recording can be made" in "".join(robot.recorder.answers.problems())
        with pytest.raises(NoRoom):
            robot.recorder.save("")

        assert [path.stem for path in (tmp_path / "sessions").iterdir()] == [kept.session_id]
        assert robot.rows(CaptureState.REMOVED) == []


def test_a_guard_that_waits_goes_on_by_itself_when_deliveries_make_room(tmp_path: Path, disk: Disk) -> None:
    hub = FakeHub()
    hub.away = True
    with guarded(tmp_path, disk, hub, when_full="delete_oldest_delivered", triggers=[FAST]) as robot:
        robot.say(-5)
        first = robot.recorder.save("")
        disk.others = 924 * MIB - robot.path(first).stat().st_size
        fire(robot, 0)
        eventually(lambda: robot.recorder.captures.held_up, what="a capture that waits")
        hub.away = False
        row = eventually(
            lambda: next((one for one in robot.rows() if one.trigger and one.size_bytes), None), what="the recording"
        )

        assert row is not None
        assert robot.times_s(row) == [-5, 0]
        assert [one.session_id for one in robot.rows(CaptureState.REMOVED)] == [first.session_id]

"""How recordings leave the robot: which, in which order, and what their rows say afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S, ManualClock
from pilothouse.recorder.keeping.retention import Retention, Stored, freeing
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState, OutboxUnwritable
from pilothouse.recorder.problems import UnknownRecording
from tests.support.processes import eventually
from tests.support.robots import FakeHub, Robot, running_robot

DAY_S = 86_400


def stored(name: str, *, age_s: float = 0, size: int = 10, delivered: bool = True, pinned: bool = False) -> Stored:
    """A recording as old as this at time 0."""
    return Stored(name, size, round(-age_s * NS_PER_S), is_delivered=delivered, is_pinned=pinned)


def leaving(retention: Retention, *there: Stored) -> list[str]:
    return [one.session_id for one, _ in retention.outlived(there, 0)]


def test_what_is_too_old_leaves_if_the_hub_has_it() -> None:
    month = Retention(max_age_s=30 * DAY_S)
    old, fresh = stored("old", age_s=31 * DAY_S), stored("fresh", age_s=29 * DAY_S)
    kept = stored("kept", age_s=99 * DAY_S, delivered=False), stored("pinned", age_s=99 * DAY_S, pinned=True)

    assert leaving(month, old, fresh, *kept) == ["old"]
    assert leaving(Retention(max_age_s=30 * DAY_S, delete_undelivered=True), old, fresh, *kept) == ["old", "kept"]


def test_what_is_too_much_leaves_oldest_first_and_delivered_first() -> None:
    there = [stored("a", delivered=False), stored("b"), stored("c", pinned=True), stored("d"), stored("e")]

    assert leaving(Retention(max_bytes=50), *there) == []
    assert leaving(Retention(max_bytes=31), *there) == ["b", "d"]
    assert leaving(Retention(max_bytes=0), *there) == ["b", "d", "e"]
    assert leaving(Retention(max_bytes=0, delete_undelivered=True), *there) == ["b", "d", "e", "a"]


def test_a_recording_that_is_too_old_makes_room_for_the_others() -> None:
    there = [stored("a", age_s=100), stored("b"), stored("c")]

    assert leaving(Retention(max_age_s=50, max_bytes=20), *there) == ["a"]


def test_nothing_leaves_without_a_limit() -> None:
    assert leaving(Retention(delete_undelivered=True), stored("a", age_s=1e9, size=1 << 60)) == []


def test_room_is_made_by_the_oldest_the_hub_has_and_only_if_that_is_enough() -> None:
    there = [stored("a", delivered=False), stored("b"), stored("c", pinned=True), stored("d"), stored("e")]

    assert [one.session_id for one in freeing(there, 1)] == ["b"]
    assert [one.session_id for one in freeing(there, 11)] == ["b", "d"]
    assert freeing(there, 31) == []
    assert freeing(there, 0) == []


recordings = st.lists(
    st.builds(
        Stored, session_id=st.uuids().map(str), size_bytes=st.integers(0, 100), made_ns=st.integers(-100, 100),
        is_delivered=st.booleans(), is_pinned=st.booleans(), is_busy=st.booleans(),
    ).filter(lambda one: not (one.is_delivered and one.is_busy))
)  # fmt: skip


@given(recordings, st.none() | st.integers(0, 300), st.booleans())
def test_no_recording_leaves_while_another_should_have(there: list[Stored], limit: int | None, lose: bool) -> None:
    gone = [one for one, _ in Retention(max_bytes=limit, delete_undelivered=lose).outlived(there, 0)]
    left = [one for one in there if one not in gone]

    assert not any(one.is_pinned or one.is_busy for one in gone)
    assert lose or all(one.is_delivered for one in gone)
    if not all(one.is_delivered for one in gone):
        assert all(one.is_pinned for one in left if one.is_delivered)
    assert limit is not None or not gone
    if gone and limit is not None:
        assert sum(one.size_bytes for one in [*left, gone[-1]]) > limit


@contextmanager
def delivering(data: Path, clock: ManualClock | None = None, **changes: object) -> Iterator[Robot]:
    """A robot whose hub takes everything."""
    with running_robot(data, hub=FakeHub(), clock=clock, **changes) as robot:
        yield robot


def saved(robot: Robot, count: int) -> list[CaptureRow]:
    """So many recordings that the hub has."""
    robot.say(0)
    rows = [robot.recorder.save("") for _ in range(count)]
    eventually(lambda: robot.recorder.outbox.counts()[CaptureState.DELIVERED] == count, what="the deliveries")
    return rows


def left(robot: Robot) -> list[str]:
    return sorted(path.stem for path in (robot.recorder.settings.data / "sessions").iterdir())


def test_delivered_recordings_leave_when_their_time_has_come_and_the_rows_say_why(tmp_path: Path) -> None:
    clock = ManualClock()
    with delivering(tmp_path, clock, recordings_max_age_s=DAY_S) as robot:
        (row,) = saved(robot, 1)
        clock.advance(DAY_S - 1)
        robot.recorder.keeper.sweep()
        assert left(robot) == [row.session_id]
        clock.advance(2)
        robot.recorder.keeper.sweep()
        gone = robot.recorder.outbox.find(row.session_id)

        assert left(robot) == []
        assert gone is not None
        assert (gone.state, gone.why) == (CaptureState.REMOVED, "it was older than 86400 s (recordings_max_age_s)")
        assert robot.recorder.outbox.last_recording() is None
        assert robot.recorder.answers.health().captures[CaptureState.REMOVED] == 1


@pytest.mark.parametrize("step_s", [-3_600, 3_600, 56 * 365 * DAY_S])
def test_a_clock_that_is_set_ages_no_recording(tmp_path: Path, step_s: float) -> None:
    clock = ManualClock(1_760_000_000 * NS_PER_S)
    with delivering(tmp_path, clock, recordings_max_age_s=1_800) as robot:
        saved(robot, 1)
        clock.step_wall(step_s)
        clock.advance(1_700)
        robot.recorder.keeper.sweep()
        assert len(left(robot)) == 1
        clock.advance(200)
        robot.recorder.keeper.sweep()

        assert left(robot) == []


def test_a_pinned_recording_stays_until_it_is_let_go(tmp_path: Path) -> None:
    with delivering(tmp_path, recordings_max_bytes=1 << 30) as robot:
        first, second = saved(robot, 2)
        robot.recorder.keeper.pin(first.session_id, is_pinned=True)
        robot.recorder.keeper.use(robot.recorder.settings.model_copy(update={"recordings_max_bytes": 0}))
        robot.recorder.keeper.sweep()
        assert left(robot) == [first.session_id]
        with pytest.raises(UnknownRecording):
            robot.recorder.keeper.pin(second.session_id, is_pinned=True)
        robot.recorder.keeper.pin(first.session_id, is_pinned=False)
        robot.recorder.keeper.sweep()

        assert left(robot) == []


def test_what_was_pinned_after_it_was_chosen_stays(tmp_path: Path) -> None:
    with delivering(tmp_path) as robot:
        (row,) = saved(robot, 1)
        rows = robot.recorder.keeper._stored
        (chosen,) = rows.all()
        robot.recorder.keeper.pin(row.session_id, is_pinned=True)

        assert not rows.remove(chosen, "too old")
        robot.recorder.keeper.pin(row.session_id, is_pinned=False)
        robot.recorder.outbox.set_state(row.session_id, CaptureState.DELIVERING)
        assert not rows.remove(chosen, "too old")
        robot.recorder.outbox.set_state(row.session_id, CaptureState.DELIVERED)
        assert rows.remove(chosen, "too old")
        robot.recorder.outbox.set_state(row.session_id, CaptureState.DELIVERING)
        assert robot.rows() == robot.rows(CaptureState.REMOVED)


def test_without_a_hub_the_limits_hold_all_the_same_and_with_one_the_undelivered_stay(tmp_path: Path) -> None:
    with running_robot(tmp_path / "alone", recordings_max_bytes=0) as robot:
        robot.say(0)
        robot.recorder.save("")
        robot.recorder.keeper.sweep()
        assert left(robot) == []
    hub = FakeHub()
    hub.away = True
    with running_robot(tmp_path / "cut off", hub=hub, recordings_max_bytes=0) as robot:
        robot.say(0)
        robot.recorder.save("")
        robot.recorder.keeper.sweep()
        assert len(left(robot)) == 1


def test_a_sweep_killed_between_row_and_file_is_finished_by_the_next(tmp_path: Path) -> None:
    with delivering(tmp_path, recordings_max_bytes=1 << 30) as robot:
        rows = saved(robot, 3)
        keeper, seen = robot.recorder.keeper, []

        def killed(session_id: str) -> None:
            seen.append(session_id)
            raise KeyboardInterrupt

        with keeper._one_at_a_time:  # its own thread waits meanwhile
            keeper._retention = Retention(max_bytes=0)
            unlink, keeper._unlink = keeper._unlink, killed  # type: ignore[method-assign]
            with pytest.raises(KeyboardInterrupt):
                keeper.sweep()
            keeper._unlink = unlink  # type: ignore[method-assign]
            assert len(left(robot)) == 3
        for _ in range(2):
            keeper.sweep()

        assert left(robot) == []
        assert seen == [rows[0].session_id]
        assert {row.state for row in robot.rows()} == {CaptureState.REMOVED}
        assert keeper.removed == 3


def test_a_file_that_somebody_else_removed_is_noted_and_left_alone_when_it_returns(tmp_path: Path) -> None:
    with delivering(tmp_path) as robot:
        (row,) = saved(robot, 1)
        content = robot.path(row).read_bytes()
        robot.path(row).unlink()
        robot.recorder.keeper.sweep()
        gone = robot.recorder.outbox.find(row.session_id)
        robot.path(row).write_bytes(content)
        robot.recorder.keeper.sweep()

        assert gone is not None
        assert (gone.state, gone.why) == (CaptureState.REMOVED, "its file is gone; the hub has it")
        assert left(robot) == [row.session_id]


def test_files_that_are_no_recordings_of_this_robot_are_left_alone(tmp_path: Path) -> None:
    with delivering(tmp_path, recordings_max_bytes=0) as robot:
        foreign = tmp_path / "sessions" / "by-hand.mcap"
        foreign.write_bytes(b"mine")
        robot.recorder.keeper.sweep()

        assert foreign.read_bytes() == b"mine"


def test_a_full_outbox_keeps_no_delivered_recording_from_making_room(tmp_path: Path) -> None:
    with delivering(tmp_path, recordings_max_bytes=1 << 30) as robot:
        saved(robot, 1)
        keeper = robot.recorder.keeper
        stored_rows = keeper._stored
        remove, full = stored_rows.remove, [True]

        def sometimes_full(one: Stored, why: str) -> bool:
            if full.pop() if full else False:
                raise OutboxUnwritable(reason="disk full", full=True)
            return remove(one, why)

        with keeper._one_at_a_time:
            stored_rows.remove = sometimes_full  # type: ignore[method-assign]
            keeper._retention = Retention(max_bytes=0)
            keeper.sweep()

        assert left(robot) == []
        assert [row.state for row in robot.rows()] == [CaptureState.REMOVED]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove anything")
def test_a_file_that_cannot_be_removed_stops_nothing(tmp_path: Path) -> None:
    with delivering(tmp_path, recordings_max_bytes=1 << 30) as robot:
        saved(robot, 1)
        (tmp_path / "sessions").chmod(0o500)
        robot.recorder.keeper.use(robot.recorder.settings.model_copy(update={"recordings_max_bytes": 0}))
        robot.recorder.keeper.sweep()
        (tmp_path / "sessions").chmod(0o700)
        robot.recorder.keeper.sweep()

        assert left(robot) == []
